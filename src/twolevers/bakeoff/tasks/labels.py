"""Labelled texts: prompts, retrieved examples, two linear classifiers and a tuned model; near-duplicates together."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.arms.registry import CLOSED
from twolevers.bakeoff.plan import MOST_TESTED
from twolevers.bakeoff.read.examples import Pair, read_labelled
from twolevers.bakeoff.read.rows import Unused, apart
from twolevers.bakeoff.tasks.kinds import CLASSIFY, Kind
from twolevers.bakeoff.tasks.protocol import Contest, Data, Report
from twolevers.bakeoff.tasks.split import Split
from twolevers.data.records import Question
from twolevers.errors import UsageError

if TYPE_CHECKING:
    from twolevers.arms.protocol import Arm
    from twolevers.bakeoff.models import Models
    from twolevers.evaluate.deadline import Deadline
    from twolevers.models.adapter import Recipe
    from twolevers.models.api import Training

INSTRUCTION = "Name the label for this message."  # of the tuned arm: the names are in the weights
SHOWN = 12  # labels of which the few-shot prompt shows one example each
K = 4  # retrieved examples in a prompt
TESTED = 0.4  # share of the texts that is for the test
FEWEST = 2  # texts a label needs: one to learn from, one to test
MOST_PAIRS = 1_000
MOST = 2_000  # texts that are looked at: finding near-duplicates takes time by their square
EMBEDDING = 0.4  # share of the time for settling things that embedding the training texts may take
SEED = 15


@dataclass(frozen=True)
class Labels:
    """The task: texts and their labels from a table."""

    examples: Path
    kind: Kind = CLASSIFY

    def read(self, out: Path) -> Data:
        """The labelled texts; a label with a single text cannot be learned and tested."""
        pairs, read = read_labelled(self.examples)
        usable, alone = _frequent(pairs)
        unused, remarks = apart([*read, *alone])
        counts = {"texts": len(pairs), "labels": len({pair.target for pair in pairs}), "not_used": len(unused)}
        said = (f"{len(pairs)} labelled texts; {len(unused)} rows not used",)
        tested = int(TESTED * min(len(usable), MOST))
        offered = min(tested, MOST_TESTED), min(min(len(usable), MOST) - tested, MOST_PAIRS)
        return Data(usable, counts, offered, unused, remarks, said)

    def contest(self, data: Data, models: "Models", arms: Sequence[str], until: "Deadline", report: Report) -> Contest:
        """Divide the texts, near-duplicates together; every label on both sides."""
        from twolevers.arms.labelled import training_pairs
        from twolevers.bakeoff.tasks import fit
        from twolevers.bakeoff.tasks.likeness import named
        from twolevers.evaluate.scorers.labels import Labels as Scorer

        pairs, notes = looked_at(data.items)
        tokens = models.tokens // (SHOWN + K)
        pairs, cut_short = fit.shortened(pairs, tokens, models.model.tokenizer, "texts")
        divided = divide(pairs)
        testable(pairs, divided)
        names = sorted({pair.target for pair in data.items})
        report(f"{len(names)} labels; {len(divided.training)} texts to learn from, {len(divided.tested)} for the test")
        tested, taught = by_turns(divided.tested)[:MOST_TESTED], by_turns(divided.training)
        embedded = taught
        if {"linear", "retrieved_few_shot"} & set(arms):
            texts = [question.text for question in taught]
            embedded = taught[: models.embeds(texts, EMBEDDING * until.left)]
        if len(embedded) < len(taught):
            notes.append(
                f"linear and retrieved_few_shot learned from {len(embedded)} of {len(taught)} texts, for time."
            )
        examples = training_pairs([each.text for each in taught], [each.answers[0] for each in taught], INSTRUCTION)
        return Contest(
            arms=tuple(arms),
            tested=tested,
            training={CLOSED: taught},
            unseen={CLOSED: True},
            examples={CLOSED: examples[:MOST_PAIRS]},
            recipes={CLOSED: recipe()},
            make=_Maker(models, names, taught, embedded),
            scorer=Scorer(),
            notes=(*notes, *cut_short, *named([pair.text for pair in pairs])),
            closing=lambda frame, plan: (_chance(taught, tested[: plan.tested]),),
        )


@dataclass(frozen=True)
class _Maker:
    """Makes the arms of this task; those that need labelled texts use all of `taught`, or those `embedded`."""

    models: "Models"
    names: Sequence[str]
    taught: Sequence[Question]
    embedded: Sequence[Question]

    def __call__(self, name: str, training: "Training | None") -> "Arm":
        from twolevers.arms.choosing import Choosing
        from twolevers.arms.few_shot import FewShot
        from twolevers.arms.labelled import naming
        from twolevers.arms.linear import EmbeddingLinear, TfidfLinear
        from twolevers.arms.prompt import Prompt
        from twolevers.arms.retrieved_few_shot import RetrievedFewShot
        from twolevers.arms.tuned import Tuned

        embedder, told = self.models.embedder, naming(self.names)
        choosing = Choosing(self.models.model, self.names)
        if name == "tfidf":
            return TfidfLinear(*_columns(self.taught))
        if name == "linear":
            texts, labels = _columns(self.embedded)
            return EmbeddingLinear(texts, labels, embedder.embed, c=10.0, vectors=self.models.vectors(texts))
        if name == "retrieved_few_shot":
            vectors, k = self.models.vectors(_columns(self.embedded)[0]), min(K, len(self.embedded))
            return RetrievedFewShot(choosing, _solved(self.embedded, told), embedder, k, told, vectors=vectors)
        if name == "tuned":
            assert training is not None
            return Tuned(Choosing(self.models.model.adapted(training.adapter), self.names), INSTRUCTION)
        if name == "few_shot":
            return FewShot(choosing, _solved(self.taught[:SHOWN], told), told)
        return Prompt(choosing, told)


def looked_at(items: Sequence[Pair]) -> tuple[list[Pair], list[str]]:
    """At most `MOST` of the texts, the labels by turns, and a sentence where some were left."""
    if len(items) <= MOST:
        return list(items), []
    order = random.Random(SEED).sample(range(len(items)), len(items))
    turn: Counter[str] = Counter()
    placed = []
    for rank, place in enumerate(order):
        placed.append((turn[items[place].target], rank, place))
        turn[items[place].target] += 1
    kept = sorted(place for _, _, place in sorted(placed)[:MOST])
    return [items[place] for place in kept], [
        f"Of {len(items)} texts {MOST} were drawn, the labels by turns, for time."
    ]


def divide(pairs: Sequence[Pair], seed: int = SEED) -> Split:
    """About `TESTED` of each label's texts for the test; texts that are nearly the same stay together."""
    from twolevers.arms.labelled import as_questions
    from twolevers.bakeoff.tasks.likeness import near_duplicates

    groups = near_duplicates([pair.text for pair in pairs])
    asked = as_questions(
        [pair.text for pair in pairs],
        [pair.target for pair in pairs],
        [f"g{group}" for group in groups],
        [f"t{place + 1}" for place in range(len(pairs))],
    )
    members: dict[str, list[Question]] = {}
    for question in asked:
        members.setdefault(question.entity, []).append(question)
    order = sorted(members)
    random.Random(seed).shuffle(order)
    have, wanted = Counter[str](), Counter(pair.target for pair in pairs)
    tested, training = [], []
    for name in order:
        label = members[name][0].answers[0]
        # At least one text of a label goes to each side, where it has two groups.
        share = max(1, int(TESTED * wanted[label]))
        test = have[label] + len(members[name]) <= share
        (tested if test else training).extend(members[name])
        have[label] += len(members[name]) if test else 0
    return Split(tuple(training), tuple(tested), 0)


