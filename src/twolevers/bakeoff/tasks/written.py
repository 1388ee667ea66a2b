"""Pairs that a language model writes from passages, kept in a file; each answer stands in its passage word for word."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import regex

from twolevers.bakeoff.tasks.protocol import Report
from twolevers.data.records import Document, Question
from twolevers.evaluate import journal
from twolevers.evaluate.facts import mentions
from twolevers.evaluate.refusal import is_refusal
from twolevers.retrieval.chunking import Passage, chunk

if TYPE_CHECKING:
    from twolevers.bakeoff.models import Models
    from twolevers.evaluate.deadline import Deadline
    from twolevers.models.api import Chat

FILE = "written.jsonl"
WORDS, SHORTEST, LONGEST = 80, 8, 12  # words of a passage; of the least that is used; of an answer
BATCH, ROOM = 8, 64  # passages at a time, tokens of a pair
MOST = 1_000  # pairs that are of use
TOLD = (
    "You write quiz questions. Write one question that the text answers, as a person would ask it who has not seen the "
    "text, and name what it is about. Then write the answer in a few words copied from the text. Use the language of "
    "the text. Write exactly two lines: 'Question: …' and 'Answer: …'."
)
_PAIR = regex.compile(
    r"question[\s*]*[:：][\s*]*(?P<asked>[^\n]+?)\s*\n+[\s*]*answer[\s*]*[:：][\s*]*(?P<said>[^\n]+)", regex.IGNORECASE
)


def by(name: str) -> str:
    """How such pairs are named."""
    return f"written from the documents by {name}, not by people"


def kept(path: Path, documents: Sequence[Document]) -> tuple[list[Question], str]:
    """The pairs in a file about these documents, and the model that wrote them; none and "" without the file."""
    rows, _ = journal.read(path)
    there = {document.doc_id for document in documents}
    found, model = [], ""
    for number, row in enumerate(rows, start=1):
        if row.get("doc_id") in there and row.get("question"):
            name = f"written {row['doc_id']} {number}"
            found.append(
                Question(name, row["question"], (row["answer"],), "made", (row["doc_id"],), row["doc_id"], "", "")
            )
        model = row.get("model", model)
    return found, model


def write(
    path: Path, documents: Sequence[Document], per_document: int, models: "Models", until: "Deadline", report: Report
) -> None:
    """Have up to `per_document` pairs of each document written, until the time ends; a call goes on where one stopped.

    A pair counts whose answer stands in its passage and not in its question; passages that gave none are kept as such.
    """
    done = {row["passage"] for row in journal.read(path)[0] if "passage" in row}
    wanted = [each for each in _spread(documents, per_document) if each.passage_id not in done][:MOST]
    for start in range(0, len(wanted), BATCH):
        if until.left <= 0:
            break
        part = wanted[start : start + BATCH]
        said = models.model.generate([_asked(each) for each in part], ROOM)
        rows = [_row(each, completion.text, models.model.name) for each, completion in zip(part, said, strict=True)]
        journal.append(path, rows)
        report(f"pairs written from {start + len(part)} of {len(wanted)} passages; {max(0.0, until.left):.0f} s left")


def pair(text: str, passage: str) -> tuple[str, str] | None:
    """The question and the answer that a model wrote about a passage; None where they cannot be used."""
    match = _PAIR.search(text)
    if not match:
        return None
    asked, answer = (match[name].strip(" *\"'`") for name in ("asked", "said"))
    fit = 0 < len(answer.split()) <= LONGEST and len(asked) > len("who?") and not is_refusal(answer)
    return (asked, answer) if fit and mentions(passage, answer) and not mentions(asked, answer) else None


def _spread(documents: Sequence[Document], per_document: int) -> Iterator[Passage]:
    """Passages in turns: the first of every document before the second of any."""
    rows: dict[str, list[Passage]] = {}
    for passage in chunk(documents, WORDS):
        if len(passage.text.split()) >= SHORTEST or not passage.text.isascii():
            rows.setdefault(passage.doc_id, []).append(passage)
    for turn in range(per_document):
        yield from (row[turn] for row in rows.values() if turn < len(row))


def _asked(passage: Passage) -> "Chat":
    return [{"role": "system", "content": TOLD}, {"role": "user", "content": f"Text: {passage.searchable}"}]


def _row(passage: Passage, text: str, model: str) -> dict[str, str]:
    found = pair(text, passage.searchable)
    row = {"passage": passage.passage_id, "doc_id": passage.doc_id, "model": model}
    return row | ({"question": found[0], "answer": found[1]} if found else {})


def share(path: Path) -> str:
    """How many passages gave a pair, in a sentence."""
    rows, _ = journal.read(path)
    used = sum("question" in row for row in rows)
    return f"Of {len(rows)} passages {used} gave a pair whose answer stands in them; every pair is in {path.name}."
