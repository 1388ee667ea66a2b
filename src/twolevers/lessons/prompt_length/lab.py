"""Lesson 09, the lab: the bill of a long prompt at other prices of tuned tokens and of tokens that are kept."""

import pandas as pd

from twolevers.cost.tariffs import hosted
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.amounts import amounts
from twolevers.lessons.prompt_length.cost import MODELS, WAYS, set_up, ways
from twolevers.models.api import Training

DIALS = (
    Dial("replies", "Replies until the guide changes", (1_000, 10_000, 100_000, 1_000_000), 2),
    Dial("premium", "Price of a tuned token over an untuned one", (1.0, 1.5, 2.0, 4.0, 8.0), 1, "times"),
    Dial("kept", "Price of a token read from a kept start", (0, 10, 25, 50, 100), 2, "% of a fresh one"),
    Dial("people", "People's time for writing the replies counts", (False, True)),
)
LEGEND = "Which way of telling the model is cheapest?"


def bill(
    times: pd.DataFrame, trained: Training, replies: int, premium: float, kept: int, people: bool
) -> dict[str, float]:
    """USD of so many replies in each way, at the dated token price of the first hosted model and the prices turned to.

    An extrapolation: our token counts × those prices, and the set-up once.
    """
    tariff, table = hosted(MODELS[0]), ways(times)
    start = times.set_index("arm").loc["long_prompt", "start"]
    once = set_up(trained)[tariff.name]
    found = {}
    for way, row in table.iterrows():
        again = start if way == "kept" else 0.0
        read = row["prompt_tokens"] - again + again * kept / 100
        each = (read * tariff.base.input.value + row["new_tokens"] * tariff.base.output.value) / 1e6
        found[WAYS[way]] = replies * each * (premium if way == "tuned" else 1.0)
    found[WAYS["tuned"]] += once["training"] + (once["writing the replies"] if people else 0.0)
    return found


def explore(times: pd.DataFrame, trained: Training) -> Explorer:
    """Four sliders over the lesson's token counts; where no kernel runs, prices at which training cannot pay beside."""

    def draw(replies: int, premium: float, kept: int, people: bool) -> Drawn:
        found = bill(times, trained, replies, premium, kept, people)
        figure, alt = amounts(
            found, f"What do {replies:,} replies cost?", "USD at a hosted model's prices, extrapolated"
        )
        ahead, second, *_ = sorted(found, key=lambda way: found[way])
        gap = found[second] / found[ahead] if found[ahead] else float("inf")
        return Drawn(figure, alt, f"Cheapest: {ahead}. The next costs {gap:.1f} times as much.")

    return explorer(draw, DIALS, LEGEND, fails={"replies": 0, "premium": 4, "kept": 1, "people": 1})
