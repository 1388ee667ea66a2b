"""Dated prices, and the cost model that multiplies them: units, origins, no network."""

import re
import socket
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from twolevers import cost
from twolevers.cost import prices
from twolevers.cost.model import PEOPLE, Costs, Line, Use, bill, bill_table, costs, total, without_people
from twolevers.cost.quantity import Quantity, Status, log2_ratio, measured, propagate
from twolevers.cost.tariffs import OwnMachine, adapter_host, hosted, own_machine, tariffs
from twolevers.errors import UsageError

FOLDER = Path(cost.__file__).parent
CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"


def rows() -> list[tuple[str, dict]]:
    machines = tomllib.loads((FOLDER / "machines.toml").read_text("utf-8"))
    tuning = tomllib.loads((FOLDER / "tuning.toml").read_text("utf-8"))
    return [*machines.items(), *tuning["training"].items(), *tuning["premium"].items()]


def exact(value: float, unit: str) -> Quantity:
    return Quantity(value, unit, Status.MEASURED)


@pytest.fixture
def use() -> Use:
    tokens, seconds, hours = (lambda value, unit=unit: exact(value, unit) for unit in ("token", "s", "h"))
    return Use(
        arm="tuned",
        tuned=True,
        prompt_tokens=tokens(1_000),
        new_tokens=tokens(100),
        seconds=seconds(36),
        search_seconds=seconds(0),
        index_seconds=seconds(360),
        refresh_seconds=seconds(36),
        training_tokens=tokens(2_000_000),
        training_seconds=seconds(7_200),
        setup_hours=hours(10),
        update_hours=hours(1),
        retrained=0.5,
    )


@pytest.mark.parametrize(("name", "row"), rows(), ids=[name for name, _ in rows()])
def test_every_hand_written_row_has_its_date_source_and_status(name, row):
    assert isinstance(row["date"], date) and date(2023, 1, 1) <= row["date"] <= date(2026, 12, 31)
    assert row["status"] in ("quoted", "assumed") and len(row["source"]) > 10 and row["value"] > 0
    assert isinstance(row["second_hand"], bool)
    assert row.get("low", row["value"]) <= row["value"] <= row.get("high", row["value"])
    if row["status"] == "assumed":
        assert "low" in row and "high" in row, "a guess has a range"


def test_a_row_without_a_date_is_refused():
    with pytest.raises(UsageError, match="'vm' lacks date, source"):
        prices._quantity("vm", {"value": 1.0, "unit": "USD/h", "status": "quoted", "second_hand": False})


def test_no_price_needs_the_network(monkeypatch):
    def cut(*_args, **_options):
        raise AssertionError("a price was fetched")

    monkeypatch.setattr(socket, "socket", cut)
    monkeypatch.setattr(socket, "create_connection", cut)
    monkeypatch.setattr(socket, "getaddrinfo", cut)
    prices.token_price.cache_clear()
    assert len(prices.token_table()) == len(prices.SHOWN)
    assert len(tariffs()) == 7


def test_token_prices_are_dated_positive_and_plausible():
    table = prices.token_table()
    assert (table[["input", "output"]] > 0).all(axis=None) and (table["output"] >= table["input"]).all()
    assert (table["input"] < 100).all() and not (table["cached"] > table["input"]).any()
    assert set(table["status"]) == {"quoted"} and table["date"].str.fullmatch(r"2026-\d\d-\d\d").all()


def test_the_reviewed_list_is_the_pinned_one():
    name, day = prices.listed()
    pinned = re.search(r"^genai-prices==(\S+)$", CONSTRAINTS.read_text("utf-8"), re.MULTILINE)
    assert name == f"genai-prices {pinned[1]}" and day is not None


def test_an_unreviewed_list_bears_no_date(monkeypatch):
    monkeypatch.setattr(prices, "version", lambda _name: "99.0")
    assert prices.listed() == ("genai-prices 99.0", None)
    prices.token_price.cache_clear()
    try:
        assert prices.token_price("openai", "gpt-4o-mini").input.date == "unknown"
    finally:
        prices.token_price.cache_clear()


def test_an_unknown_model_is_named():
    with pytest.raises(UsageError, match="No price of openai 'gpt-none'"):
        prices.token_price("openai", "gpt-none")


def test_hosts_charge_tuned_tokens_up_to_six_times():
    base, tuned = hosted("gpt-3.5-turbo").base, hosted("gpt-3.5-turbo").tuned
    assert tuned.input.value / base.input.value == pytest.approx(prices.tuning_rates("premium")["highest"].value)
    assert hosted("gpt-4o-mini").tuned.input.value > hosted("gpt-4o-mini").base.input.value
    assert adapter_host().tuned.input.value == adapter_host().base.input.value
    assert adapter_host().tuned.input.status is Status.ASSUMED


