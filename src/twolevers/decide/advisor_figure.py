"""The advisor's answer as a picture that a manager can read, and as a table of what it rests on."""

from typing import TYPE_CHECKING

from twolevers.decide.advisor import Advice, spelt
from twolevers.lessons.common.style import ARM_STYLE, EDGE, GREY, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def picture(advice: Advice) -> "tuple[Figure, str]":
    """How often each arm wins when the weights are drawn anew, with the doubts in the figures and without."""
    from matplotlib import pyplot

    arms = sorted(advice.wins, key=lambda arm: advice.wins_in_doubt[arm])
    title = f"Advice: {spelt(advice.answer)}"
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 1.6 + 0.75 * len(arms)))
        for place, arm in enumerate(arms):
            axes.barh(place, advice.wins_in_doubt[arm], height=0.6, **(ARM_STYLE[arm].bar() | {"label": None}))
            axes.plot([advice.wins[arm]], [place], marker="|", markersize=24, markeredgewidth=3, color=EDGE)
            axes.text(
                max(advice.wins_in_doubt[arm], advice.wins[arm]) + 0.02,
                place,
                f"{100 * advice.wins_in_doubt[arm]:.0f} %",
                va="center",
            )
        axes.set_yticks(range(len(arms)), [ARM_STYLE[arm].label for arm in arms])
        axes.set_xlim(0, 1.1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25 %", "50 %", "75 %", "100 %"])
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("Share of weightings in which it comes first\n(line: if every figure were exact)", color=GREY)
        axes.set_title(title)
    said = "; ".join(
        f"{ARM_STYLE[arm].label} {100 * advice.wins_in_doubt[arm]:.0f} % ({100 * advice.wins[arm]:.0f} % if exact)"
        for arm in reversed(arms)
    )
    return figure, f"Bar chart. {title}. Share of weightings in which each arm comes first: {said}."


def table(advice: Advice) -> "pd.DataFrame":
    """One row a criterion and arm: criterion, arm, utility (0 to 1), from (what it rests on), evidence (id or "–")."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "criterion": cell.criterion,
                "arm": cell.arm,
                "utility": cell.utility,
                "from": cell.basis,
                "evidence": cell.evidence or "–",
            }
            for cell in advice.cells
        ]
    )
