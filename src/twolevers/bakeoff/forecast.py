"""`--plan`: what would be run, how long, and what it could show; before any model is loaded."""

import math
from collections.abc import Sequence

from twolevers.bakeoff.plan import MOST_TESTED, plan
from twolevers.bakeoff.rates import expected
from twolevers.bakeoff.tasks.kinds import Kind
from twolevers.bakeoff.tasks.protocol import Data
from twolevers.errors import UsageError
from twolevers.evaluate.power import needed, resolution

WANTED = (0.05, 0.10)  # differences in right answers that people ask for
APART = (0.3, 0.5)  # share of the items on which two arms differ: alike, and unrelated
STARTING = 15  # seconds for loading the models, assumed


def lines(kind: Kind, data: Data, arms: Sequence[str], seeds: int, minutes: float) -> list[str]:
    """The forecast, a line a subject. A time too short for anything is said, not raised."""
    rates, source = expected(kind.name, arms, data.characters)
    tested, pairs = data.offered
    try:
        planned = plan(arms, kind.dropped_first, seeds, tested, pairs, rates, 60 * minutes - STARTING, 60 * minutes)
    except UsageError as error:
        return [str(error), f"Speeds: {source}."]
    compared = [pair for pair in kind.compared if set(pair) <= set(planned.arms)]
    level = 1 - 0.05 / max(1, len(compared))
    taught = f", {planned.pairs} training pairs, {planned.seeds} seed(s)" if rates.taught(planned.arms) else ""
    said = [
        f"would run: {', '.join(planned.arms)}; {planned.tested} test {kind.items} of {len(data.items)}{taught}",
        f"would take: about {(planned.seconds + STARTING) / 60:.1f} of {minutes:g} minutes (speeds: {source})",
    ]
    if planned.left_out:
        said.append(f"left out for time: {', '.join(planned.left_out)}")
    said.append(_shows(planned.tested, kind, len(compared), level))
    for difference in WANTED:
        said.append(_needs(difference, planned.tested, len(data.items), kind, level))
    if len(planned.arms) > 1:
        said.append("These numbers hold for items that have nothing in common: several about one document tell less.")
    return said


def _shows(n: int, kind: Kind, family: int, level: float) -> str:
    found = [resolution(n, share, level=level) for share in APART]
    words = [
        f"{_points(value)} where two arms differ on {100 * share:.0f} % of them"
        for value, share in zip(found, APART, strict=True)
    ]
    together = f", {family} comparisons together" if family > 1 else ""
    return (
        f"smallest difference that {n} test {kind.items} show (4 times of 5, 95 % sure{together}): {'; '.join(words)}"
    )


def _needs(difference: float, n: int, held: int, kind: Kind, level: float) -> str:
    """What showing a difference takes: of `held` items in the file, `n` are tested; the others are for training."""
    tests = [needed(difference, share, level=level) for share in APART]
    asked = f"{100 * difference:.0f} points need {tests[0]:,} to {tests[1]:,} test {kind.items}"
    if n >= tests[1]:
        return f"{asked}: these are enough"
    more = [max(0, math.ceil(test / kind.tested) - held) for test in tests]
    lacking = f"{more[0]:,} to {more[1]:,} more in the file" if more[1] else "the file holds them"
    most = f"; one run tests {MOST_TESTED} at most" if tests[0] > MOST_TESTED else ", and the time for them"
    return f"{asked}: {lacking}{most}"


def _points(value: float) -> str:
    return f"{100 * value:.0f} points" if math.isfinite(value) else "none at all"
