"""Checks of exercise 14: each plausible mistake gets its own hint."""

import pytest
from checking import hint

from twolevers.learn.check import CheckFailed
from twolevers.lessons.capstone import checks as capstone

pytestmark = pytest.mark.usefixtures("home")


def first(weights):
    """An advisor to whom `rag` comes first until cost weighs 4 or quality 1."""
    return "prompt" if weights["cost"] >= 4 or weights["quality"] <= 1 else "rag"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "one weight alone does turn it"),
        ({"cost": 4}, "the keys should be"),
        (4, "All six criteria"),
        (capstone.CLIENT, "no weight has moved"),
        (capstone.CLIENT | {"cost": 4, "speed": 3}, "more than one"),
        (capstone.CLIENT | {"cost": 3}, "rag is still first"),
        (capstone.CLIENT | {"cost": 5}, "smaller step"),
        (capstone.CLIENT | {"quality": 1}, "smaller step"),
        (capstone.CLIENT | {"cost": 12}, "from 0 to 10"),
        (..., "not started yet"),
    ],
)
def test_turning_the_advice_names_the_mistake(answer, said):
    assert said in hint(capstone.turned, answer, first)


def test_advice_that_no_weight_turns_is_none(capsys):
    capstone.turned(capstone.CLIENT | {"cost": 4}, first)
    capstone.turned(None, lambda weights: "rag")
    assert "none turns it" in hint(capstone.turned, capstone.CLIENT | {"cost": 9}, lambda weights: "rag")
    assert capsys.readouterr().out.count("✓") == 2


def level(lead, gap):
    return lead / (lead + gap) if gap > 0 else None


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda lead, gap: lead / gap, "times (1 − w)"),
        (lambda lead, gap: gap / (lead + gap), "everything else"),
        (lambda lead, gap: lead - gap, "a weight is wanted"),
        (lambda lead, gap: lead / (lead + gap), "no weight turns it"),
        (lambda lead, gap: 0.5, "lead × (1 − w)"),
        (lambda lead, gap: 0.0, "does not turn at 0"),
        (0.2, "leave off the brackets"),
    ],
)
def test_the_turning_weight_names_the_mistake(function, said):
    assert said in hint(capstone.turning_weight, function)


def naive(shares):
    table = shares.groupby(["brief", "arm"])["share"].mean().unstack()
    return table.max(axis=1).mean() - table.mean().max()


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda shares: capstone.gain(shares, peek=True), "choose on the other one"),
        (lambda shares: capstone.gain(shares, halves=(0,)), "one half only"),
        (lambda shares: capstone.gain(shares, halves=(1,)), "one half only"),
        (naive, "so on what it scores"),
        (lambda shares: -capstone.gain(shares), "turn the difference round"),
        (lambda shares: 0.0, "compares the single arm with itself"),
        (lambda shares: shares["rank"], "KeyError"),
        (lambda shares: 0.25, "returned 0.25"),
    ],
)
def test_the_honest_gain_names_the_mistake(function, said):
    assert said in hint(capstone.honest_gain, function)


def test_the_practice_table_rewards_peeking():
    table = capstone.practice_halves()
    assert capstone.gain(table, peek=True) > capstone.gain(table)
    assert naive(table) > capstone.gain(table)


def test_weights_moved_in_the_clients_own_dictionary_are_moves(monkeypatch):
    mine = dict(capstone.CLIENT)
    monkeypatch.setattr(capstone, "CLIENT", mine)  # what the notebook's CLIENT is
    mine["cost"] = 4
    capstone.turned(mine, first)
    with pytest.raises(CheckFailed, match="run them again"):
        capstone.turned(mine, "rag")
