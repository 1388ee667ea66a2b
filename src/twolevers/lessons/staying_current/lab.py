"""Lesson 05, the lab: the lag of an index, chosen by hand, over the day that the shop has had."""

from typing import TYPE_CHECKING

import pandas as pd

from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.style import ARM_STYLE, GREY, style
from twolevers.lessons.staying_current.experiment import ASKED
from twolevers.lessons.staying_current.figures import busiest, out_of_date
from twolevers.lessons.staying_current.live_feed import Shop

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EVERY, KEPT = (1, 2, 3, 6, 12, 24), (0, 2, 4, 8, 12)
DIALS = (
    Dial("every", "Minutes between two polls", EVERY, 2, "min"),
    Dial("kept", "Minutes for which a finished answer is kept in a cache", KEPT, 0, "min"),
)
LEGEND = "How far behind may it run?"


def known(minutes: int, every: int, kept: int) -> list[int]:
    """The shop's minute that a customer is told of in each minute from 0: that of the last poll before the answer.

    An answer is written when the one before it is thrown away, every `kept` minutes, and is as old as its index then.
    """
    written = [minute - minute % kept if kept else minute for minute in range(minutes + 1)]
    return [minute - minute % every for minute in written]


def lag(source: Shop, every: int, kept: int) -> pd.Series:
    """What a poll every so often and a cache make of the shop's day: out_of_date (share of facts and minutes in which a
    customer is told an old value), mean and longest (minutes that the told value is behind the clock)."""
    told = known(source.minute, every, kept)
    behind = [minute - seen for minute, seen in enumerate(told)][1:]
    share = out_of_date(source, told)
    return pd.Series({"out_of_date": share, "mean": sum(behind) / len(behind), "longest": max(behind)})


def explore(source: Shop) -> Explorer:
    """Two sliders over the changes that the shop made; where no kernel runs, a poll each minute behind a cache."""

    def draw(every: int, kept: int) -> Drawn:
        found = lag(source, every, kept)
        figure, alt = _plot(source, every, kept)
        words = (
            f"Polled every {every} min, answers kept for {kept} min: a customer is told an old value in "
            f"{found['out_of_date']:.2f} of all facts and minutes. What is told runs up to {found['longest']:.0f} min "
            f"behind, {found['mean']:.1f} on average."
        )
        return Drawn(figure, f"{alt} {words}", words)

    return explorer(draw, DIALS, LEGEND, fails={"every": 0, "kept": len(KEPT) - 1})


def _plot(source: Shop, every: int, kept: int) -> "tuple[Figure, str]":
    from matplotlib import pyplot

    product, fact = busiest(source, ASKED)
    minutes = list(range(source.minute + 1))
    truth = [source.value(product, fact, minute) for minute in minutes]
    told = [source.value(product, fact, seen) for seen in known(source.minute, every, kept)]
    late = [minute for minute, now, said in zip(minutes, truth, told, strict=True) if now != said]
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 4.5))
        axes.step(minutes, truth, where="post", color=GREY, linewidth=9, alpha=0.4, label="true in the shop")
        axes.step(minutes, told, where="post", **ARM_STYLE["rag"].line() | {"label": "told to a customer"})
        axes.plot(late, [told[minute] for minute in late], "x", color="black", markersize=11, label="told, and old")
        axes.set(title=f"The {fact} of the {product}", xlabel="Shop's minute (simulated)", ylabel=fact.capitalize())
        figure.legend(loc="outside lower center", ncols=3)
    return figure, f"Step chart. The {fact} of the {product}: old in {len(late)} of {len(minutes)} minutes."
