"""A bar per way for an amount that may be any number, money or points: for labs that weigh what a lesson measured."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from twolevers.lessons.common.style import EDGE, GREY, SKY, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def amounts(
    values: Mapping[str, float], title: str, unit: str, lowest: bool = True, span: Sequence[float] = ()
) -> "tuple[Figure, str]":
    """A bar for each entry of `values` (label: amount in `unit`), the best one marked, and the alternative text.

    `lowest`: the least is best. `span`: the axis's ends, where bars of several settings are to be compared.
    """
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator

    best = (min if lowest else max)(values, key=lambda name: values[name])
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 1.4 + 0.6 * len(values)))
        for place, (name, value) in enumerate(values.items()):
            look = {"color": SKY, "hatch": "//"} if name == best else {"color": GREY, "hatch": ""}
            axes.barh(place, value, height=0.62, edgecolor=EDGE, alpha=0.85, **look)
            axes.annotate(
                said(value),
                (max(value, 0.0), place),
                (6, 0),
                textcoords="offset points",
                va="center",
            )
        axes.set_yticks(range(len(values)), [f"{name}\n(best)" if name == best else name for name in values])
        axes.invert_yaxis()
        low, high = span or (min(0.0, *values.values()), max(0.0, *values.values()))
        axes.set_xlim(low - 0.02 * (high - low), high + 0.2 * ((high - low) or 1.0))
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.grid(visible=False, axis="y")
        axes.set(title=title, xlabel=unit)
    told = "; ".join(f"{name} {said(value)}" for name, value in values.items())
    return figure, f"Bar chart. {title} {unit}: {told}. Best: {best}."


def said(value: float) -> str:
    """An amount as it stands in a figure: two decimals below a hundred, a real minus sign."""
    return (f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}").replace("-", "−")
