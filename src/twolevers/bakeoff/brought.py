"""Answers made elsewhere as arms: a file each, judged on the same test by the same scorer and statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.arms.protocol import Answer, Usage
from twolevers.arms.registry import ARMS, GREY, Row
from twolevers.bakeoff.read import names
from twolevers.bakeoff.read.answers import NotUnderstood, accepted, plain
from twolevers.bakeoff.read.rows import Unused
from twolevers.bakeoff.read.table import pick, read_table
from twolevers.bakeoff.tasks.kinds import Kind
from twolevers.bakeoff.tasks.protocol import Contest, Data, Report, Task
from twolevers.data.records import Question
from twolevers.errors import UsageError

if TYPE_CHECKING:
    from twolevers.bakeoff.models import Models
    from twolevers.evaluate.deadline import Deadline

COLUMNS = {
    "id": ("question_id", "qid"),
    "question": (*names.ASKED, *names.TEXTS, *names.MESSAGES),
    "answer": (
        *(
            "prediction",
            "predicted",
            "generated_answer",
            "model_answer",
            "actual_output",
            "response",
            "output",
            "reply",
        ),
        *("completion", "label", "predicted_label", "bot_answer", "generation", "result", *names.SAID, *names.ANSWERED),
    ),
    "sources": ("source", "cited", "citations", "doc_id", "doc_ids", "documents", "document"),
}
NO_USAGE = Usage(0, 0, 0.0)


@dataclass(frozen=True)
class Said:
    """One row of such a file: where it stands, the answer, the documents that it names."""

    where: str
    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Brought:
    """An arm of answers from a file, by the question's id and by its words. It is no `trains`, and takes no time."""

    name: str
    key: str
    by_id: Mapping[str, Said]
    by_text: Mapping[str, Said]

    def said(self, question: Question) -> Said | None:
        """The row about a question, None without one."""
        return self.by_id.get(question.question_id) or self.by_text.get(_plain(question.text))

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """The answers of the file; only questions that it has are to be asked."""
        rows = [(question, self.said(question)) for question in questions]
        return [
            Answer(question.question_id, row.text, row.sources, row.sources, NO_USAGE)
            for question, row in rows
            if row is not None
        ]


@dataclass(frozen=True)
class WithAnswers:
    """A task with the arms of `files` beside its own."""

    task: Task
    files: tuple[Brought, ...]
    unused: tuple[Unused, ...] = ()

    @property
    def kind(self) -> Kind:
        """The task's kind, the files' arms added: they come last, and are compared with every other."""
        own, brought = self.task.kind, [each.name for each in self.files]
        more = [(name, arm) for name in brought for arm in own.arms]
        return replace(
            own,
            arms=(*own.arms, *brought),
            compared=(*own.compared, *more),
            words={**own.words, **{each.name: f"answers brought in from {each.key}" for each in self.files}},
        )

    def read(self, out: Path) -> Data:
        """What the task reads; rows of the files that are about none of its items are listed."""
        data = self.task.read(out)
        ids = {getattr(item, "question_id", "") for item in data.items}
        texts = {_plain(item.text) for item in data.items}
        aside = list(self.unused)
        for each in self.files:
            known = {row.where for name, row in each.by_id.items() if name in ids}
            known |= {row.where for text, row in each.by_text.items() if text in texts}
            rows = {row.where: row for row in (*each.by_id.values(), *each.by_text.values())}
            aside += [Unused(where, "answers none of the questions") for where in rows if where not in known]
        told = f"{', '.join(each.name for each in self.files)}: answers brought in; {len(aside)} of their rows not used"
        return replace(data, unused=(*data.unused, *aside), said=(*data.said, told))

    def contest(self, data: Data, models: "Models", arms: Sequence[str], until: "Deadline", report: Report) -> Contest:
        """The task's contest on those of its test items that every file has an answer to.

        Raises UsageError where the files have none in common.
        """
        brought = {each.name for each in self.files}
        made = self.task.contest(data, models, [arm for arm in arms if arm not in brought], until, report)
        tested = [question for question in made.tested if all(each.said(question) for each in self.files)]
        if not tested:
            raise UsageError(
                f"{self.files[0].key} answers none of the {len(made.tested)} questions that are tested: give answers "
                "to all questions, by their id or in their very words."
            )
        left = len(made.tested) - len(tested)
        notes = made.notes
        if left:
            notes = (*notes, f"{left} test items were left out, for not all files of --answers have an answer to them.")
        files = tuple(_labelled(each, tested) if self.kind.name == "classify" else each for each in self.files)
        return replace(made, tested=tested, notes=(*notes, *_said(files)), brought=files)


def read_answers(paths: Sequence[Path]) -> tuple[tuple[Brought, ...], tuple[Unused, ...]]:
    """An arm for each file, named by its stem: rows of `question` or `id` with `answer`, perhaps `sources`.

    Raises UsageError, in one line, for a file without these columns or rows, and for two files of one name.
    """
    found: list[Brought] = []
    unused: list[Unused] = []
    for path in paths:
        table = read_table(Path(path))
        columns = pick(table, COLUMNS)
        if "answer" not in columns or not {"id", "question"} & set(columns):
            listed = ", ".join(table.columns)[:200]
            raise UsageError(f"{table.name} needs a column 'question' or 'id', and 'answer' (found: {listed}).")
        unused += table.unused
        by_id: dict[str, Said] = {}
        by_text: dict[str, Said] = {}
        for row in table.rows:
            try:
                values = {name: row.values.get(column) for name, column in columns.items()}
                name, text = plain(values.get("id")), _plain(plain(values.get("question")))
                said = Said(row.where, plain(values["answer"]), tuple(accepted(values.get("sources")) or ()))
            except NotUnderstood as error:
                unused.append(Unused(row.where, str(error)))
                continue
            if not name and not text:
                unused.append(Unused(row.where, "has no question and no id"))
            elif (name and name in by_id) or (not name and text in by_text):
                unused.append(Unused(row.where, "answers a question that was answered above"))
            else:
                by_id |= {name: said} if name else {}
                by_text |= {text: said} if text and text not in by_text else {}
        stem = _named(Path(path).stem)
        if any(each.name == stem for each in found):
            raise UsageError(f"Two files of --answers are named {stem!r}: rename one, for its name is that of its arm.")
        found.append(Brought(stem, table.name, by_id, by_text))
    return tuple(found), tuple(unused)


def row_of(arm: str) -> Row:
    """The registry's row of an arm; of answers brought in, a grey one under its own name."""
    return ARMS.get(arm) or Row(arm, arm, GREY, "o", "..")


def _named(stem: str) -> str:
    """The arm's name: the file's, told apart from the arms that are measured here."""
    name = " ".join(stem.split())[:40] or "answers"
    return f"{name} (file)" if name in ARMS else name


def _labelled(brought: Brought, tested: Sequence[Question]) -> Brought:
    """Labels in the spelling of the test, case and space aside."""
    spelt = {_plain(label): label for question in tested for label in question.answers}

    def one(rows: Mapping[str, Said]) -> dict[str, Said]:
        return {name: replace(row, text=spelt.get(_plain(row.text), row.text)) for name, row in rows.items()}

    return replace(brought, by_id=one(brought.by_id), by_text=one(brought.by_text))


def _said(files: Sequence[Brought]) -> tuple[str, ...]:
    names_ = " and ".join(each.name for each in files)
    return (
        f"{names_}: answers brought in from a file. What was shown or taught to whoever made them is not known here; "
        "nor are their time and cost.",
    )


def _plain(text: Any) -> str:
    return " ".join(str(text).casefold().split())
