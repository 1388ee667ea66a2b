"""Checks of exercise 11: a log ratio in words, a cell filled from a ledger, hours that turn a verdict, one's own."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import combine, judge
from twolevers.learn.check import Step, check, gives, has_keys, holds

if TYPE_CHECKING:
    import pandas as pd

LESSON = "11_the_numbers"
FEW = 30  # items
PRACTICE = {"claim": "X4", "compared": "RAG − tuned", "value": 0.12, "low": 0.03, "high": 0.21, "n": 24, "margin": 0.1}
MARGIN = 0.5  # of the practice ledger's ratios, on the log2 scale


def practice_ledger() -> "pd.DataFrame":
    """Made-up rows for task 2: claim, measure, value, low, high (log2 ratios), created; the oldest row is not first."""
    import pandas as pd

    columns = ["claim", "measure", "value", "low", "high", "created"]
    rows = [
        ("X1", "price list A", 1.4, 0.9, 1.9, "2026-11-03"),
        ("X1", "price list A", -0.6, -1.1, -0.1, "2026-10-01"),
        ("X1", "price list B", 1.1, 0.6, 1.6, "2026-11-02"),
        ("X2", "price list A", 1.4, 0.9, 1.9, "2026-11-03"),
        ("X2", "price list B", -1.8, -2.2, -1.4, "2026-11-03"),
        ("X2", "seconds", 0.1, -0.3, 0.5, "2026-11-01"),
        ("X3", "seconds", 0.9, 0.7, 1.1, "2026-09-20"),
        ("X3", "seconds", 0.1, -0.2, 0.4, "2026-11-05"),
        ("X3", "tokens", -0.7, -0.9, -0.5, "2026-11-05"),
    ]
    return pd.DataFrame(rows, columns=columns)


def in_times(function: Callable[[float, float, float], tuple[float, float, float]]) -> None:
    """Task 1: `function(value, low, high)`, log2 of tuned / RAG, gives RAG / tuned in times: (value, low, high)."""
    cases = [(2.0, 1.0, 3.0), (-1.0, -2.0, 0.5), (0.0, -1.0, 1.0)]
    check(
        LESSON,
        "Task 1",
        function,
        *(_turned(*case) for case in cases),
        note="On the log scale the turn was a minus sign: that is why ratios are kept there.",
    )


def cell(function: Callable[["pd.DataFrame", float], str]) -> None:
    """Task 2: `function(rows, margin)` gives the verdict of one claim from its rows of the ledger."""
    ledger = practice_ledger()
    several = "several comparisons give 'qualified' when some speak for the claim and some do not; use combine()."
    cases = {
        "X1": {
            "qualified": "an old row is counted; of each measure only the newest row counts.",
            "contradicted": "that is the verdict of the oldest row; of each measure only the newest counts.",
            "too close to call": "judge each measure by its own interval, and do not join intervals.",
        },
        "X2": {
            "supported": f"one row in favour is not enough: {several}",
            "contradicted": f"one row against is not enough: {several}",
            "too close to call": f"opposite rows do not cancel out: {several}",
        },
        "X3": {
            "qualified": "the row of September counts no longer; the newest row of 'seconds' holds zero.",
            "supported": "the row of September counts no longer; the newest row of 'seconds' holds zero.",
            "too close to call": "one comparison is against the claim and none is for it; ask combine().",
        },
    }
    check(
        LESSON,
        "Task 2",
        function,
        *(_word(ledger, claim, known) for claim, known in cases.items()),
        note="learn.verdicts.assess does the same with the course's own ledger.",
    )


def hours_to_turn(function: Callable[[float, float, float, float, float], float]) -> None:
    """Task 3: `function(rag_hours, rag_machine, tuned_machine, wage, margin)` gives people's hours of tuning.

    With so many hours the cost of tuning is 2 ** margin times that of RAG; 0 where the machine alone costs more.
    """
    check(
        LESSON,
        "Task 3",
        function,
        _hours(10.0, 2.0, 5.0, 50.0, 1.0),
        _hours(4.0, 0.0, 20.0, 40.0, 0.0),
        _hours(1.0, 3.0, 500.0, 50.0, 1.0),
        note="If your time sheet says more, tuning is dear for you as well: a condition that can be checked.",
    )


def own_verdict(claim: str | None = None) -> dict[str, object]:
    """The newest comparison of one's own ledger (of this claim), or a made-up one: says which.

    Keys: claim, compared, value, low, high, n, margin, basis.
    """
    from twolevers.data.claims import load_comparisons
    from twolevers.evaluate.verdicts import BY_CONSTRUCTION
    from twolevers.learn.ledger import Ledger
    from twolevers.learn.verdicts import numbers
    from twolevers.lessons.the_numbers import tables

    rows = tables.measured(numbers(Ledger().history()))
    rows = rows[(rows["finding"] != BY_CONSTRUCTION) & (rows["claim"] == claim if claim else rows["value"].notna())]
    if rows.empty:
        print("Your ledger holds no such comparison yet: this row is made up.")
        return {**PRACTICE, "basis": "measured"}
    row, planned = rows.iloc[-1], load_comparisons()
    print("From your own ledger.")
    kept = {name: float(row[name]) for name in ("value", "low", "high")}
    margin = tables.margin_of(row["claim"], row["comparison"], row["metric"], planned)
    compared = tables.compared(row["comparison"], row["metric"])
    head = {"claim": row["claim"], "compared": compared}
    return {**head, **kept, "n": int(row["n"]), "margin": margin, "basis": tables.basis(row["metric"])}


def objections(verdict: Mapping[str, Any]) -> set[str]:
    """Which of the four objections apply to a row of `own_verdict`."""
    interval = Interval(verdict["low"], verdict["high"])
    words = {str(judge(interval, expected="higher", margin=times * verdict["margin"])) for times in (0.5, 1.0, 2.0)}
    applies = {
        "interval": verdict["low"] <= 0 <= verdict["high"],
        "margin": len(words) > 1,
        "few": verdict["n"] < FEW,
        "assumed": verdict["basis"] != "measured",
    }
    return {name for name, true in applies.items() if true}


def stands(case: Mapping[str, Any], verdict: Mapping[str, Any]) -> None:
    """Task 4: the objections that apply to the verdict, and whether it is to be defended or attacked."""
    right = objections(verdict)
    why = {
        "interval": ("zero lies within the interval: low is below it and high above.", "zero lies outside."),
        "margin": (
            "judge it at half the margin and at twice the margin: the word changes.",
            "the word is the same at half, once and twice the margin.",
        ),
        "few": (f"n is {verdict['n']}, below {FEW}.", f"n is {verdict['n']}, which is not below {FEW}."),
        "assumed": (f"its basis is {verdict['basis']!r}.", "its basis is 'measured'."),
    }
    check(
        LESSON,
        "Task 4",
        case,
        has_keys(("objections", "stand")),
        holds(lambda found: not isinstance(found["objections"], str), 'objections is a set, such as {"few"} or set().'),
        holds(lambda found: set(found["objections"]) <= set(why), f"the objections are {', '.join(why)}."),
        *(
            holds(lambda found, name=name: name in found["objections"], f"“{name}” applies: {why[name][0]}")
            if name in right
            else holds(
                lambda found, name=name: name not in found["objections"], f"“{name}” does not apply: {why[name][1]}"
            )
            for name in why
        ),
        holds(lambda found: found["stand"] in ("defend", "attack"), 'stand is "defend" or "attack".'),
        holds(
            lambda found: found["stand"] == ("attack" if right else "defend"),
            "a verdict is defended when no objection applies, and attacked when one does.",
        ),
        note="Try own_verdict with another claim, such as own_verdict('C12').",
    )


def _turned(value: float, low: float, high: float) -> Step:
    right = (2**-value, 2**-high, 2**-low)
    mistakes = [
        ((2**value, 2**low, 2**high), "that is still tuned / RAG; turn it round."),
        (
            (2**-value, 2**-low, 2**-high),
            "when a ratio is turned round, its ends change places: low must be below high.",
        ),
        ((-value, -high, -low), "that is still a logarithm; a log2 of 3 means 2 ** 3 times."),
        ((math.exp(-value), math.exp(-high), math.exp(-low)), "the ledger's logarithms have base 2, not e."),
        ((10**-value, 10**-high, 10**-low), "the ledger's logarithms have base 2, not 10."),
    ]
    wanted = "Return three numbers: the ratio RAG / tuned, its low and its high end."
    return gives(right, args=(value, low, high), tolerance=1e-6, mistakes=mistakes, hint=wanted)


def _word(ledger: "pd.DataFrame", claim: str, known: dict[str, str]) -> Step:
    rows = ledger[ledger["claim"] == claim].reset_index(drop=True)
    newest = rows.sort_values("created").groupby("measure").tail(1)
    intervals = [Interval(row.low, row.high) for row in newest.itertuples()]
    verdict = str(combine(judge(interval, expected="higher", margin=MARGIN) for interval in intervals))

    def step(function: Callable[["pd.DataFrame", float], str]) -> str | None:
        before = rows.copy()
        fault = gives(verdict, args=(rows, MARGIN), mistakes=list(known.items()))(function)
        if fault:
            return f"claim {claim}: {fault[max(0, fault.find('returned ')) :]}"  # without the rows it was called with
        return None if rows.equals(before) else f"claim {claim}: the ledger's rows were changed; work on a copy."

    return step


def _hours(rag_hours: float, rag_machine: float, tuned_machine: float, wage: float, margin: float) -> Step:
    factor = 2**margin
    rag = rag_hours * wage + rag_machine
    unclipped = (factor * rag - tuned_machine) / wage
    mistakes = [
        ((rag - tuned_machine) / wage, "that is where both cost the same; the margin is missing."),
        ((margin * rag - tuned_machine) / wage, "the margin is on the log2 scale: 1 is twice as much."),
        (factor * rag - tuned_machine, "that is money; divide by the wage."),
        (factor * rag / wage, "the machine of the tuned arm costs something as well."),
        (factor * rag_hours, "the machines cost something as well; compare money, not hours."),
        ((factor * rag_hours * wage - tuned_machine) / wage, "the machine of the RAG arm costs something as well."),
        (unclipped, "hours cannot be below zero; where the machine alone is dearer, say 0."),
    ]
    right = max(0.0, unclipped)
    named = [(wrong, said) for wrong, said in mistakes if not math.isclose(wrong, right, abs_tol=1e-6)]
    args = (rag_hours, rag_machine, tuned_machine, wage, margin)
    return gives(
        right, args=args, tolerance=1e-6, mistakes=named, hint="Set both costs equal, RAG's times 2 ** margin."
    )
