"""Lesson 08, the figures: macro-F1 of every arm at two budgets of labels, and F1 desk by desk."""

from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.evaluate import macro
from twolevers.lessons.common.messages import DESK, DESKS
from twolevers.lessons.common.style import ARM_STYLE, EDGE, SKY, ArmStyle, style
from twolevers.lessons.narrow_tasks.experiment import FEW, LABELS, MANY, SEED, UNTRAINED, at

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS = MappingProxyType({**ARM_STYLE, "tfidf": ArmStyle("TF-IDF + linear", SKY, "p", "||", "-")})
OFFSET = {UNTRAINED: 0.0, FEW: -0.17, MANY: 0.17}  # of a mark from its arm's line, so that intervals do not overlap


def plot(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Macro-F1 per arm, hollow at the smaller budget and filled at the larger, and the alternative text."""
    from matplotlib import pyplot
    from matplotlib.lines import Line2D

    table = macro.scores(frame, ("arm", "per_class"), SEED)
    order = [arm for arm in LABELS if arm in set(table["arm"])]
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 5.2))
        for row in table.itertuples():
            look, place = LOOKS[row.arm], order.index(row.arm) + OFFSET[row.per_class]
            filled = "white" if row.per_class == FEW else look.color
            error = [[row.value - row.low], [row.high - row.value]]
            axes.errorbar(row.value, place, xerr=error, color=EDGE, linewidth=2, marker=look.marker,
                          markersize=13, markerfacecolor=filled, markeredgecolor=EDGE)  # fmt: skip
            axes.text(row.high + 0.015, place, f"{row.value:.2f}", va="center")
        axes.axvline(1 / len(DESKS), color=EDGE, linestyle=":", linewidth=1.5)
        axes.set_yticks(range(len(order)), [LABELS[arm] for arm in order])
        axes.set_ylim(len(order) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"Macro-F1 (line: 95 % interval, n = {table['n'].max()}; dotted: chance)")
        axes.set_title(f"Who finds the right {DESK}?")
        marks = [
            Line2D([], [], marker="o", linestyle="", markersize=12, markerfacecolor=face, markeredgecolor=EDGE)
            for face in ("white", EDGE)
        ]
        said = [f"{FEW} labels a {DESK}", f"{MANY} labels a {DESK}"]
        axes.legend(marks, said, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    return figure, f"Dots with intervals. {_said(table)}"


def by_desk(frame: pd.DataFrame) -> pd.DataFrame:
    """F1 of the five hardest desks for the tuned arm at the larger budget, beside the linear arms: one row a desk."""
    part = at(frame, MANY)
    arms = ("tuned", "tfidf", "linear")
    found = {LABELS[arm]: macro.f1_by_class(part[part["arm"] == arm]) for arm in arms}
    return pd.DataFrame(found).sort_values(LABELS["tuned"], kind="stable").head(5).rename_axis(DESK)


def crossover(frame: pd.DataFrame) -> pd.DataFrame:
    """Which arm has the highest macro-F1 at each budget, and its lead over the next: columns labels, first, next, lead.

    A lead is no verdict: the intervals are in the comparisons.
    """
    rows = []
    for per_class in (FEW, MANY):
        table = macro.scores(at(frame, per_class), seed=SEED).sort_values("value", ascending=False, kind="stable")
        first, second = list(table.itertuples())[:2]
        row = {f"labels a {DESK}": per_class, "first": LABELS[first.arm], "next": LABELS[second.arm]}
        rows.append(row | {"lead": first.value - second.value})
    return pd.DataFrame(rows)


def score(frame: pd.DataFrame, arm: str, per_class: int) -> tuple[float, float, float]:
    """Macro-F1 of an arm at a budget with its 95 % interval, as `reveal` takes it."""
    part = at(frame, per_class)
    row = next(macro.scores(part[part["arm"] == arm], seed=SEED).itertuples())
    return row.value, row.low, row.high


def winner(frame: pd.DataFrame, per_class: int) -> str:
    """The label of the arm with the highest macro-F1 at a budget."""
    table = macro.scores(at(frame, per_class), seed=SEED)
    return LABELS[table.loc[table["value"].idxmax(), "arm"]]


def _said(table: pd.DataFrame) -> str:
    parts = []
    for row in table.itertuples():
        budget = f" with {row.per_class} labels a {DESK}" if row.per_class else ""
        parts.append(f"{LABELS[row.arm]}{budget} {row.value:.2f} ({row.low:.2f} to {row.high:.2f})")
    chance = f"Chance is {1 / len(DESKS):.2f}."
    return f"Macro-F1 on {table['n'].max()} test messages, 95 % intervals: {'; '.join(parts)}. {chance}"
