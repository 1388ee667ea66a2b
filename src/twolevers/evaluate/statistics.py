"""Intervals and paired tests for scores of the same items. Differences are always a − b."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from twolevers.errors import UsageError
from twolevers.evaluate.bootstrap import bca_tails, blocks, by_cluster, departures, resampled_means

NO_INTERVAL = "no interval"
_SPARSE = 10  # clusters; with fewer that differ from the rest, resampling misses them too often


@dataclass(frozen=True)
class Interval:
    """A confidence interval; both ends NaN when none can be computed."""

    low: float
    high: float
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise UsageError(f"Interval: low {self.low} is above high {self.high}.")


@dataclass(frozen=True)
class Difference:
    """A paired difference of means, its interval, and how the interval was made."""

    value: float
    interval: Interval
    method: str


@dataclass(frozen=True)
class Comparison:
    """Two arms on the same items: their means, the difference a − b with interval, and a two-sided p-value.

    `test` names what gave `p`; `mcnemar` is the exact McNemar p whatever the clusters (NaN unless
    right/wrong); `discordant` is the share of pairs whose scores differ; `clusters` counts the groups that
    were resampled.
    """

    a: float
    b: float
    difference: float
    interval: Interval
    p: float
    n: int
    method: str
    test: str
    clusters: int
    discordant: float
    mcnemar: float


@dataclass(frozen=True)
class SeedSpread:
    """What training again with another seed changes. Not a confidence interval, and apart from item spread."""

    mean: float
    low: float
    high: float
    sd: float
    n: int


def wilson(successes: int, n: int, *, level: float = 0.95, design_effect: float = 1.0) -> Interval:
    """Wilson score interval of a share (Wilson 1927; Brown, Cai & DasGupta 2001, eq. 4).

    It assumes independent items. Where items come in groups (several questions on one document), pass their
    `design_effect`: n and successes are divided by it, so that the interval widens (Kish 1965, section 8.2).
    n = 0 gives [0, 1]: nothing is known.
    """
    if not 0 <= successes <= n or design_effect < 1:
        raise UsageError(f"wilson: {successes} of {n} with design effect {design_effect} is impossible.")
    if n == 0:
        return Interval(0.0, 1.0, level)
    z2 = float(stats.norm.ppf((1 + level) / 2)) ** 2
    share, size = successes / n, n / design_effect
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = math.sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size**2))) / (1 + z2 / size)
    # Exactly 0 and 1 at the ends, where rounding would leave 1e-17.
    low = 0.0 if successes == 0 else centre - half
    return Interval(low, 1.0 if successes == n else centre + half, level)


def design_effect(scores: Sequence[float], clusters: Sequence[Hashable] | None) -> float:
    """How much clustering widens the variance of the mean of `scores`: a number from 1 to n (Kish 1965).

    Variance of the mean between clusters (linearised ratio, Cochran 1977, eq. 11.28, times K/(K−1)) over
    variance of the scores / n. It is 1 where it cannot be estimated (one cluster, all scores equal), and
    never below 1, so that a lucky draw of clusters does not narrow an interval.
    """
    values = _scores(scores)
    sums, sizes = by_cluster(values, clusters)
    k, n = len(sums), len(values)
    if k < 2 or np.ptp(values) == 0:
        return 1.0
    between = k / (k - 1) * float(np.sum((sums - values.mean() * sizes) ** 2)) / n**2
    return min(max(1.0, between / (float(values.var(ddof=1)) / n)), float(n))


def paired_bootstrap(
    a: Sequence[float],
    b: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    seed: int = 0,
    resamples: int = 10_000,
    *,
    level: float = 0.95,
) -> Difference:
    """Mean of a − b with a bootstrap interval that resamples whole clusters (documents); items when None.

    BCa, else the percentile interval where BCa is undefined; `method` says which. Two cases are not
    resampled:

    - No pairs or one cluster: both ends NaN ("no interval").
    - Sparse: fewer than 10 clusters differ from the commonest one (most often: the arms nearly always agree).
      Resampling then claims too much: no interval at all around 0 when the arms always agree, and "above
      zero" for 4 discordant pairs of 200 where the exact p is 0.125. For scores within [0, 1] it is replaced
      by the interval of Bonett & Price (2012, J. Educ. Behav. Stat. 37, 479-488), which adds one discordant
      pair to each side, with n divided by the design effect and t with K − 1 degrees of freedom for z. Other
      scores (seconds) are resampled all the same, or have "no interval" when all differences are equal.

    From 10 to about 20 clusters a bootstrap interval is still somewhat narrow (Cameron et al. 2008).
    """
    gap = _pairs(a, b)
    mean = float(gap.mean()) if len(gap) else math.nan
    sums, sizes = by_cluster(gap, clusters)
    undefined = Difference(mean, Interval(math.nan, math.nan, level), NO_INTERVAL)
    if len(sums) < 2:
        return undefined
    if departures(sums / sizes) < _SPARSE:
        if _within_unit(a, b):
            return Difference(mean, _bonett_price(gap, clusters, len(sums), level), "sparse: Bonett-Price")
        if np.ptp(gap) == 0:
            return undefined
    drawn = resampled_means(sums, sizes, np.random.default_rng(seed), resamples)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    corrected = bca_tails(drawn, mean, sums, sizes, tails)
    low, high = np.quantile(drawn, tails if corrected is None else corrected)
    kind = "percentile" if corrected is None else "BCa"
    unit = "items" if clusters is None else "clusters"
    return Difference(mean, Interval(float(low), float(high), level), f"{kind} bootstrap of {unit}")


def mcnemar(a: Sequence[float], b: Sequence[float]) -> float:
    """Exact two-sided McNemar p-value for right/wrong scores of the same, independent items (McNemar 1947).

    The binomial test of the discordant pairs against one half; 1.0 when no pair is discordant.
    """
    gap = _pairs(a, b)
    if not _binary(a, b):
        raise UsageError("mcnemar: scores must be 0 or 1.")
    only_a, only_b = int(np.sum(gap > 0)), int(np.sum(gap < 0))
    return float(stats.binomtest(only_a, only_a + only_b, 0.5).pvalue) if only_a + only_b else 1.0


def sign_flip(
    a: Sequence[float],
    b: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    seed: int = 0,
    resamples: int = 10_000,
) -> float:
    """Two-sided p-value of a paired permutation test that swaps a and b in whole clusters at a time.

    Valid where items of a cluster rise and fall together, which McNemar's test ignores. Every one of the 2^K
    swaps is tried when there are no more than `resamples`; else they are drawn and p = (1 + as extreme)/(1 +
    drawn) (Phipson & Smyth 2010). NaN without pairs.
    """
    sums, _ = by_cluster(_pairs(a, b), clusters)
    k = len(sums)
    if k == 0:
        return math.nan
    limit = abs(sums.sum()) - 1e-9 * np.abs(sums).sum()
    if 2**k <= resamples:
        signs = 1 - 2 * (np.arange(2**k)[:, None] >> np.arange(k) & 1)
        return float(np.mean(np.abs(signs @ sums) >= limit))
    rng, extreme = np.random.default_rng(seed), 0
    for rows in blocks(resamples, k):
        signs = 1 - 2 * rng.integers(0, 2, size=(rows, k), dtype=np.int8)
        extreme += int(np.sum(np.abs(signs @ sums) >= limit))
    return (1 + extreme) / (1 + resamples)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's step-down adjusted p-values, in the order given (Holm 1979). A NaN stays NaN and is not counted."""
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    order = np.argsort(p)[: int(np.sum(~np.isnan(p)))]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def compare(
    a: Sequence[float],
    b: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    resamples: int = 10_000,
    level: float = 0.95,
) -> Comparison:
    """Compare two arms' scores of the same items, in the same order.

    The interval is `paired_bootstrap`. The p-value is exact McNemar for right/wrong scores of independent
    items (no two in one cluster), else `sign_flip` over clusters, for McNemar's p is too small when items go
    together. For a family of k intervals that hold together, pass level = 1 − 0.05/k (Bonferroni). No pairs:
    NaN throughout.
    """
    left, right = _scores(a), _scores(b)
    found = paired_bootstrap(a, b, clusters, seed, resamples, level=level)
    n = len(left)
    k = n if clusters is None else len(set(clusters))
    exact = mcnemar(a, b) if n and _binary(a, b) else math.nan
    if n and k == n and not math.isnan(exact):
        p, test = exact, "exact McNemar"
    else:
        p, test = sign_flip(a, b, clusters, seed, resamples), "sign flips of clusters"
    return Comparison(
        a=float(left.mean()) if n else math.nan,
        b=float(right.mean()) if n else math.nan,
        difference=found.value,
        interval=found.interval,
        p=p,
        n=n,
        method=found.method,
        test=test,
        clusters=k,
        discordant=float(np.mean(left != right)) if n else math.nan,
        mcnemar=exact,
    )


