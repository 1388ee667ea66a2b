"""Read the progress files of a folder. What is damaged, forged or there twice is set aside with the reason."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twolevers.errors import UsageError
from twolevers.learn.bank import load_bank
from twolevers.learn.items import Incomplete, Item
from twolevers.learn.progress import Record, moment
from twolevers.learn.progress_file import read_export
from twolevers.learn.quiz import CONFIDENCE, same_item
from twolevers.paths import datasets

LARGEST = 20_000_000  # bytes; a whole course leaves far less
MOST_TRIES = 1_000
LARGEST_NUMBER = 1e15
SKEW = timedelta(days=1)  # a learner's clock may go wrong by so much


@dataclass(frozen=True)
class Learner:
    """One learner's file: a nickname (numbered where there is none), when it was written, lessons and evidence."""

    name: str
    exported: datetime
    lessons: dict[str, dict[str, Any]]
    ledger: list[dict[str, Any]]


@dataclass(frozen=True)
class Aside:
    """A file that was left out, and why."""

    file: str
    reason: str


def read_room(folder: Path) -> tuple[list[Learner], list[Aside]]:
    """The learners of `folder` and its subfolders, by name, and the files set aside. No file is changed.

    Raises UsageError when there is no such folder or no JSON file in it.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name the one that holds the learners' files.")
    files = sorted(path for path in folder.rglob("*.json") if not path.name.startswith("."))
    if not files:
        raise UsageError(f"No .json file in {folder}: learners write theirs with export_progress (end of lesson 00).")
    banks = {path.stem: {item.id: item for item in load_bank(path.stem).items} for path in _banks()}
    newest: dict[str, tuple[str, Learner]] = {}
    aside = []
    for number, path in enumerate(files, 1):
        shown = path.relative_to(folder).as_posix()
        try:
            learner = _read(path, f"nameless {number}", banks)
        except UsageError as error:
            aside.append(Aside(shown, _reason(str(error), path)))
            continue
        other = newest.get(learner.name)
        if other is None or learner.exported >= other[1].exported:
            newest[learner.name], other = (shown, learner), other
        else:
            other = (shown, learner)
        if other:
            aside.append(Aside(other[0], f"another file of {learner.name!r} is newer: two people need two nicknames"))
    return sorted((one for _, one in newest.values()), key=lambda one: one.name.casefold()), aside


def _banks() -> list[Path]:
    return sorted((datasets() / "quizzes").glob("*.yaml"))


def _read(path: Path, nameless: str, banks: dict[str, dict[str, Item]]) -> Learner:
    if path.is_symlink() or not path.is_file():
        raise UsageError("it is a link or no file")
    if path.stat().st_size > LARGEST:
        raise UsageError("it is far too large")
    content = read_export(path)
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise UsageError("it holds half a letter") from None
    exported = moment(content["exported"])
    if exported is None or exported > datetime.now(UTC) + SKEW:
        raise UsageError("it says that it was written in the future")
    for lesson, stored in content["lessons"].items():
        for key, record in stored["quiz"].items():
            _check_answer(banks.get(lesson, {}).get(key), record, f"{lesson}, {key}")
        for key, record in stored["predict"].items():
            _check_guess(record, f"{lesson}, {key}")
    return Learner(content["nickname"].strip() or nameless, exported, content["lessons"], content["ledger"])


def _check_answer(item: Item | None, record: Record, where: str) -> None:
    """Refuse a record that no quiz of this course writes: it would count in the room's numbers."""
    tries = record.get("tries", 0)
    flags = [record.get(name, False) for name in ("right", "first", "shown", "hinted")]
    if not isinstance(tries, int) or isinstance(tries, bool) or not 0 <= tries <= MOST_TRIES:
        raise UsageError(f"{where}: {str(tries)[:20]} tries cannot be")
    if not all(isinstance(flag, bool) for flag in flags) or record.get("confidence") not in (None, *CONFIDENCE):
        raise UsageError(f"{where}: a record that no quiz writes")
    if record.get("first") and not record.get("right"):
        raise UsageError(f"{where}: right first time, and not right")
    if item is None or not tries or same_item(item, record) is None:
        return  # another wording of the question: kept, but nothing to hold it against
    try:
        right = item.grade(record.get("answer")).right
    except (Incomplete, TypeError, AttributeError, IndexError):
        raise UsageError(f"{where}: an answer that the question does not allow") from None
    if right != bool(record.get("right")):
        raise UsageError(f"{where}: graded otherwise than its answer deserves")


def _check_guess(record: Record, where: str) -> None:
    numbers = [record[name] for name in ("first", "measured", "low", "high") if name in record]
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float | str):
            raise UsageError(f"{where}: {json.dumps(number)[:20]} is no guess")
        if isinstance(number, int | float) and not -LARGEST_NUMBER < number < LARGEST_NUMBER:
            raise UsageError(f"{where}: a number that is none")


def _reason(said: str, path: Path) -> str:
    """The reason without the path and what only an import needs to say."""
    said = said.replace(str(path), "").replace("is no progress file that can be used", "").strip()
    return said.removesuffix(": nothing was changed.").strip(" ()").rstrip(".") or "it cannot be read"
