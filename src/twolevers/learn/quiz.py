"""The quiz as a widget: the page shows, Python grades. What is right never reaches the page before it is chosen."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from twolevers.errors import TwoLeversError
from twolevers.learn.assets import script
from twolevers.learn.bank import Bank, load_bank
from twolevers.learn.items import Grade, Incomplete, Item
from twolevers.learn.ledger import Ledger
from twolevers.learn.markup import Html, inline, paragraphs
from twolevers.learn.own_items import PREFIX, own_items
from twolevers.learn.progress import Progress, Record
from twolevers.learn.spacing import MIXED, earlier, mixed
from twolevers.learn.static import building_pages, evidence_html, quiz_html, quiz_text

DIFFICULTY = {1: "easy", 2: "medium", 3: "hard"}
CONFIDENCE = ("low", "medium", "high")
TRIES_BEFORE_SOLUTION = 3


def quiz(lesson: str) -> "Quiz":
    """The quiz of `lesson` (a stem such as "01_two_levers"); the last line of a cell shows it.

    One item more comes from an earlier lesson, and two from what the learner measured in this one; decks and site have
    the bank alone. Raises UsageError when there is no such quiz or its file cannot be used.
    """
    bank = load_bank(lesson)
    more = [] if building_pages() else [*earlier(lesson), *own_items(lesson, Ledger().newest())]
    return Quiz(lesson, bank.model_copy(update={"items": [*bank.items, *more]}))


def mixed_quiz() -> "Quiz | Html":
    """The last quiz of the course: one item of each lesson, mixed. Kept with lesson 14.

    Decks and site have each item once, in its own lesson; there a line says so.
    """
    if building_pages():
        said = "The mixed quiz is in the notebook: each item stands on the page of its own lesson."
        return Html(f"<p>{said}</p>", said)
    return Quiz(MIXED, mixed())


class Quiz(anywidget.AnyWidget):
    """A quiz in the notebook. Answers are graded and stored here, and restored when the cell is run again.

    The page sends `{"type": "answer" | "hint" | "solution", "id": item, "answer": ..., "confidence": ...}`; what it
    may show of each item after that stands in `results`.
    """

    _esm = script("dom.js", "quiz.js")
    _css = script("learn.css")

    title = traitlets.Unicode().tag(sync=True)
    items = traitlets.List().tag(sync=True)
    results = traitlets.Dict().tag(sync=True)
    score = traitlets.Unicode().tag(sync=True)
    calibration = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)

    def __init__(self, lesson: str, bank: Bank):
        self._bank = bank
        self._by_id = {item.id: item for item in bank.items}
        self._progress = Progress(lesson)
        self._records: dict[str, Record] = {}
        super().__init__(title=bank.title, items=[page_of(item) for item in bank.items])
        self._restore()
        self.on_msg(self._receive)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        plain = {"text/html": quiz_html(self._bank, answers=building_pages()), "text/plain": quiz_text(self._bank)}
        if building_pages():
            return plain, {}
        data, metadata = super()._repr_mimebundle_(**options)
        return {**data, **plain}, metadata

    def _restore(self) -> None:
        results = {}
        try:
            stored = self._progress.section("quiz")
        except TwoLeversError as error:
            stored, self.notice = {}, str(error)
        for item in self._bank.items:
            record = same_item(item, stored.get(item.id))
            if record:
                self._records[item.id] = record
                results[item.id] = _result(item, record, _regrade(item, record))
        self.results = results
        self._tell_score()

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        item = self._by_id.get(message.get("id"))
        if item is None:
            return
        grade, note = None, ""
        if message["type"] == "answer":
            try:
                grade = item.grade(message["answer"])
                self._answered(item, grade, message["answer"], message.get("confidence"))
            except Incomplete as error:
                note = str(error)
        elif message["type"] == "hint":
            self._store(item, lambda record: {**record, "hinted": True})
        elif message["type"] == "solution" and _may_see_solution(self._records.get(item.id, {})):
            self._store(item, lambda record: {**record, "shown": True})
        record = self._records.get(item.id, {})
        if grade is None:
            grade = _regrade(item, record)
        turn = self.results.get(item.id, {}).get("turn", 0) + 1
        self.results = {**self.results, item.id: {**_result(item, record, grade), "note": note, "turn": turn}}
        self._tell_score()

    def _answered(self, item: Item, grade: Grade, answer: Any, confidence: str | None) -> None:
        if self._records.get(item.id, {}).get("right"):
            return  # solved before: trying the other options teaches, but changes nothing that is kept

        def change(record: Record) -> Record:
            tries = record.get("tries", 0) + 1
            sure = record.get("confidence") if tries > 1 else confidence if confidence in CONFIDENCE else None
            first = tries == 1 and grade.right and not record.get("shown")
            kept = {"tries": tries, "right": grade.right, "confidence": sure, "answer": answer}
            return {**record, **kept, "first": first or bool(record.get("first"))}

        self._store(item, change)

    def _store(self, item: Item, change: Callable[[Record], Record]) -> None:
        def stamped(stored: Record | None) -> Record:
            return stamp(item, change(same_item(item, stored) or {}))

        try:
            self._records[item.id] = self._progress.update("quiz", item.id, stamped)
        except TwoLeversError as error:
            self.notice = f"Your answers are graded but not kept. {error}"
            self._records[item.id] = stamped(self._records.get(item.id))

    def _tell_score(self) -> None:
        done = [record for record in self._records.values() if record.get("tries") or record.get("shown")]
        first = sum(bool(record.get("first")) for record in done)
        self.score = f"{len(done)} of {len(self._bank.items)} answered, {first} right first time"
        said = []
        for level in CONFIDENCE:
            rated = [bool(record.get("first")) for record in done if record.get("confidence") == level]
            if rated:
                said.append(f"{level} {sum(rated)} of {len(rated)}")
        self.calibration = f"Right first time by how sure you were: {', '.join(said)}." if said else ""


def page_of(item: Item) -> dict[str, Any]:
    """What the page gets of an item: all but the answer, the explanations and the hint."""
    *lead, question = paragraphs(item.question)
    page = item.page()
    marked = {name: [inline(text) for text in page[name]] for name in ("options", "steps", "lefts") if name in page}
    return {
        "id": item.id,
        "kind": item.kind,
        "difficulty": DIFFICULTY[item.difficulty],
        "evidence": item.evidence,
        "lead": lead,
        "exhibit": evidence_html(item),
        "question": question,
        "instruction": item.instruction,
        **page,
        **marked,
    }


def _result(item: Item, record: Record, grade: Grade | None) -> dict[str, Any]:
    """What the page may show of an item after the learner has done something with it."""
    lines = list(grade.feedback) if grade else []
    if record.get("shown") and not record.get("right"):
        lines = item.solution()
    tries = record.get("tries", 0)
    return {
        "tries": tries,
        "right": bool(record.get("right")),
        "first": bool(record.get("first")),
        "shown": bool(record.get("shown")),
        "offer": _may_see_solution(record),
        "answer": record.get("answer"),
        "confidence": record.get("confidence"),
        "now_right": bool(grade and grade.right),
        "lines": [
            {"right": line.right, "chosen": inline(line.chosen), "text": inline(line.text), "option": line.option}
            for line in lines
        ],
        "hint": inline(item.hint) if record.get("hinted") else "",
        "note": "",
        "turn": 0,
    }


def _may_see_solution(record: Record) -> bool:
    return record.get("tries", 0) >= TRIES_BEFORE_SOLUTION and not record.get("right") and not record.get("shown")


def _regrade(item: Item, record: Record) -> Grade | None:
    try:
        return item.grade(record["answer"]) if record.get("tries") else None
    except (Incomplete, KeyError, TypeError):
        return None


def same_item(item: Item, record: Record | None) -> Record | None:
    """`record`, unless the item was rewritten since: an old answer to a new question means nothing."""
    return record if record and record.get("item") == _digest(item) else None


def stamp(item: Item, record: Record) -> Record:
    """`record`, bound to the item's present wording."""
    return {**record, "item": _digest(item)}


def _digest(item: Item) -> str:
    seen: list[Any] = [item.kind, item.question, item.page()]
    if item.id.startswith(PREFIX) and item.figure:  # measured anew, the same words ask of another figure
        seen.append(item.figure.model_dump())
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:12]
