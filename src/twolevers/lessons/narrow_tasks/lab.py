"""Lesson 08, the lab: the same labels and messages at other prices. From where on does another arm pay?"""

import pandas as pd

from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.amounts import amounts
from twolevers.lessons.common.messages import DESK, DESKS
from twolevers.lessons.narrow_tasks.experiment import FEW, LABELS, MANY, UNTRAINED, at

DIALS = (
    Dial("labels", f"Labels a {DESK}", (FEW, MANY), 1),
    Dial("messages", "Messages in all", (1_000, 10_000, 100_000), 1),
    Dial("label", "Price of one label", (0.05, 0.5, 5.0), 1, "USD"),
    Dial("wrong", f"Price of a wrong {DESK}", (0.01, 0.1, 1.0, 5.0), 2, "USD"),
)
LEGEND = "What do labels and mistakes cost you?"


def bills(frame: pd.DataFrame, labels: int, messages: int, label: float, wrong: float) -> dict[str, float]:
    """USD of each arm (its label): labels once, and every message that goes to a wrong desk. Machine time is left out.

    An extrapolation: messages × share of wrong desks on the test × `wrong`, and labels a desk × desks × `label`.
    """
    part = at(frame, labels)
    missed = (part["true"] != part["text"]).groupby(part["arm"]).mean()
    bought = part.groupby("arm")["per_class"].first()
    return {
        LABELS[arm]: messages * missed[arm] * wrong + (bought[arm] != UNTRAINED) * labels * len(DESKS) * label
        for arm in LABELS
        if arm in missed
    }


def explore(frame: pd.DataFrame) -> Explorer:
    """Four sliders over the lesson's answers; where no kernel runs, labels that do not pay stand beside the first."""

    def draw(labels: int, messages: int, label: float, wrong: float) -> Drawn:
        found = bills(frame, labels, messages, label, wrong)
        figure, alt = amounts(found, f"What would {messages:,} messages cost?", "USD, labels and mistakes")
        ahead, second, *_ = sorted(found, key=lambda arm: found[arm])
        n = at(frame, labels).groupby("arm").size().max()
        words = (
            f"{labels * len(DESKS)} labels cost {labels * len(DESKS) * label:,.0f} USD. {ahead} costs least, "
            f"{found[second] - found[ahead]:,.0f} USD less than {second}. Extrapolated from {n} test messages."
        )
        return Drawn(figure, alt, words)

    return explorer(draw, DIALS, LEGEND, fails={"messages": 0, "label": 2, "wrong": 0})