def test_rates_multiply_in_their_units():
    rates, hour = prices.rates(), prices.laptop_hour()
    assert hour.value == pytest.approx(0.045 * rates["electricity"].value * rates["euro"].value)
    assert hour.unit == "USD/h" and hour.low < hour.value < hour.high
    assert hour.status is Status.ASSUMED and hour.second_hand and hour.date == "2025-10-29"


def test_a_bill_on_ones_own_machine(use):
    machine = OwnMachine("test", exact(2.0, "USD/h"))
    cost = costs(bill(use, machine, exact(50.0, "USD/h")))
    assert cost.setup == pytest.approx(0.1 * 2 + 2 * 2 + 10 * 50)
    assert cost.request == pytest.approx(36 / 3600 * 2)
    assert cost.update == pytest.approx(0.01 * 2 + 0.5 * 4 + 50) and cost.month == 0
    assert costs(without_people(bill(use, machine))).setup == pytest.approx(4.2)


def test_a_bill_by_the_token(use):
    tariff = hosted("gpt-3.5-turbo")
    tuned = costs(without_people(bill(use, tariff))).request
    base = costs(without_people(bill(replace(use, tuned=False), tariff))).request
    assert tuned == pytest.approx(1_000 * 3.0e-6 + 100 * 6.0e-6)
    assert base == pytest.approx(1_000 * 0.5e-6 + 100 * 1.5e-6)
    trained = [line for line in bill(use, tariff) if line.what == "training"]
    assert trained[0].amount == pytest.approx(2 * 8.0)


def test_a_rented_machine_costs_by_the_month_and_only_the_tuned_arm(use):
    rented = adapter_host(rented=True)
    assert costs(bill(use, rented)).month == pytest.approx(730 * prices.rates()["gpu"].value)
    assert costs(bill(use, rented)).request == 0
    assert costs(bill(replace(use, tuned=False), rented)).month == 0


def test_units_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="token cannot be charged in USD/h"):
        _ = Line("rag", "request", "tokens read", exact(1, "token"), exact(1, "USD/h")).amount


def test_a_bill_says_what_is_measured_quoted_and_assumed(use):
    table = bill_table(bill(use, own_machine()))
    assert set(table["quantity_is"]) == {"measured"} and (table["USD"] > 0).all()
    assert set(table["price_is"]) <= {"quoted, second hand", "assumed, second hand"}
    assert PEOPLE in set(table["what"]) and table["date"].str.len().eq(10).all()


def test_total_adds_up():
    assert total(Costs("a", 10.0, 3.0, 0.5, 2.0), requests=8, updates=4, months=2) == 10 + 6 + 4 + 8


def test_costs_are_of_one_arm(use):
    with pytest.raises(UsageError, match="2 arms"):
        costs([*bill(use, own_machine()), *bill(replace(use, arm="both"), own_machine())])


@pytest.mark.parametrize("ends", [(-1.0, 2.0), (1.5, 2.0), (0.0, 0.5), (0.0, float("inf"))])
def test_a_quantity_lies_within_its_range(ends):
    with pytest.raises(UsageError, match="does not hold"):
        Quantity(1.0, "s", Status.ASSUMED, *ends)


def test_draws_stay_in_the_range_and_follow_the_interval():
    rng = np.random.default_rng(0)
    guess = Quantity(3.0, "min", Status.ASSUMED, 1.0, 8.0)
    drawn = [guess.draw(rng) for _ in range(2_000)]
    assert 1 <= min(drawn) < 2 and 7 < max(drawn) <= 8
    timed = Quantity(10.0, "s", Status.MEASURED, 8.0, 12.0)
    drawn = [timed.draw(rng) for _ in range(4_000)]
    assert np.mean([8 <= one <= 12 for one in drawn]) == pytest.approx(0.95, abs=0.02)
    assert exact(2.0, "s").draw(rng) == 2.0


def test_a_mean_has_its_interval():
    found = measured([1.0, 2.0, 3.0, 4.0], "s")
    half = 1.96 * np.std([1, 2, 3, 4], ddof=1) / 2
    assert (found.value, found.low, found.high) == pytest.approx((2.5, 2.5 - half, 2.5 + half))


def test_propagation_repeats_with_its_seed_and_keeps_infinity():
    first, never = propagate(lambda rng: rng.normal(), seed=1)
    assert (first, never) == propagate(lambda rng: rng.normal(), seed=1)
    assert first.low == pytest.approx(-1.96, abs=0.15) and first.high == pytest.approx(1.96, abs=0.15)
    half, never = propagate(lambda rng: np.inf if rng.random() < 0.5 else 1.0, seed=1)
    assert half.low == 1.0 and np.isinf(half.high) and never == pytest.approx(0.5, abs=0.05)


def test_a_ratio_is_log2_of_means():
    value, interval = log2_ratio([4.0, 8.0, 12.0], [1.0, 2.0, 3.0], ["a", "b", "c"], seed=0)
    assert (value, interval.low, interval.high) == pytest.approx((2.0, 2.0, 2.0))
    with pytest.raises(UsageError, match="above zero"):
        log2_ratio([0.0], [1.0], ["a"], seed=0)
