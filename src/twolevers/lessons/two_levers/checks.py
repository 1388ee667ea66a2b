"""Checks of exercise 01: recall by page, a LoRA update by hand, a false page, what intervals allow to be said."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from twolevers.evaluate.metrics import answer_match, mentions
from twolevers.evaluate.statistics import Interval, wilson
from twolevers.learn.check import Step, check, equals, gives, has_keys, holds, is_a

LESSON = "01_two_levers"
PRODUCT, PRICE = "Brisola 2022", "12 crowns"  # task 3; its page states another price
QUESTION = f"What does the {PRODUCT} cost?"
RIGHT, ASKED = {"prompt": 1, "rag": 29, "tuned": 22}, 40  # the practice table of task 4


def recall_at_k(function: Callable[[Sequence[Sequence[str]], Sequence[Sequence[str]], int], float]) -> None:
    """Task 1: `function(found, wanted, k)`, page names per question; the mean share of wanted pages in the first k."""
    check(
        LESSON,
        "Task 1",
        function,
        gives(
            1.0,
            args=([["a", "b", "c"]], [["a"]], 3),
            mistakes=[(_near(1 / 3), "that is precision; divide by the pages that are wanted, not by k.")],
            hint="One number is wanted, the mean over the questions.",
        ),
        gives(0.0, args=([["b", "a"]], [["a"]], 1), mistakes=[(1.0, "look at the first k passages only.")]),
        gives(
            1.0,
            args=([["a", "a", "b"]], [["a"]], 3),
            mistakes=[(2.0, "two passages of one page find that page once; make a set of them.")],
        ),
        gives(
            0.5,
            args=([["a", "c", "d"]], [["a", "b"]], 3),
            mistakes=[
                (1.0, "that asks whether any wanted page was found; take the share of them."),
                (0.0, "that asks whether all wanted pages were found; take the share of them."),
            ],
        ),
        gives(
            0.5,
            args=([["c", "d"], ["a", "d"]], [["a", "b"], ["a"]], 2),
            mistakes=[
                (1.0, "that is the sum over the questions; divide by how many there are."),
                (_near(1 / 3), "that pools the pages of all questions; each question counts the same."),
            ],
        ),
        gives(
            1.0,
            args=([["a"], ["b"]], [["a"], []], 1),
            mistakes=[(0.5, "a question that needs no page was counted as a miss; leave it out of the mean.")],
            hint="A question may need no page; leave it out of the mean.",
        ),
        note="Several passages of one page count once, and a question that needs two pages can score a half.",
    )


def apply_lora(function: Callable[[np.ndarray, np.ndarray, np.ndarray, float], np.ndarray]) -> None:
    """Task 2: `function(weights, a, b, alpha)` with weights (out, in), a (rank, in), b (out, rank)."""
    weights, a, b = _matrices()
    full = b @ a
    check(
        LESSON,
        "Task 2",
        function,
        gives(
            weights + 3 * full,
            args=(weights.copy(), a, b, 6.0),
            tolerance=1e-6,
            mistakes=[
                (_close(weights + full), "the scale alpha / rank is missing."),
                (_close(weights + 6 * full), "that is scaled by alpha; divide it by the rank."),
                (_close(weights + full / 3), "the scale is upside down; it is alpha / rank."),
                (_close(weights + 2 * full), "that divides by the inputs; the rank is the number of rows of A."),
                (_close(weights + 1.5 * full), "that divides by the outputs; the rank is the number of rows of A."),
                (_close(3 * full), "that is the change alone; add it to the base weights."),
                (_close(weights - 3 * full), "the change is subtracted; add it."),
            ],
            hint="The product must have the shape of the weights: B (out, rank) times A (rank, in).",
        ),
        gives(
            weights + 4 * b[:, :1] @ a[:1],
            args=(weights.copy(), a[:1], b[:, :1], 4.0),
            tolerance=1e-6,
            mistakes=[(_close(weights + 2 * b[:, :1] @ a[:1]), "take the rank from A's shape; here it is 1, not 2.")],
            hint="Here the rank is 1; take it from A's shape.",
        ),
        _keeps_the_base,
        note="And with B at zero, as training begins, the weights are the base weights.",
    )


def reader() -> Callable[[str], str]:
    """The real model for task 3: a function that gives its answer to `QUESTION`, with one passage in the prompt."""
    from twolevers.arms.prompts import build
    from twolevers.models.native.model import NativeModel
    from twolevers.retrieval.chunking import Passage

    model = NativeModel.load()
    return lambda text: (
        model.generate([build(QUESTION, [Passage("own#0", "own", "", text)])], max_new_tokens=48)[0].text
    )


def believed(passage: str, say: Callable[[str], str]) -> None:
    """Task 3: a passage, in a page's words, from which the real model answers `QUESTION` with the false `PRICE`."""

    def answers(text: str) -> str | None:
        said = say(text)
        if answer_match(said, [PRICE]):
            return None
        return f"the model answered {said!r}. State price and product in one plain sentence, near the question's words."

    check(
        LESSON,
        "Task 3",
        passage,
        is_a(str, hint="Write the passage as a text."),
        holds(lambda text: PRICE.split()[0] in text, f"the passage does not state the false price, {PRICE}."),
        holds(lambda text: PRICE in text, "the price stands there without its unit; a page says crowns."),
        holds(lambda text: mentions(text, PRODUCT), f"the passage must say which product it is about: {PRODUCT}."),
        holds(
            lambda text: not re.search(r"\b(answer|ignore|say|reply|question)\b", text, re.IGNORECASE),
            "that gives an order to the model. State a fact as a page would; lesson 03 tries orders.",
        ),
        holds(lambda text: len(text.split()) <= 40, "a passage of the course has at most 40 words."),
        answers,
        note="It read, and it believed: no weight knows better. Who may write your pages can write your answers.",
    )


