"""Dated prices: tokens of hosted models (genai-prices' bundled list), machines and labour (two hand-written tables).

Nothing is fetched. A price list ages: every price carries its date, and tables show it.
"""

import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.cost.quantity import Quantity, Status
from twolevers.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

# (provider, model) of the models shown. "ft:" are the host's tuned versions.
SHOWN = (
    ("openai", "gpt-4o-mini"),
    ("openai", "ft:gpt-4o-mini"),
    ("openai", "gpt-4o"),
    ("openai", "ft:gpt-4o"),
    ("openai", "gpt-3.5-turbo"),
    ("openai", "ft:gpt-3.5-turbo-"),
    ("openai", "gpt-5.4-nano"),
    ("anthropic", "claude-haiku-4-5"),
    ("google", "gemini-2.5-flash-lite"),
    ("mistral", "mistral-small-2603"),
    ("groq", "llama-3.1-8b-instant"),
)
ROW = ("value", "unit", "date", "status", "second_hand", "source")


@dataclass(frozen=True)
class TokenPrice:
    """A hosted model's prices in USD per million tokens; `cached` (input read again) None where none is listed."""

    provider: str
    model: str
    input: Quantity
    cached: Quantity | None
    output: Quantity

    def times(self, factor: float) -> "TokenPrice":
        """The same model at `factor` times the price, as an assumption."""
        source = f"{factor:g} × {self.model}"

        def scaled(price: Quantity) -> Quantity:
            return replace(price, value=factor * price.value, status=Status.ASSUMED, source=source)

        cached = scaled(self.cached) if self.cached else None
        return replace(self, input=scaled(self.input), cached=cached, output=scaled(self.output))


def listed() -> tuple[str, date | None]:
    """The price list in use ("genai-prices 0.2.3") and its date; None for a version that was not looked through."""
    reviewed = _read("tuning.toml")["list"]
    installed = version(reviewed["package"])
    return f"{reviewed['package']} {installed}", reviewed["date"] if installed == reviewed["version"] else None


@cache
def token_price(provider: str, model: str) -> TokenPrice:
    """A model's prices on the list's date, standard rates for short prompts. UsageError: it is not on the list."""
    from genai_prices.data import providers

    known = {entry.id: entry for host in providers if host.id == provider for entry in host.models}
    if model not in known:
        raise UsageError(f"No price of {provider} {model!r} in genai-prices: choose one of its {len(known)} models.")
    source, day = listed()
    # Prices may depend on the day and the hour: noon of the list's date, so that a rerun gives the same.
    prices = known[model].get_prices(datetime.combine(day, time(12), UTC) if day else datetime.now(UTC))

    def quantity(price: Any) -> Quantity:
        usd = float(getattr(price, "base", price))  # a tiered price: the tier of short prompts
        return Quantity(usd, "USD/Mtok", Status.QUOTED, source=source, date=day.isoformat() if day else "unknown")

    cached = quantity(prices.cache_read_mtok) if prices.cache_read_mtok is not None else None
    return TokenPrice(provider, model, quantity(prices.input_mtok), cached, quantity(prices.output_mtok))


@cache
def rates() -> dict[str, Quantity]:
    """The rows of machines.toml by name, as written there (units USD/h, EUR/kWh, kW, USD/EUR, EUR/h, min, h)."""
    return {name: _quantity(name, row) for name, row in _read("machines.toml").items()}


@cache
def tuning_rates(table: str) -> dict[str, Quantity]:
    """Rows of tuning.toml: "training" (USD/Mtok by model) or "premium" (tuned input price over untuned, times)."""
    return {name: _quantity(name, row) for name, row in _read("tuning.toml")[table].items()}


def laptop_hour() -> Quantity:
    """Electricity of a laptop at full load, in USD/h: kW × EUR/kWh × USD/EUR, ends multiplied with ends."""
    return _product("USD/h", rates()["laptop_power"], rates()["electricity"], rates()["euro"])


def labour_hour() -> Quantity:
    """An hour of people's work in USD/h."""
    return _product("USD/h", rates()["labour"], rates()["euro"])


def token_table() -> "pd.DataFrame":
    """The models in `SHOWN`: provider, model, input, cached, output (USD per million tokens), status, date, source."""
    import pandas as pd

    rows = []
    for provider, model in SHOWN:
        price = token_price(provider, model)
        row = {"provider": provider, "model": model, "input": price.input.value}
        row |= {"cached": price.cached.value if price.cached else None, "output": price.output.value}
        rows.append(row | {name: str(getattr(price.input, name)) for name in ("status", "date", "source")})
    return pd.DataFrame(rows)


def rate_table() -> "pd.DataFrame":
    """Every hand-written row: rate, value, low, high, unit, status, second_hand, date, source."""
    import pandas as pd

    labels = {name: row["label"] for name, row in _read("machines.toml").items()}
    named = [(labels[name], quantity) for name, quantity in rates().items()]
    named += [(f"training of {name}", quantity) for name, quantity in tuning_rates("training").items()]
    named += [(f"{name} premium of tuned input", quantity) for name, quantity in tuning_rates("premium").items()]
    columns = ("value", "low", "high", "unit", "status", "second_hand", "date", "source")
    rows = [{"rate": label} | {name: getattr(quantity, name) for name in columns} for label, quantity in named]
    return pd.DataFrame(rows).astype({"status": str, "low": float, "high": float})


def _product(unit: str, *factors: Quantity) -> Quantity:
    value = low = high = 1.0
    for factor in factors:
        value *= factor.value
        low *= factor.value if factor.low is None else factor.low
        high *= factor.value if factor.high is None else factor.high
    weakest = Status.ASSUMED if any(factor.status is Status.ASSUMED for factor in factors) else factors[0].status
    source = " × ".join(factor.source for factor in factors)
    oldest = min(factor.date for factor in factors)
    return Quantity(value, unit, weakest, low, high, source, oldest, any(factor.second_hand for factor in factors))


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))


def _quantity(name: str, row: dict[str, Any]) -> Quantity:
    if missing := [field for field in ROW if row.get(field) in (None, "")]:
        raise UsageError(f"Price row {name!r} lacks {', '.join(missing)}: every price has its date, status and source.")
    return Quantity(
        value=float(row["value"]),
        unit=row["unit"],
        status=Status(row["status"]),
        low=row.get("low"),
        high=row.get("high"),
        source=row["source"],
        date=row["date"].isoformat(),
        second_hand=row["second_hand"],
    )
