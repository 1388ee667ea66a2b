"""Lesson 11, what is missing: the experiments of the other lessons that fill the table, each in one call.

What one of them has measured before is found in the cache, so that it costs seconds.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from twolevers.data.revisions import MONTHS
from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.budget import claims as budget_claims
from twolevers.lessons.budget import experiment as budget
from twolevers.lessons.budget import times as budget_times
from twolevers.lessons.changing_data import experiment as changing_data
from twolevers.lessons.changing_data import replay
from twolevers.lessons.citations import experiment as citations
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.style_and_tone import experiment as style_and_tone
from twolevers.lessons.the_numbers.tables import measured, missing
from twolevers.lessons.two_levers import experiment as two_levers

SECONDS = 80.0  # of measuring on the spot; what does not fit is named instead


def knowledge(bench: Workbench) -> list[Evidence]:
    """Lesson 01: facts right by RAG and by the tuned model."""
    return two_levers.evidence(bench, two_levers.run(bench, two_levers.teach(bench)))


def updates(bench: Workbench) -> list[Evidence]:
    """Lesson 02: a year of revisions, and what an update takes."""
    store, refreshes = replay.replay(bench)
    first, again = changing_data.teach(bench, 0), changing_data.teach(bench, MONTHS)
    frame = changing_data.run(bench, store, first, again)
    updating = float(refreshes["seconds"].sum()) + again.seconds
    return changing_data.evidence(bench, frame, replay.ratio(refreshes, again), updating)


def sources(bench: Workbench) -> list[Evidence]:
    """Lesson 03: answers whose citation a reader can follow."""
    tuned = bench.model.adapted(citations.teach_facts(bench).adapter)
    citing = bench.model.adapted(citations.teach_citing(bench).adapter)
    prompt = citations.best_prompt(citations.try_prompts(bench))
    return citations.evidence(bench, citations.run(bench, tuned, citing, prompt))


def costs(bench: Workbench) -> list[Evidence]:
    """Lesson 06: set-up, one answer and the time until live."""
    closed, opened = budget.teach(bench)
    frame = budget.measure(bench, closed, opened)
    found = budget.uses(frame, closed, opened, budget_times.time_index(bench))
    return budget_claims.evidence(bench, frame, found, budget_claims.comparisons(frame, found))


def behaviour(bench: Workbench) -> list[Evidence]:
    """Lesson 07: rules of the house kept."""
    instruction = style_and_tone.prompts()[style_and_tone.best(style_and_tone.try_prompts(bench))]
    material = style_and_tone.taught(bench)
    trained = {size: style_and_tone.teach(bench, material, size) for size in style_and_tone.SIZES}
    return style_and_tone.evidence(bench, style_and_tone.run(bench, instruction, material, trained))


# By lesson: seconds on two cores with nothing in the cache (a plan, not a measurement), and the experiment.
MISSING: dict[str, tuple[float, Callable[[Workbench], list[Evidence]]]] = {
    "01_two_levers": (50, knowledge),
    "03_citations": (70, sources),
    "06_budget": (75, costs),
    "02_changing_data": (80, updates),
    "07_style_and_tone": (90, behaviour),
}


def plan(table: pd.DataFrame, seconds: float = SECONDS) -> list[str]:
    """Lessons to measure now: all that the table lacks, if together they fit into `seconds`; else none.

    While nothing at all is measured: the cheapest that fit, so that the table shows something.
    """
    lacking = [lesson for lesson in MISSING if lesson in missing(table)]
    taken = itertools.accumulate(MISSING[lesson][0] for lesson in lacking)
    fitting = [lesson for lesson, so_far in zip(lacking, taken, strict=True) if so_far <= seconds]
    return fitting if fitting == lacking or measured(table).empty else []


def fill(lessons: Iterable[str], load: Callable[[], Workbench]) -> Iterator[tuple[str, list[Evidence]]]:
    """Measure for each lesson what it measures: yields (lesson, its evidence).

    `load` makes the workbench, and is called only when something is measured.
    """
    bench = None
    for lesson in lessons:
        bench = bench or load()
        yield lesson, MISSING[lesson][1](bench)
