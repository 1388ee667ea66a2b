"""How lessons read a frame of answers: scores with intervals, comparisons with verdicts, answers side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from twolevers.evaluate import macro
from twolevers.evaluate.bootstrap import by_cluster, resampled_means
from twolevers.evaluate.run import compare_arms
from twolevers.evaluate.statistics import Interval, design_effect, wilson
from twolevers.evaluate.verdicts import judge

MACRO_F1 = "macro-F1"  # a score like the columns of a frame, though no mean over its rows
POWER = 0.8
RESAMPLES = 10_000
COLUMNS = ("claim", "n", "difference", "low", "high", "p_holm", "resolution", "verdict")


def judged(
    frame: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    margin: float,
    score: str = "correct",
    draws: int = 0,
    family: int = 0,
) -> pd.DataFrame:
    """Planned pairs (a, b), each claiming a > b: paired by question, clustered by entity, with verdicts.

    The intervals are at the family's level (Bonferroni), so that all verdicts hold together: of the pairs, or of
    `family` pairs where these were picked among more. `p_holm` is Holm's over the pairs (macro-F1 has none).
    `resolution` is the smallest difference that so many items show four times out of five; for shares it comes from
    the interval's width. Columns: `COLUMNS`.
    """
    level = 1 - 0.05 / max(1, family or len(pairs))
    if score == MACRO_F1:
        table = macro.compare_arms(frame, pairs, level=level, seed=draws)
    else:
        table = compare_arms(frame, pairs, metric=score, level=level, seed=draws)
        reach, power = stats.norm.ppf((1 + level) / 2), stats.norm.ppf(POWER)
        table["resolution"] = table["resolution"].fillna((table["high"] - table["low"]) / 2 * (reach + power) / reach)
    table["claim"] = table["a"] + " > " + table["b"]
    table["verdict"] = [
        str(judge(Interval(row.low, row.high, level), expected="higher", margin=margin)) for row in table.itertuples()
    ]
    return table[[name for name in COLUMNS if name in table]]


def levels(frame: pd.DataFrame, score: str = "correct", draws: int = 0) -> pd.DataFrame:
    """One row per arm: arm, n, value, low, high.

    95 % intervals by entity: Wilson for right or wrong, else percentile bootstrap.
    """
    if score == MACRO_F1:
        return macro.scores(frame, seed=draws)[["arm", "n", "value", "low", "high"]]
    rows = []
    for arm, group in frame.groupby("arm", sort=False):
        values = group[score].astype(float).tolist()
        clusters = group["entity"].where(group["entity"] != "", group["question_id"]).tolist()
        if set(values) <= {0.0, 1.0}:
            interval = wilson(int(sum(values)), len(values), design_effect=design_effect(values, clusters))
        else:
            drawn = resampled_means(*by_cluster(np.array(values), clusters), np.random.default_rng(draws), RESAMPLES)
            interval = Interval(*np.quantile(drawn, (0.025, 0.975)))
        row = {"arm": arm, "n": len(values), "value": sum(values) / len(values)}
        rows.append(row | {"low": interval.low, "high": interval.high})
    return pd.DataFrame(rows)


def scores(frame: pd.DataFrame, score: str = "correct") -> dict[str, tuple[float, float, float]]:
    """Score per arm with its 95 % interval: (value, low, high), as `reveal` takes them."""
    return {row.arm: (row.value, row.low, row.high) for row in levels(frame, score).itertuples()}


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
