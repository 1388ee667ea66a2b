"""Figures that lessons share: one bar per arm with its interval and n, and an alternative text of the finding."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.lessons.common.style import ARM_STYLE, EDGE, GREY, ArmStyle, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def bars(
    table: pd.DataFrame, title: str, xlabel: str, looks: Mapping[str, ArmStyle] = ARM_STYLE
) -> "tuple[Figure, str]":
    """Horizontal bars, one per row of `table` (label, arm, value, low, high, n), and the figure's alternative text.

    `arm` chooses colour and hatch among `looks`; values are shares from 0 to 1 with a 95 % interval.
    """
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.62 * len(table)))
        for place, row in enumerate(table.itertuples()):
            look = looks.get(row.arm, ArmStyle(row.arm, GREY, "o", ""))
            axes.barh(place, row.value, height=0.62, **(look.bar() | {"label": None, "alpha": 0.85}))
            error = [[max(0.0, row.value - row.low)], [max(0.0, row.high - row.value)]]
            axes.errorbar(row.value, place, xerr=error, color=EDGE, linewidth=2, capsize=6)
            axes.text(min(row.high, 1.0) + 0.015, place, f"{row.value:.2f}", va="center")
        axes.set_yticks(range(len(table)), [f"{row.label}\n(n = {row.n})" for row in table.itertuples()])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.08)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"{xlabel} (line: 95 % interval)")
        axes.set_title(title)
    said = "; ".join(
        f"{row.label} {row.value:.2f} (95 % interval {row.low:.2f} to {row.high:.2f}, n = {row.n})"
        for row in table.itertuples()
    )
    return figure, f"Bar chart. {title} {xlabel}: {said}."
