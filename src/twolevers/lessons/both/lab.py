"""Lesson 12, the lab: what is a citation worth to you, and what does a wrong answer cost?"""

import pandas as pd

from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.both.experiment import LABELS
from twolevers.lessons.common.amounts import amounts

DIALS = (
    Dial("cited", "Of a point for a right answer, the part that only a right citation earns", (0, 25, 50, 100), 0, "%"),
    Dial("wrong", "Points that a wrong answer costs", (0.0, 0.5, 1.0, 2.0)),
    Dial("tokens", "Points that a thousand prompt tokens cost", (0.0, 0.1, 0.5)),
)
LEGEND = "What is an answer worth to you?"


def points(frame: pd.DataFrame, cited: int, wrong: float, tokens: float) -> dict[str, float]:
    """Mean points of an answer by arm (its label). A refusal earns nothing and costs nothing."""
    right, refused = frame["correct"].astype(float), frame["refused"].astype(bool)
    earned = right * (1 - cited / 100) + (right * frame["cited_right"].astype(float)) * cited / 100
    lost = wrong * ((1 - right) * ~refused) + tokens * frame["prompt_tokens"] / 1000
    mean = (earned - lost).groupby(frame["arm"], sort=False).mean()
    return {LABELS[arm]: float(value) for arm, value in mean.items()}


def explore(frame: pd.DataFrame) -> Explorer:
    """Three sliders over the lesson's answers; where no kernel runs, a price list under which most arms lose beside."""

    def draw(cited: int, wrong: float, tokens: float) -> Drawn:
        found = points(frame, cited, wrong, tokens)
        figure, alt = amounts(found, "Which arm is worth most?", "Points an answer, on average", lowest=False)
        ahead, second, *_ = sorted(found, key=lambda arm: -found[arm])
        below = sum(value < 0 for value in found.values())
        n = frame.groupby("arm").size().min()
        names = [arm.split(":")[0] for arm in (ahead, second)]
        words = (
            f"Ahead: {names[0]}, by {found[ahead] - found[second]:.2f} points before {names[1]}. Arms that lose points "
            f"on average: {below} of {len(found)}. n = {n}; a lead is no verdict, those stand below."
        )
        return Drawn(figure, alt, words)

    return explorer(draw, DIALS, LEGEND, fails={"cited": 3, "wrong": 2})
