"""Twelve monthly revisions of the catalogue, and what catalogue and questions are as of any month."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from twolevers import paths
from twolevers.data.catalogue import DocumentRow
from twolevers.data.questions import NEVER_ANSWERED, QuestionRow
from twolevers.data.records import Document
from twolevers.data.validate import check_rows, read_jsonl
from twolevers.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

MONTHS = 12
Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class Edit:
    """A sentence of a page and what stands in its place from now on."""

    doc_id: str
    old: str
    new: str


class RevisionRow(BaseModel):
    """One line of revisions.jsonl."""

    revision_id: Text
    month: Annotated[int, Field(ge=1, le=MONTHS)]
    doc_id: Text
    kind: Literal["price", "spec", "recall", "new", "delete"]
    attributes: dict[str, tuple[str, str]]
    edits: tuple[Edit, ...]
    document: DocumentRow | None
    questions: list[QuestionRow]
    answers: dict[str, list[str]]


@dataclass(frozen=True)
class Revision:
    """What a month does to one page. `attributes`: old and new value by name; `document`: the page of a new product;
    `questions`: rows (as in questions.csv) that can be asked from now on; `answers`: by question_id, those accepted
    from now on, none where the page is gone.
    """

    revision_id: str
    month: int
    doc_id: str
    kind: str
    attributes: dict[str, tuple[str, str]]
    edits: tuple[Edit, ...]
    document: Document | None
    questions: tuple[dict, ...]
    answers: dict[str, list[str]]


def load_revisions(path: Path | None = None) -> list[Revision]:
    """All revisions in order of time (default: datasets/revisions.jsonl). UsageError: what is wrong, in which row."""
    path = Path(path) if path else paths.datasets() / "revisions.jsonl"
    rows = check_rows(path, read_jsonl(path), RevisionRow, "revision_id")
    for number, (row, after) in enumerate(pairwise(rows), start=2):
        if after.month < row.month:
            raise UsageError(f"{path}: row {number}, month: {after.month} comes after {row.month}; sort by month.")
    return [_revision(row) for row in rows]


def up_to(revisions: Sequence[Revision], month: int) -> list[Revision]:
    """The revisions of the months 1 to `month`; none for 0. UsageError for a month that no year has."""
    if not 0 <= month <= MONTHS:
        raise UsageError(f"There is no month {month}: choose 0 (before the first revision) to {MONTHS}.")
    return [revision for revision in revisions if revision.month <= month]


def apply(documents: Sequence[Document], revisions: Sequence[Revision], month: int) -> list[Document]:
    """The catalogue as of the end of `month`: `documents` in their order, deleted ones gone, new ones at the end.

    Neither argument is changed. UsageError when `documents` are not the pages that the revisions were made for.
    """
    pages = {document.doc_id: document for document in documents}
    for revision in up_to(revisions, month):
        if revision.document:
            pages[revision.doc_id] = revision.document
            continue
        _require(revision.doc_id in pages, revision, f"there is no page {revision.doc_id}")
        if revision.kind == "delete":
            del pages[revision.doc_id]
        for edit in revision.edits:
            found = edit.doc_id in pages and pages[edit.doc_id].text.count(edit.old) == 1
            _require(found, revision, f"{edit.doc_id} does not say once: {edit.old}")
            page = pages[edit.doc_id]
            pages[edit.doc_id] = replace(page, text=page.text.replace(edit.old, edit.new))
        if revision.attributes:
            page = pages[revision.doc_id]
            new = {name: after for name, (_, after) in revision.attributes.items()}
            pages[revision.doc_id] = replace(page, attributes=page.attributes | new)
    return list(pages.values())


def questions_as_of(questions: "pd.DataFrame", revisions: Sequence[Revision], month: int) -> "pd.DataFrame":
    """All questions with the answers of the end of `month`.

    Columns: those of `load_questions`, then changed_in (int: the last month up to `month` that changed the answers;
    0: none did) and old_answers (list: what was accepted before and no longer is, [] for a question that is new).
    A question about a deleted page has no answers, the kind "unanswerable", and no longer names that page.
    """
    import pandas as pd

    rows = {row["question_id"]: {**row, "changed_in": 0, "old_answers": []} for row in questions.to_dict("records")}
    for revision in up_to(revisions, month):
        for question in revision.questions:
            rows[question["question_id"]] = {**question, "changed_in": revision.month, "old_answers": []}
        for name, answers in revision.answers.items():
            _require(name in rows, revision, f"there is no question {name}")
            row = rows[name]
            before = dict.fromkeys([*row["old_answers"], *row["answers"]])
            kind = row["kind"] if answers else NEVER_ANSWERED[0]
            now = {"answers": answers, "changed_in": revision.month, "kind": kind}
            rows[name] = {**row, **now, "old_answers": [answer for answer in before if answer not in answers]}
        if revision.kind == "delete":
            for name, row in rows.items():
                if revision.doc_id in row["doc_ids"]:
                    rows[name] = {**row, "doc_ids": [doc for doc in row["doc_ids"] if doc != revision.doc_id]}
    return pd.DataFrame(list(rows.values()))


def revised_questions(questions: "pd.DataFrame", revisions: Sequence[Revision], month: int) -> "pd.DataFrame":
    """The questions whose answers changed up to `month`, and controls: columns of `questions_as_of`.

    Controls (changed_in 0) are the facts of the products whose pages no revision of the whole year touches, so they
    are the same every month.
    """
    touched = {revision.doc_id for revision in revisions}
    touched |= {edit.doc_id for revision in revisions for edit in revision.edits}
    frame = questions_as_of(questions, revisions, month)
    control = (frame["kind"] == "fact") & frame["doc_ids"].map(touched.isdisjoint)
    return frame[(frame["changed_in"] > 0) | control].reset_index(drop=True)


def _revision(row: RevisionRow) -> Revision:
    document = Document(**vars(row.document)) if row.document else None
    questions = tuple(question.model_dump() for question in row.questions)
    return Revision(**{**vars(row), "document": document, "questions": questions})


def _require(held: bool, revision: Revision, problem: str) -> None:
    """Stop where a revision does not fit what it is applied to."""
    if not held:
        raise UsageError(
            f"Revision {revision.revision_id} does not fit: {problem}. Use the catalogue, questions and revisions "
            "that `python datasets/generate` made together."
        )
