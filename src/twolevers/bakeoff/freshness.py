"""Documents that change: what an update of the index and of an adapter takes, and what is right before and after it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.arms.registry import ARMS, CLOSED
from twolevers.bakeoff.engine import Found, OutOfTime
from twolevers.bakeoff.read.answers import NotUnderstood, accepted, plain
from twolevers.bakeoff.read.names import ASKED, REFERENCES, SAID
from twolevers.bakeoff.read.rows import Unused
from twolevers.bakeoff.read.table import pick, read_table
from twolevers.bakeoff.tasks.protocol import Data, Report
from twolevers.data.records import Document, Question
from twolevers.errors import UsageError
from twolevers.evaluate.deadline import Deadline
from twolevers.evaluate.run import run

if TYPE_CHECKING:
    from twolevers.bakeoff.models import Models
    from twolevers.models.api import Training

SHARE = 0.25  # of the time that is kept for it
COLUMNS = {
    "doc": ("doc_id", "document_id", "docid", "document", "source"),
    "old": ("before", "old_text", "was"),
    "new": ("after", "new_text", "is", "text", "now"),
    "question": ASKED,
    "answer": (*REFERENCES, *SAID),
}


@dataclass(frozen=True)
class Revisions:
    """What changes: the documents as they are afterwards, those of them that changed, and questions about that."""

    documents: tuple[Document, ...]
    changed: tuple[Document, ...]
    news: tuple[Document, ...]  # the new words alone, a document each
    questions: tuple[Question, ...]
    unused: tuple[Unused, ...]


def read_revisions(path: Path, documents: Sequence[Document]) -> Revisions:
    """Rows `doc_id`, `new` (the whole new text, or with `old` what stands in its place), perhaps `question`, `answer`.

    Raises UsageError, in one line, for a table without these columns, or where no row can be used.
    """
    table = read_table(Path(path))
    columns = pick(table, COLUMNS)
    if missing := [name for name in ("doc", "new") if name not in columns]:
        named = {"doc": "doc_id", "new": "new"}[missing[0]]
        listed = ", ".join(table.columns)[:200]
        raise UsageError(f"{table.name} has no column {named!r} (found: {listed}): --revisions needs doc_id and new.")
    now = {document.doc_id: document for document in documents}
    changed: dict[str, None] = {}
    news, questions, unused = [], [], list(table.unused)
    for place, row in enumerate(table.rows, start=1):
        values = {name: row.values.get(column) for name, column in columns.items()}
        try:
            name, new, old = (plain(values.get(key)) for key in ("doc", "new", "old"))
            text, answers = plain(values.get("question")), accepted(values.get("answer")) or ()
            if name not in now:
                raise NotUnderstood(f"names the document {name[:60]!r}, which is not there")
            if not new:
                raise NotUnderstood("has no new text")
            if old and old not in now[name].text:
                raise NotUnderstood(f"changes {old[:40]!r}, which is not in {name}")
        except NotUnderstood as error:
            unused.append(Unused(row.where, str(error)))
            continue
        now[name] = replace(now[name], text=now[name].text.replace(old, new) if old else new)
        changed[name] = None
        news.append(replace(now[name], doc_id=f"{name} {place}", text=_sentence(now[name].text, new)))
        if text and answers:
            questions.append(Question(f"revision {place}", text, answers, "question", (name,), name, "", ""))
    if not changed:
        first = next(iter(unused), Unused(table.name, "is empty"))
        raise UsageError(f"{table.name} holds no revision that can be used ({first.where} {first.reason}).")
    after = tuple(now[document.doc_id] for document in documents)
    return Revisions(after, tuple(now[name] for name in changed), tuple(news), tuple(questions), tuple(unused))


def measure(
    revisions: Revisions, data: Data, found: Found, models: "Models", until: Deadline, report: Report
) -> dict[str, Any] | None:
    """JSON-ready: how many documents and questions, and for each arm what is updated, seconds, share right.

    An adapter is trained anew, with pairs made by rule of the new sentences before the others; where the time that is
    left does not allow it, its seconds are those of the training before and what it answers after is not measured.
    """
    contest = found.contest
    if contest is None or contest.renew is None:
        return None
    report(f"{len(revisions.changed)} documents changed: updating the index …")
    make, seconds = contest.renew(revisions.documents, revisions.changed)
    rows = []
    for arm in (arm for arm in found.plan.arms if arm in ARMS):
        worn = ARMS[arm]
        training = found.training.get(f"{worn.adapter} 0")
        before = _right(contest.make(arm, training), revisions, contest.scorer, until)
        row = {"arm": arm, "updated": "nothing", "seconds": 0.0, "before": before, "after": before}
        if worn.retrieves:
            after = _right(make(arm, training), revisions, contest.scorer, until)
            row |= {"updated": "the index, changed documents only", "seconds": seconds, "after": after}
        elif worn.adapter == CLOSED:
            report(f"training {arm} anew …")
            anew, took = _taught(revisions, found, models, until)
            after = _right(make(arm, anew), revisions, contest.scorer, until) if anew else None
            row |= {"updated": "the adapter", "seconds": took, "after": after}
        rows.append(row)
    return {"documents": len(revisions.changed), "questions": len(revisions.questions), "arms": rows}


def said(found: dict[str, Any] | None) -> tuple[str, ...]:
    """What the figures rest on."""
    if not found:
        return ()
    notes = ["Freshness: an arm that only retrieves needs its index updated, an adapter is trained again."]
    if not found["questions"]:
        notes.append("The revisions hold no question with its new answer, so that only times were measured.")
    if any(row["updated"] == "the adapter" and row["after"] is None for row in found["arms"]) and found["questions"]:
        notes.append("The adapter was not trained anew, for the time was short: its seconds are those of its training.")
    return tuple(notes)


def _right(arm: Any, revisions: Revisions, scorer: Any, until: Deadline) -> float | None:
    """Share right of the questions about what changed; None without any, and where there was no time for all."""
    if not revisions.questions or until.left <= 0:
        return None
    frame = run([arm], revisions.questions, scorer, journal=None, key="", until=until)
    return float(frame["correct"].mean()) if len(frame) == len(revisions.questions) else None


def _taught(
    revisions: Revisions, found: Found, models: "Models", until: Deadline
) -> "tuple[Training | None, float | None]":
    """The closed-book adapter of what is right now, and its seconds."""
    from twolevers.arms.training import train
    from twolevers.arms.tuned import closed_book
    from twolevers.bakeoff.tasks.cloze import cloze
    from twolevers.bakeoff.tasks.pairs import instruction

    contest, earlier = found.contest, found.training.get(f"{CLOSED} 0")
    if contest is None or earlier is None:
        return None, None
    made = closed_book(cloze(revisions.news, per_document=2), instruction(list(contest.tested)))
    examples = [*made, *contest.examples[CLOSED]][: found.plan.pairs]
    if earlier.seconds > until.left:
        return None, earlier.seconds

    def in_time(rows: int) -> None:
        if until.left <= 0:
            raise OutOfTime

    began = time.perf_counter()
    try:
        return train(models.model, CLOSED, examples, contest.recipes[CLOSED], tick=in_time), time.perf_counter() - began
    except OutOfTime:
        return None, earlier.seconds


def _sentence(text: str, new: str) -> str:
    """The lines of a text that hold the new words."""
    held = [line for line in text.split("\n") if new in line]
    return "\n".join(held) or new
