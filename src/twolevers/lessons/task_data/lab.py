"""Lesson 10, the lab: which size would you have bought? The measured curves at your prices."""

from typing import TYPE_CHECKING

import pandas as pd

from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.style import EDGE, style
from twolevers.lessons.task_data.curves import LOOKS, curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIALS = (
    Dial("worth", "A rise of macro-F1 from 0 to 1 is worth", (500, 2_000, 5_000, 20_000, 100_000), 2, "USD"),
    Dial("label", "Price of one label", (0.1, 0.5, 1.0, 2.0, 5.0), 2, "USD"),
    Dial("draw", "Read the curve at", ("its low end", "its middle", "its high end"), 1),
)
LEGEND = "How many labels would you buy?"
ENDS = {"its low end": "low", "its middle": "value", "its high end": "high"}


def surplus(table: pd.DataFrame, worth: float, label: float, draw: str = "its middle") -> pd.DataFrame:
    """What is left at every size, USD: macro-F1 × `worth` − labels × `label`. `table`: as of `curves.curve`."""
    rows = table[(table["noise"] == 0) & table["arm"].isin(("tfidf", "tuned"))]
    return rows.assign(left=worth * rows[ENDS[draw]] - label * rows["labels"])[["arm", "labels", "left"]]


def explore(frame: pd.DataFrame) -> Explorer:
    """Three sliders over both curves; where no kernel runs, labels too cheap for the curve to say beside the first."""
    table = curve(frame)

    def draw(worth: float, label: float, draw: str) -> Drawn:
        found = surplus(table, worth, label, draw)
        best = found.loc[found["left"].idxmax()]
        name, last = LOOKS[best["arm"], False].label, best["labels"] == found["labels"].max()
        edge = " That is the last size measured: what lies beyond it, nobody here has seen." if last else ""
        words = f"Most is left with {name} on {best['labels']:,} labels: {best['left']:,.0f} USD.{edge}"
        return Drawn(_plot(found, best), f"Line chart of money left by number of labels. {words}", words)

    return explorer(draw, DIALS, LEGEND, fails={"worth": 4, "label": 0})


def _plot(found: pd.DataFrame, best: pd.Series) -> "Figure":
    from matplotlib import pyplot
    from matplotlib.ticker import NullLocator

    ticks = sorted(found["labels"].unique())
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 4.4))
        for arm, part in found.groupby("arm", sort=False):
            axes.plot(part["labels"], part["left"], **LOOKS[arm, False].line())
        axes.plot(best["labels"], best["left"], "o", markersize=22, fillstyle="none", color=EDGE, clip_on=False)
        axes.set(xscale="log", xlabel="Training labels", ylabel="USD left")
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_title("What is left after paying for the labels?")
        figure.legend(loc="outside lower center", ncols=2)
    return figure
