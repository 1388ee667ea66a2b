"""Lesson 06, the tables: what each arm takes, what that costs, who charges what for tuned tokens, when tuning pays."""

import math
from collections.abc import Mapping

import pandas as pd

from twolevers.cost.model import Tariff, Use, bill, bill_table
from twolevers.cost.tariffs import Hosted, adapter_host, hosted, own_machine
from twolevers.evaluate.run import summarise
from twolevers.lessons.budget.experiment import MONTHS, priced, tuned_pays

BRACKETS = ("below 1,000", "1,000 to 100,000", "above 100,000", "never")  # answers to "from which volume on?"


def rounded(value: float) -> str:
    """A number with two significant digits, whole from ten on; "–" for what cannot be had."""
    if math.isinf(value):
        return "–"
    digits = 0 if value == 0 else max(0, 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def takes(frame: pd.DataFrame, found: Mapping[str, Use]) -> pd.DataFrame:
    """One row per arm, before any price: questions, tokens and seconds per answer (95 % interval), facts right."""
    rows = []
    for arm in summarise(frame[frame["round"] == 1]).itertuples():
        use = found[arm.arm]
        row = {"arm": arm.arm, "n": arm.n, "tokens read": f"{use.prompt_tokens.value:.0f}"}
        row |= {"written": f"{use.new_tokens.value:.1f}", "seconds an answer": f"{use.seconds.value:.3f}"}
        row |= {"interval": f"{use.seconds.low:.3f} to {use.seconds.high:.3f}"}
        rows.append(row | {"facts right": f"{arm.accuracy:.2f} ({arm.low:.2f} to {arm.high:.2f})"})
    return pd.DataFrame(rows)


def overview(frame: pd.DataFrame, found: Mapping[str, Use], tariff: Tariff, people: bool) -> pd.DataFrame:
    """One row per arm, all in USD: to set up, 1,000 answers, 1,000 right ones (infinite without one), an update."""
    rows = []
    for arm in summarise(frame[frame["round"] == 1]).itertuples():
        cost = priced(found[arm.arm], tariff, people)
        thousand = 1000 * cost.request
        row = {"arm": arm.arm, "set-up": cost.setup, "1,000 answers": thousand}
        row |= {"1,000 right answers": thousand / arm.accuracy if arm.accuracy else math.inf, "update": cost.update}
        rows.append(row)
    return pd.DataFrame(rows)


def in_dollars(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with every number of `overview` written by `rounded`."""
    return table.apply(lambda column: column if column.name == "arm" else column.map(rounded))


def lines(found: Mapping[str, Use], tariff: Tariff) -> pd.DataFrame:
    """Every line of the bills of `rag` and `tuned` with its origin (most columns of `cost.model.bill_table`)."""
    table = bill_table(line for arm in ("rag", "tuned") for line in bill(found[arm], tariff))
    table["quantity"] = table["quantity"].map(rounded) + " " + table.pop("unit")
    table["price"] = table["price"].map(rounded) + " " + table.pop("price_unit")
    table["USD"] = table["USD"].map(rounded)
    return table[["arm", "when", "what", "quantity", "quantity_is", "price", "price_is", "date", "USD"]]


def premiums() -> pd.DataFrame:
    """What hosts charge for a tuned model's tokens: USD per million read, untuned and tuned, and the ratios."""
    rows = []
    for tariff in (adapter_host(), hosted("gpt-4o"), hosted("gpt-4o-mini"), hosted("gpt-3.5-turbo")):
        base, tuned = tariff.base, tariff.tuned
        row = {"model": base.model, "untuned": base.input.value, "tuned": tuned.input.value}
        row |= {"times, read": tuned.input.value / base.input.value}
        row |= {"times, written": tuned.output.value / base.output.value}
        rows.append(row | {"tuned price is": str(tuned.input.status), "date": base.input.date})
    return pd.DataFrame(rows)


def break_evens(found: Mapping[str, Use], updates: float = 1.0, months: float = MONTHS) -> pd.DataFrame:
    """From how many requests a month `tuned` costs less than `rag`, by tariff, with and without people's time.

    Columns: paid to, people's time, requests a month ("never" where no volume is enough), 95 % interval, share of
    draws that say "never".
    """
    rows = []
    for tariff, people in ((own_machine(), False), (own_machine(), True), *((t, False) for t in _hosts())):
        point, interval, never = tuned_pays(found, tariff, updates, people=people, months=months)
        value = math.inf if point.side == "below" else point.requests
        low, high = volume(interval.low), volume(interval.high)
        row = {"paid to": tariff.name, "people's time": "counted" if people else "left out"}
        row |= {"requests a month": volume(value), "95 % interval": low if low == high else f"{low} to {high}"}
        rows.append(row | {"never": f"{never:.0%}"})
    return pd.DataFrame(rows)


def bracket(found: Mapping[str, Use], updates: float = 1.0) -> str:
    """The one of `BRACKETS` in which the break-even on one's own machine lies, people's time left out."""
    point, _, _ = tuned_pays(found, own_machine(), updates, people=False)
    if point.side in ("below", "never"):
        return BRACKETS[3]
    return BRACKETS[0 if point.requests < 1_000 else 1 if point.requests <= 100_000 else 2]


def _hosts() -> tuple[Hosted, ...]:
    return adapter_host(), hosted("gpt-4o-mini"), hosted("gpt-3.5-turbo")


def volume(requests: float) -> str:
    """Requests with two significant digits, for no more are known; "never" for infinity."""
    if math.isinf(requests):
        return "never"
    size = 10 ** max(0, math.floor(math.log10(max(requests, 1))) - 1)
    return f"{round(requests / size) * size:,.0f}"
