"""Lesson 06, the verdicts: C07, C12, C13 and C14 as ratios of cost with intervals.

Every ratio is on the log2 scale: 1 means that a costs twice as much as b, and equal costs are 0.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from twolevers.cost.model import Costs, Use, total
from twolevers.cost.quantity import Quantity, Status, log2_ratio, propagate
from twolevers.cost.tariffs import adapter_host, hosted, own_machine
from twolevers.data.claims import load_claims
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import Verdict, combine, judge
from twolevers.lessons.budget.experiment import LESSON, SEED, draw, priced
from twolevers.lessons.budget.tables import rounded
from twolevers.lessons.budget.times import in_every_round, of_rounds
from twolevers.lessons.common.bench import Measured, Workbench
from twolevers.lessons.common.contest import level_rows

SMALL = {"requests": 3_000.0, "updates": 3.0, "months": 3.0}  # "a small budget": a quarter at 1,000 requests a month
TWICE, TENTH = 1.0, math.log2(1.1)  # margins: "far less" and "dear" mean twice; per request a tenth counts
TAKEN = {"prompt_tokens": "token", "new_tokens": "token", "seconds": "s"}


@dataclass(frozen=True)
class Said:
    """What is compared, and what the figures rest on ("measured", "measured × price", …)."""

    measure: str
    basis: str


def comparisons(frame: pd.DataFrame, found: Mapping[str, Use]) -> pd.DataFrame:
    """Each claim's planned measurements with verdicts.

    Columns: claim, measure, arms ("a - b"), n, difference (log2 of cost a / cost b), low, high, times (a / b), basis,
    verdict. The claimed direction is positive.
    """
    rows = []
    for people, counted, basis in (
        (False, "machine only", "measured × price"),
        (True, "with people's time", "measured and assumed hours × price"),
    ):
        project = Said(f"a small project, {counted}", f"EXTRAPOLATED: {basis} × volume")
        rows.append(_whole("C07", project, found, people, lambda cost: total(cost, **SMALL)))
        rows.append(_whole("C12", Said(f"set-up, {counted}", basis), found, people, lambda cost: cost.setup))
        rows.append(_until_live(found, people))
    hosts = (adapter_host(), hosted("gpt-4o-mini"), hosted("gpt-3.5-turbo"))
    theirs = [(host, "EXTRAPOLATED: our tokens × their price") for host in hosts]
    for tariff, basis in ((own_machine(), "measured × price"), *theirs):

        def charged(row: Mapping[str, float], use: Use, tariff=tariff) -> float:
            exact = {name: Quantity(row[name], unit, Status.MEASURED) for name, unit in TAKEN.items()}
            return priced(replace(use, **exact), tariff, people=False).request

        said = Said(f"one answer, {tariff.name}", basis)
        rows += [_each(claim, said, frame, found, charged) for claim in ("C07", "C13")]
    for column, measure in (("prompt_tokens", "tokens read for one answer"), ("seconds", "seconds for one answer")):
        taken = Said(measure, "measured")
        rows.append(_each("C13", taken, frame, found, lambda row, _use, column=column: row[column]))
    return pd.DataFrame(rows).sort_values("claim", kind="stable", ignore_index=True)


def verdicts(table: pd.DataFrame) -> dict[str, str]:
    """One verdict per claim from the rows of `comparisons`."""
    return {claim: str(combine(group["verdict"])) for claim, group in table.groupby("claim")}


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """One row per claim: what the article says, in how many measurements it holds, and the verdict of all."""
    said = load_claims().set_index("id")["claim"]
    rows = []
    for claim, verdict in verdicts(table).items():
        counts = table.loc[table["claim"] == claim, "verdict"].value_counts()
        found = ", ".join(f"{number} {word}" for word, number in counts.items())
        rows.append({"claim": claim, "the article says": said[claim], "measurements": found, "verdict": verdict})
    return pd.DataFrame(rows)


def cheaper(table: pd.DataFrame, tariff: str) -> str:
    """Whose answer costs less under a tariff (its name): "tuned", "rag", or "too close to call"."""
    row = table.set_index(["claim", "measure"]).loc[("C13", f"one answer, {tariff}")]
    return "tuned" if row.low > 0 else "rag" if row.high < 0 else str(Verdict.TOO_CLOSE)


def of(table: pd.DataFrame, claim: str) -> pd.DataFrame:
    """The rows of one claim in factors instead of logarithms: how many times as much a takes as b, and its interval."""
    rows = table[table["claim"] == claim]
    first, second = rows["arms"].iloc[0].split(" - ")
    span = [f"{rounded(2**row.low)} to {rounded(2**row.high)}" for row in rows.itertuples()]
    columns = {"measured": rows["measure"], f"{first} / {second}": rows["times"].map(rounded)}
    columns |= {"95 % interval": span, "n": rows["n"], "basis": rows["basis"], "verdict": rows["verdict"]}
    return pd.DataFrame(columns).reset_index(drop=True)


def evidence(bench: Workbench, frame: pd.DataFrame, found: Mapping[str, Use], table: pd.DataFrame) -> list[Evidence]:
    """What the lesson writes into the ledger: facts right and seconds per arm, and each row of `comparisons`."""
    first = frame[frame["round"] == 1]
    rows = level_rows(bench, LESSON, "facts right", first, SEED)
    for arm, answers in first.groupby("arm", sort=False):
        each, spent = found[arm].seconds, float(frame.loc[frame["arm"] == arm, "seconds"].sum())
        timed = Measured(each.value, each.low, each.high, len(answers))
        rows.append(bench.evidence(LESSON, "", arm, "seconds per answer", timed, seconds=spent, seed=SEED))
    for row in table.itertuples():
        value = Measured(row.difference, row.low, row.high, row.n)
        metric = f"log2 cost ratio: {row.measure} ({row.basis})"
        rows.append(bench.evidence(LESSON, row.claim, row.arms, metric, value, seconds=0.0, seed=SEED))
    return rows


def _row(
    claim: str, said: Said, arms: str, n: int, value: float, interval: Interval, margin: float
) -> dict[str, object]:
    row = {"claim": claim, "measure": said.measure, "arms": arms, "n": n, "difference": value}
    row |= {"low": interval.low, "high": interval.high, "times": 2**value, "basis": said.basis}
    return row | {"verdict": str(judge(interval, expected="higher", margin=margin))}


def _whole(
    claim: str, said: Said, found: Mapping[str, Use], people: bool, compute: Callable[[Costs], float]
) -> dict[str, object]:
    """`tuned` against `rag` on one's own machine, for a cost in which timings and hours are uncertain."""
    machine = own_machine()

    def ratio(cost: Callable[[str], Costs]) -> float:
        return math.log2(compute(cost("tuned")) / compute(cost("rag")))

    interval, _ = propagate(lambda rng: ratio(draw(found, machine, people, rng)), SEED)
    value = ratio(lambda arm: priced(found[arm], machine, people))
    return _row(claim, said, "tuned - rag", 1, value, interval, TWICE)


