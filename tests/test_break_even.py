"""Closed forms against brute force: break-even, surface, sensitivity."""

import math

import numpy as np
import pytest

from twolevers.cost.break_even import break_even, sensitivity, surface
from twolevers.cost.model import Costs, total
from twolevers.errors import UsageError

RAG = Costs("rag", 10.0, 0.0, 0.003, 1.0)
TUNED = Costs("tuned", 100.0, 5.0, 0.001, 20.0)


def cheaper(challenger: Costs, incumbent: Costs, volume: float, updates: float, months: float) -> bool:
    sides = (total(arm, months * volume, months * updates, months) for arm in (challenger, incumbent))
    left, right = sides
    return left < right


@pytest.mark.parametrize("updates", [0, 1, 30])
@pytest.mark.parametrize("months", [1, 12])
def test_the_closed_form_is_where_the_bills_cross(updates, months):
    found = break_even(TUNED, RAG, updates, months)
    assert found.side == "above"
    assert not cheaper(TUNED, RAG, found.requests * 0.999, updates, months)
    assert cheaper(TUNED, RAG, found.requests * 1.001, updates, months)


def test_any_two_arms_agree_with_brute_force():
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(300):
        one, other = (Costs(name, *(float(v) for v in rng.integers(0, 4, 4))) for name in ("tuned", "rag"))
        updates, months = float(rng.integers(0, 4)), float(rng.integers(1, 5))
        found = break_even(one, other, updates, months)
        seen.add(found.side)
        for volume in (0.01, 0.5, 3.3, 700.7, 1e7):
            wins = {"above": volume > found.requests, "below": volume < found.requests, "always": True, "never": False}
            assert cheaper(one, other, volume, updates, months) == wins[found.side], (one, other, found, volume)
    assert seen == {"above", "below", "always", "never"}


def test_never_is_an_answer():
    found = break_even(Costs("tuned", 100.0, 0.0, 0.01, 0.0), RAG, updates=0)
    assert found.side == "never" and math.isinf(found.requests) and "never" in found.words()
    assert break_even(RAG, RAG, 1).side == "never"


def test_more_updates_move_the_break_even_up():
    volumes = [break_even(TUNED, RAG, updates).requests for updates in (0, 1, 10, 100)]
    assert volumes == sorted(volumes) and volumes[0] < volumes[-1]


@pytest.mark.parametrize(("updates", "months"), [(-1, 12), (1, 0), (1, -3), (float("nan"), 12)])
def test_impossible_times_are_refused(updates, months):
    with pytest.raises(UsageError, match="give months > 0"):
        break_even(TUNED, RAG, updates, months)


def test_the_surface_agrees_with_the_bills():
    table = surface([RAG, TUNED, Costs("both", 50.0, 0.0, 0.002, 1.0)], [10, 1e4, 1e6], [0, 5], months=6)
    assert len(table) == 6 and (table["factor"] >= 1).all()
    for row in table.itertuples():
        arms = {"rag": RAG, "tuned": TUNED, "both": Costs("both", 50.0, 0.0, 0.002, 1.0)}
        bills = {name: total(arm, 6 * row.requests, 6 * row.updates, 6) for name, arm in arms.items()}
        first, second = sorted(bills.values())[:2]
        assert row.cost == pytest.approx(first) == pytest.approx(bills[row.arm])
        assert row.factor == pytest.approx(second / first)


def test_sensitivity_has_a_row_for_each_pair():
    def priced(ratio, premium):
        return Costs("tuned", 10, 0, 0.001 * premium, 0), Costs("rag", 0, 0, 0.001 * ratio, 0)

    table = sensitivity(priced, (1, 4), (1, 2, 6), updates=0, months=1).set_index(["ratio", "premium"])
    assert table.loc[(4, 2), "requests"] == pytest.approx(10 / 0.002)
    assert table.loc[(4, 6), "side"] == "never" and table.loc[(1, 1), "side"] == "never"
