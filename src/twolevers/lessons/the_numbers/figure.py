"""Lesson 11, the figure: every comparison of the table with its interval, and the side that the article claims."""

import math
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.data.claims import load_comparisons
from twolevers.evaluate.verdicts import BY_CONSTRUCTION
from twolevers.lessons.common.style import BLUE, EDGE, GREEN, GREY, VERMILION, style
from twolevers.lessons.the_numbers.tables import (
    compared,
    figure,
    is_ratio,
    margin_of,
    measure,
    measured,
    times,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOOKS = {  # verdict: marker, colour; the word stands beside it
    "supported": ("o", GREEN),
    "qualified": ("D", BLUE),
    "contradicted": ("X", VERMILION),
    "too close to call": ("s", GREY),
    BY_CONSTRUCTION: ("|", GREY),
}
CLAIMED = "#EAF4EF"  # behind the side that the article claims
TITLES = {True: "How many times as much?", False: "How much larger a share?"}


def plot(table: pd.DataFrame, ratios: bool) -> "tuple[Figure, str]":
    """Forest plot of the measured ratios (or else the differences of shares), with its alternative text.

    Every comparison is written so that the article claims the right side; the tick on a row is the margin from which
    on the difference matters.
    """
    from matplotlib import pyplot

    rows = measured(table)
    rows = rows[[is_ratio(metric) == ratios for metric in rows["metric"]]].reset_index(drop=True)
    with style():
        drawn, axes = pyplot.subplots(figsize=(11, 1.7 + 0.42 * max(3, len(rows))))
        if rows.empty:
            axes.text(0.5, 0.5, "Not measured yet", ha="center", va="center", transform=axes.transAxes)
            axes.set_axis_off()
            return drawn, f"Empty forest plot. {TITLES[ratios]} No comparison of this kind is measured yet."
        _scale(axes, rows, ratios)
        planned = load_comparisons()
        for place, row in enumerate(rows.itertuples()):
            _draw(axes, place, row, margin_of(row.claim, row.comparison, row.metric, planned))
        axes.set_yticks(range(len(rows)), [_label(row) for row in rows.itertuples()])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.set_title(TITLES[ratios], loc="left")
    return drawn, _alternative(rows, ratios)


def _scale(axes: "Axes", rows: pd.DataFrame, ratios: bool) -> None:
    """The axis with room for the words; times as ticks of a log2 scale; the article's side shaded."""
    ends = pd.concat([rows[["value", "low", "high"]].min(), rows[["value", "low", "high"]].max(), pd.Series([0.0])])
    span = max(ends.max() - ends.min(), 1.0 if ratios else 0.4)
    low, high = ends.min() - 0.06 * span, ends.max() + 0.34 * span
    axes.set_xlim(low, high)
    axes.axvspan(0, high, color=CLAIMED, zorder=0)
    axes.axvline(0, color=EDGE, linewidth=1.5)
    if ratios:
        step = max(1, math.ceil(span / 6))
        ticks = [tick for tick in range(-60 * step, 60 * step, step) if low <= tick <= high - 0.2 * span]
        axes.set_xticks(ticks, [f"{times(tick)}×" for tick in ticks])
    axes.set_xlabel(f"{'ratio' if ratios else 'difference'}, 95 % interval; shaded: as the article says; tick: margin")


def _draw(axes: "Axes", place: int, row: tuple, margin: float) -> None:
    """One comparison: interval, marker by verdict, margin and the verdict's word."""
    marker, color = LOOKS[row.finding]
    if row.low <= row.high:
        axes.plot([row.low, row.high], [place, place], color=color, linewidth=3, solid_capstyle="butt", zorder=2)
    axes.plot(margin, place, marker="|", color=EDGE, markersize=15, markeredgewidth=1.5, zorder=1)
    axes.plot(row.value, place, marker=marker, color=color, markeredgecolor=EDGE, markersize=10, zorder=3)
    axes.text(0.995, place, row.finding, ha="right", va="center", fontsize=12, transform=axes.get_yaxis_transform())


def _label(row: tuple) -> str:
    return f"{row.claim} {measure(row.metric)}\n{compared(row.comparison, row.metric)}, n = {row.n}"


def _alternative(rows: pd.DataFrame, ratios: bool) -> str:
    said = [
        f"{row.claim}, {measure(row.metric)}, {compared(row.comparison, row.metric)}: "
        f"{figure(row.metric, row.value, row.low, row.high)}, {row.finding}"
        for row in rows.itertuples()
    ]
    return f"Forest plot. {TITLES[ratios]} {'; '.join(said)}."
