"""The parts of the clustered bootstrap: cluster sums, resampled means, the BCa correction."""

from collections.abc import Hashable, Sequence

import numpy as np
from scipy import stats

from twolevers.errors import UsageError

_BLOCK = 4_000_000  # numbers drawn at a time, which keeps memory near 50 MB


def by_cluster(values: np.ndarray, clusters: Sequence[Hashable] | None) -> tuple[np.ndarray, np.ndarray]:
    """Sum and size of each cluster, [K] and [K]; every item is its own cluster when `clusters` is None."""
    if clusters is None:
        return values, np.ones(len(values))
    if len(clusters) != len(values):
        raise UsageError(f"{len(values)} scores but {len(clusters)} cluster names.")
    names = {name: i for i, name in enumerate(dict.fromkeys(clusters))}
    index = np.array([names[name] for name in clusters], dtype=np.intp)
    return np.bincount(index, values, len(names)), np.bincount(index, minlength=len(names)).astype(float)


def blocks(resamples: int, k: int) -> list[int]:
    """Numbers of rows that add up to `resamples`, each small enough for a table of that many rows by k."""
    rows = max(1, _BLOCK // k)
    return [min(rows, resamples - start) for start in range(0, resamples, rows)]


def departures(means: np.ndarray) -> int:
    """How many cluster means differ from the commonest one."""
    _, counts = np.unique(np.round(means, 12), return_counts=True)
    return int(len(means) - counts.max())


def resampled_means(sums: np.ndarray, sizes: np.ndarray, rng: np.random.Generator, resamples: int) -> np.ndarray:
    """Means over items [resamples] of K clusters drawn with replacement from the K given ones."""
    k, means = len(sums), []
    for rows in blocks(resamples, k):
        draw = rng.integers(0, k, size=(rows, k), dtype=np.int32)
        items = sizes.take(draw).sum(axis=1) if np.ptp(sizes) else k * sizes[0]
        means.append(sums.take(draw).sum(axis=1) / items)
    return np.concatenate(means)


def bca_tails(
    drawn: np.ndarray, mean: float, sums: np.ndarray, sizes: np.ndarray, tails: np.ndarray
) -> np.ndarray | None:
    """The quantiles BCa reads instead of `tails`, or None where it is undefined.

    Efron 1987 (JASA 82, 171-185): bias correction by the share of resamples below the estimate, ties counted
    half; acceleration from the delete-one-cluster jackknife.
    """
    near = 1e-12 * max(1.0, float(np.abs(drawn).max()))
    below = np.mean(drawn < mean - near) + 0.5 * np.mean(np.abs(drawn - mean) <= near)
    without = (sums.sum() - sums) / (sizes.sum() - sizes)
    gaps = without.mean() - without
    spread = np.sum(gaps**2)
    if not 0 < below < 1 or spread <= near**2:
        return None
    acceleration = np.sum(gaps**3) / (6 * spread**1.5)
    bias = stats.norm.ppf(below)
    moved = bias + stats.norm.ppf(tails)
    scale = 1 - acceleration * moved
    return stats.norm.cdf(bias + moved / scale) if (scale > 0).all() else None
