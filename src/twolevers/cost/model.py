"""The cost model: what an arm uses × what it is charged, line by line, then per set-up, month, request and update."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from twolevers.cost.prices import labour_hour
from twolevers.cost.quantity import Quantity
from twolevers.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

When = Literal["set-up", "month", "request", "update"]
PEOPLE = "people's time"

# How many units of the price one unit of the quantity is.
_SCALE = {
    ("token", "USD/Mtok"): 1e-6,
    ("s", "USD/h"): 1 / 3600,
    ("min", "USD/h"): 1 / 60,
    ("h", "USD/h"): 1.0,
}


@dataclass(frozen=True)
class Use:
    """What one arm takes, before any price. Tokens ("token"), machine time ("s"), people's time ("h").

    `seconds` per request include the search. `retrained`: the share of the training that one update of the documents
    repeats (1 for facts in the weights, 0 for an adapter that only learned to read).
    """

    arm: str
    tuned: bool
    prompt_tokens: Quantity
    new_tokens: Quantity
    seconds: Quantity
    search_seconds: Quantity
    index_seconds: Quantity
    refresh_seconds: Quantity
    training_tokens: Quantity
    training_seconds: Quantity
    setup_hours: Quantity
    update_hours: Quantity
    retrained: float

    def draw(self, rng: np.random.Generator) -> "Use":
        """One plausible use: every quantity drawn once, independently."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: one.drawn(rng) for name, one in given.items() if isinstance(one, Quantity)})


@dataclass(frozen=True)
class Line:
    """One line of a bill: so much of something at a price."""

    arm: str
    when: When
    what: str
    quantity: Quantity
    price: Quantity
    times: float = 1.0

    @property
    def amount(self) -> float:
        """USD. UsageError when the quantity's unit does not fit the price's."""
        units = (self.quantity.unit, self.price.unit)
        if units not in _SCALE:
            raise UsageError(f"{self.what}: {units[0]} cannot be charged in {units[1]}; convert one of them first.")
        return self.times * self.quantity.value * self.price.value * _SCALE[units]


class Tariff(Protocol):
    """Who is paid for what."""

    name: str

    def answering(self, use: Use) -> list[Line]:
        """Lines per request, and per month where something stands ready all the time."""

    def training(self, use: Use) -> tuple[Quantity, Quantity]:
        """Amount and price of one whole training."""

    @property
    def machine(self) -> Quantity:
        """Price of the machine that indexes and searches, USD/h."""

    def draw(self, rng: np.random.Generator) -> "Tariff":
        """The tariff with one plausible value for each price."""


@dataclass(frozen=True)
class Costs:
    """What an arm costs, in USD: once, per month, per request, per update of the documents."""

    arm: str
    setup: float
    month: float
    request: float
    update: float


def bill(use: Use, tariff: Tariff, labour: Quantity | None = None) -> list[Line]:
    """Every line above zero, people's time among them (`labour` in USD/h, default: the table's)."""
    hour = labour or labour_hour()
    amount, price = tariff.training(use)
    lines = [
        Line(use.arm, "set-up", "index", use.index_seconds, tariff.machine),
        Line(use.arm, "set-up", "training", amount, price),
        Line(use.arm, "set-up", PEOPLE, use.setup_hours, hour),
        *tariff.answering(use),
        Line(use.arm, "update", "index refreshed", use.refresh_seconds, tariff.machine),
        Line(use.arm, "update", "training again", amount, price, use.retrained),
        Line(use.arm, "update", PEOPLE, use.update_hours, hour),
    ]
    return [line for line in lines if line.times * line.quantity.value > 0]


def without_people(lines: Iterable[Line]) -> list[Line]:
    """The machine's part of a bill: what is left when people's time is not counted."""
    return [line for line in lines if line.what != PEOPLE]


def costs(lines: Sequence[Line]) -> Costs:
    """Lines of one arm, summed. UsageError for none or for several arms."""
    arms = {line.arm for line in lines}
    if len(arms) != 1:
        raise UsageError(f"costs: lines of {len(arms)} arms; give the lines of one.")
    whens: tuple[When, ...] = ("set-up", "month", "request", "update")
    sums = [sum((line.amount for line in lines if line.when == when), 0.0) for when in whens]
    return Costs(arms.pop(), *sums)


def total(costs: Costs, requests: float, updates: float = 0.0, months: float = 0.0) -> float:
    """USD for so many requests, updates and months in all: set-up + months·m + requests·q + updates·u."""
    return costs.setup + months * costs.month + requests * costs.request + updates * costs.update


def bill_table(lines: Iterable[Line]) -> "pd.DataFrame":
    """One row per line: arm, when, what, quantity, unit, quantity_is, price, price_unit, price_is, date, USD."""
    import pandas as pd

    rows = []
    for line in lines:
        quantity, price = line.quantity, line.price
        row = {"arm": line.arm, "when": line.when, "what": line.what, "quantity": line.times * quantity.value}
        row |= {"unit": quantity.unit, "quantity_is": str(quantity.status), "price": price.value}
        row |= {"price_unit": price.unit, "price_is": _said(price), "date": price.date, "USD": line.amount}
        rows.append(row)
    return pd.DataFrame(rows)


def _said(price: Quantity) -> str:
    return f"{price.status}, second hand" if price.second_hand else str(price.status)