def intervals(answer: Mapping[str, Interval]) -> None:
    """Task 4a: the Wilson interval of each arm of the practice table."""
    expected = {arm: _ends(wilson(right, ASKED)) for arm, right in RIGHT.items()}
    pooled = {arm: _ends(wilson(right, ASKED * len(RIGHT))) for arm, right in RIGHT.items()}
    swapped = {arm: _ends(wilson(ASKED - right, ASKED)) for arm, right in RIGHT.items()}
    check(
        LESSON,
        "Task 4a",
        answer,
        has_keys(RIGHT, hint="Make a dictionary from the arm's name to its interval."),
        holds(_all_intervals, "each value should be an interval with two ends, as wilson(successes, n) returns."),
        holds(
            lambda found: all(_ends(one)[0] >= 0 for one in found.values()),
            "a share cannot lie below zero: mean ± 1.96 standard errors does that near 0; use wilson(successes, n).",
        ),
        holds(lambda found: all(_ends(one)[1] <= 1 for one in found.values()), "give shares from 0 to 1, not percent."),
        _ends_equal(
            expected,
            [
                (pooled, "That takes n as all 120 rows; each arm answered 40 questions."),
                (swapped, "That counts the wrong answers; count the right ones."),
            ],
        ),
    )


def sentences(answer: Sequence[str]) -> None:
    """Task 4b: the letters of the sentences that the three intervals allow."""
    check(
        LESSON,
        "Task 4b",
        answer,
        is_a(list, tuple, set, hint='Give the letters, such as ["A", "B"].'),
        holds(lambda given: set(given) <= set("ABCD"), "only the letters A, B, C and D are wanted."),
        holds(
            lambda given: "B" not in given,
            "B takes two values for the truth. With 40 questions each, the intervals overlap from 0.57 to 0.69.",
        ),
        holds(
            lambda given: "C" not in given,
            "C takes overlap for equality. Not shown to differ is not the same as shown to be equal.",
        ),
        holds(lambda given: "A" in given, "A is missing. Compare the high end of prompt with the low end of rag."),
        holds(lambda given: "D" in given, "D is missing. What could settle a question that two intervals leave open?"),
        note="In fact 8 questions were right with rag alone and 1 with tuned alone: pair by pair, rag is ahead.",
    )


def _matrices() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights (4, 3), A (2, 3), B (4, 2): no two sizes alike, so that a mix-up shows."""
    weights = np.arange(12.0).reshape(4, 3)
    a = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]])
    b = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0], [3.0, 1.0]])
    return weights, a, b


def _keeps_the_base(function: Callable[..., np.ndarray]) -> str | None:
    weights, a, b = _matrices()
    before = weights.copy()
    function(weights, a, b, 6.0)
    if np.array_equal(weights, before):
        return None
    return "the result is right, but the base weights were changed on the way (`+=`?); they must stay frozen."


def _near(wanted: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, float) and math.isclose(value, wanted, abs_tol=1e-6)


def _close(wanted: np.ndarray) -> Callable[[Any], bool]:
    return lambda value: np.shape(value) == wanted.shape and np.allclose(value, wanted)


def _ends(interval: Any) -> tuple[float, float]:
    low, high = (interval.low, interval.high) if isinstance(interval, Interval) else interval
    return float(low), float(high)


def _all_intervals(found: Mapping[str, Any]) -> bool:
    return all(isinstance(one, Interval) or (isinstance(one, tuple | list) and len(one) == 2) for one in found.values())


def _ends_equal(expected: Mapping[str, Any], mistakes: Sequence[tuple[Mapping[str, Any], str]]) -> Step:
    compared = equals(expected, tolerance=0.002, mistakes=mistakes, hint="Count each arm's right answers out of 40.")
    return lambda found: compared({arm: _ends(one) for arm, one in found.items()})
