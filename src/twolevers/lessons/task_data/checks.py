"""Checks of exercise 10: gain for a hundred labels, nested draws, wrong labels, whether to buy the next hundred."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from twolevers.learn.check import Step, check, gives, holds

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


def nested(function: Callable[[Sequence[str], int], Sequence[int]]) -> None:
    """Task 2: `function(queues, per_class)`, the places of the first `per_class` messages of each queue, in order."""
    queues = ["A", "A", "B", "A", "C", "B", "B", "A", "C", "B"]

    def small(made: Callable[[Sequence[str], int], Sequence[int]]) -> bool:
        return all(set(made(queues, n)) <= set(made(queues, n + 1)) for n in (1, 2, 3))

    check(
        LESSON,
        "Task 2",
        function,
        gives(
            [0, 1, 2, 4, 5, 8],
            args=(queues, 2),
            mistakes=[
                ([0, 1], "those are the first two of all; two of *each* queue are wanted."),
                ([0, 1, 2, 3, 4, 5], "those are the first six; some queue has three of them and another only one."),
                (["A", "A", "B", "C", "B", "C"], "return the places in the list, not the queues."),
                ([1, 2, 3, 5, 6, 9], "places count from 0."),
                ([0, 1, 2, 5, 4, 8], "the places should stand in the order of the list; sort them."),
                ([3, 7, 6, 9, 4, 8], "take the first of each queue, not the last."),
            ],
            hint="Walk through the list and keep a message while its queue has fewer than per_class.",
        ),
        gives(
            [0, 1, 2, 3, 4, 5, 6, 8],
            args=(queues, 3),
            mistakes=[(_lacks(8), "a queue with fewer messages gives all it has: C has two.")],
            hint="C has only two messages; both are wanted.",
        ),
        holds(small, "a smaller draw must lie within the larger; take the first of each queue, do not draw again."),
        note="Nested draws differ only by what was added. So the step between two sizes is the added labels' doing.",
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
