"""Checks of exercise 08: macro-F1, calibrated likelihoods, resampling by scenario, the cheapest arm that will do."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.learn.check import Step, check, gives, holds

if TYPE_CHECKING:
    import pandas as pd

LESSON = "08_narrow_tasks"


def macro_f1(function: Callable[[Sequence[str], Sequence[str]], float]) -> None:
    """Task 1: `function(true, said)`, the plain mean of the F1 of every class that occurs in `true`."""
    mean_of_both = "that is the plain mean of precision and recall; F1 is 2 × right / (said + true)."
    check(
        LESSON,
        "Task 1",
        function,
        gives(1.0, args=(["A", "B"], ["A", "B"]), tolerance=1e-9, hint="Every label is right here."),
        gives(
            (6 / 7 + 0.0) / 2,
            args=(["A", "A", "A", "B"], ["A", "A", "A", "A"]),
            tolerance=1e-6,
            mistakes=[
                (_near(0.75), "that is the share right; the class B, never found, must pull the mean down."),
                (_near(6 / 7), "the class B is left out; a class that is never said has the F1 of 0."),
                (_near(0.75 * 6 / 7), "that weighs the classes by size; macro means that each counts the same."),
                (_near(0.4375), mean_of_both),
            ],
            hint="F1 of a class is 2 × right / (times said + times true). Then take the mean over the classes.",
        ),
        gives(
            (2 / 3 + 2 / 3) / 2,
            args=(["A", "A", "B", "B"], ["A", "?", "B", "?"]),
            tolerance=1e-6,
            mistakes=[
                (_near(4 / 9), "'?' was counted as a class; only the classes of `true` count."),
                (_near(1.0), "answers that are no class were dropped; they are misses."),
                (_near(0.5), "that is the share right, or the recall; F1 takes precision into account."),
                (_near(0.75), mean_of_both),
            ],
            hint="'?' is an answer that is no class: a miss for the true class, and no class of its own.",
        ),
        note="A queue for danger may be small. In the macro mean it counts like any other.",
    )


def choose(function: Callable[[Mapping[str, float], Mapping[str, float]], str]) -> None:
    """Task 2a: `function(scores, neutral)`, dictionaries of log-likelihoods by label; the label after calibration."""
    scores = {"Lantern": -2.0, "Slipway": -3.0, "Marlin": -9.0}
    check(
        LESSON,
        "Task 2a",
        function,
        gives(
            "Slipway",
            args=(scores, {"Lantern": -1.0, "Slipway": -6.0, "Marlin": -9.5}),
            mistakes=[
                ("Lantern", "Lantern is what the model says to an empty message too; subtract `neutral` first."),
                ("Marlin", "that is the least likely; log-likelihoods are negative, and the greatest is nearest to 0."),
                (_number, "return the label, not its score."),
            ],
            hint="Subtract, then take the label with the greatest rest.",
        ),
        gives(
            "Marlin",
            args=(scores, {"Lantern": -2.0, "Slipway": -4.5, "Marlin": -12.0}),
            mistakes=[
                ("Lantern", "the signs are turned round, or nothing was subtracted: scores − neutral."),
                ("Slipway", "of logarithms take the difference, not the quotient."),
            ],
            hint="A rare name may still be what the message speaks for.",
        ),
        note="The message made that name likelier by the most. That is what calibration asks for.",
    )


def practice_answers() -> "pd.DataFrame":
    """Made-up answers for task 3: 40 scenarios × 6 messages; columns scenario, true, tuned, linear."""
    import pandas as pd

    rng = np.random.default_rng(8)
    desks = np.array(["Lantern", "Marlin", "Sedge", "Thistle"])
    rows = []
    for number in range(40):
        ease = rng.normal(0, 2.0, 2)  # a scenario is easy or hard in all its wordings
        for _ in range(6):
            row = {"scenario": f"S{number:02d}", "true": desks[number % 4]}
            for arm, level in (("tuned", 1.1 + ease[0]), ("linear", 0.7 + 0.5 * ease[0] + ease[1])):
                right = rng.random() < 1 / (1 + np.exp(-level))
                row[arm] = row["true"] if right else str(rng.choice(desks[desks != row["true"]]))
            rows.append(row)
    return pd.DataFrame(rows)


def resample(function: Callable[["pd.DataFrame", np.random.Generator], "pd.DataFrame"]) -> None:
    """Task 3: `function(answers, rng)` draws as many whole scenarios as there are, with replacement."""
    import pandas as pd

    answers = practice_answers()
    k = answers["scenario"].nunique()

    def drawn() -> "pd.DataFrame":
        return function(answers.copy(), np.random.default_rng(3))

    def times(found: "pd.DataFrame") -> "pd.Series":
        return found.groupby("scenario").size()

    def step(test: Callable[["pd.DataFrame"], Any], message: str) -> Step:
        return holds(lambda _: test(drawn()), message)

    check(
        LESSON,
        "Task 3",
        function,
        holds(callable, "a function is wanted; leave off the brackets."),
        step(lambda found: found is not None, "the function returned nothing; is there a `return` at its end?"),
        step(lambda found: isinstance(found, pd.DataFrame), "a table is wanted: put the rows together again."),
        step(lambda found: set(answers.columns) <= set(found.columns), "the table should keep all its columns."),
        step(
            lambda found: (times(found) % 6 == 0).all(),
            "single messages were drawn; a scenario comes with all six of its messages, or not at all.",
        ),
        step(
            lambda found: len(found) == len(answers),
            f"there should be {k} scenarios with six messages each; a scenario drawn twice comes in twice.",
        ),
        step(
            lambda found: times(found).max() > 6,
            "every scenario came once; draw with replacement, so that some come twice and others never.",
        ),
        holds(
            lambda made: (
                times(made(answers.copy(), np.random.default_rng(4))).to_dict()
                != times(made(answers.copy(), np.random.default_rng(5))).to_dict()
            ),
            "every draw is the same; use the `rng` that is passed in.",
        ),
        note="What goes together is drawn together: that is all there is to a clustered bootstrap.",
    )


def cheapest(function: Callable[["pd.DataFrame", float], str]) -> None:
    """Task 4: `function(table, margin)`, the cheapest arm whose loss to the best is at most the margin for sure."""
    check(
        LESSON,
        "Task 4",
        function,
        gives(
            "tfidf",
            args=(practice_table([0.00, 0.01, 0.03, 0.40], [0.00, 0.04, 0.07, 0.50]), 0.05),
            mistakes=[
                ("tuned", "that is the best; a cheaper arm loses less than the margin for sure."),
                ("long_prompt", "that arm loses too much, and is not even the cheapest."),
                ("linear", "its loss is small, yet it may be as large as the high end, which is above the margin."),
            ],
            hint="Keep the arms whose high end is at most the margin, then take the lowest cost.",
        ),
        gives(
            "tuned",
            args=(practice_table([0.00, 0.02, 0.03, 0.40], [0.00, 0.09, 0.08, 0.50]), 0.05),
            mistakes=[
                ("tfidf", "not shown to be worse is not shown to be good enough: its loss may be 0.09."),
                ("linear", "its loss may be as large as 0.08; look at the high end, not at the value."),
                (_none, "the best arm itself loses nothing, so one arm always remains."),
            ],
            hint="Here no cheaper arm is safe; the best one remains.",
        ),
        gives(
            "linear",
            args=(practice_table([0.00, 0.02, 0.01, 0.03], [0.00, 0.08, 0.03, 0.05]), 0.05),
            mistakes=[
                ("tuned", "a cheaper arm loses at most 0.03; that is below the margin."),
                ("long_prompt", "that arm would do, but another that would do is cheaper."),
                ("tfidf", "it is the cheapest, but its loss may be 0.08."),
            ],
            hint="Two cheaper arms would do; take the one that costs least.",
        ),
        note="The margin was fixed first. Otherwise the favourite would choose it.",
    )


def practice_table(loss: Sequence[float], high: Sequence[float]) -> "pd.DataFrame":
    """A made-up table: arm, cost (USD for 100,000 messages), loss to the best arm, the high end of its interval."""
    import pandas as pd

    arms = ["tuned", "tfidf", "linear", "long_prompt"]
    return pd.DataFrame({"arm": arms, "cost": [1.6, 0.01, 0.2, 4.1], "loss": loss, "high": high})


def _near(wanted: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, float | int) and abs(value - wanted) < 1e-6


def _number(value: Any) -> bool:
    return isinstance(value, float | int)


def _none(value: Any) -> bool:
    return value == "" or value == "none"
