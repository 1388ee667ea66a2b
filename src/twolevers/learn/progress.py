"""What the learner has done, one JSON file a lesson under `home()/progress`: guesses, quiz answers, checks.

Beside the records stand the minutes in which something was stored (`active`), from which time spent is estimated.
Safe with two kernels at once (a file lock around every change) and with a killed one (whole-file replacement).
"""

import json
import re
import warnings
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers.errors import TwoLeversError, UsageError
from twolevers.paths import home, only_writer, write_atomically

if TYPE_CHECKING:
    import pandas as pd

SECTIONS = ("quiz", "predict", "check")
ACTIVE = "active"
SCHEMA = 1
Record = dict[str, object]
Stored = dict[str, dict[str, Record]]


class Progress:
    """One lesson's stored progress: records by section (`quiz`, `predict`, `check`) and key.

    Raises UsageError for a lesson name that is not a plain stem, TwoLeversError when the file cannot be written.
    """

    def __init__(self, lesson: str):
        if not re.fullmatch(r"\w[\w-]*", lesson):
            raise UsageError(f"{lesson!r} is not a lesson: use a stem such as '01_two_levers'.")
        self.lesson = lesson
        self.path = home() / "progress" / f"{lesson}.json"

    def section(self, name: str) -> dict[str, Record]:
        """All records of one section, by key."""
        return self._read()[0][name]

    def get(self, section: str, key: str) -> Record | None:
        """One record, or None."""
        return self.section(section).get(key)

    def update(self, section: str, key: str, change: Callable[[Record | None], Record]) -> Record:
        """Replace one record by `change(what is stored, or None)` and return it; `at` (UTC) is stamped.

        The file is read again under the lock, so that nothing another kernel wrote meanwhile is lost.
        """
        with only_writer(self.path, "Progress"):
            stored, active = self._read(locked=True)
            now = datetime.now(UTC)
            record = {**change(stored[section].get(key)), "at": now.isoformat(timespec="seconds")}
            stored[section][key] = record
            self._write(stored, {*active, now.isoformat(timespec="minutes")})
        return record

    def active(self) -> list[datetime]:
        """The minutes (UTC) in which something was stored, in order; of older files, the last change of each record."""
        stored, active = self._read()
        records = [str(record.get("at", "")) for section in stored.values() for record in section.values()]
        return sorted({time.replace(second=0) for time in map(moment, {*active, *records}) if time})

    def merge(self, other: Stored, active: Iterable[str], choose: Callable[[str, Record, Record], Record]) -> int:
        """Take in the records of another file; where both have one, `choose(section, ours, theirs)` says which stays.

        Returns how many records were added or replaced. Their times stay as they are.
        """
        with only_writer(self.path, "Progress"):
            stored, own = self._read(locked=True)
            changed = 0
            for section in SECTIONS:
                for key, theirs in other[section].items():
                    ours = stored[section].get(key)
                    kept = theirs if ours is None else choose(section, ours, theirs)
                    changed += kept != ours
                    stored[section][key] = kept
            if changed or not {*active} <= own:
                self._write(stored, {*own, *active})
        return changed

    def _write(self, stored: Stored, active: set[str]) -> None:
        content = {"schema": SCHEMA, "lesson": self.lesson, **stored, ACTIVE: sorted(active)}
        write_atomically(self.path, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))

    def _read(self, locked: bool = False) -> tuple[Stored, set[str]]:
        """The records by section and key, and the minutes in which something was stored."""
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {name: {} for name in SECTIONS}, set()
        except OSError as error:
            raise TwoLeversError(f"Progress cannot be read from {self.path}: {error.strerror or error}.") from error
        stored = _parse(text)
        if stored is not None:
            return stored
        if locked:
            self._set_aside()
            return {name: {} for name in SECTIONS}, set()
        with only_writer(self.path, "Progress"):  # another kernel may have mended the file meanwhile: look again
            return self._read(locked=True)

    def _set_aside(self) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        aside = self.path.with_name(f"{self.path.stem}.damaged-{stamp}")
        self.path.rename(aside)
        warnings.warn(f"Progress of {self.lesson} was damaged; kept as {aside}, starting afresh.", stacklevel=4)


def _parse(text: bytes) -> tuple[Stored, set[str]] | None:
    """The records and active minutes of a progress file, or None when it is not one."""
    try:
        content = json.loads(text)
        if content["schema"] != SCHEMA:
            return None
        sections = {name: dict(content.get(name, {})) for name in SECTIONS}
        active = {str(minute) for minute in content.get(ACTIVE, [])}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    whole = all(isinstance(r, dict) for records in sections.values() for r in records.values())
    return (sections, active) if whole else None


def moment(text: object) -> datetime | None:
    """A stored time as a moment in UTC, or None where it is none."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else None


def started_lessons() -> list[str]:
    """Stems of the lessons with stored progress, in the course's order."""
    return sorted(path.stem for path in Path(home() / "progress").glob("[!.]*.json"))


def overview() -> "pd.DataFrame":
    """One row a lesson that was started.

    Columns: lesson, quiz_answered, quiz_right_first, guesses, guesses_within (of those set beside a measurement),
    checks_passed, last (time of the last change, UTC).
    """
    import pandas as pd

    rows = []
    for lesson in started_lessons():
        progress = Progress(lesson)
        items, guesses, checks = (list(progress.section(name).values()) for name in SECTIONS)
        made = [record for record in guesses if "first" in record]
        rows.append(
            {
                "lesson": lesson,
                "quiz_answered": len(items),
                "quiz_right_first": sum(bool(record.get("first")) for record in items),
                "guesses": len(made),
                "guesses_within": sum(record.get("within") is True for record in made),
                "checks_passed": sum(bool(record.get("passed")) for record in checks),
                "last": max((str(record.get("at", "")) for record in items + guesses + checks), default=""),
            }
        )
    columns = [
        "lesson",
        "quiz_answered",
        "quiz_right_first",
        "guesses",
        "guesses_within",
        "checks_passed",
        "last",
    ]
    return pd.DataFrame(rows, columns=columns)