def seed_spread(values: Sequence[float]) -> SeedSpread:
    """Mean, lowest, highest and standard deviation (n − 1; NaN for one) of one score over training seeds."""
    scores = _scores(values)
    if not len(scores):
        return SeedSpread(math.nan, math.nan, math.nan, math.nan, 0)
    sd = float(scores.std(ddof=1)) if len(scores) > 1 else math.nan
    return SeedSpread(float(scores.mean()), float(scores.min()), float(scores.max()), sd, len(scores))


def _scores(values: Sequence[float]) -> np.ndarray:
    scores = np.asarray(values, dtype=float)
    if scores.ndim != 1 or not np.isfinite(scores).all():
        raise UsageError("Scores must be one row of finite numbers: drop missing pairs first.")
    return scores


def _pairs(a: Sequence[float], b: Sequence[float]) -> np.ndarray:
    if len(a) != len(b):
        raise UsageError(f"{len(a)} scores cannot be paired with {len(b)}: score both arms on the same items.")
    return _scores(a) - _scores(b)


def _binary(a: Sequence[float], b: Sequence[float]) -> bool:
    return bool(np.isin(np.concatenate([_scores(a), _scores(b)]), (0.0, 1.0)).all())


def _within_unit(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(0 <= score <= 1 for score in (*a, *b))


def _bonett_price(gap: np.ndarray, clusters: Sequence[Hashable] | None, k: int, level: float) -> Interval:
    """Fractions of a point count as that share of a discordant pair, which can only widen the interval."""
    size = len(gap) / design_effect(gap, clusters)
    ups, downs = (float(np.clip(side, 0, None).mean()) * size for side in (gap, -gap))
    up, down = (ups + 1) / (size + 2), (downs + 1) / (size + 2)
    half = float(stats.t.ppf((1 + level) / 2, k - 1)) * math.sqrt((up + down - (up - down) ** 2) / (size + 2))
    return Interval(max(-1.0, up - down - half), min(1.0, up - down + half), level)
