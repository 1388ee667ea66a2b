"""Lesson 01, statistics before they are used: a paired difference, its interval, the family and the verdict rule.

Turned by hand over the learner's own answers: fewer questions, more comparisons, another margin.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twolevers.evaluate.power import resolution
from twolevers.evaluate.statistics import Comparison, compare
from twolevers.evaluate.verdicts import judge
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.style import BLUE, EDGE, GREY, ORANGE, style
from twolevers.lessons.two_levers.experiment import MARGIN, N

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAIRS = {
    "RAG > tuned": ("rag", "tuned"),
    "RAG > RAG, wrong passages": ("rag", "rag, wrong passages"),
    "tuned, trained wording > tuned, new wording": ("tuned, trained wording", "tuned"),
}
DIALS = (
    Dial("pair", "Which claim", tuple(PAIRS)),
    Dial("n", "Questions asked", (5, 10, 20, N), 3),
    Dial("family", "Comparisons in the family", (1, 4, 20), 1),
    Dial("margin", "Smallest difference that matters", (0.0, MARGIN, 0.3), 1),
)
LEGEND = "When may we say it?"
KINDS = {"only the first right": BLUE, "only the second right": ORANGE, "both right": "#FFFFFF", "neither": GREY}
SIGNS = ("1", "2", "=", "–")
INK = ("white", EDGE, EDGE, "white")  # of the signs, so that each can be read on its tile


def paired(a: Sequence[bool], b: Sequence[bool], family: int) -> Comparison:
    """Two arms on the same questions, the interval at the family's level (Bonferroni), as the lesson's table has it."""
    return compare([float(one) for one in a], [float(one) for one in b], level=1 - 0.05 / family)


def explore(answers: pd.DataFrame) -> Explorer:
    """Four sliders over the answers of `experiment.run`; where no kernel runs, ten questions beside them all."""
    right = {arm: group["correct"].tolist() for arm, group in answers.groupby("arm", sort=False)}

    def draw(pair: str, n: int, family: int, margin: float) -> Drawn:
        a, b = (right[arm][:n] for arm in PAIRS[pair])
        found = paired(a, b, family)
        verdict = judge(found, expected="higher", margin=margin)
        shows = resolution(n, found.discordant, level=1 - 0.05 / family) if found.discordant else float("nan")
        least = f"So few questions show a difference of {shows:.2f} or more."
        if not math.isfinite(shows):
            least = "So few questions, so much alike, show no difference at all."
        first, second = (sum(x and not y for x, y in zip(*sides, strict=True)) for sides in ((a, b), (b, a)))
        words = (
            f"{pair}: of {n} questions {first} are right in the first arm alone and {second} in the second alone. "
            f"Difference {found.difference:+.2f}, interval {found.interval.low:+.2f} to {found.interval.high:+.2f}; "
            f"p = {found.p:.3f}, and the smallest p of {family} must lie below {0.05 / family:.4f}. "
            f"{least} Verdict: {verdict}."
        )
        return Drawn(_plot(a, b, found, margin, str(verdict)), f"Tiles and an interval. {words}", words)

    return explorer(draw, DIALS, LEGEND, fails={"n": 1, "family": 2})


def _plot(a: Sequence[bool], b: Sequence[bool], found: Comparison, margin: float, verdict: str) -> "Figure":
    from matplotlib import pyplot

    kinds = [0 if x and not y else 1 if y and not x else 2 if x else 3 for x, y in zip(a, b, strict=True)]
    with style():
        figure, (tiles, axes) = pyplot.subplots(2, 1, figsize=(9, 4.6), height_ratios=(1, 1.3))
        for kind, (label, color) in enumerate(KINDS.items()):
            places = np.flatnonzero(np.array(sorted(kinds)) == kind)
            if len(places):
                tiles.bar(places, 1, width=0.9, color=color, edgecolor=EDGE, label=f"{SIGNS[kind]}  {label}")
            for place in places:
                tiles.text(place, 0.5, SIGNS[kind], ha="center", va="center", fontsize=12, color=INK[kind])
        tiles.set(xlim=(-0.6, N), ylim=(0, 1), yticks=[], xticks=[])
        tiles.set_title("The same questions, put to both")
        tiles.grid(visible=False)
        tiles.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=4, fontsize=11)
        ends = [[found.difference - found.interval.low], [found.interval.high - found.difference]]
        axes.errorbar([found.difference], [0], xerr=ends, fmt="o", color=EDGE, capsize=8, markersize=12)
        axes.axvline(0, color=EDGE, linewidth=1.5)
        axes.axvline(margin, color=ORANGE, linewidth=2, linestyle="--")
        axes.text(margin, 0.75, " margin", color=EDGE, fontsize=12)
        axes.set(xlim=(-1, 1.02), ylim=(-1, 1.1), yticks=[], xlabel="Difference in the share right")
        axes.set_title(f"Verdict: {verdict}")
    return figure
