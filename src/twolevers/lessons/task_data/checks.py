"""Checks of exercise 10: gain for a hundred labels, rate and length, wrong labels, whether to buy a hundred more."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.learn.check import Step, check, gives, has_keys, holds

if TYPE_CHECKING:
    import pandas as pd

LESSON = "10_task_data"
DECISIONS = ("buy", "stop", "measure")


def gain_per_hundred(function: Callable[[Sequence[int], Sequence[float]], Sequence[float]]) -> None:
    """Task 1: `function(labels, values)`, what each further hundred labels brought between neighbouring sizes."""
    labels, values = [100, 200, 600, 1600], [0.30, 0.50, 0.62, 0.67]
    check(
        LESSON,
        "Task 1",
        function,
        gives(
            [0.20, 0.03, 0.005],
            args=(labels, values),
            tolerance=1e-6,
            mistakes=[
                (_near([0.20, 0.12, 0.05]), "those are the gains of whole steps; divide each by its hundreds."),
                (_near([0.10, 0.02, 0.003125]), "divide by the labels *added*, not by all of them."),
                (_near([0.002, 0.0003, 0.00005]), "that is the gain for one label; times a hundred."),
                (_near([0.30, 0.25, 0.62 / 6, 0.67 / 16]), "take differences: the first labels are not bought again."),
                (_short, "a list of three is wanted, one number for each step between two sizes."),
            ],
            hint="Difference of the values, divided by the added labels in hundreds.",
        ),
        gives(
            [-0.02],
            args=([50, 100], [0.40, 0.39]),
            tolerance=1e-6,
            mistakes=[
                (_near([-0.01]), "fifty labels are half a hundred: divide by 0.5."),
                (_near([0.02]), "the value fell; a gain may be negative."),
                (_near([0.0]), "the value fell; a gain may be negative. Do not cut it off at 0."),
            ],
            hint="Fifty labels are half a hundred, and a gain may be negative.",
        ),
        note="The steps shrink by themselves here: the curve flattens long before it ends.",
    )


def choose(answer: Mapping[str, Any], table: "pd.DataFrame") -> None:
    """Task 2: the rate and length to keep, and the rates that did not learn or learned by heart.

    `table`: as of `rates.trials`.
    """
    best, fitted = (table.loc[table[column].idxmin()] for column in ("dev", "train"))
    dev = table.pivot(index="learning_rate", columns="epochs", values="dev")
    short, long = min(dev.columns), max(dev.columns)
    worse = {float(rate) for rate in dev.index[dev[long] > dev[short]]}
    gap = float(best["dev"] - best["train"])

    def other(name: str, row: "pd.Series") -> bool:
        return row[name] != best[name]

    check(
        LESSON,
        "Task 2",
        answer,
        has_keys(("learning_rate", "epochs", "gap", "worse")),
        holds(
            lambda found: found["learning_rate"] in set(table["learning_rate"]),
            "learning_rate should be one of the rates in the table.",
        ),
        holds(
            lambda found: found["epochs"] in set(table["epochs"]), "epochs should be one of the lengths in the table."
        ),
        holds(
            lambda found: (
                (found["learning_rate"], found["epochs"]) != (fitted["learning_rate"], fitted["epochs"])
                or not (other("learning_rate", fitted) or other("epochs", fitted))
            ),
            "that row has the lowest loss on what was trained; choose by the loss on dev.",
        ),
        holds(
            lambda found: (found["learning_rate"], found["epochs"]) == (best["learning_rate"], best["epochs"]),
            "another row has a lower loss on dev; learning_rate and epochs belong together, so find the row.",
        ),
        holds(
            lambda found: abs(found["gap"] + gap) > 1e-9 or abs(gap) < 1e-9,
            "the sign is turned: gap is dev less train.",
        ),
        holds(lambda found: abs(found["gap"] - gap) < 1e-3, "gap is dev less train, both of the row that you chose."),
        holds(
            lambda found: not isinstance(found["worse"], int | float),
            "worse is a list of rates, empty if there is none.",
        ),
        holds(
            lambda found: {float(rate) for rate in found["worse"]} == worse,
            "worse holds each rate whose dev loss is higher after the longer run than after the shorter one.",
        ),
        note="Dev chose the row, so its loss flatters a little: a test that chose nothing would say how much.",
    )


def flip(function: Callable[[Sequence[str], float, np.random.Generator], Sequence[str]]) -> None:
    """Task 3: `function(queues, share, rng)`, the labels with exactly that share of them made wrong."""
    queues = [desk for desk in ("Lantern", "Marlin", "Sedge", "Thistle") for _ in range(25)]

    def made(share: float, seed: int = 1) -> list[str]:
        return list(function([*queues], share, np.random.default_rng(seed)))

    def step(test: Callable[[], Any], message: str) -> Step:
        return holds(lambda _: test(), message)

    def wrong(said: Sequence[str]) -> list[int]:
        return [place for place, (a, b) in enumerate(zip(queues, said, strict=True)) if a != b]

    check(
        LESSON,
        "Task 3",
        function,
        holds(callable, "a function is wanted; leave off the brackets."),
        step(
            lambda: function([*queues], 0.2, np.random.default_rng(1)) is not None,
            "the function returned nothing; is there a `return` at its end?",
        ),
        step(lambda: len(made(0.2)) == 100, "as many labels must come out as went in, in the same order."),
        step(lambda: {str(one) for one in made(0.2)} <= set(queues), "a wrong label is still the name of a queue."),
        step(lambda: wrong(made(0.2)), "nothing was changed; did you write into a copy and return the original?"),
        step(
            lambda: not all(len(wrong(made(0.2, seed))) < 20 for seed in range(6)),
            "too few are wrong: a label drawn from all queues is sometimes right, or a place was drawn twice.",
        ),
        step(
            lambda: all(len(wrong(made(0.2, seed))) == 20 for seed in range(6)),
            "the number of wrong labels varies; draw exactly round(share × n) places, without replacement.",
        ),
        step(
            lambda: len({str(made(0.2)[place]) for place in wrong(made(0.2))}) > 1,
            "all wrong labels are the same; draw another queue for each.",
        ),
        step(lambda: wrong(made(0.2, 1)) != wrong(made(0.2, 2)), "the same places each time; use the `rng`."),
        step(lambda: _untouched(function, queues), "your function changed the list that it was given; copy it first."),
        note="Exactly a fifth, all truly wrong: now the noise is known, and its cost can be measured.",
    )


def decide(function: Callable[[float, float, float, float], str]) -> None:
    """Task 4: `function(low, high, value, cost)`: buy the next hundred labels, stop, or measure more?"""
    buy, stop, measure = DECISIONS
    unknown = (lambda said: said not in DECISIONS, f"the decisions are {', '.join(DECISIONS)}.")
    middle = "the middle of the interval is above the cost, but its low end is not: nobody knows yet."
    above_zero = "above zero is not enough: the low end, in euros, must be above the cost."
    cases: list[tuple[str, tuple[float, float, float, float], Mapping[str, str]]] = [
        (buy, (0.02, 0.05, 50_000, 600), {measure: "even the low end brings 1,000, more than the 600 it costs."}),
        (stop, (0.001, 0.008, 50_000, 600), {buy: above_zero, measure: "at most 400 come back for 600."}),
        (measure, (0.005, 0.040, 50_000, 600), {buy: middle, stop: "the high end brings 2,000; that may pay."}),
        (stop, (-0.030, -0.002, 50_000, 600), {measure: "the whole interval is below zero; nothing comes back."}),
        (measure, (-0.010, 0.030, 50_000, 600), {stop: "zero inside does not mean no gain: it may bring 1,500."}),
        (
            stop,
            (0.02, 0.05, 5_000, 600),
            {buy: "the same gain is worth less here, at most 250; multiply it by `value` first."},
        ),
        (
            measure,
            (math.nan, math.nan, 50_000, 600),
            {stop: "without an interval nothing is known.", buy: "without an interval nothing is known."},
        ),
    ]
    check(
        LESSON,
        "Task 4",
        function,
        *(gives(expected, args=args, mistakes=[*known.items(), unknown]) for expected, args, known in cases),
        note="And after the purchase: measure again. The next step is another one.",
    )


def _untouched(function: Callable[..., Any], queues: Sequence[str]) -> bool:
    given = [*queues]
    function(given, 0.2, np.random.default_rng(1))
    return given == list(queues)


def _near(wanted: Sequence[float]) -> Callable[[Any], bool]:
    return lambda value: np.shape(value) == np.shape(wanted) and np.allclose(value, wanted, atol=1e-6)


def _short(value: Any) -> bool:
    return np.shape(value) != (3,)


def _lacks(place: int) -> Callable[[Any], bool]:
    return lambda value: place not in list(value)
