"""Lesson 15, the lab: how many questions are enough? What a file of questions can show, turned by hand."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twolevers.evaluate.power import resolution
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.style import BLUE, EDGE, ORANGE, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTIONS = (20, 40, 80, 160, 320, 640)
DIALS = (
    Dial("n", "Rows in your file of questions", QUESTIONS, 1),
    Dial("wordings", "Wordings of each question, a row each", (1, 2, 5, 10)),
    Dial("apart", "Of a hundred questions, those that one of two arms alone gets right", (10, 20, 30, 50), 2),
    Dial("pairs", "Comparisons of two arms", (1, 3, 6), 1),
)
LEGEND = "How many questions are enough?"


def smallest(n: int, wordings: int, apart: int, pairs: int) -> float:
    """The smallest difference that so many rows show four times out of five; inf where there is none.

    `wordings` of one question count as one item (they are right or wrong together); `apart` per cent of the items are
    discordant; the level is that of a family of `pairs` (Bonferroni).
    """
    return resolution(n, apart / 100, level=1 - 0.05 / pairs, design_effect=wordings)


def lead(results: Mapping[str, Any]) -> float:
    """By how much the best arm of a bake-off was ahead of the next, as a share of its questions; of an only arm all."""
    best, second, *_ = [*sorted((row["accuracy"] for row in results["arms"].values()), reverse=True), 0.0]
    return float(best - second)


def explore(results: Mapping[str, Any]) -> Explorer:
    """Four sliders over the size of a test; `results` of a bake-off give the lead to hold it against.

    Where no kernel runs, a file of many wordings of few questions stands beside the first setting.
    """
    ahead = lead(results)

    def draw(n: int, wordings: int, apart: int, pairs: int) -> Drawn:
        shows = smallest(n, wordings, apart, pairs)
        least = "no difference at all" if math.isinf(shows) else f"a difference of {shows:.2f} or more"
        seen = "would show" if shows <= ahead else "would not show"
        words = (
            f"{n} rows, {n // wordings} questions of their own: such a file shows {least}, four times out of five. "
            f"The lead that you have just measured between the two best arms, {ahead:.2f}, {seen}."
        )
        figure = _plot({rows: smallest(rows, wordings, apart, pairs) for rows in QUESTIONS}, n, ahead)
        return Drawn(figure, f"Line chart of the smallest difference by rows. {words}", words)

    return explorer(draw, DIALS, LEGEND, fails={"n": 2, "wordings": 3})


def _plot(curve: Mapping[int, float], n: int, ahead: float) -> "Figure":
    from matplotlib import pyplot
    from matplotlib.ticker import NullLocator

    known = {rows: value for rows, value in curve.items() if math.isfinite(value)}
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 4.2))
        axes.plot(list(known), list(known.values()), color=BLUE, marker="o", markeredgecolor=EDGE, label="can be shown")
        axes.axhline(ahead, color=ORANGE, linestyle="--", label="lead of your bake-off's best arm")
        axes.axvline(n, color=EDGE, linewidth=1, linestyle=":")
        if n in known:
            axes.annotate(f"{known[n]:.2f}", (n, known[n]), (8, 8), textcoords="offset points")
        axes.set(xscale="log", xlabel="Rows in the file", ylabel="Smallest difference", ylim=(0, 0.6))
        axes.set_xlim(QUESTIONS[0] * 0.85, QUESTIONS[-1] * 1.2)
        axes.set_xticks(QUESTIONS, [str(rows) for rows in QUESTIONS])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_title("What can so many questions show?")
        figure.legend(loc="outside lower center", ncols=2)
    return figure
