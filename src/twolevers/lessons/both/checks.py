"""Checks of exercise 12: an open-book training pair, paired comparisons, verdicts, what spoils a comparison."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.evaluate.statistics import Comparison, compare, holm
from twolevers.learn.check import check, equals, gives, has_keys, holds
from twolevers.lessons.both import open_book

if TYPE_CHECKING:
    import pandas as pd

LESSON = "12_both"
PAIRS = (("both", "rag"), ("both", "stacked"), ("stacked", "rag"))
VERDICTS = ("supported", "qualified", "contradicted", "too close to call")


def practice_scores() -> "pd.DataFrame":
    """Made-up scores for task 2: 30 products × 5 questions; columns product, rag, stacked, both (1 right, 0 wrong)."""
    import pandas as pd

    rng = np.random.default_rng(26)
    ease = rng.normal(0, 1.2, 30)  # some products are easy for every arm
    own = {arm: rng.normal(0, 0.9, 30) for arm in ("rag", "stacked", "both")}
    level = {"rag": 0.2, "stacked": -0.5, "both": 1.2}
    columns: dict[str, Any] = {"product": np.repeat([f"product {n}" for n in range(1, 31)], 5)}
    for arm in own:
        chance = 1 / (1 + np.exp(-(level[arm] + ease + own[arm])))
        columns[arm] = rng.binomial(1, np.repeat(chance, 5))
    return pd.DataFrame(columns)


def open_book_example(function: open_book.Maker) -> None:
    """Task 1: `function(question, answer, support, distractors, seed)` makes one training pair; support may be None."""
    check(
        LESSON,
        "Task 1",
        function,
        *open_book.STEPS,
        note="The model will learn to look for the passage, and to say when there is none.",
    )


def comparisons(answer: Mapping[str, Comparison], scores: "pd.DataFrame") -> None:
    """Task 2a: the three differences with intervals by product, named "both - rag" and so on."""
    expected = {f"{a} - {b}": compare(scores[a], scores[b], scores["product"]) for a, b in PAIRS}
    loose = {f"{a} - {b}": compare(scores[a], scores[b]) for a, b in PAIRS}

    def values(found: Mapping[str, Comparison], field: str) -> dict[str, float]:
        return {name: getattr(one, field) for name, one in found.items()}

    def low(found: Mapping[str, Comparison]) -> dict[str, float]:
        return {name: one.interval.low for name, one in found.items()}

    turned = {name: -value for name, value in values(expected, "difference").items()}
    check(
        LESSON,
        "Task 2a",
        answer,
        has_keys(expected, hint='Make a dictionary from "both - rag" and so on to what compare() returns.'),
        holds(
            lambda found: all(isinstance(one, Comparison) for one in found.values()),
            "each value should be what compare() returns, which holds difference, interval and p.",
        ),
        holds(
            lambda found: not _alike(values(found, "difference"), turned),
            'the signs are turned round; "both - rag" is compare(both, rag), a − b.',
        ),
        holds(
            lambda found: _alike(values(found, "difference"), values(expected, "difference")),
            "a difference is not the expected one; does each name stand with its own two columns?",
        ),
        holds(
            lambda found: not _alike(low(found), low(loose)),
            "the questions are taken as independent; five belong to each product, so pass the products as clusters.",
        ),
        holds(
            lambda found: all(one.clusters == scores["product"].nunique() for one in found.values()),
            "the clusters are not the 30 products; pass scores['product'].",
        ),
    )


def adjusted(answer: Mapping[str, float], scores: "pd.DataFrame") -> None:
    """Task 2b: Holm's adjusted p of the three comparisons, by name."""
    names = [f"{a} - {b}" for a, b in PAIRS]
    raw = [compare(scores[a], scores[b], scores["product"]).p for a, b in PAIRS]
    loose = holm([compare(scores[a], scores[b]).p for a, b in PAIRS])
    right = dict(zip(names, holm(raw).tolist(), strict=True))
    check(
        LESSON,
        "Task 2b",
        answer,
        has_keys(names, hint="Make a dictionary from each comparison's name to its adjusted p."),
        equals(
            right,
            tolerance=0.002,
            mistakes=[
                (dict(zip(names, raw, strict=True)), "Those are the p-values as they came; pass them through holm()."),
                (
                    dict(zip(names, [min(1.0, 3 * p) for p in raw], strict=True)),
                    "That is Bonferroni, times three for each; Holm's factor falls from 3 to 1.",
                ),
                (
                    dict(zip(names, sorted(right.values()), strict=True)),
                    "The values are sorted; holm() keeps the order that it was given, so pair them with the names.",
                ),
                (
                    dict(zip(names, loose.tolist(), strict=True)),
                    "Those p-values ignore that questions come by product.",
                ),
            ],
            hint="Pass the three p-values to holm() together.",
        ),
        note="One difference survives. Alone, the first would have passed 0.05; without clusters, the third as well.",
    )


