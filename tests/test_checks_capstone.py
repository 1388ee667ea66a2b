"""Checks of exercise 14: each plausible mistake gets its own hint."""

import pytest
from checking import hint

from twolevers.lessons.capstone import checks as capstone

pytestmark = pytest.mark.usefixtures("home")


def sums(utilities, weights):
    return {arm: sum(weights[name] * row[name] for name in weights) for arm, row in utilities.items()}


def best(utilities, weights):
    found = sums(utilities, weights)
    return max(found, key=found.get)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (sums, "stays between 0 and 1"),
        (lambda u, w: {arm: sum(row.values()) / len(row) for arm, row in u.items()}, "use the weights"),
        (lambda u, w: {arm: value / len(w) for arm, value in sums(u, w).items()}, "not by their number"),
        (best, "not the first arm alone"),
        (lambda u, w: [0.5], "A dict"),
        (lambda u, w: None, "returned nothing"),
        ({"rag": 0.5}, "leave off the brackets"),
    ],
)
def test_weighing_names_the_mistake(function, said):
    assert said in hint(capstone.weigh, function)


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
