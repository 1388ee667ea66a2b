"""Checks of exercise 06: the price of an answer, the break-even, an uncertain ratio, a bill with faults."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.learn.check import check, equals, gives, has_keys, holds, is_a

if TYPE_CHECKING:
    import pandas as pd

LESSON = "06_budget"
VERDICTS = ("supported", "qualified", "contradicted", "too close to call")
FAULTS = {2: "passes", 5: "not used", 6: "unit", 8: "one-sided"}
RAG, TUNED = 2.044, 2.16  # what task 4's bills come to, set right


def practice_draws() -> "pd.DataFrame":
    """Made-up draws for task 3: 2,000 times the set-up cost of `rag` and `tuned` in USD, an hour's price in common."""
    import pandas as pd

    rng = np.random.default_rng(6)
    hour = rng.triangular(12, 37, 60, 2_000)
    hours = {"rag": rng.normal(16, 2.2, 2_000), "tuned": rng.normal(29, 5, 2_000)}
    return pd.DataFrame({arm: hour * taken for arm, taken in hours.items()})


def practice_bill() -> "pd.DataFrame":
    """A made-up bill for task 4, with faults: two arms, one month; a line each, numbered from 1."""
    import pandas as pd

    lines = [
        ("rag", "set-up", "index", 1_800, "s", 0.08, "USD/h", 0.04),
        ("tuned", "set-up", "training", 10_000, "token", 3.0, "USD/Mtok", 0.03),
        ("rag", "request", "tokens read", 4_000_000, "token", 0.5, "USD/Mtok", 2.0),
        ("tuned", "request", "tokens read", 600_000, "token", 3.0, "USD/Mtok", 1.8),
        ("tuned", "request", "search", 100, "s", 0.08, "USD/h", 0.0022),
        ("rag", "update", "index refreshed", 180, "s", 0.08, "USD/h", 14.4),
        ("tuned", "update", "training again", 80_000, "token", 3.0, "USD/Mtok", 0.24),
        ("tuned", "set-up", "people's time", 10, "h", 40.0, "USD/h", 400.0),
    ]
    columns = ["arm", "when", "what", "quantity", "unit", "price", "price_unit", "USD"]
    return pd.DataFrame(lines, columns=columns, index=pd.RangeIndex(1, len(lines) + 1, name="line"))


def thousand_answers(function: Callable[[float, float, float, float], float]) -> None:
    """Task 1: `function(read, written, input_price, output_price)` is USD for 1,000 answers, prices per million."""
    check(
        LESSON,
        "Task 1",
        function,
        gives(
            0.23,
            args=(400, 20, 0.5, 1.5),
            tolerance=1e-6,
            mistakes=[
                (0.00023, "that is one answer; a thousand are asked for."),
                (
                    230,
                    "that is a million answers; the prices are for a million tokens, and you want a thousand answers.",
                ),
                (230_000, "divide by a million: the prices are for so many tokens."),
                (0.2, "the tokens written are missing."),
                (0.03, "the tokens read are missing."),
                (0.61, "the two prices have changed places: the input price is for the tokens read."),
                (0.21, "the tokens written have a price of their own, the output price."),
                (0.84, "each kind of token has its own price; do not add the prices up."),
            ],
            hint="Tokens read × input price + tokens written × output price is for a million answers.",
        ),
        gives(0.30, args=(60, 20, 3.0, 6.0), tolerance=1e-6, hint="Do you use all four numbers as they are passed in?"),
        gives(0.0, args=(0, 0, 3.0, 6.0), tolerance=1e-9),
        note="The shorter prompt costs more here, 0.30 against 0.23: its tokens are dearer.",
    )


