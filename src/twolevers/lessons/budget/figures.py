"""Lesson 06, the figures: a bill in three parts, who is cheaper by the answer, and the time until live."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.cost.model import Costs, Tariff, Use
from twolevers.cost.quantity import Quantity, propagate
from twolevers.lessons.budget.experiment import SEED, draw, priced
from twolevers.lessons.budget.tables import rounded
from twolevers.lessons.common.style import ARM_STYLE, EDGE, GREY, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = ("rag", "tuned", "both")
PARTS = {"Set-up": "setup", "A thousand answers": "request", "One update": "update"}
DRAWS = 500
WORKDAY = 8  # hours
MARKS = {"1 s": 1 / 3600, "1 min": 1 / 60, "1 h": 1.0, "1 day": WORKDAY, "1 week": 5 * WORKDAY, "4 weeks": 20 * WORKDAY}


def bills(found: Mapping[str, Use], tariff: Tariff) -> "tuple[Figure, str]":
    """Machine cost of set-up, a thousand answers and an update per arm, with alternative text; people not counted."""
    from matplotlib import pyplot

    said = []
    with style():
        figure, panels = pyplot.subplots(1, len(PARTS), figsize=(12, 4), sharey=True)
        for axes, (title, field) in zip(panels, PARTS.items(), strict=True):
            parts = {arm: _part(found, tariff, arm, field) for arm in SHOWN}
            for place, (arm, (value, low, high)) in enumerate(parts.items()):
                _point(axes, place, ARM_STYLE[arm].color, ARM_STYLE[arm].marker, value, low, high)
                axes.annotate(
                    rounded(value), (value, place), (0, 11), textcoords="offset points", ha="center", fontsize=13
                )
                said.append(f"{title} {ARM_STYLE[arm].label} {rounded(value)} ({rounded(low)} to {rounded(high)})")
            axes.set(xscale="log", xlabel="USD, log scale", ylim=(len(SHOWN) - 0.5, -0.7))
            axes.margins(x=0.25)
            times = parts["tuned"][0] / parts["rag"][0]
            axes.set_title(f"{title}\ntuned: {rounded(times)} × RAG")
            said.append(f"{title} of tuned over RAG {rounded(times)}")
            axes.tick_params(labelbottom=False)  # the values stand at the points
            axes.minorticks_off()
        panels[0].set_yticks(range(len(SHOWN)), [ARM_STYLE[arm].label for arm in SHOWN])
        figure.supxlabel(f"{tariff.name}; people's time not counted; line: 95 % interval", fontsize=12)
    return figure, f"Three panels of machine cost in USD per arm on a log scale. {'; '.join(said)}."


def per_answer(table: pd.DataFrame) -> "tuple[Figure, str]":
    """How many times as much an answer of `tuned` takes as one of `rag`, from `budget_claims.comparisons`."""
    from matplotlib import pyplot

    rows = table[(table["claim"] == "C13")].copy()
    rows["label"] = rows["measure"].str.removeprefix("one answer, ").str.removesuffix(" for one answer")
    rows[["value", "left", "right"]] = 2.0 ** -rows[["difference", "high", "low"]].to_numpy()
    rows = rows.sort_values("value")
    with style():
        figure, axes = pyplot.subplots(figsize=(10, 1.9 + 0.6 * len(rows)))
        axes.axvline(1, color=EDGE, linewidth=1.5)
        for place, row in enumerate(rows.itertuples()):
            side = "tuned" if row.right < 1 else "rag" if row.left > 1 else ""
            look = ARM_STYLE.get(side)
            color, marker = (look.color, look.marker) if look else (GREY, "o")
            _point(axes, place, color, marker, row.value, row.left, row.right)
            axes.annotate(f"{rounded(row.value)}", (row.value, place), (0, 11), textcoords="offset points", ha="center")
        left, right = min(0.2, rows["left"].min() / 1.3), max(5.0, rows["right"].max() * 1.3)
        axes.set(xscale="log", xlim=(left, right), ylim=(len(rows) - 0.4, -1.3))
        axes.text(0.97, -0.85, "◀ tuned costs less", ha="right", color=EDGE, fontsize=13)
        axes.text(1.03, -0.85, "RAG costs less ▶", ha="left", color=EDGE, fontsize=13)
        ticks = [tick for tick in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8) if left <= tick <= right]
        axes.set_xticks(ticks, [f"{tick:g} ×" for tick in ticks])
        axes.minorticks_off()
        axes.set_yticks(range(len(rows)), rows["label"])
        n = rows["n"].iloc[0]
        axes.set_xlabel(f"tuned / RAG (log scale; line: 95 % interval; n = {n} questions)")
        axes.set_title("Whose answer costs less, and by whose bill?")
    listed = "; ".join(
        f"{row.label} {rounded(row.value)} ({rounded(row.left)} to {rounded(row.right)})" for row in rows.itertuples()
    )
    less, more = (rows["right"] < 1).sum(), (rows["left"] > 1).sum()
    found = f"tuned is cheaper in {less} of {len(rows)} rows, RAG in {more}"
    return (
        figure,
        f"What an answer of tuned takes over one of RAG, below 1 tuned is cheaper: {found}. {listed}. n = {n}.",
    )


def until_live(found: Mapping[str, Use]) -> "tuple[Figure, str]":
    """Hours until the first answer: the machine's, measured, and people's, assumed, with its range."""
    from matplotlib import pyplot

    rows = []
    for arm, field in (("rag", "index_seconds"), ("tuned", "training_seconds")):
        use, look = found[arm], ARM_STYLE[arm]
        rows.append((f"{look.label}: machine (measured)", look, _hours(getattr(use, field)), True))
        rows.append((f"{look.label}: people (assumed)", look, _hours(use.setup_hours), False))
    rows.sort(key=lambda row: not row[3])
    with style():
        figure, axes = pyplot.subplots(figsize=(12, 4))
        for place, (_, look, (value, low, high), measured) in enumerate(rows):
            _point(axes, place, look.color if measured else "white", look.marker, value, low, high)
        axes.set(xscale="log", xlim=(MARKS["1 s"], 2 * MARKS["4 weeks"]), ylim=(len(rows) - 0.5, -0.5))
        axes.set_xticks(list(MARKS.values()), list(MARKS))
        axes.minorticks_off()
        axes.set_yticks(range(len(rows)), [row[0] for row in rows])
        axes.set_xlabel(f"until live (log scale; a day is {WORKDAY} hours of work, a week {5 * WORKDAY})")
        axes.set_title("Days or weeks: whose time is it?")
    listed = "; ".join(
        f"{label} {_time(value)} ({_time(low)} to {_time(high)})" for label, _, (value, low, high), _ in rows
    )
    return (
        figure,
        f"Time until live on a log scale, measured points filled, assumed ones hollow with their range: {listed}.",
    )


def _part(found: Mapping[str, Use], tariff: Tariff, arm: str, field: str) -> tuple[float, float, float]:
    """USD of one part of an arm's bill, a thousand of it for requests, with its 95 % interval."""

    def amount(cost: Costs) -> float:
        return getattr(cost, field) * (1000 if field == "request" else 1)

    interval, _ = propagate(lambda rng: amount(draw(found, tariff, False, rng)(arm)), SEED, draws=DRAWS)
    return amount(priced(found[arm], tariff, people=False)), interval.low, interval.high


def _point(axes: "Axes", place: int, color: str, marker: str, value: float, low: float, high: float) -> None:
    error = [[max(0.0, value - low)], [max(0.0, high - value)]]
    axes.errorbar(value, place, xerr=error, color=EDGE, linewidth=2, capsize=6, zorder=2)
    axes.plot(value, place, marker, color=color, markersize=13, markeredgecolor=EDGE, zorder=3)


def _hours(quantity: Quantity) -> tuple[float, float, float]:
    scale = 1 / 3600 if quantity.unit == "s" else 1.0
    ends = (quantity.value if end is None else end for end in (quantity.low, quantity.high))
    return (quantity.value * scale, *(end * scale for end in ends))


def _time(hours: float) -> str:
    """Seconds below two minutes, minutes below two hours, else hours."""
    seconds = 3600 * hours
    return f"{seconds:.0f} s" if seconds < 120 else f"{60 * hours:.0f} min" if hours < 2 else f"{hours:.0f} h"
