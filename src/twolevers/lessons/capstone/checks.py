"""Checks of exercise 14: turning the advice, the weight at which it turns, and a choice that does not fool itself."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from twolevers.learn.check import Step, check, gives, has_keys, holds, with_given

if TYPE_CHECKING:
    import pandas as pd

LESSON = "14_capstone"
_ASKED = {"quality": 5, "freshness": 3, "sources": 3, "cost": 2, "speed": 2, "start": 2}
CLIENT = dict(_ASKED)  # what the learner gets; a weight moved in it moves nothing of the check
SCALE = range(11)
ROBUST = "Ask the client about that weight, and about no other. The further it must move, the safer the choice."


def practice_halves() -> "pd.DataFrame":
    """Made-up shares for task 3: brief, arm, half (0 or 1), share. Luck differs from half to half."""
    import pandas as pd

    shares = {
        "A": {"rag": (0.62, 0.50), "tuned": (0.55, 0.60), "both": (0.50, 0.52)},
        "B": {"rag": (0.40, 0.46), "tuned": (0.70, 0.66), "both": (0.60, 0.70)},
        "C": {"rag": (0.66, 0.58), "tuned": (0.30, 0.36), "both": (0.64, 0.62)},
    }
    rows = [
        (brief, arm, half, share)
        for brief, arms in shares.items()
        for arm, halves in arms.items()
        for half, share in enumerate(halves)
    ]
    return pd.DataFrame(rows, columns=["brief", "arm", "half", "share"])


@with_given
def turned(answer: Mapping[str, int] | None, first: Callable[[Mapping[str, int]], str]) -> None:
    """Task 1: `CLIENT` with one weight moved as little as can be, so that the advisor puts another arm first.

    `first` asks the advisor on the learner's own ledger. None where no single weight does it.
    """

    def moved(weights: Mapping[str, int]) -> list[str]:
        return [name for name in _ASKED if weights[name] != _ASKED[name]]

    def far(weights: Mapping[str, int]) -> int:
        return sum(abs(weights[name] - _ASKED[name]) for name in _ASKED)

    before = first(_ASKED)
    singles = [_ASKED | {name: value} for name in _ASKED for value in SCALE]
    least = min((far(one) for one in singles if first(one) != before), default=None)
    if answer is None or least is None:
        right = answer is None and least is None
        said = "one weight alone does turn it; try each to both ends." if answer is None else "none turns it; say None."
        check(LESSON, "Task 1", answer if answer is not None else "None", holds(lambda _: right, said), note=ROBUST)
        return
    check(
        LESSON,
        "Task 1",
        answer,
        has_keys(_ASKED, hint="All six criteria, with the weight that you moved among them."),
        holds(lambda found: all(value in SCALE for value in found.values()), "weights are whole numbers from 0 to 10."),
        holds(lambda found: bool(moved(found)), "no weight has moved."),
        holds(lambda found: len(moved(found)) == 1, "more than one weight has moved; then nobody knows which it was."),
        holds(lambda found: first(found) != before, f"{before} is still first; go further, or move another weight."),
        holds(lambda found: far(found) == least, "another arm is first already at a smaller step of some weight."),
        note=ROBUST,
    )


def turning_weight(function: Callable[[float, float], float | None]) -> None:
    """Task 2: `function(lead, gap)` gives the weight of a criterion at which two arms draw level, None where none does.

    `lead`: how far the first arm is ahead on everything else together; `gap`: how far it is behind on the criterion.
    """
    note = "`advise` asks this of every criterion and tells the smallest move."
    cases = [(0.2, 0.8), (0.1, 0.1), (0.3, 0.0), (0.2, -0.4), (0.0, 0.5)]
    check(LESSON, "Task 2", function, *(_turn(*case) for case in cases), note=note)


def honest_gain(function: Callable[["pd.DataFrame"], float]) -> None:
    """Task 3: `function(shares)` gives the mean gain of an arm for each brief over one arm for all, chosen honestly."""
    table = practice_halves()
    check(
        LESSON,
        "Task 3",
        function,
        _gain(table),
        _gain(table[table["brief"] != "C"].reset_index(drop=True)),
        note="With the choice made on the items that are scored, it would have looked larger. It always does.",
    )


def _turn(lead: float, gap: float) -> Step:
    right = lead / (lead + gap) if gap > 0 else None
    mistakes: list = [
        (lead - gap, "that is a difference of utilities; a weight is wanted."),
        (gap / (lead + gap) if lead + gap else math.nan, "that is the weight of everything else at the turn."),
        (lead / gap if gap else math.nan, "as this weight grows, the others shrink: the lead is times (1 − w)."),
        (0.0, "it does not turn at 0 here: there the first arm is ahead by its whole lead."),
        (1.0, "at weight 1 only this criterion counts; the arms draw level before, or never."),
        (
            lead / (lead + gap) if lead + gap else math.nan,
            "the first arm is not behind: no weight turns it; None.",
        ),
    ]
    named = [(wrong, said) for wrong, said in mistakes if right is None or not math.isclose(wrong, right, abs_tol=1e-6)]

    def step(function: Callable[[float, float], float | None]) -> str | None:
        if right is None and callable(function):
            found = function(lead, gap)
            if found is None:
                return None
            hint = named[-1][1]
            return f"turning_weight({lead}, {gap}) returned {found!r}: {hint}"
        return gives(right, args=(lead, gap), tolerance=1e-6, mistakes=named, hint="lead × (1 − w) = gap × w")(function)

    return step


def gain(shares: "pd.DataFrame", *, peek: bool = False, halves: tuple[int, ...] = (0, 1)) -> float:
    """The right answer of task 3; `peek` chooses on the half that is scored."""
    gains = []
    for half in halves:
        chosen_on = shares[shares["half"] == (half if peek else 1 - half)]
        scored = shares[shares["half"] == half].set_index(["brief", "arm"])["share"]
        table = chosen_on.pivot(index="brief", columns="arm", values="share")
        single = table.mean().idxmax()
        gains += [scored[brief, arm] - scored[brief, single] for brief, arm in table.idxmax(axis="columns").items()]
    return float(sum(gains) / len(gains))


def _gain(shares: "pd.DataFrame") -> Step:
    right = gain(shares)
    both = shares.groupby(["brief", "arm"])["share"].mean().unstack()
    mistakes = [
        (gain(shares, peek=True), "it chooses on the half that it scores; choose on the other one."),
        (gain(shares, halves=(0,)), "that is one half only; let each half choose once and be scored once."),
        (gain(shares, halves=(1,)), "that is one half only; let each half choose once and be scored once."),
        (
            float(both.max(axis="columns").mean() - both.mean().max()),
            "it chooses on the mean of both halves, and so on what it scores.",
        ),
        (-right, "turn the difference round: an arm for each brief, less one arm for all."),
        (0.0, "it compares the single arm with itself; choose an arm for each brief."),
    ]
    named = [(wrong, said) for wrong, said in mistakes if not math.isclose(wrong, right, abs_tol=1e-9)]

    def step(function: Callable[["pd.DataFrame"], float]) -> str | None:
        fault = gives(right, args=(shares.copy(),), tolerance=1e-9, mistakes=named)(function)
        return fault and fault[max(0, fault.find("returned ")) :]  # without the table it was called with

    return step
