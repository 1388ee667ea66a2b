"""Lesson 04, the pictures: pages found, time of a search and time to take documents in, by size of the collection."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.lessons.common.style import ARM_STYLE, BLACK, GREY, ORANGE, SKY, ArmStyle, style
from twolevers.lessons.large_collections.claims import summary
from twolevers.lessons.large_collections.experiment import MISSPELT, PRINTED, TOP

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOOKS: Mapping[str, ArmStyle] = {
    "exact": ArmStyle("dense, exact", GREY, "^", "", "--"),
    "bm25": ArmStyle("BM25 (words)", BLACK, "o", "", ":"),
    "dense": ArmStyle("dense (vectors)", SKY, "s", "", "-"),
    "hybrid": ArmStyle("hybrid (both)", ORANGE, "D", "", "-."),
}
TICKS = (0.1, 1, 10, 60, 600, 3_600, 36_000, 86_400, 864_000)  # seconds
SIDEWAYS = {"bm25": 0.88, "dense": 1.0, "hybrid": 1.14, "exact": 1.0}  # so that intervals do not hide each other


def plot_found(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Share of questions whose page is found, by size and search, for both ways to type the name; with its text."""
    from matplotlib import pyplot

    table = summary(frame[frame["search"] != "exact"])
    n = table["questions"].max()
    title, said = "Is the right page still found in a crowd?", []
    with style():
        figure, both = pyplot.subplots(ncols=2, sharey=True, figsize=(10, 4.8))
        for axes, typed in zip(both, (PRINTED, MISSPELT), strict=True):
            for search, group in table[table["typed"] == typed].groupby("search", sort=False):
                ends = [group["found"] - group["low"], group["high"] - group["found"]]
                axes.errorbar(group["n"] * SIDEWAYS[search], group["found"], yerr=ends, **LOOKS[search].line())
                shares = ", ".join(
                    f"{one.n:,}: {one.found:.2f} ({one.low:.2f} to {one.high:.2f})" for one in group.itertuples()
                )
                said.append(f"{typed}, {LOOKS[search].label}: {shares}")
            _sizes(axes, table["n"])
            axes.set_ylim(0, 1.05)
            axes.set_title(typed, fontsize=14, fontweight="normal")
        both[0].set_ylabel(f"Page among the first {TOP}")
        figure.suptitle(title, fontweight="bold", fontsize=16)
        handles, labels = both[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, title=_note(n, "line: 95 % interval"))
    return (
        figure,
        f"Line chart. {title} Share of questions with the page among the first {TOP} by number of passages, "
        + (f"with 95 % intervals, n = {n}. {'; '.join(said)}."),
    )


def plot_time(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Milliseconds of one search by size: the median and, above it, the 95th percentile; with its text."""
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator

    table = summary(frame[frame["typed"] == PRINTED])
    n, title, said = table["questions"].max(), "How long does one search take?", []
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 4.8))
        for search, group in table.groupby("search", sort=False):
            above = [0 * group["p50"], group["p95"] - group["p50"]]
            axes.errorbar(group["n"] * SIDEWAYS[search], group["p50"], yerr=above, **LOOKS[search].line())
            times = ", ".join(f"{one.n:,}: {one.p50:.1f} and {one.p95:.1f}" for one in group.itertuples())
            said.append(f"{LOOKS[search].label} {times}")
        axes.set(yscale="log", ylabel="Milliseconds")
        _sizes(axes, table["n"])
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_title(title)
        figure.legend(loc="outside lower center", ncols=2, title=_note(n, "median; line up to the 95th percentile"))
    return (
        figure,
        f"Line chart, both scales logarithmic. {title} Milliseconds by number of passages, median and 95th "
        + (f"percentile of n = {n} searches. {'; '.join(said)}."),
    )


def plot_taking_in(taken: pd.DataFrame) -> "tuple[Figure, str]":
    """Time to take a collection in, measured for RAG and extrapolated for training; with its text."""
    from matplotlib import pyplot

    own, other = taken[taken["vectors"] == "static"], taken[taken["vectors"] != "static"].iloc[0]
    title = "How long until the documents can be asked?"
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 4.8))
        hollow = {"markerfacecolor": "white", "markeredgewidth": 2}
        tuned, rag = ARM_STYLE["tuned"].line(), ARM_STYLE["rag"].line()
        axes.plot(own["passages"], own["training"], **tuned | hollow | {"label": "training once (extrapolated)"})
        axes.plot(other.passages, other.rag, **rag | hollow | {"linestyle": "", "label": "RAG, MiniLM (extrapolated)"})
        axes.plot(own["passages"], own["rag"], **rag | {"label": "RAG, static vectors (measured)"})
        last = own.iloc[-1]
        for seconds in (last.training, other.rag, last.rag):
            axes.annotate(duration(seconds), (last.passages, seconds), (12, -5), textcoords="offset points")
        low, high = own["rag"].min() / 3, own["training"].max() * 5
        axes.set(yscale="log", ylabel="Time", ylim=(low, high))
        _sizes(axes, own["passages"])
        ticks = [seconds for seconds in TICKS if low <= seconds <= high]
        axes.set_yticks(ticks, [duration(seconds).replace(".0", "") for seconds in ticks])
        axes.set_xlim(own["passages"].min() / 1.6, own["passages"].max() * 4)
        axes.set_title(title)
        figure.legend(loc="outside lower center", ncols=2)
    said = "; ".join(
        f"{one.passages:,} passages: RAG {duration(one.rag)} ({one.vectors} vectors, {one.rag_is}), training "
        f"{duration(one.training)} (extrapolated)"
        for one in taken.itertuples()
    )
    return figure, f"Line chart, both scales logarithmic. {title} {said}."


def duration(seconds: float) -> str:
    """Seconds as people say them: "12 s", "3.1 min", "2.4 h", "1.3 days"."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def _sizes(axes: "Axes", sizes: pd.Series) -> None:
    places = sorted(set(sizes))
    axes.set(xscale="log", xlabel="Passages")
    axes.set_xticks(places, [f"{place:,}" for place in places])
    axes.minorticks_off()


def _note(n: int, what: str) -> str:
    return f"n = {n} questions; {what}"
