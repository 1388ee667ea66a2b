"""What a bench leaves in results/: a table, a figure with its alternative text, and the machine."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import machine
from benchmarks.common import COLUMNS
from twolevers.lessons.common.style import BLUE, EDGE, VERMILION, style
from twolevers.paths import write_atomically

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

RESULTS = Path(__file__).with_name("results")


def write(bench: str, rows: Sequence[Mapping[str, Any]]) -> list[Path]:
    """Write `bench`.csv, .svg, .txt (the figure's alternative text) and machine.json into the folder of this machine's
    class; returns their paths."""
    import io

    from matplotlib import pyplot

    picture = io.StringIO()
    figure, said = draw(bench, rows)
    figure.savefig(picture, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    contents = {
        f"{bench}.csv": table(rows).to_csv(index=False, float_format="%.4g", lineterminator="\n"),
        f"{bench}.svg": "\n".join(line.rstrip() for line in picture.getvalue().splitlines()) + "\n",
        f"{bench}.txt": said + "\n",
        "machine.json": json.dumps(machine.describe(), indent=2) + "\n",
    }
    folder = RESULTS / machine.kind()
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return [folder / name for name in contents]


def table(rows: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """The rows as a frame: the common columns that any row has first, then a bench's own."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    first = [column for column in COLUMNS if column in frame]
    return frame[[*first, *frame.columns.difference(first, sort=False)]]


def draw(bench: str, rows: Sequence[Mapping[str, Any]]) -> "tuple[Figure, str]":
    """Each row's ratio on a log axis, its least and largest as whiskers, and a line at 1; with alternative text.

    A circle is a row where we are ahead, a triangle one where we are behind: colour is not the only sign.
    """
    from matplotlib import pyplot, ticker

    with style():
        figure, axes = pyplot.subplots(figsize=(10, 1.6 + 0.62 * len(rows)))
        for place, each in enumerate(rows):
            ahead = each["ratio"] >= 1
            low, high = each.get("ratio_min", each["ratio"]), each.get("ratio_max", each["ratio"])
            axes.plot([low, high], [place, place], color=EDGE, linewidth=2, marker="|", markersize=10)
            look = {"color": BLUE, "marker": "o"} if ahead else {"color": VERMILION, "marker": "v"}
            axes.plot(each["ratio"], place, markersize=11, markeredgecolor=EDGE, linestyle="", **look)
            axes.annotate(
                f"{each['ratio']:.2f} ×", (high, place), xytext=(10, 0), textcoords="offset points", va="center"
            )
        axes.axvline(1, color=EDGE, linewidth=1.5, linestyle="--")
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_formatter(ticker.NullFormatter())
        left, right = axes.get_xlim()
        axes.set_xlim(min(left, 0.9), max(right, 1.1) * 1.35)
        axes.set_yticks(range(len(rows)), [f"{each['case']}\n{each['peer']}" for each in rows], fontsize=11)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("Ratio, right of the line we are ahead\n(mark: median, line: least to largest of the repeats)")
        axes.set_title(f"Bench {bench}: how far ahead of each peer?")
    said = "; ".join(
        f"{each['case']}, {each['peer']}: {each['ratio']:.2f} "
        f"(from {each.get('ratio_min', each['ratio']):.2f} to {each.get('ratio_max', each['ratio']):.2f})"
        for each in rows
    )
    return figure, f"Dot chart of bench {bench}, ratios on a log axis; above 1 we are ahead. {said}."
