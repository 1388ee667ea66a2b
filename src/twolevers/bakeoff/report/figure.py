"""The figure of a bake-off's report: the share right per arm, with intervals."""

import base64
import io
from typing import Any

from twolevers.bakeoff.brought import row_of
from twolevers.lessons.common.style import ArmStyle, style


def picture(arms: dict[str, dict[str, Any]], good_enough: float) -> tuple[str, str]:
    """Share right per arm with intervals, as PNG in base64, and its alternative text."""
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(figsize=(8, 0.7 + 0.7 * len(arms)))
        for place, (name, row) in enumerate(reversed(arms.items())):
            low, high = row["interval"]
            axes.barh(place, row["accuracy"], **{**_style(name).bar(), "label": None})
            spread = [[max(0, row["accuracy"] - low)], [max(0, high - row["accuracy"])]]
            axes.errorbar(row["accuracy"], place, xerr=spread, color="black", capsize=5)
        axes.set_yticks(range(len(arms)), [_style(name).label for name in reversed(arms)])
        axes.axvline(good_enough, color="black", linestyle="--", linewidth=1.5)
        axes.annotate(
            "good enough",
            (good_enough, 1.01),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=12,
        )
        axes.set_xlim(0, 1)
        axes.set_xlabel("Share of answers right, with 95 % interval")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=160)
        pyplot.close(figure)
    said = f"good enough from {good_enough:.2f}; " + "; ".join(
        f"{name} {row['accuracy']:.2f} ({row['interval'][0]:.2f} to {row['interval'][1]:.2f})"
        for name, row in arms.items()
    )
    return base64.b64encode(buffer.getvalue()).decode(), f"Share of answers right by arm, with intervals: {said}."


def _style(arm: str) -> ArmStyle:
    row = row_of(arm)
    return ArmStyle(row.label, row.color, row.marker, row.hatch, row.line)