def verdict(function: Callable[[float, float, float], str]) -> None:
    """Task 3: `function(low, high, margin)` judges the claim that the difference is above zero."""
    supported, qualified, contradicted, close = VERDICTS
    small = "the low end is below the margin of 0.05; it may be too small to matter."
    inside = "not supported is not contradicted: zero is inside, so this n cannot tell."
    middle = "judge by the interval, not by its middle: zero is inside."
    left_over = "no comparison with NaN is true; let what is left over be too close to call."
    cases = [
        (supported, 0.08, 0.31, {qualified: "even the low end is above the margin, so it is large enough."}),
        (qualified, 0.02, 0.19, {supported: small, close: "zero is not inside, so the direction is settled."}),
        (close, -0.04, 0.18, {supported: middle, qualified: middle, contradicted: inside}),
        (close, -0.12, 0.09, {contradicted: inside}),
        (contradicted, -0.30, -0.12, {close: "zero is not inside; the whole interval lies on the other side."}),
        (contradicted, -0.20, -0.02, {close: "below zero is the other way round; the margin plays no part there."}),
        (close, 0.0, 0.20, {qualified: "zero at an end is still in the interval; ask for low > 0."}),
        (close, math.nan, math.nan, {contradicted: left_over, supported: left_over, qualified: left_over}),
    ]
    unknown = (lambda said: said not in VERDICTS, f"the verdicts are {', '.join(VERDICTS)}.")
    check(
        LESSON,
        "Task 3",
        function,
        *(
            gives(expected, args=(low, high, 0.05), mistakes=[*known.items(), unknown])
            for expected, low, high, known in cases
        ),
        note="twolevers.evaluate.verdicts.judge does the same, and also takes claims that say lower.",
    )


def confounds(answer: Mapping[int, Sequence[str]]) -> None:
    """Task 4: for each sentence of the report, the settings that differ though the sentence does not speak of them."""
    factors = {1: "passages", 2: "training", 3: "training"}
    settings = {"training", "passages", "pairs", "asked_on"}

    def at(number: int) -> Callable[[Mapping[int, Sequence[str]]], set[str]]:
        return lambda found: set(found[number])

    first, second, third = map(at, factors)
    check(
        LESSON,
        "Task 4",
        answer,
        has_keys(factors, hint="Make a dictionary from the sentence's number to a list of columns."),
        holds(
            lambda found: all(isinstance(one, list | tuple | set) for one in found.values()),
            "each value should be a list of columns; [] where nothing spoils the comparison.",
        ),
        holds(
            lambda found: all(set(one) <= settings for one in found.values()),
            f"name columns of the design: {', '.join(sorted(settings))}.",
        ),
        holds(
            lambda found: not any(factor in found[number] for number, factor in factors.items()),
            "what a sentence speaks of is meant to differ; name only what differs besides.",
        ),
        holds(
            lambda found: "asked_on" in first(found),
            "sentence 1: stacked and tuned were not asked about the same products.",
        ),
        holds(lambda found: first(found) == {"asked_on"}, "sentence 1 names a setting that is alike in both arms."),
        holds(
            lambda found: "pairs" in second(found),
            "sentence 2: the two adapters were not trained on equally many pairs.",
        ),
        holds(
            lambda found: "passages" in second(found),
            "sentence 2: the two arms did not read equally many passages when answering.",
        ),
        holds(
            lambda found: second(found) == {"pairs", "passages"}, "sentence 2 names a setting that is alike in both."
        ),
        holds(
            lambda found: "pairs" not in third(found),
            "sentence 3: an untouched model has no pairs; that is the training itself, which the sentence speaks of.",
        ),
        holds(lambda found: not third(found), "sentence 3 names a setting that is alike in both arms."),
        note="Only sentence 3 stands. The other two need another run, not other words.",
    )


def _alike(found: Mapping[str, float], wanted: Mapping[str, float]) -> bool:
    return all(math.isclose(found[name], wanted[name], abs_tol=1e-6) for name in wanted)
