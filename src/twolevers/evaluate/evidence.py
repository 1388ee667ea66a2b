"""One measured row, as the ledger keeps it and the capstone cites it."""

import dataclasses
import hashlib
import json
import math
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

from twolevers.errors import UsageError
from twolevers.paths import processor, threads

_TEXTS = ("claim", "lesson", "arm", "metric", "model", "data_hash", "machine", "created")
_MEASURED = ("value", "low", "high")
_CIRCUMSTANCES = (
    "seconds",
    "machine",
    "created",
)  # left out of the id: a repeat with the same result is the same row


@dataclass(frozen=True)
class Evidence:
    """A measurement of one metric of one arm (or of one comparison, arm "a - b") for one claim.

    `claim` "C01" … or "" for none; `lesson` a stem such as "01_two_levers"; `value` with its interval `low`,
    `high` (NaN where undefined); `n` items; `seconds` measured; `seed` None where nothing is random;
    `created` ISO 8601 with time zone. A row that breaks these rules raises `UsageError`.
    """

    claim: str
    lesson: str
    arm: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    seconds: float
    model: str
    data_hash: str
    machine: str
    seed: int | None
    created: str

    def __post_init__(self) -> None:
        for field in _TEXTS:
            self._require(isinstance(getattr(self, field), str), field, "a text")
        for field in (*_MEASURED, "seconds"):
            number = getattr(self, field)
            self._require(_is_number(number) and not math.isinf(number), field, "a finite number or NaN")
            object.__setattr__(self, field, float(number))
        for field in ("n", "seed"):
            number = getattr(self, field)
            whole = _is_number(number) and float(number).is_integer()
            self._require(whole or (field == "seed" and number is None), field, "a whole number")
            object.__setattr__(self, field, None if number is None else int(number))
        self._require(re.fullmatch(r"(C\d\d)?", self.claim) is not None, "claim", "a claim id such as C01")
        self._require(
            re.fullmatch(r"\d\d_[a-z0-9_]+", self.lesson) is not None,
            "lesson",
            "a stem such as 01_two_levers",
        )
        self._require(bool(self.arm and self.metric), "arm or metric", "a name")
        self._require(self.n >= 0, "n", "zero or more")
        self._require(self.seconds >= 0, "seconds", "zero or more")
        self._require(not self.low > self.high, "low", "at most high")
        self._require(_zoned(self.created), "created", "an ISO 8601 time with time zone")

    @property
    def id(self) -> str:
        """Eight hexadecimal digits from what was measured and on what, whatever the machine and the time."""
        content = {key: value for key, value in self._fields().items() if key not in _CIRCUMSTANCES}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready fields and `id`; NaN becomes None."""
        return {"id": self.id, **self._fields()}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> "Evidence":
        """Read back what `to_dict` wrote; `UsageError` for a missing or wrong field or an id that does not fit."""
        names = [field.name for field in dataclasses.fields(cls)]
        missing = [name for name in names if name not in row]
        if missing:
            raise UsageError(f"Evidence row without {', '.join(missing)}: measure it again.")
        undefined = {name: math.nan for name in _MEASURED if row[name] is None}
        evidence = cls(**{name: row[name] for name in names} | undefined)
        if row.get("id", evidence.id) != evidence.id:
            raise UsageError(f"Evidence row {row['id']} was changed after it was measured: measure it again.")
        return evidence

    def _fields(self) -> dict[str, Any]:
        row = dataclasses.asdict(self)
        return row | {name: None for name in _MEASURED if math.isnan(row[name])}

    def _require(self, holds: bool, field: str, wanted: str) -> None:
        if not holds:
            raise UsageError(f"Evidence: {field} must be {wanted}, not {getattr(self, field, '')!r}.")


def now() -> str:
    """The time now for `created`, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def machine() -> str:
    """Processor, threads, memory, system and Python of this machine; no host or user name and no path."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{processor()}, {threads()} threads, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def _is_number(value: object) -> bool:
    # numpy's numbers pass too: measured values come from arrays.
    if not hasattr(value, "__float__") or isinstance(value, (bool, str)):
        return False
    try:
        float(value)
    except (OverflowError, TypeError, ValueError):
        return False  # a whole number of hundreds of digits is JSON too
    return True


def _zoned(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
