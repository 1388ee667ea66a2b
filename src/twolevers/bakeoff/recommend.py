"""Which arm a bake-off recommends, whether it is good enough, how sure that is, and what would change it."""

from typing import Any

import pandas as pd

from twolevers.bakeoff.brought import row_of
from twolevers.bakeoff.tasks.kinds import Kind
from twolevers.evaluate.run import compare_arms
from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import Verdict, judge

WIDEST = 0.30  # an interval wider than this says little: about 40 questions, half of them right


def recommend(arms: dict[str, dict[str, Any]], pooled: pd.DataFrame, kind: Kind, good_enough: float) -> dict[str, Any]:
    """The simplest arm that no other is shown to beat; or none, where none is of use.

    `headline` and `reason` in words; `usable`: whether its share right is at least `good_enough` by its interval (None
    where the interval holds both); `sure` in words; `reverses_if`: what would change it. Every pair of arms is compared
    anew for this, with intervals at the level of all pairs. `rivals`: arms that the pick is not told from;
    `for_people`: what of `reverses_if` no figure tells.
    """
    names = [arm for arm in kind.arms if arm in arms]
    beaten, close = _compared(names, pooled)
    best = max(names, key=lambda arm: arms[arm]["accuracy"])
    standing = [arm for arm in names if arm not in beaten]
    # Not shown to be behind is not enough: what is useless by its own interval is no pick, however simple.
    of_use = [arm for arm in standing if arms[arm]["accuracy"] > 0 and arms[arm]["interval"][1] >= kind.useful]
    pick = of_use[0] if of_use else best
    said: dict[str, Any] = {"good_enough": good_enough}
    if not arms[best]["accuracy"] or arms[best]["interval"][1] < kind.useful:
        return said | {
            "arm": None,
            "usable": False,
            "headline": "No arm is recommended",
            "reason": f"No arm is of use here: the best, {best}, answers {_figures(arms[best])}. Better documents, "
            "questions or a larger model come first.",
            "sure": _sure(arms[best], []),
            "reverses_if": ["a larger model (--model) answers well above this"],
            "rivals": [],
            "for_people": ["a larger model (--model) answers well above this"],
        }
    usable = fit(arms[pick], good_enough)
    rivals = [arm for arm in standing if arm != pick]
    reasons = [f"{pick} answers {_figures(arms[pick])}"]
    if worse := [arm for arm in names if arm in beaten]:
        reasons.append(f"shown to be behind: {', '.join(worse)}")
    if rivals:
        brought = [arm for arm in rivals if arms[arm].get("brought")]
        if ours := [arm for arm in rivals if arm not in brought]:
            reasons.append(f"this test cannot tell it from {', '.join(ours)}, which takes more to build and keep")
        if brought:
            reasons.append(f"nor from the answers brought in, {', '.join(brought)}, whose cost is not known here")
    ahead = _ahead(pick, rivals, close)
    judged = _reversals(pick, arms, kind, good_enough)
    return said | {
        "arm": pick,
        "usable": usable,
        "headline": headline(pick, arms[pick]["accuracy"], usable, good_enough),
        "reason": "; ".join(reasons) + ".",
        "sure": _sure(arms[pick], [each for each in close if pick in each[:2] and set(each[:2]) <= set(standing)]),
        "reverses_if": [*ahead, *judged],
        "rivals": rivals,
        "for_people": judged,
    }


def fit(row: dict[str, Any], good_enough: float) -> bool | None:
    """Whether an arm is right often enough: by its share, and None where the interval holds the threshold."""
    low, high = row["interval"]
    if low <= good_enough <= high and high - low > 0:
        return None
    return bool(row["accuracy"] >= good_enough)


def headline(pick: str, accuracy: float, usable: bool | None, good_enough: float) -> str:
    """The recommendation in one line."""
    if usable:
        return f"Recommended: {pick}"
    if usable is None:
        return f"Of these, {pick}; whether it is right {100 * good_enough:.0f} % of the time, this test cannot say"
    return f"Of these, {pick}; but {100 * accuracy:.0f} % right is too low for use"


def _compared(names: list[str], pooled: pd.DataFrame) -> tuple[set[str], list[tuple[str, str, float, float]]]:
    """The arms that another is shown to beat, and the pairs that nothing tells apart, with their interval."""
    beaten: set[str] = set()
    close: list[tuple[str, str, float, float]] = []
    if len(names) < 2:
        return beaten, close
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    level = 1 - 0.05 / len(pairs)
    for row in compare_arms(pooled, pairs, level=level).itertuples():
        interval = Interval(row.low, row.high, level)
        if judge(interval, expected="higher") is Verdict.SUPPORTED:
            beaten.add(row.b)
        elif judge(interval, expected="lower") is Verdict.SUPPORTED:
            beaten.add(row.a)
        else:
            close.append((row.a, row.b, row.low, row.high))
    return beaten, close


def _sure(row: dict[str, Any], close: list[tuple[str, str, float, float]]) -> str:
    """How sure the choice is, in words."""
    width = row["interval"][1] - row["interval"][0]
    if width > WIDEST:
        share = _range(row["interval"])
        return f"Not sure: with {row['n']} items the share right may be {share}. Take it for a first sign."
    if close:
        most = max(max(abs(low), abs(high)) for _, _, low, high in close)
        if most == most:  # NaN where no interval could be computed
            others = len(close)
            return (
                f"Fairly sure: {others} other arm{'s' if others > 1 else ''} may be as good or better, by up to "
                f"{100 * most:.0f} points."
            )
        return "Not sure: too few groups of items to tell arms apart."
    return "Sure: a new test of this kind would choose the same in about 19 of 20 cases."


def _ahead(pick: str, rivals: list[str], close: list[tuple[str, str, float, float]]) -> list[str]:
    found = []
    for a, b, low, high in close:
        if pick in (a, b) and (other := b if a == pick else a) in rivals:
            most = -low if a == pick else high
            found.append(
                f"more test questions show {other} ahead: up to {100 * max(0.0, most):.0f} points fit this test"
            )
    return found


def _reversals(pick: str, arms: dict[str, dict[str, Any]], kind: Kind, good_enough: float) -> list[str]:
    """What a new test cannot tell by itself."""
    found = []
    if row_of(pick).adapter:
        found.append(
            f"what it learned changes more often than you can spend {arms[pick]['train_seconds']:.0f} s of training on"
        )
    if row_of(pick).retrieves:
        tokens = arms[pick]["prompt_tokens"]
        found.append(
            f"requests are so many that {tokens:.0f} prompt tokens for each answer cost more than training does"
        )
    if pick == "prompt" and kind.name == "questions":
        found.append("questions come up whose answers are only in the documents")
    if arms[pick]["accuracy"] < good_enough:
        found.append("the share of right answers is too low for you: then a larger model (--model) is the next test")
    return found


def _figures(row: dict[str, Any]) -> str:
    return f"{100 * row['accuracy']:.0f} % right (interval {_range(row['interval'])}, n = {row['n']})"


def _range(interval: list[float]) -> str:
    return f"{100 * interval[0]:.0f} to {100 * interval[1]:.0f} %"