def recipe() -> "Recipe":
    """The recipe of the tuned arm: two epochs, as lesson 08 found for fifty labels a class."""
    from twolevers.models.adapter import Recipe

    return Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=2, batch_size=16, seed=SEED)


def testable(pairs: Sequence[Pair], divided: Split) -> None:
    """Raises UsageError, in one line, where a division leaves too little to learn from or to test on."""
    if not any(re.search(r"\w\w", question.text) for question in divided.training):
        raise UsageError("No text holds a word: a classification is learned from words.")
    groups = len({question.entity for question in (*divided.training, *divided.tested)})
    if not divided.tested or len({question.answers for question in divided.training}) < 2:
        raise UsageError(
            f"The {len(pairs)} texts are {groups} once near-duplicates count as one: too few to learn from and to test "
            "on. Give two or more different texts for each label."
        )


def by_turns(questions: Sequence[Question]) -> list[Question]:
    """One of each label, then the second of each, and so on: any beginning of it is balanced."""
    turn: Counter[str] = Counter()
    placed = []
    for place, question in enumerate(questions):
        placed.append((turn[question.answers[0]], place, question))
        turn[question.answers[0]] += 1
    return [question for _, _, question in sorted(placed, key=lambda each: each[:2])]


def _columns(questions: Sequence[Question]) -> tuple[list[str], list[str]]:
    return [each.text for each in questions], [each.answers[0] for each in questions]


def _solved(questions: Sequence[Question], told: str) -> list:
    from twolevers.arms.labelled import training_pairs

    return training_pairs(*_columns(questions), told)


def _frequent(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Unused]]:
    times = Counter(pair.target for pair in pairs)
    unused = [
        Unused(pair.where, f"is the only text with the label {pair.target[:60]!r}")
        for pair in pairs
        if times[pair.target] < FEWEST
    ]
    usable = [pair for pair in pairs if times[pair.target] >= FEWEST]
    if len({pair.target for pair in usable}) < 2:
        raise UsageError("Fewer than two labels have two texts or more: a classification cannot be tested.")
    return usable, unused


def _chance(taught: Sequence[Question], tested: Sequence[Question]) -> str:
    """The negative control: the cheapest arm on shuffled labels."""
    from twolevers.arms.linear import TfidfLinear

    texts, labels = _columns(taught)
    random.Random(SEED).shuffle(labels)
    found: Any = TfidfLinear(texts, labels).predict([question.text for question in tested])
    right = [label == question.answers[0] for label, question in zip(found, tested, strict=True)]
    share = sum(right) / max(1, len(right))
    return f"Negative control: TF-IDF + linear, trained on shuffled labels, gets {share:.2f} of the test right."
