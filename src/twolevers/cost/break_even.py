"""Where one arm becomes cheaper than another, over request volume and update rate."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from twolevers.cost.model import Costs, total
from twolevers.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

Side = Literal["above", "below", "always", "never"]


@dataclass(frozen=True)
class BreakEven:
    """The challenger is cheaper `side` of `requests` a month; 0 with "always", infinity with "never"."""

    challenger: str
    incumbent: str
    requests: float
    side: Side

    def words(self) -> str:
        """The finding in a sentence."""
        if self.side in ("always", "never"):
            return f"{self.challenger} is {self.side} cheaper than {self.incumbent}."
        return f"{self.challenger} is cheaper than {self.incumbent} {self.side} {self.requests:,.0f} requests a month."


def break_even(challenger: Costs, incumbent: Costs, updates: float, months: float = 12.0) -> BreakEven:
    """Requests a month, V*, at which both cost the same over `months`, with `updates` a month.

    An arm costs S + M (F + V q + U u): set-up S, months M, monthly F, requests V at q, updates U at u. Equal where

        V* = [ (S_c − S_i) / M + (F_c − F_i) + U (u_c − u_i) ] / (q_i − q_c)

    for challenger c and incumbent i. With q_c < q_i the challenger wins above V* ("always" when V* ≤ 0); with
    q_c > q_i it wins below V* ("never" when V* ≤ 0); with equal q the sign of the numerator decides, and equal costs
    throughout are "never". UsageError: months not above zero, updates below zero.
    """
    if not months > 0 or not updates >= 0:
        raise UsageError(f"break_even: {months} months and {updates} updates a month; give months > 0, updates ≥ 0.")
    fixed = (challenger.setup - incumbent.setup) / months + challenger.month - incumbent.month
    fixed += updates * (challenger.update - incumbent.update)
    saved = incumbent.request - challenger.request
    names = (challenger.arm, incumbent.arm)
    if saved > 0:
        return BreakEven(*names, fixed / saved, "above") if fixed > 0 else BreakEven(*names, 0.0, "always")
    if saved < 0 and fixed < 0:
        return BreakEven(*names, fixed / saved, "below")
    if saved == 0 and fixed < 0:
        return BreakEven(*names, 0.0, "always")
    return BreakEven(*names, math.inf, "never")


def surface(
    arms: Sequence[Costs], volumes: Sequence[float], updates: Sequence[float], months: float = 12.0
) -> "pd.DataFrame":
    """The cheapest arm for every volume (requests a month) × update rate (updates a month): one row each.

    Columns: requests, updates, arm (cheapest), cost (USD over `months`), second, factor (second's cost / cost, ≥ 1).
    """
    import pandas as pd

    if len(arms) < 2:
        raise UsageError("surface: give at least two arms.")
    requests, rate = (axis.ravel() for axis in np.meshgrid(volumes, updates))
    table = np.stack([total(arm, months * requests, months * rate, months) for arm in arms])
    order = np.argsort(table, axis=0, kind="stable")
    best, next_best = (np.take_along_axis(table, order[place : place + 1], axis=0)[0] for place in (0, 1))
    names = np.array([arm.arm for arm in arms])
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(next_best == best, 1.0, next_best / best)
    columns = {"requests": requests, "updates": rate, "arm": names[order[0]], "cost": best}
    return pd.DataFrame(columns | {"second": names[order[1]], "factor": factor})


def sensitivity(
    priced: Callable[[float, float], tuple[Costs, Costs]],
    ratios: Sequence[float],
    premiums: Sequence[float],
    updates: float,
    months: float = 12.0,
) -> "pd.DataFrame":
    """How the break-even moves with the prompt-token ratio (incumbent / challenger) and the tuned price premium.

    `priced(ratio, premium)` gives the costs of challenger and incumbent. Columns: ratio, premium, requests (a month),
    side.
    """
    import pandas as pd

    rows = []
    for ratio in ratios:
        for premium in premiums:
            found = break_even(*priced(ratio, premium), updates, months)
            rows.append({"ratio": ratio, "premium": premium, "requests": found.requests, "side": found.side})
    return pd.DataFrame(rows)