def break_even(function: Callable[[Mapping[str, float], Mapping[str, float], float, float], float]) -> None:
    """Task 2: `function(tuned, rag, updates, months)` is the requests a month from which `tuned` costs less."""
    rag = {"set-up": 600.0, "request": 0.0010, "update": 4.0}
    tuned = {"set-up": 1_500.0, "request": 0.0004, "update": 40.0}
    dear, equal = {**tuned, "request": 0.0020}, {**tuned, "request": 0.0010}
    cheap = {"set-up": 300.0, "request": 0.0004, "update": 2.0}
    below = (lambda value: value < 0, "fewer than no requests: no volume is enough; return math.inf.")
    check(
        LESSON,
        "Task 2",
        function,
        gives(
            125_000,
            args=(tuned, rag, 0, 12),
            tolerance=1,
            mistakes=[
                (1_500_000, "that is for the whole time; divide the set-up by the months."),
                (75_000, "divide by what tuning saves on a request, not by the whole price of RAG's."),
                (187_500, "divide by what tuning saves on a request, not by its own price."),
                (208_333, "RAG has a set-up to pay as well; only the difference must be repaid."),
                (-125_000, "a sign is turned round: tuned costs more to set up, and saves on each request."),
            ],
            hint="What must be repaid each month, divided by what a request saves.",
        ),
        gives(
            425_000,
            args=(tuned, rag, 5, 12),
            tolerance=1,
            mistakes=[
                (125_000, "the updates are not counted."),
                (150_000, "the updates come every month; only the set-up is spread over the months."),
                (458_333, "RAG's updates cost something, too; take the difference."),
                (185_000, "there are five updates a month, not one."),
            ],
        ),
        gives(
            math.inf,
            args=(dear, rag, 5, 12),
            mistakes=[below, (0, "its answer is dearer, and so are set-up and updates; return math.inf.")],
            hint="Its answer is dearer: more requests make it worse.",
        ),
        gives(
            math.inf,
            args=(equal, rag, 5, 12),
            mistakes=[(0, "with answers at one price nothing repays the set-up; return math.inf.")],
            hint="With answers at one price nothing is saved: look at that before you divide.",
        ),
        gives(
            0,
            args=(cheap, rag, 5, 12),
            mistakes=[
                (lambda value: value < 0, "cheaper from the first request on: that is 0."),
                (math.inf, "tuned is cheaper in every part here: it pays from 0 requests on."),
            ],
        ),
        note="twolevers.cost.break_even.break_even does the same, and also knows of rent by the month.",
    )


def interval(answer: Sequence[float], draws: "pd.DataFrame") -> None:
    """Task 3a: (low, high), the 95 % interval of log2(tuned / rag) over the draws."""
    ratio = (draws["tuned"] / draws["rag"]).to_numpy()

    def span(values: Any, tail: float = 0.025) -> list[float]:
        return [float(np.quantile(values, tail)), float(np.quantile(values, 1 - tail))]

    right = span(np.log2(ratio))
    apart = [math.log2(x) for x in (
        np.quantile(draws["tuned"], 0.025) / np.quantile(draws["rag"], 0.975),
        np.quantile(draws["tuned"], 0.975) / np.quantile(draws["rag"], 0.025),
    )]  # fmt: skip
    alike = [math.log2(np.quantile(draws["tuned"], q) / np.quantile(draws["rag"], q)) for q in (0.025, 0.975)]

    def near(wrong: Sequence[float]) -> Callable[[Sequence[float]], bool]:
        return lambda given: np.allclose(given, wrong, atol=0.01)

    check(
        LESSON,
        "Task 3a",
        answer,
        is_a(list, tuple, hint="Give (low, high)."),
        holds(lambda given: len(given) == 2, "give two numbers, (low, high)."),
        holds(lambda given: not near(right[::-1])(given), "the ends have changed places; the lower one comes first."),
        holds(
            lambda given: not near(span(ratio))(given), "that is the ratio itself; take its log2, so that equal is 0."
        ),
        holds(lambda given: not near(span(np.log(ratio)))(given), "that is the natural logarithm; take np.log2."),
        holds(lambda given: not near(span(np.log10(ratio)))(given), "that is the decimal logarithm; take np.log2."),
        holds(
            lambda given: not near(span(np.log2(1 / ratio)))(given), "the ratio is upside down: divide tuned by rag."
        ),
        holds(
            lambda given: not near(apart)(given),
            "you set one arm's low end against the other's high end; both pay the same hour, so divide draw by draw.",
        ),
        holds(
            lambda given: not near(alike)(given),
            "you divided the ends of the two intervals; divide draw by draw, then take quantiles of the ratio.",
        ),
        holds(
            lambda given: not near(span(np.log2(ratio), 0.05))(given),
            "that leaves five per cent at each end; 95 % leaves 2.5.",
        ),
        holds(near(right), "those are not the quantiles 0.025 and 0.975 of log2(tuned / rag)."),
    )


