"""One figure for the course: the difference that each central contest found, by size of the model."""

from typing import TYPE_CHECKING

import pandas as pd

from twolevers.data.claims import load_comparisons
from twolevers.evaluate.verdicts import Verdict
from twolevers.lessons.common.ladder.table import flip
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
FLIP = "⇄"


def plot(rows: pd.DataFrame) -> "tuple[Figure, str]":
    """A grid, contests (with their claims) by models, of `table.sizes`; and its alternative text.

    A cell holds a marker for the verdict, its word, the difference with its interval and n. Rows whose verdict changes
    side bear the sign ⇄, its word and a frame.
    """
    from matplotlib import pyplot

    models = rows.sort_values("billions", kind="stable").drop_duplicates("model")
    contests = list(rows.groupby(["lesson", "comparison", "metric"], sort=False))
    with style():
        figure, axes = pyplot.subplots(figsize=(3.6 + 2.9 * max(1, len(models)), 1.6 + 0.95 * max(1, len(contests))))
        said = []
        for place, (key, group) in enumerate(contests):
            said.append(_draw(axes, place, key, group, models["model"].tolist()))
        axes.set_yticks(range(len(contests)), [_label(key, group) for key, group in contests])
        heads = [f"{_short(row.model)}\n{row.billions:g} billion weights" for row in models.itertuples()]
        axes.set_xticks(range(len(models)), heads)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        axes.set_xlim(-0.5, max(1, len(models)) - 0.5)
        axes.set_ylim(max(1, len(contests)) - 0.5, -0.5)
        axes.grid(visible=False)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_title(TITLE, pad=16)
    nothing = "Nothing is recorded yet."
    return figure, f"Grid of verdicts, contests by models. {TITLE} {' '.join(said) or nothing}"


def _draw(axes: "Axes", place: int, key: tuple, group: pd.DataFrame, models: list[str]) -> str:
    """One contest's row; returns what it says in words."""
    from matplotlib.patches import Rectangle

    found = {row.model: row for row in group.itertuples()}
    for at, model in enumerate(models):
        if model not in found:
            axes.text(at, place, "not recorded", ha="center", va="center", color=EDGE, fontsize=12, style="italic")
            continue
        row = found[model]
        marker, color, word = LOOKS[row.verdict]
        axes.plot(at - 0.38, place, marker=marker, color=color, markeredgecolor=EDGE, markersize=14)
        axes.text(at - 0.26, place, f"{word}\n{_figures(row)}", va="center", fontsize=12)
    turned = flip([found[model].verdict for model in models if model in found])
    if turned:
        box = Rectangle((-0.48, place - 0.45), len(models) - 0.04, 0.9, fill=False, edgecolor=EDGE, linewidth=2)
        axes.add_patch(box)
    cells = ", ".join(f"{row.model}: {row.verdict}, {_figures(row).replace(chr(10), ', ')}" for row in found.values())
    return f"{_claims(key)}, {key[1]}, {key[2]}{f' ({turned})' if turned else ''}: {cells}."


def _figures(row: tuple) -> str:
    shown = [f"{value:+.2f}".replace("-", "−") for value in (row.difference, row.low, row.high)]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]\nn = {row.n}"


def _label(key: tuple, group: pd.DataFrame) -> str:
    turned = flip(group.sort_values("billions", kind="stable")["verdict"].tolist())
    return f"{_claims(key)}: {key[1]}\n{key[2]}" + (f"\n{FLIP} {turned}" if turned else "")


def _claims(key: tuple) -> str:
    planned = load_comparisons()
    fits = (planned["lesson"] == key[0]) & (planned["comparison"] == key[1]) & (planned["metric"] == key[2])
    return ", ".join(planned.loc[fits, "claim"]) or f"lesson {key[0][:2]}"


def _short(model: str) -> str:
    return model.rpartition("/")[2].removesuffix("-Instruct")
