"""How lessons read a frame of answers: scores with intervals, planned comparisons, rows for the ledger."""

from collections.abc import Mapping, Sequence

import pandas as pd

from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.run import compare_arms, summarise
from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import judge
from twolevers.lessons.common.bench import Measured, Workbench


def scores(frame: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Share right per arm with its 95 % interval: (value, low, high), as `reveal` takes them."""
    return {row.arm: (row.accuracy, row.low, row.high) for row in summarise(frame).itertuples()}


def judged(frame: pd.DataFrame, pairs: Sequence[tuple[str, str]], margin: float) -> pd.DataFrame:
    """Planned pairs (a, b), each claiming a > b: paired by question, clustered by product, with verdicts.

    The intervals are at the family's level (Bonferroni), so that all verdicts hold together; `p_holm` is Holm's
    over the same family. Columns: claim, n, difference, low, high, p_holm, resolution, verdict.
    """
    level = 1 - 0.05 / len(pairs)
    table = compare_arms(frame, list(pairs), level=level)
    table["claim"] = table["a"] + " > " + table["b"]
    table["verdict"] = [
        str(judge(Interval(row.low, row.high, level), expected="higher", margin=margin)) for row in table.itertuples()
    ]
    return table[["claim", "n", "difference", "low", "high", "p_holm", "resolution", "verdict"]]


def examples(frame: pd.DataFrame, arms: Mapping[str, str], n: int = 4) -> pd.DataFrame:
    """The first `n` questions with each arm's answer, ✓ or ✗ in front; `arms` maps arms to column headings."""
    first = frame[frame["arm"] == next(iter(arms))].head(n)
    rows = []
    for question in first["question"]:
        row = {"question": question}
        for arm, heading in arms.items():
            found = frame[(frame["arm"] == arm) & (frame["question"] == question)]
            row[heading] = " ".join(f"{'✓' if hit.correct else '✗'} {hit.text}" for hit in found.itertuples()) or "–"
        rows.append(row)
    return pd.DataFrame(rows)


def rows(
    bench: Workbench, lesson: str, frame: pd.DataFrame, claims: Mapping[str, str], table: pd.DataFrame, seed: int
) -> list[Evidence]:
    """Ledger rows: each arm's share right, and each judged comparison under the claim that `claims` names for it."""
    kept = []
    for arm in summarise(frame).itertuples():
        measured = Measured(arm.accuracy, arm.low, arm.high, arm.n)
        seconds = float(frame.loc[frame["arm"] == arm.arm, "seconds"].sum())
        kept.append(bench.evidence(lesson, "", arm.arm, "facts right", measured, seconds=seconds, seed=seed))
    for pair in table.itertuples():
        if pair.claim in claims:
            measured = Measured(pair.difference, pair.low, pair.high, pair.n)
            name = pair.claim.replace(" > ", " - ")
            kept.append(
                bench.evidence(lesson, claims[pair.claim], name, "facts right", measured, seconds=0.0, seed=seed)
            )
    return kept
