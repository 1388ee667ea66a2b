"""The learner's ledger: every evidence row measured on this machine, kept in one append-only file."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate import journal
from twolevers.evaluate.evidence import Evidence
from twolevers.paths import home, write_atomically

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = [
    *("id", "claim", "lesson", "arm", "metric", "value", "low", "high", "n", "seconds"),
    *("model", "data_hash", "machine", "seed", "created"),
]


class Ledger:
    """Evidence rows in `path` (default: ledger.jsonl under `home()`), safe for several notebooks at once.

    Rows are only added. A line that cannot be read (a killed kernel, a damaged disk, a row changed by hand)
    moves to ledger.damaged-<time>.jsonl beside the file, with a warning; all other rows stay.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or home() / "ledger.jsonl"

    def add(self, *evidence: Evidence) -> None:
        """Append rows; they are on disk when this returns. `TwoLeversError` (one line) if they cannot be."""
        if evidence:
            journal.append(self.path, [row.to_dict() for row in evidence])

    def history(self) -> list[Evidence]:
        """Every readable row, oldest first."""
        rows, _, damaged = self._read()
        return self._set_aside_damaged() if damaged else rows

    def newest(self) -> list[Evidence]:
        """The last row of each (claim, lesson, arm, metric), in the order in which those first appeared."""
        return list({(row.claim, row.lesson, row.arm, row.metric): row for row in self.history()}.values())

    def frame(self) -> pd.DataFrame:
        """`newest` as a table: id and the fields of `Evidence`, one row each. `history_frame` has every row."""
        return _table(self.newest())

    def history_frame(self) -> pd.DataFrame:
        """`history` as a table."""
        return _table(self.history())

    def find(self, *, claim: str) -> list[Evidence]:
        """The newest rows of one claim ("C18"); empty when it has not been measured yet."""
        return [row for row in self.newest() if row.claim == claim]

    def cited(self, identifier: str) -> Evidence | None:
        """The row with this id, newest or not; None when the ledger has none."""
        return next((row for row in reversed(self.history()) if row.id == identifier), None)

    def _read(self) -> tuple[list[Evidence], list[dict[str, Any]], list[bytes]]:
        """The evidence, the rows it was read from (a later version may have added fields), and damaged lines."""
        rows, damaged = journal.read(self.path)
        evidence, kept = [], []
        for row in rows:
            try:
                evidence.append(Evidence.from_dict(row))
                kept.append(row)
            except UsageError:
                damaged.append(json.dumps(row, ensure_ascii=False).encode())
        return evidence, kept, damaged

    def _set_aside_damaged(self) -> list[Evidence]:
        try:
            with journal.locked(self.path):
                evidence, kept, damaged = self._read()  # again: what was seen may have been a row half-way to disk
                if not damaged:
                    return evidence
                time = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
                aside = self.path.with_name(f"{self.path.stem}.damaged-{time}.jsonl")
                # The copy first: a kill between the two leaves a line in both files, never in neither.
                write_atomically(aside, b"\n".join(damaged) + b"\n")
                write_atomically(self.path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept))
                where = f"moved to {aside.name}"
        except TwoLeversError:
            evidence, _, damaged = self._read()
            where = "left in place, since the folder cannot be written"
        warnings.warn(f"{self.path}: {len(damaged)} damaged line(s) {where}; {len(evidence)} kept.", stacklevel=3)
        return evidence


def _table(rows: list[Evidence]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame([row.to_dict() for row in rows], columns=_COLUMNS)
    return table.astype({"value": float, "low": float, "high": float, "seed": "Int64"})
