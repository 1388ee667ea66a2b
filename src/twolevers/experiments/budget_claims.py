"""Lesson 06, the verdicts: C07, C12, C13 and C14 as ratios of cost with intervals.

Every ratio is on the log2 scale: 1 means that a costs twice as much as b, and equal costs are 0.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from twolevers.cost.model import Costs, Tariff, Use, total
from twolevers.cost.quantity import Quantity, Status, log2_ratio, measured, propagate
from twolevers.cost.tariffs import adapter_host, hosted, own_machine
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.run import summarise
from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import combine, judge
from twolevers.experiments.budget import LESSON, SEED, draw, priced
from twolevers.experiments.workbench import Measured, Workbench

SMALL = {"requests": 3_000.0, "updates": 3.0, "months": 3.0}  # "a small budget": a quarter at 1,000 requests a month
TWICE, TENTH = 1.0, math.log2(1.1)  # margins: "far less" and "dear" mean twice; per request a tenth counts


def comparisons(frame: pd.DataFrame, found: Mapping[str, Use]) -> pd.DataFrame:
    """Each claim's planned measurements with verdicts.

    Columns: claim, measure, arms ("a - b"), n, difference (log2 of cost a / cost b), low, high, times (a / b), basis,
    verdict. The claimed direction is positive.
    """
    rows = []
    for people, said in ((False, "machine only"), (True, "with people's time")):
        rows.append(_whole("C07", f"a small project, {said}", found, people, lambda cost: total(cost, **SMALL)))
        rows.append(_whole("C12", f"set-up, {said}", found, people, lambda cost: cost.setup))
    for tariff in (own_machine(), adapter_host(), hosted("gpt-4o-mini"), hosted("gpt-3.5-turbo")):
        sides = {arm: _per_request(frame, found[arm], tariff) for arm in ("tuned", "rag")}
        said = (f"one answer, {tariff.name}", "measured × price")
        rows.append(_paired("C07", said, frame, sides["tuned"], sides["rag"], "tuned - rag"))
        rows.append(_paired("C13", said, frame, sides["rag"], sides["tuned"], "rag - tuned"))
    for column, measure in (("prompt_tokens", "tokens read for one answer"), ("seconds", "seconds for one answer")):
        sides = {arm: _column(frame, arm, column) for arm in ("tuned", "rag")}
        rows.append(_paired("C13", (measure, "measured"), frame, sides["rag"], sides["tuned"], "rag - tuned"))
    rows += [_until_live(found, people) for people in (False, True)]
    return pd.DataFrame(rows).sort_values("claim", kind="stable", ignore_index=True)


def verdicts(table: pd.DataFrame) -> dict[str, str]:
    """One verdict per claim from the rows of `comparisons`."""
    return {claim: str(combine(group["verdict"])) for claim, group in table.groupby("claim")}


def evidence(bench: Workbench, frame: pd.DataFrame, table: pd.DataFrame) -> list[Evidence]:
    """What the lesson writes into the ledger: facts right and seconds per arm, and each row of `comparisons`."""
    rows = []
    for arm in summarise(frame).itertuples():
        taken = frame.loc[frame["arm"] == arm.arm, "seconds"]
        right = Measured(arm.accuracy, arm.low, arm.high, arm.n)
        each = measured(taken, "s")
        once = {"seconds": float(taken.sum()), "seed": SEED}
        rows.append(bench.evidence(LESSON, "", arm.arm, "facts right", right, **once))
        timed = Measured(each.value, each.low, each.high, arm.n)
        rows.append(bench.evidence(LESSON, "", arm.arm, "seconds per answer", timed, **once))
    for row in table.itertuples():
        value = Measured(row.difference, row.low, row.high, row.n)
        metric = f"log2 cost ratio: {row.measure} ({row.basis})"
        rows.append(bench.evidence(LESSON, row.claim, row.arms, metric, value, seconds=0.0, seed=SEED))
    return rows


def _row(
    claim: str, said: tuple[str, str], arms: str, n: int, value: float, interval: Interval, margin: float
) -> dict[str, object]:
    measure, basis = said
    row = {"claim": claim, "measure": measure, "arms": arms, "n": n, "difference": value}
    row |= {"low": interval.low, "high": interval.high, "times": 2**value, "basis": basis}
    return row | {"verdict": str(judge(interval, expected="higher", margin=margin))}


def _whole(
    claim: str, measure: str, found: Mapping[str, Use], people: bool, compute: Callable[[Costs], float]
) -> dict[str, object]:
    """`tuned` against `rag` on one's own machine, for a cost in which timings and hours are uncertain."""
    machine = own_machine()

    def ratio(cost: Callable[[str], Costs]) -> float:
        return math.log2(compute(cost("tuned")) / compute(cost("rag")))

    interval, _ = propagate(lambda rng: ratio(draw(found, machine, people, rng)), SEED)
    value = ratio(lambda arm: priced(found[arm], machine, people))
    basis = "measured + assumed hours" if people else "measured × price"
    return _row(claim, (measure, basis), "tuned - rag", 1, value, interval, TWICE)


def _paired(
    claim: str, said: tuple[str, str], frame: pd.DataFrame, a: list[float], b: list[float], arms: str
) -> dict[str, object]:
    """Two arms on the same questions."""
    value, interval = log2_ratio(a, b, _rows(frame, "rag")["entity"].tolist(), SEED)
    return _row(claim, said, arms, len(a), value, interval, TENTH)


def _until_live(found: Mapping[str, Use], people: bool) -> dict[str, object]:
    """Hours until the first answer: the machine's, or the machine's and people's one after the other."""
    parts = {"tuned": [found["tuned"].training_seconds], "rag": [found["rag"].index_seconds]}
    if people:
        parts = {arm: [*times, found[arm].setup_hours] for arm, times in parts.items()}

    def ratio(read: Callable[[Quantity], float]) -> float:
        hours = {arm: sum(read(one) / (3600 if one.unit == "s" else 1) for one in parts[arm]) for arm in parts}
        return math.log2(hours["tuned"] / hours["rag"])

    interval, _ = propagate(lambda rng: ratio(lambda one: one.draw(rng)), SEED)
    said = ("people's and machine time until live", "measured + assumed hours")
    if not people:
        said = ("machine time until live", "measured")
    return _row("C14", said, "tuned - rag", 1, ratio(lambda one: one.value), interval, TWICE)


def _per_request(frame: pd.DataFrame, use: Use, tariff: Tariff) -> list[float]:
    """USD of each question's answer by the arm."""
    columns = {"prompt_tokens": "token", "new_tokens": "token", "seconds": "s"}
    answers = _rows(frame, use.arm)[list(columns)].to_dict("records")
    exact = [{name: Quantity(row[name], unit, Status.MEASURED) for name, unit in columns.items()} for row in answers]
    return [priced(replace(use, **taken), tariff, people=False).request for taken in exact]


def _rows(frame: pd.DataFrame, arm: str) -> pd.DataFrame:
    return frame[frame["arm"] == arm].sort_values(["question_id", "question"])


def _column(frame: pd.DataFrame, arm: str, name: str) -> list[float]:
    return _rows(frame, arm)[name].astype(float).tolist()
