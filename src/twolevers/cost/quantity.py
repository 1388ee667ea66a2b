"""A number with its unit and where it comes from, and how uncertain numbers carry over into a result."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from twolevers.errors import UsageError
from twolevers.evaluate.bootstrap import by_cluster
from twolevers.evaluate.statistics import Interval

DRAWS = 2_000


class Status(StrEnum):
    """How far a number can be trusted."""

    MEASURED = "measured"  # on this machine, in this run
    QUOTED = "quoted"  # a published price, with its date
    ASSUMED = "assumed"  # our guess: put your own in its place


@dataclass(frozen=True)
class Quantity:
    """A number that is not negative, its unit ("token", "s", "h", "USD/Mtok", "USD/h") and its origin.

    `low` and `high`: the 95 % interval of a measured number, the whole plausible range of any other. Without them the
    number is taken as exact. `date` is ISO 8601; `second_hand` marks a price not read on the seller's own page.
    """

    value: float
    unit: str
    status: Status
    low: float | None = None
    high: float | None = None
    source: str = ""
    date: str = ""
    second_hand: bool = False

    def __post_init__(self) -> None:
        ends = (self.value if end is None else end for end in (self.low, self.high))
        low, high = ends
        if not (0 <= low <= self.value <= high and math.isfinite(high)):
            raise UsageError(
                f"Quantity: {low} ≤ {self.value} ≤ {high} {self.unit} does not hold; give finite ends ≥ 0."
            )

    def draw(self, rng: np.random.Generator) -> float:
        """One plausible value: normal for a measured number, cut off at zero; triangular for any other."""
        if self.low is None or self.high is None or self.low == self.high:
            return self.value
        if self.status is Status.MEASURED:
            return max(0.0, rng.normal(self.value, (self.high - self.low) / (2 * 1.96)))
        return rng.triangular(self.low, self.value, self.high)

    def drawn(self, rng: np.random.Generator) -> "Quantity":
        """The quantity at one plausible value, now taken as exact."""
        return replace(self, value=self.draw(rng), low=None, high=None)


def measured(values: Sequence[float], unit: str) -> Quantity:
    """The mean of `values` with its 95 % interval (mean ± 1.96 standard errors, never below zero)."""
    numbers = np.asarray(values, dtype=float)
    if not len(numbers):
        raise UsageError("measured: no values; measure at least one.")
    mean = float(numbers.mean())
    half = 1.96 * float(numbers.std(ddof=1)) / math.sqrt(len(numbers)) if len(numbers) > 1 else 0.0
    return Quantity(mean, unit, Status.MEASURED, max(0.0, mean - half), mean + half)


def propagate(
    compute: Callable[[np.random.Generator], float], seed: int, draws: int = DRAWS, level: float = 0.95
) -> tuple[Interval, float]:
    """Interval of a result whose inputs are uncertain, by sampling, and the share of draws that are infinite.

    `compute(rng)` draws its inputs with `Quantity.draw` and returns the result. Quantiles are values that were drawn
    (no interpolation), so that a break-even of "never" (infinity) can be an end.
    """
    rng = np.random.default_rng(seed)
    results = np.array([compute(rng) for _ in range(draws)])
    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(results, tails, method="inverted_cdf")
    return Interval(float(low), float(high), level), float(np.isinf(results).mean())


def log2_ratio(
    a: Sequence[float], b: Sequence[float], clusters: Sequence[str], seed: int, draws: int = DRAWS
) -> tuple[float, Interval]:
    """log2(mean of a / mean of b) for scores of the same items, with a percentile interval over whole clusters.

    1 means that a takes twice as much as b, −1 half as much. All values must be above zero.
    """
    if len(a) != len(b) or not len(a) or min(*a, *b) <= 0:
        raise UsageError("log2_ratio: give as many values of a as of b, all above zero.")
    sums = np.stack([by_cluster(np.asarray(side, dtype=float), clusters)[0] for side in (a, b)])
    picked = np.random.default_rng(seed).integers(0, sums.shape[1], size=(draws, sums.shape[1]))
    over, under = sums[:, picked].sum(axis=2)
    low, high = np.quantile(np.log2(over / under), (0.025, 0.975))
    whole = sums.sum(axis=1)
    return float(np.log2(whole[0] / whole[1])), Interval(float(low), float(high))
