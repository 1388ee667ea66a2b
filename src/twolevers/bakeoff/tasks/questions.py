"""Questions about documents: whole documents go to one side, and passages are searched in all of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.arms.registry import ARMS, CLOSED, OPEN
from twolevers.bakeoff import review
from twolevers.bakeoff.plan import MOST_TESTED
from twolevers.bakeoff.read.rows import apart
from twolevers.bakeoff.tasks import written
from twolevers.bakeoff.tasks.allowed import MOST, MOST_PAIRS, SEED, looked_at, possible, shared_out, taught_by
from twolevers.bakeoff.tasks.cloze import MADE, cloze
from twolevers.bakeoff.tasks.kinds import QUESTIONS, Kind
from twolevers.bakeoff.tasks.protocol import Contest, Data, Report
from twolevers.bakeoff.tasks.split import TRAINED, drawn
from twolevers.data.records import Document, Question
from twolevers.errors import UsageError

if TYPE_CHECKING:
    from twolevers.arms.protocol import Arm
    from twolevers.bakeoff.models import Models
    from twolevers.bakeoff.tasks.passages import Searched
    from twolevers.bakeoff.tasks.protocol import Make
    from twolevers.evaluate.deadline import Deadline
    from twolevers.evaluate.scorers.protocol import Scorer
    from twolevers.models.adapter import Recipe
    from twolevers.models.api import Training
    from twolevers.retrieval.search import Retriever

EPOCHS = {CLOSED: 4, OPEN: 1}  # a fact must be met several times, the skill of reading not
K = 2
WRITTEN = 4  # pairs that are written of each document where nothing else is said
SHORTEST, LONGEST = 24, 128  # tokens that an answer may take
CITATION = 12  # tokens for the citation and a few words more than the answer


@dataclass(frozen=True)
class Asked(Data):
    """What was read, with the documents and the pairs made of them."""

    documents: tuple[Document, ...] = ()
    made: tuple[Question, ...] = ()
    verdicts: review.Verdicts = field(default_factory=dict)


@dataclass(frozen=True)
class Questions:
    """The task. `make_pairs`: pairs made of each document, by rule, or by the model where `write_pairs`.

    `reviewed`: the review.csv of an earlier run.
    """

    docs: Path
    questions: Path | None
    make_pairs: int = 0
    reviewed: Path | None = None
    write_pairs: bool = False
    kind: Kind = QUESTIONS

    def read(self, out: Path) -> Asked:
        """Documents and questions. Without a file of questions those made by rule are asked."""
        from twolevers.bakeoff.read.documents import read_documents
        from twolevers.bakeoff.read.key import without_keys
        from twolevers.bakeoff.read.questions import read_questions

        verdicts = review.read_reviewed(self.reviewed) if self.reviewed else {}
        given = [out, *(path for path in (self.questions, self.reviewed) if path)]
        documents, unused = read_documents(self.docs, given)
        asked: list[Question] = []
        if self.questions:
            asked, more = read_questions(self.questions, {document.doc_id for document in documents})
            documents, keys = without_keys(documents, asked)
            unused += [*more, *keys]
        made, source = self._made(documents, out)
        said: list[str] = []
        notes = [written.share(out / written.FILE)] if self.write_pairs and made else []
        if not self.questions and (made or not self.write_pairs):
            asked, made = self._only_made(made), []
            notes.append(
                f"All questions, of training and test, are {source}. People ask otherwise; take the ranking for a "
                "first sign only."
            )
            if not self.write_pairs:
                notes.append("A larger model or a server writes questions nearer to people's: --model M --write-pairs.")
        left_out, remarks = apart(unused)
        said.append(f"{len(documents)} documents, {len(asked)} questions; {len(left_out)} rows or files not used")
        if self.make_pairs:
            said.append(f"{len(made or asked)} pairs {source}")
        counts = {"documents": len(documents), "questions": len(asked), "not_used": len(left_out)}
        counts["made_questions"] = 0 if self.questions else len(asked)
        looked_at = min(len(asked), MOST)
        pairs = min(MOST_PAIRS, int(TRAINED * looked_at) + len(made))
        offered = min(MOST_TESTED, looked_at - int(TRAINED * looked_at)), pairs
        return Asked(
            *(tuple(asked), counts, offered, left_out, (*notes, *remarks), tuple(said)),
            documents=tuple(documents),
            made=tuple(made),
            verdicts=verdicts,
        )

    def _made(self, documents: Sequence[Document], out: Path) -> tuple[list[Question], str]:
        """The pairs made so far, and how they were made."""
        if self.write_pairs:
            found, model = written.kept(out / written.FILE, documents)
            return found, written.by(model or "the model")
        return cloze(
            documents, per_document=self.make_pairs
        ) if self.make_pairs else [], f"{MADE}: sentences with a gap"

    def write(self, data: Asked, models: "Models", out: Path, until: "Deadline", report: Report) -> None:
        """Have the model write pairs into `out`, where `read` finds them. Raises UsageError where none can be used."""
        written.write(out / written.FILE, data.documents, self.make_pairs or WRITTEN, models, until, report)
        if not written.kept(out / written.FILE, data.documents)[0]:
            raise UsageError(
                f"{models.model.name} wrote no pair whose answer stands in its passage: name a larger model to "
                "--model, or leave out --write-pairs."
            )

    def _only_made(self, made: list[Question]) -> list[Question]:
        if made:
            return made
        if self.make_pairs:
            raise UsageError(
                f"{self.docs} holds no sentence from which a question can be made by rule: give --questions."
            )
        raise UsageError(
            f"There are documents and no questions: give --questions, or --make-pairs 4 for questions {MADE}."
        )

    def contest(self, data: Asked, models: "Models", arms: Sequence[str], until: "Deadline", report: Report) -> Contest:
        """Divide the questions by document, settle search, instruction and lengths on the training side."""
        from twolevers.arms.tuned import closed_book
        from twolevers.bakeoff.tasks import fit
        from twolevers.bakeoff.tasks.pairs import instruction, open_book
        from twolevers.bakeoff.tasks.passages import searched
        from twolevers.bakeoff.tasks.unstated import unstated
        from twolevers.evaluate.scorers.sentences import two_readings

        began, tokenizer = until.left, models.model.tokenizer
        questions, notes = looked_at(data.items)
        questions, cut_short = fit.shortened(questions, models.tokens // fit.SHARE, tokenizer, "questions")
        found = searched(data.documents, questions, models, K, until, SEED)
        divided, pairs, retriever = found.divided, found.pairs, found.retriever
        told, room = instruction(questions), answer_room(tokenizer, pairs or questions)
        index_seconds = began - until.left
        report(f"search ready in {index_seconds:.0f} s")
        closed, opened = shared_out(pairs, data.made, divided)
        examples = {
            CLOSED: closed_book(closed[:MOST_PAIRS], told),
            OPEN: open_book(opened, retriever, K, told, found.support, most=MOST_PAIRS, until=until, seed=SEED),
        }
        counts = {name: len(each) for name, each in examples.items()}
        possible_arms, more = possible(arms, divided, counts, bool(data.made), until.left <= 0)
        states = unstated(questions, {document.doc_id: document.text for document in data.documents})
        notes = [*notes, *found.notes, *cut_short, *more, *states]
        tested = drawn(divided.tested, MOST_TESTED, SEED)
        if doubtful := two_readings(tested):
            notes.append(doubtful)
        return Contest(
            arms=possible_arms,
            tested=tested,
            training={CLOSED: closed, OPEN: opened},
            unseen={CLOSED: not data.made, OPEN: True},
            examples=examples,
            recipes={name: recipe(name) for name in EPOCHS},
            make=_Maker(models, retriever, told, room),
            scorer=_scorer(data),
            notes=tuple(notes),
            index_seconds=index_seconds,
            made=tuple(question.kind == "made" for question in closed),
            passages=lambda asked: _texts(retriever, asked),
            renew=lambda documents, changed: _renewed(models, found, documents, changed, told, room),
            closing=lambda frame, plan: self._closing(data, frame, plan.arms),
        )

    def _closing(self, data: Asked, frame: Any, ran: Sequence[str]) -> tuple[str, ...]:
        said = (review.decided(frame, data.verdicts, self.reviewed.name),) if self.reviewed else ()
        return (*taught_by(ran, bool(data.made)), *said, *review.open_doubts(frame))


def _scorer(data: Asked) -> "Scorer":
    from twolevers.evaluate.scorers.citations import Citations
    from twolevers.evaluate.scorers.protocol import Together
    from twolevers.evaluate.scorers.reviewed import Reviewed
    from twolevers.evaluate.scorers.sentences import Accepted

    scorer = Together((Accepted({document.doc_id: document.title for document in data.documents}), Citations()))
    return Reviewed(scorer, partial(review.word, data.verdicts)) if data.verdicts else scorer


@dataclass(frozen=True)
class _Maker:
    """Makes the arms of this task; all ask with one instruction."""

    models: "Models"
    retriever: "Retriever"
    told: str
    room: int

    def __call__(self, name: str, training: "Training | None") -> "Arm":
        from twolevers.arms.both import Both
        from twolevers.arms.prompt import Prompt
        from twolevers.arms.rag import Rag
        from twolevers.arms.stacked import Stacked
        from twolevers.arms.tuned import Tuned

        model = self.models.model.adapted(training.adapter) if training else self.models.model
        if ARMS[name].retrieves:
            kind = {"rag": Rag, "both": Both, "stacked": Stacked}[name]
            return kind(model, self.retriever, K, self.told, self.room)
        return (Tuned if name == "tuned" else Prompt)(model, self.told, self.room)


def _renewed(
    models: "Models",
    found: "Searched",
    documents: Sequence[Document],
    changed: Sequence[Document],
    told: str,
    room: int,
) -> tuple["Make", float]:
    """The arms on the documents as they are now, and the seconds that embedding the changed ones took."""
    from twolevers.bakeoff.tasks.passages import search_of

    began = time.perf_counter()
    search_of(changed, models, found.embedder, found.words)
    seconds = time.perf_counter() - began
    return _Maker(models, search_of(documents, models, found.embedder, found.words), told, room), seconds


def _texts(retriever: "Retriever", asked: Sequence[str]) -> list[list[str]]:
    return [[passage.searchable for passage in row] for row in retriever.search(list(asked), K)]


def recipe(adapter: str) -> "Recipe":
    """How an adapter is trained."""
    from twolevers.models.adapter import Recipe

    # All layers where passages are read: the upper half alone loses right answers
    # (benchmarks/results/avx512-bfloat16/train.csv).
    layers = 30 if adapter == OPEN else 15
    return Recipe(layers=layers, rank=16, learning_rate=2e-3, epochs=EPOCHS[adapter], batch_size=8, seed=SEED)


def answer_room(tokenizer: Any, questions: Sequence[Question]) -> int:
    """Tokens that an answer may take: enough for nearly all of the accepted ones and a citation."""
    import numpy as np

    counts = [
        len(tokenizer.encode(question.answers[0], add_special_tokens=False))
        for question in questions
        if question.answers
    ]
    longest = float(np.quantile(counts, 0.95)) if counts else 0.0
    return int(min(LONGEST, max(SHORTEST, 1.2 * longest + CITATION)))
