"""One figure for the course: the difference that each central contest found, by size of the model."""

import textwrap
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.data.claims import load_comparisons
from twolevers.evaluate.verdicts import Verdict
from twolevers.lessons.common.ladder.table import ALIKE, flip
from twolevers.lessons.common.style import BLUE, EDGE, GREEN, GREY, VERMILION, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Which verdicts change with the size of the model?"
LOOKS = {  # verdict: marker, colour, sign; the sign stands in the cell
    str(Verdict.SUPPORTED): ("o", GREEN, "supported"),
    str(Verdict.QUALIFIED): ("D", BLUE, "qualified"),
    str(Verdict.CONTRADICTED): ("X", VERMILION, "contradicted"),
    str(Verdict.TOO_CLOSE): ("s", GREY, "too close"),
}
FLIP, WITHIN = "⇄", " (alike)"
ROW, CELL, LABELS = 0.5, 2.35, 4.6  # inches: a contest's height, a model's width, room for the names
TEXT = 11


def plot(rows: pd.DataFrame) -> "tuple[Figure, str]":
    """A grid, contests that decide a claim by models, of `table.sizes`; and its alternative text.

    A cell holds a marker for the verdict, its word, and the difference with its interval; n stands with the contest, or
    in the cells where it differs. Rows that flip (`table.flip`) bear the sign ⇄, its word and a frame.
    """
    from matplotlib import pyplot

    claims = _claims()
    decides = [(row.lesson, row.comparison, row.metric) in claims for row in rows.itertuples()]
    rows = rows[pd.Series(decides, index=rows.index, dtype=bool)]
    models = rows.sort_values("billions", kind="stable").drop_duplicates("model")
    contests = list(rows.groupby(["lesson", "comparison", "metric"], sort=False))
    wide, high = max(1, len(models)), max(1, len(contests))
    with style():
        figure, axes = pyplot.subplots(figsize=(LABELS + CELL * wide, 1.5 + ROW * high))
        said, names = [], []
        for place, (key, group) in enumerate(contests):
            head = ", ".join(claims[key])
            said.append(f"{head}, {key[1]}, {key[2]}{_draw(axes, place, group, models['model'].tolist())}")
            names.append(_label(f"{head}: {key[1]}", key, group))
        axes.set_yticks(range(len(contests)), names, fontsize=TEXT)
        heads = [f"{_short(row.model)}\n{row.billions:.3g} billion weights" for row in models.itertuples()]
        axes.set_xticks(range(len(models)), heads, fontsize=TEXT + 1)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        axes.set_xlim(-0.5, wide - 0.5)
        axes.set_ylim(high - 0.5, -0.5)
        axes.grid(visible=False)
        for line in range(1, high):
            axes.axhline(line - 0.5, color="#DDDDDD", linewidth=0.8, zorder=0)
        for edge in axes.spines.values():
            edge.set_visible(False)
        figure.suptitle(TITLE, x=0.01, ha="left", fontweight="bold")
    nothing = "Nothing is recorded yet."
    return figure, f"Grid of verdicts, contests by models. {TITLE} {' '.join(said) or nothing}"


def _draw(axes: "Axes", place: int, group: pd.DataFrame, models: list[str]) -> str:
    """One contest's row; returns what it says in words."""
    from matplotlib.patches import Rectangle

    found, same = {row.model: row for row in group.itertuples()}, group["n"].nunique() == 1
    for at, model in enumerate(models):
        if model not in found:
            axes.text(at - 0.3, place, "not recorded", va="center", color=EDGE, fontsize=TEXT, style="italic")
            continue
        row = found[model]
        marker, color, word = LOOKS[row.verdict]
        axes.plot(at - 0.41, place, marker=marker, color=color, markeredgecolor=EDGE, markersize=11)
        n = "" if same else f", n = {row.n}"
        axes.text(
            at - 0.33, place, f"{word}{_within(row)}{n}\n{_figures(row)}", va="center", fontsize=TEXT, linespacing=1.1
        )
    word = flip(group)
    if word:
        frame = Rectangle((-0.49, place - 0.46), len(models) - 0.02, 0.92, fill=False, edgecolor=EDGE, linewidth=2)
        axes.add_patch(frame)
    cells = [f"{row.model}: {row.verdict}{_within(row)}, {_figures(row)}, n = {row.n}" for row in found.values()]
    return f"{f' ({word})' if word else ''}: {', '.join(cells)}."


def _within(row: tuple) -> str:
    return WITHIN if row.side == ALIKE else ""


def _figures(row: tuple) -> str:
    ends = (row.difference, row.low, row.high)
    shown = [f"{round(value, 2) + 0.0:+.2f}".replace("-", "−") for value in ends]  # + 0.0: no "−0.00"
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _label(name: str, key: tuple, group: pd.DataFrame) -> str:
    word, ns = flip(group), group["n"].unique()
    n = f", n = {ns[0]}" if len(ns) == 1 else ""
    return f"{name}{f' {FLIP} {word}' if word else ''}\nlesson {key[0][:2]}, {key[2]}{n}"


def _claims() -> dict[tuple[str, str, str], list[str]]:
    """The claims that a contest (lesson, comparison, metric) decides."""
    planned = load_comparisons()
    planned = planned[planned["by_construction"] == ""]
    groups = planned.groupby(["lesson", "comparison", "metric"])["claim"]
    return {key: sorted(set(claims)) for key, claims in groups}


def _short(model: str) -> str:
    name = model.rpartition("/")[2].removesuffix("-Instruct")
    return textwrap.fill(name, 24)
