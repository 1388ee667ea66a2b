"""Lesson 11, what is missing: other lessons fill the table, each measured in one call (see `registry`).

What one of them has measured before is found in the cache, so that it costs seconds.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons import registry
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.the_numbers.tables import CLAIMS, measured, missing

SECONDS = 80.0  # of measuring on the spot; what does not fit is named instead


# The lessons that fill the table, the quickest first.
MISSING: dict[str, registry.Lesson] = {
    row.stem: row
    for row in sorted(registry.LESSONS, key=lambda row: row.seconds or 0)
    if row.seconds and set(row.claims) & set(CLAIMS)
}


def plan(table: pd.DataFrame, seconds: float = SECONDS) -> list[str]:
    """Lessons to measure now: all that the table lacks, if together they fit into `seconds`; else none.

    While nothing at all is measured: the cheapest that fit, so that the table shows something.
    """
    lacking = [lesson for lesson in MISSING if lesson in missing(table)]
    taken = itertools.accumulate(MISSING[lesson].seconds for lesson in lacking)
    fitting = [lesson for lesson, so_far in zip(lacking, taken, strict=True) if so_far <= seconds]
    return fitting if fitting == lacking or measured(table).empty else []


def fill(lessons: Iterable[str], load: Callable[[], Workbench]) -> Iterator[tuple[str, list[Evidence]]]:
    """Measure for each lesson what it measures: yields (lesson, its evidence).

    `load` makes the workbench, and is called only when something is measured.
    """
    bench = None
    for lesson in lessons:
        bench = bench or load()
        yield lesson, MISSING[lesson].measure(bench)
