"""What `twolevers bench` calls: run one bench or all, publish the rows, print them."""

import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from benchmarks import NAMES
from benchmarks.common import Options
from benchmarks.publish import table, write
from twolevers.errors import UsageError

__all__ = ["Options", "run", "summary", "table"]


def run(name: str | None, options: Options) -> list[dict[str, Any]]:
    """Rows of the named bench, or of all. Complete ones are written to results/; with chosen peers nothing is."""
    if name and name not in NAMES:
        raise UsageError(f"No bench {name!r}: choose from {', '.join(NAMES)}.")
    if options.peers and not name:
        raise UsageError("A peer belongs to one bench: name the bench too, as in `twolevers bench answer --peer …`.")
    found = []
    for each in [name] if name else NAMES:
        rows = [_plain(row) for row in import_module(f"benchmarks.{each}").rows(options)]
        if rows and not options.peers:
            for path in write(each, rows):
                options.report(f"written: {path}")
        found += rows
    return found


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line a row: the ratio with its range, both figures, and the quality where it was measured."""
    lines = []
    for row in rows:
        low, high = row.get("ratio_min", row["ratio"]), row.get("ratio_max", row["ratio"])
        ranged = f"{row['ratio']:6.2f} × ({low:.2f} to {high:.2f})"
        figures = f"{row['ours']:.4g} against {row['theirs']:.4g} {row['unit']}"
        score = ""
        if row.get("quality_difference") is not None:
            spread = "no interval" if row["low"] is None else f"{row['low']:+.3f} to {row['high']:+.3f}"
            score = f"  quality {row['quality_ours']:.3f}, {row['quality_difference']:+.3f} ({spread}, n = {row['n']})"
        lines.append(f"{ranged:26} {row['case']} | {row['peer']}: {figures}{score}")
    return "\n".join(lines)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with None for what could not be computed: JSON has no NaN."""
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
