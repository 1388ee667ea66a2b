"""All progress and the ledger as one file, to carry to another machine or to hand to an instructor.

The file is JSON: `kind`, `schema`, `nickname` (chosen, may be empty), `exported` (UTC), `lessons` (as `progress` stores
them), `ledger` (evidence rows) and `digest`, which tells a damaged file. It holds no name, host or path; the ledger's
rows say on what kind of machine they were measured. Nothing is sent anywhere.
"""

import hashlib
import json
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate import journal
from twolevers.evaluate.evidence import Evidence
from twolevers.learn.ledger import Ledger
from twolevers.learn.markup import Html, inline, plain
from twolevers.learn.progress import ACTIVE, SECTIONS, Progress, Record, moment, started_lessons
from twolevers.paths import write_atomically

KIND, SCHEMA = "twolevers progress", 1
NAME = "two-levers-progress.json"
NICKNAME = 40  # letters at most
LARGEST = 50_000_000  # bytes: far more than a whole course leaves
WORK = {"quiz": ("tries", "shown"), "predict": ("first",), "check": ("tries",)}  # what makes a record more than a look
SETTLED = {"quiz": "right", "check": "passed"}


def export_progress(path: str | Path = NAME, nickname: str = "") -> Html:
    """Write everything to one file (in a folder: `two-levers-progress.json`); says what it holds.

    An older export in that place is replaced; any other file is left alone, with a UsageError. `nickname` is how an
    instructor will see you: leave it out to stay nameless.
    """
    path = Path(path).expanduser()
    path = path / NAME if path.is_dir() else path
    name = " ".join(nickname.split())
    if len(name) > NICKNAME or any(unicodedata.category(letter)[0] == "C" for letter in name):
        raise UsageError(f"A nickname has at most {NICKNAME} letters on one line: choose a shorter one.")
    if path.exists():
        try:
            read_export(path)
        except UsageError:
            raise UsageError(f"{path} is there already and is no progress file: choose another name.") from None
    lessons = {}
    for lesson in started_lessons():
        progress = Progress(lesson)
        lessons[lesson] = {section: progress.section(section) for section in SECTIONS}
        lessons[lesson][ACTIVE] = [time.isoformat(timespec="minutes") for time in progress.active()]
    rows = [row.to_dict() for row in Ledger().history()]
    content = {"kind": KIND, "schema": SCHEMA, "nickname": name, "exported": _now(), "lessons": lessons, "ledger": rows}
    try:
        write_atomically(path, json.dumps(content | {"digest": _digest(content)}, ensure_ascii=False, indent=1))
    except OSError as error:
        raise TwoLeversError(f"{path} cannot be written ({error.strerror or error}): choose another place.") from error
    who = f"as {name}" if name else "without a name"
    return _said(f"Written to `{path}`, {who}: {_count(len(lessons), 'lesson')}, {_count(len(rows), 'ledger row')}.")


def import_progress(path: str | Path) -> Html:
    """Take in a file that `export_progress` wrote; says what came in.

    Merges: what is only in the file is added; of two records of one item the newer stays, except that a solved item
    stays solved and a mere look replaces no work. Ledger rows come in by their time, so none becomes the newest that
    is not. A second import changes nothing. Raises UsageError, before anything is changed, for a file that is damaged
    or of another kind.
    """
    content = read_export(path)
    records = 0
    for lesson, stored in content["lessons"].items():
        records += Progress(lesson).merge(stored, stored[ACTIVE], newer)
    rows = _take_in(content["ledger"])
    if not records and not rows:
        return _said(f"Nothing new in `{path}`: all of it was here already, or is older than what is here.")
    return _said(
        f"From `{path}`: {_count(records, 'record')} and {_count(rows, 'ledger row')} added or brought up to date."
    )


def read_export(path: str | Path) -> dict[str, Any]:
    """The checked content of a progress file. UsageError, in one line, when it is missing, damaged or another kind."""
    path = Path(path).expanduser()
    try:
        if path.stat().st_size > LARGEST:
            _refuse(path, "it is far too large")
        content = json.loads(
            path.read_bytes(), parse_constant=lambda _: _refuse(path, "it holds a number that is none")
        )
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror or error}): check its name and place.") from None
    except (ValueError, RecursionError):
        _refuse(path, "it is no whole JSON file")
    if not isinstance(content, dict) or content.get("kind") != KIND:
        _refuse(path, "it was not written by export_progress")
    if content.get("schema") != SCHEMA:
        raise UsageError(f"{path} was written by another version of the course: update the course, then import again.")
    if content.pop("digest", None) != _digest(content):
        _refuse(path, "its content was changed or damaged after it was written")
    if not (_lessons_hold(content.get("lessons")) and isinstance(content.get("ledger"), list)):
        _refuse(path, "its lessons or its ledger are not as export_progress writes them")
    if not isinstance(content.get("nickname"), str) or moment(content.get("exported")) is None:
        _refuse(path, "its nickname or its time is missing")
    for row in content["ledger"]:
        try:
            Evidence.from_dict(row)
        except (UsageError, TypeError, AttributeError) as error:
            _refuse(path, f"a ledger row cannot be used ({str(error).rstrip('.')})")
    return content


def newer(section: str, ours: Record, theirs: Record) -> Record:
    """Which of two records of one item stays: work before a look, a solved item before an open one, else the newer."""
    works = [any(name in record for name in WORK[section]) for record in (ours, theirs)]
    if works[0] != works[1]:
        return ours if works[0] else theirs
    settled = [bool(record.get(SETTLED.get(section, ""))) for record in (ours, theirs)]
    if settled[0] != settled[1] and ours.get("item") == theirs.get("item"):
        return ours if settled[0] else theirs
    return theirs if moment(theirs["at"]) > (moment(ours.get("at")) or datetime.min.replace(tzinfo=UTC)) else ours


def _lessons_hold(lessons: object) -> bool:
    """Whether lessons are stems with sections of dated records, and minutes."""
    if not isinstance(lessons, dict) or not all(re.fullmatch(r"\w[\w-]*", name) for name in lessons):
        return False
    for stored in lessons.values():
        if not isinstance(stored, dict) or set(stored) != {*SECTIONS, ACTIVE}:
            return False
        if not all(isinstance(stored[section], dict) for section in SECTIONS) or not isinstance(stored[ACTIVE], list):
            return False
        records = [record for section in SECTIONS for record in stored[section].values()]
        if not all(isinstance(record, dict) and moment(record.get("at")) for record in records):
            return False
        if not all(isinstance(minute, str) and moment(minute) for minute in stored[ACTIVE]):
            return False
    return True


def _take_in(rows: list[dict[str, Any]]) -> int:
    """Put the rows that the ledger lacks in their places by time; returns their number."""
    ledger = Ledger()
    ledger.history()  # sets damaged lines aside, so that none is lost below
    with journal.locked(ledger.path):
        own, _ = journal.read(ledger.path)
        known = {_name(row) for row in own}
        fresh = list({_name(row): row for row in rows if _name(row) not in known}.values())
        if fresh:
            merged = sorted([*own, *fresh], key=lambda row: moment(row["created"]))
            write_atomically(ledger.path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in merged))
    return len(fresh)


def _name(row: dict[str, Any]) -> tuple[str, str, str]:
    return Evidence.from_dict(row).id, row["machine"], row["created"]


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _refuse(path: Path, why: str) -> NoReturn:
    raise UsageError(f"{path} is no progress file that can be used ({why}): nothing was changed.")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _said(line: str) -> Html:
    return Html(f"<p>{inline(line)}</p>", plain(line))
