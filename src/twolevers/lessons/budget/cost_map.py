"""Lesson 06, the picture: which arm is cheapest at which volume and update rate, under which prices."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twolevers.cost.break_even import break_even, sensitivity, surface
from twolevers.cost.model import Costs, Tariff, Use, total
from twolevers.cost.prices import tuning_rates
from twolevers.cost.tariffs import Hosted, hosted
from twolevers.lessons.budget.experiment import MONTHS, priced
from twolevers.lessons.budget.tables import rounded
from twolevers.lessons.common.style import ARM_STYLE, EDGE, ArmStyle, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("rag", "tuned")  # the article's two; `prompt` knows none of the facts, `both` stands in the tables
VOLUMES = np.logspace(1, 7, 61)  # requests a month
UPDATES = np.logspace(-1, 2, 46)  # updates a month
FACTORS = (2.0, 10.0)  # contour lines: how much cheaper than the next arm
CLOSE = 1.1  # below this factor the map names no winner: prices and timings are not known that well
OPEN = "no clear winner"


@dataclass(frozen=True)
class Setting:
    """One place on the map (requests and updates a month) and what can be turned.

    `premium`: a tuned token's price over the base model's. `ratio`: RAG's prompt tokens over the tuned model's.
    """

    requests: float = 10_000.0
    updates: float = 1.0
    premium: float = 2.0
    ratio: float = 3.0


def map_costs(found: Mapping[str, Use], tariff: Tariff, people: bool = False) -> list[Costs]:
    """The costs of the arms on the map."""
    return [priced(found[arm], tariff, people) for arm in ARMS]


def measured_ratio(found: Mapping[str, Use]) -> float:
    """RAG's prompt tokens over the tuned model's, as measured."""
    return found["rag"].prompt_tokens.value / found["tuned"].prompt_tokens.value


def turned(found: Mapping[str, Use], tariff: Hosted, ratio: float, premium: float) -> tuple[dict[str, Use], Hosted]:
    """The arms and the tariff with another prompt-token ratio (RAG's and `both`'s prompts scaled) and price premium."""
    scale = ratio / measured_ratio(found)
    moved = {arm: _longer(found[arm], scale) for arm in ("rag", "both")}
    return {**found, **moved}, replace(tariff, tuned=tariff.base.times(premium))


def plot(
    arms: Sequence[Costs], tariff: str, n: int, months: float = MONTHS, place: Setting | None = None
) -> "tuple[Figure, str]":
    """The cheapest arm over volume × update rate with lines at 2 × and 10 × cheaper, and its alternative text.

    `n` is the number of questions behind the measured tokens and seconds. `place` marks a point.
    """
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    table = surface(arms, VOLUMES, UPDATES, months)
    ahead = np.log2(table["factor"]) * np.where(table["arm"] == ARMS[0], 1, -1)  # by how much the first arm is cheaper
    height = ahead.to_numpy().reshape(len(UPDATES), len(VOLUMES))
    table["arm"] = table["arm"].where(table["factor"] >= CLOSE, OPEN)
    looks = {ARMS[1]: ARM_STYLE[ARMS[1]], OPEN: ArmStyle(f"{OPEN} (within 10 %)", "#FFFFFF", "", "")}
    looks[ARMS[0]] = ARM_STYLE[ARMS[0]]
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 5.5))
        axes.set(xscale="log", yscale="log", xlabel="Requests a month", ylabel="Updates a month")
        fill = {"colors": [one.color for one in looks.values()], "hatches": [one.hatch for one in looks.values()]}
        limits = [-np.inf, -math.log2(CLOSE), math.log2(CLOSE), np.inf]
        axes.contourf(VOLUMES, UPDATES, height, levels=limits, alpha=0.45, **fill)
        handles = [
            Patch(facecolor=one.color, hatch=one.hatch, alpha=0.45, edgecolor=EDGE, label=one.label)
            for arm, one in reversed(looks.items())
            if arm in set(table["arm"])
        ]
        marks = {sign * math.log2(level): level for sign in (-1, 1) for level in FACTORS}
        within = sorted(mark for mark in marks if height.min() < mark < height.max())
        if within:
            drawn = axes.contour(VOLUMES, UPDATES, height, levels=within, colors=EDGE, linewidths=1.5, linestyles="--")
            axes.clabel(drawn, fmt=lambda mark: f"{marks[mark]:g} × cheaper", fontsize=12)
        if place:
            axes.plot(place.requests, place.updates, marker="*", markersize=20, color="white", markeredgecolor=EDGE)
        axes.set_title("Which arm costs least?")
        axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3)
        figure.supxlabel(_note(tariff, n, months).replace("; ", "\n", 1), fontsize=12)
    return figure, _said(table, tariff, n, months)


def words(arms: Sequence[Costs], place: Setting, months: float = MONTHS) -> str:
    """What the map says at one place: the cheapest arm, the bill of each, and where `tuned` overtakes `rag`."""
    bills = sorted((total(arm, months * place.requests, months * place.updates, months), arm.arm) for arm in arms)
    listed = ", ".join(f"{arm} {rounded(amount)}" for amount, arm in bills)
    costs = {arm.arm: arm for arm in arms}
    crossing = break_even(costs["tuned"], costs["rag"], place.updates, months).words()
    where = f"{place.requests:,.0f} requests a month and an update rate of {place.updates:.2g} a month"
    return (
        f"At {where}, {bills[0][1]} costs least. USD over {months:g} months: {listed}. At that update rate {crossing}"
    )


def sensitive(found: Mapping[str, Use], updates: float = 1.0, months: float = MONTHS) -> pd.DataFrame:
    """The break-even of `tuned` and `rag` for several token ratios × price premiums (gpt-4o-mini's base prices).

    Columns: ratio, premium, requests (a month), side. Premiums run from the lowest to the highest on record.
    """
    low, high = (tuning_rates("premium")[end].value for end in ("lowest", "highest"))
    base = hosted("gpt-4o-mini")

    def pair(ratio: float, premium: float) -> tuple[Costs, Costs]:
        arms, tariff = turned(found, base, ratio, premium)
        return priced(arms["tuned"], tariff, people=False), priced(arms["rag"], tariff, people=False)

    ratios = (1.0, 2.0, round(measured_ratio(found), 2), 5.0, 10.0, 20.0)
    return sensitivity(pair, sorted(set(ratios)), (low, 1.5, 2.0, 4.0, high), updates, months)


def _longer(use: Use, scale: float) -> Use:
    tokens = replace(use.prompt_tokens, value=use.prompt_tokens.value * scale, low=None, high=None)
    return replace(use, prompt_tokens=tokens)


def _note(tariff: str, n: int, months: float) -> str:
    return f"{tariff}; tokens and seconds: n = {n} questions; {months:g} months; people's time not counted"


def _said(table: pd.DataFrame, tariff: str, n: int, months: float) -> str:
    shares = table["arm"].value_counts(normalize=True)
    parts = []
    for arm, share in shares.drop(OPEN, errors="ignore").items():
        rows = table[table["arm"] == arm]
        volumes, rate = rows["requests"], rows["updates"]
        parts.append(
            f"{ARM_STYLE[arm].label} costs least on {share:.0%} of the map (requests from {volumes.min():,.0f} to "
            f"{volumes.max():,.0f}, updates from {rate.min():.1f} to {rate.max():.0f} a month, median "
            f"{rows['factor'].median():.1f} times cheaper than the next)"
        )
    if OPEN in shares:
        parts.append(f"no arm is 10 % cheaper than the next on {shares[OPEN]:.0%}")
    return f"Map of the cheapest arm over requests and updates a month. {'; '.join(parts)}. {_note(tariff, n, months)}."
