"""From an interval to a verdict. The only place where one of the four verdict words is chosen."""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from twolevers.errors import UsageError
from twolevers.evaluate.statistics import Comparison, Interval

# In a verdict's place where one side could not win: such a comparison is shown and decides nothing.
BY_CONSTRUCTION = "by construction"


class Verdict(StrEnum):
    """What a measurement says of a claim."""

    SUPPORTED = "supported"
    QUALIFIED = "qualified"
    CONTRADICTED = "contradicted"
    TOO_CLOSE = "too close to call"


def judge(measured: Comparison | Interval, *, expected: Literal["higher", "lower"], margin: float = 0.0) -> Verdict:
    """Judge the claim that the difference a − b is `expected` ("higher": above zero) by its interval alone.

    `margin` is the smallest difference that matters, in the unit of the score, chosen before the run. Write
    the interval so that the claimed direction is positive (for "lower" it is mirrored); then the first line
    that fits:

    | the interval lies              | verdict           | in words                                      |
    |--------------------------------|-------------------|-----------------------------------------------|
    | wholly above the margin        | supported         | as claimed, and large enough to matter        |
    | wholly above zero              | qualified         | as claimed, but perhaps too small to matter   |
    | wholly below zero              | contradicted      | the other way round                           |
    | with zero inside or at an end  | too close to call | this n cannot tell                            |

    An interval that could not be computed (NaN) is too close to call. The p-value plays no part.
    """
    if expected not in ("higher", "lower") or not (margin >= 0 and math.isfinite(margin)):
        raise UsageError(f"judge: expected {expected!r} with margin {margin}; use 'higher' or 'lower' and margin >= 0.")
    interval = measured.interval if isinstance(measured, Comparison) else measured
    low, high = interval.low, interval.high
    if expected == "lower":
        low, high = -high, -low
    if low > margin:
        return Verdict.SUPPORTED
    if low > 0:
        return Verdict.QUALIFIED
    return Verdict.CONTRADICTED if high < 0 else Verdict.TOO_CLOSE


def combine(verdicts: Iterable[Verdict | str]) -> Verdict:
    """One verdict for a claim measured in several conditions (data sets, sizes, seeds); the order does not
    matter.

    - all the same: that verdict;
    - supported or qualified in some and anything else in others: qualified (it holds under conditions);
    - contradicted in some, the rest too close to call: contradicted (one counter-example, nothing in favour).
    """
    seen = {Verdict(verdict) for verdict in verdicts}
    if not seen:
        raise UsageError("combine: no verdict to combine; measure at least one condition.")
    if len(seen) == 1:
        return seen.pop()
    return Verdict.QUALIFIED if seen & {Verdict.SUPPORTED, Verdict.QUALIFIED} else Verdict.CONTRADICTED