def _until_live(found: Mapping[str, Use], people: bool) -> dict[str, object]:
    """Hours until the first answer: the machine's, or the machine's and people's one after the other."""
    parts = {"tuned": [found["tuned"].training_seconds], "rag": [found["rag"].index_seconds]}
    if people:
        parts = {arm: [*times, found[arm].setup_hours] for arm, times in parts.items()}

    def ratio(read: Callable[[Quantity], float]) -> float:
        hours = {arm: sum(read(one) / (3600 if one.unit == "s" else 1) for one in parts[arm]) for arm in parts}
        return math.log2(hours["tuned"] / hours["rag"])

    interval, _ = propagate(lambda rng: ratio(lambda one: one.draw(rng)), SEED)
    said = Said("machine time until live", "measured")
    if people:
        said = Said("people's and machine time until live", "measured + assumed hours")
    return _row("C14", said, "tuned - rag", 1, ratio(lambda one: one.value), interval, TWICE)


def _each(
    claim: str,
    said: Said,
    frame: pd.DataFrame,
    found: Mapping[str, Use],
    amount: Callable[[Mapping[str, float], Use], float],
) -> dict[str, object]:
    """`amount(answer, use)` of every answer, the two arms on the same questions in the same rounds.

    The interval is the bootstrap's over products (which questions were asked) widened by that of the rounds (when the
    machine was timed): each half-width is √(bootstrap² + rounds²). Tokens do not differ between rounds.
    """
    a, b = ("rag", "tuned") if claim == "C13" else ("tuned", "rag")
    keys = ["round", "question_id", "entity"]
    sides = []
    for arm in (a, b):
        rows = frame[frame["arm"] == arm]
        amounts = [amount(row, found[arm]) for row in rows.to_dict("records")]
        sides.append(pd.Series(amounts, pd.MultiIndex.from_frame(rows[keys]), name=arm))
    pairs = pd.concat(sides, axis=1, join="inner").reset_index()
    each = pairs.groupby("question_id").agg({"entity": "first", a: "mean", b: "mean"})
    value, drawn = log2_ratio(each[a].tolist(), each[b].tolist(), each["entity"].tolist(), SEED)
    rounds = in_every_round(pairs).groupby("round")[[a, b]].sum()
    timing = of_rounds([math.log2(x / y) for x, y in rounds.itertuples(index=False)])
    low, high = value - math.hypot(value - drawn.low, timing), value + math.hypot(drawn.high - value, timing)
    return _row(claim, said, f"{a} - {b}", len(each), value, Interval(low, high), TENTH)
