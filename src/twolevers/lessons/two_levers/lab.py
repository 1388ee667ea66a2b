"""Lesson 01, the lab on training: how fast, how long, and what it does to something that the model knew."""

from typing import TYPE_CHECKING

import pandas as pd
import torch

from twolevers.arms.prompts import build
from twolevers.arms.tuned import closed_book
from twolevers.data.records import Question
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.style import BLUE, EDGE, ORANGE, style
from twolevers.lessons.two_levers.experiment import RECIPE, SEED
from twolevers.models.api import Example
from twolevers.models.native.adam import Adam
from twolevers.models.native.lora import LowRank, prepare
from twolevers.models.native.model import NativeModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATES = (0.0005, RECIPE.learning_rate, 0.008)
STEPS = 8
LAYERS = 4  # the top ones: enough for one fact, and quick
KNOWN = Example(build("What is the capital of France?"), "Paris")
DIALS = (
    Dial("learning_rate", "Learning rate", RATES, 1),
    Dial("steps", "Steps", tuple(range(STEPS + 1)), 4),
)
LEGEND = "How fast, and how long?"


def trials(model: NativeModel, question: Question) -> pd.DataFrame:
    """One fact trained with each of `RATES`; a row per rate and step: learning_rate, step, fact, known (nats a token).

    `fact` is the loss on the trained pair, `known` that on a fact the model could tell before and was not trained on.
    """
    first = model.decoder.shape.layers - LAYERS
    rows, known = prepare(model, closed_book([question]), first), prepare(model, [KNOWN], first)
    found = []
    for rate in RATES:
        weights = LowRank(model.decoder, first, RECIPE, torch.Generator().manual_seed(SEED))
        optimiser = Adam(weights.values, weights.gradients)
        for step in range(STEPS + 1):
            fact = weights.backward(rows, [0])  # of the weights before this step
            found.append({"learning_rate": rate, "step": step, "fact": fact, "known": weights.measure(known)})
            optimiser.step(rate)
    return pd.DataFrame(found)


def explore(model: NativeModel, question: Question) -> Explorer:
    """Two sliders over the trials; where no kernel runs, the highest rate to its last step beside the first setting."""
    frame = trials(model, question)

    def draw(learning_rate: float, steps: int) -> Drawn:
        now = frame[(frame["learning_rate"] == learning_rate) & (frame["step"] == steps)].iloc[0]
        before = frame[(frame["learning_rate"] == learning_rate) & (frame["step"] == 0)].iloc[0]
        words = (
            f"Learning rate {learning_rate:g}, {steps} steps: loss on the trained fact from {before.fact:.2f} "
            f"to {now.fact:.2f}, on a fact that the model knew from {before.known:.2f} to {now.known:.2f}."
        )
        figure = _plot(frame[frame["learning_rate"] == learning_rate], steps, frame[["fact", "known"]].to_numpy().max())
        return Drawn(figure, f"Line chart of two losses by step. {words}", words)

    return explorer(draw, DIALS, LEGEND, fails={"learning_rate": len(RATES) - 1, "steps": STEPS})


def _plot(rows: pd.DataFrame, steps: int, top: float) -> "Figure":
    from matplotlib import pyplot

    lines = {"fact": ("the fact in training", BLUE, "o", "-"), "known": ("a fact it knew", ORANGE, "s", "--")}
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 4.2))
        for name, (label, color, marker, line) in lines.items():
            axes.plot(rows["step"], rows[name], line, color=color, marker=marker, markeredgecolor=EDGE, label=label)
        axes.axvline(steps, color=EDGE, linewidth=1, linestyle=":")
        axes.set(xlabel="Step", ylabel="Loss (nats a token)", ylim=(0, 1.05 * top))
        axes.set_title("What does a step teach, and what does it spoil?")
        figure.legend(loc="outside lower center", ncols=2)
    return figure
