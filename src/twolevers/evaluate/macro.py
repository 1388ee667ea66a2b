"""Macro-F1 of arms that label texts: intervals and paired differences by a bootstrap over whole clusters.

Macro-F1 is no mean over items, so every resample computes it afresh from the counts of the drawn clusters. One set of
resamples serves all arms of a frame: their differences are paired.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from twolevers.errors import UsageError
from twolevers.evaluate.metrics import macro_f1
from twolevers.evaluate.statistics import Interval, mcnemar

RESAMPLES = 5_000
POWER = 0.8
FEWEST = 10


def resampled(
    true: Sequence[str], predicted: Sequence[str], clusters: Sequence[str], seed: int = 0, resamples: int = RESAMPLES
) -> np.ndarray:
    """Macro-F1 (resamples,) of clusters drawn with replacement, as many of each class as the test has.

    A test of messages is drawn by class; resamples that mixed classes unevenly would have lower scores for that alone.
    A cluster counts to the class that most of its items have; a class that no drawn item has is left out. Equal
    clusters and seed give the same draws: differences of two calls are paired.
    """
    names, classes = list(dict.fromkeys(clusters)), sorted(set(true))
    at = np.array([names.index(name) for name in clusters])
    truth, guess = np.asarray(true, dtype=object), np.asarray(predicted, dtype=object)
    counts = np.zeros((3, len(names), len(classes)))  # right, said, true
    for place, label in enumerate(classes):
        for row, hit in enumerate(((truth == label) & (guess == label), guess == label, truth == label)):
            counts[row, :, place] = np.bincount(at, hit, len(names))
    stratum, rng = counts[2].argmax(axis=1), np.random.default_rng(seed)
    drawn = np.zeros((resamples, len(names)))
    for place in np.unique(stratum):
        own = np.flatnonzero(stratum == place)
        drawn[:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=resamples)
    right, said, held = drawn @ counts
    with np.errstate(invalid="ignore"):
        each = np.where(held > 0, 2 * right / (said + held), np.nan)
    return np.nanmean(each, axis=1)


def interval(drawn: np.ndarray, level: float = 0.95) -> Interval:
    """The percentile interval of resampled values."""
    low, high = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2))
    return Interval(float(low), float(high), level)


def scores(frame: pd.DataFrame, by: Sequence[str] = ("arm",), seed: int = 0) -> pd.DataFrame:
    """Macro-F1 per group of a frame from `evaluate.run` whose answers are labels.

    The frame needs `true` (see `with_truth`) and `entity`, the cluster. Columns: `by`, n, clusters, value, low, high
    (95 %), prompt_tokens (mean), seconds (mean for each text), where the frame has them.
    """
    rows = []
    for key, group in frame.groupby(list(by), sort=False):
        drawn = resampled(group["true"], group["text"], group["entity"], seed)
        value = macro_f1(group["true"].tolist(), group["text"].tolist())
        found = interval(drawn)
        row = dict(zip(by, key, strict=True)) | {"n": len(group), "clusters": group["entity"].nunique()}
        row |= {"value": value, "low": found.low, "high": found.high}
        rows.append(row | {name: group[name].mean() for name in ("prompt_tokens", "seconds") if name in group})
    return pd.DataFrame(rows)


def compare_arms(
    frame: pd.DataFrame, pairs: Sequence[tuple[str, str]], *, level: float = 0.95, seed: int = 0
) -> pd.DataFrame:
    """Pairs of arms (a, b) on macro-F1, as `run.compare_arms` does for means: paired by text, clustered.

    `resolution`: the smallest difference that so many texts show four times out of five, (z + z_power) × the standard
    deviation of the resampled differences. Columns: a, b, n, difference (a − b), low, high, resolution.
    """
    rows = []
    for a, b in pairs:
        left, right = (_of(frame, arm) for arm in (a, b))
        if list(left["question_id"]) != list(right["question_id"]):
            raise UsageError(f"{a} and {b} did not label the same texts: only the same texts can be compared.")
        drawn = [resampled(side["true"], side["text"], side["entity"], seed) for side in (left, right)]
        gaps = drawn[0] - drawn[1]
        value = macro_f1(left["true"].tolist(), left["text"].tolist())
        value -= macro_f1(right["true"].tolist(), right["text"].tolist())
        found = _sparse(interval(gaps, level), left, right)
        reach = (stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(POWER)) * gaps.std()
        row = {"a": a, "b": b, "n": len(left), "difference": value, "low": found.low, "high": found.high}
        rows.append(row | {"resolution": float(reach)})
    return pd.DataFrame(rows)


def _sparse(found: Interval, left: pd.DataFrame, right: pd.DataFrame) -> Interval:
    """With fewer than `FEWEST` texts that one arm has right and the other wrong, the exact test decides.

    Resampling takes a handful of lucky texts for a rule; where McNemar's exact test finds nothing, zero stays inside.
    """
    a, b = ((side["text"] == side["true"]).astype(float).tolist() for side in (left, right))
    if sum(x != y for x, y in zip(a, b, strict=True)) >= FEWEST or mcnemar(a, b) <= 1 - found.level:
        return found
    return Interval(min(found.low, 0.0), max(found.high, 0.0), found.level)


def with_truth(frame: pd.DataFrame, truth: dict[str, str]) -> pd.DataFrame:
    """The frame with the column `true`: the right label of each question_id."""
    return frame.assign(true=frame["question_id"].map(truth))


def f1_by_class(frame: pd.DataFrame) -> pd.Series:
    """F1 of each class that occurs in `true`, by name."""
    found = {}
    for label in sorted(set(frame["true"])):
        right = ((frame["true"] == label) & (frame["text"] == label)).sum()
        found[label] = 2 * right / ((frame["true"] == label).sum() + (frame["text"] == label).sum())
    return pd.Series(found)


def _of(frame: pd.DataFrame, arm: str) -> pd.DataFrame:
    rows = frame[frame["arm"] == arm]
    if rows.empty:
        raise UsageError(f"No arm {arm!r} in the frame; it has {', '.join(dict.fromkeys(frame['arm']))}.")
    return rows.sort_values("question_id", kind="stable")