def said(answer: str, draws: "pd.DataFrame") -> None:
    """Task 3b: the verdict on "tuned costs at least twice as much to set up", from the interval."""
    low = float(np.quantile(np.log2(draws["tuned"] / draws["rag"]), 0.025))
    right = "supported" if low > 1 else "qualified" if low > 0 else "too close to call"
    check(
        LESSON,
        "Task 3b",
        answer,
        is_a(str, hint="Give one of the four verdicts."),
        equals(
            right,
            mistakes=[
                (
                    "supported",
                    "the low end is below 1, which is twice as much: dearer for sure, but perhaps not by that.",
                ),
                (
                    "too close to call",
                    "0 stands for equal costs, and it is not inside: that tuned is dearer is settled.",
                ),
                ("contradicted", "the whole interval would have to lie below 0."),
                (lambda given: given not in VERDICTS, f"the verdicts are {', '.join(VERDICTS)}."),
            ],
        ),
        note="An hour's price varies fivefold, yet it is in both arms and falls out of the ratio.",
    )


def faults(answer: Mapping[int, str]) -> None:
    """Task 4a: {line: fault} for the lines of `practice_bill` that are wrong."""
    known = sorted(set(FAULTS.values()))
    why = {
        "passes": "training is paid for every pass over the examples: 200 × 50 tokens are one pass.",
        "not used": "one arm pays for something that it never does.",
        "unit": "seconds were multiplied by a price per hour somewhere.",
        "one-sided": "something is counted for one arm only, though both need it.",
    }
    sound = {
        1: "line 1: 1,800 s are half an hour at 0.08; that is right.",
        3: "line 3: 10,000 answers of 400 tokens; that is right.",
        4: "line 4: 10,000 answers of 60 tokens; that is right.",
        7: "line 7: two trainings of 40,000 tokens; that is right.",
    }
    check(
        LESSON,
        "Task 4a",
        answer,
        is_a(dict, hint="Make a dictionary from a line's number to its fault."),
        holds(
            lambda found: all(type(line) is int and 1 <= line <= 8 for line in found),
            "the keys are line numbers, 1 to 8.",
        ),
        holds(lambda found: set(found.values()) <= set(known), f"the faults are named {', '.join(known)}."),
        *(holds(lambda found, line=line: line not in found, text) for line, text in sound.items()),
        *(
            holds(lambda found, name=name: name in found.values(), f"one fault is missing: {why[name]}")
            for name in known
        ),
        *(
            holds(
                lambda found, line=line, name=name: found.get(line) == name,
                f"{name!r} stands with another line: {why[name]}",
            )
            for line, name in FAULTS.items()
        ),
    )


def totals(answer: Mapping[str, float]) -> None:
    """Task 4b: {"rag": USD, "tuned": USD}, the machine's part of the bills set right."""
    check(
        LESSON,
        "Task 4b",
        answer,
        has_keys(("rag", "tuned")),
        holds(lambda found: found["tuned"] < 100, "people's time is still in; only the machine's part is asked for."),
        holds(lambda found: found["rag"] < 10, "line 6 is still wrong: 180 s at 0.08 USD an hour are 0.004 USD."),
        holds(
            lambda found: abs(found["tuned"] - 2.07) > 0.006,
            "line 2 is still wrong: four passes over 200 examples of 50 tokens are 40,000 tokens.",
        ),
        equals(
            {"rag": RAG, "tuned": TUNED},
            tolerance=0.0015,
            mistakes=[
                ({"rag": RAG, "tuned": TUNED + 0.0022}, "line 5 is still in: the tuned model does not search."),
                ({"rag": TUNED, "tuned": RAG}, "the two arms have changed places."),
                ({"rag": 2.04, "tuned": TUNED}, "the refreshed index costs something, little as it is."),
            ],
            hint="Add up the right lines of each arm; leave people out.",
        ),
        note="As billed, tuned was eight times cheaper. Set right, RAG is a little cheaper: read a bill line by line.",
    )
