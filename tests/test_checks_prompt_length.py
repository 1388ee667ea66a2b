"""Exercise 09: each plausible mistake gets its own hint."""

import math

import pytest
from checking import hint

from twolevers.lessons.prompt_length import checks, kept_start

pytestmark = pytest.mark.usefixtures("home")


def kept(without, trained, guide):
    return (trained - without) / (guide - without) if guide > without else math.nan


def test_the_share_kept():
    checks.gain_kept(kept)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda without, trained, guide: trained / guide, "it was there before"),
        (lambda without, trained, guide: 1 - kept(without, trained, guide), "the share lost"),
        (lambda without, trained, guide: (guide - without) / (trained - without), "upside down"),
        (lambda without, trained, guide: trained - without, "divide it by the gain of the guide"),
        (lambda without, trained, guide: trained / without, "start both gains"),
        (lambda without, trained, guide: min(1.0, kept(without, trained, guide)), "more than the whole gain"),
        (lambda without, trained, guide: max(0.0, kept(without, trained, guide)), "keep the sign"),
        (lambda without, trained, guide: (trained - without) / (guide - without), "divides by zero"),
        (lambda *args: 0.0 if math.isnan(kept(*args)) else kept(*args), "there is no share of it"),
        (0.75, "leave off the brackets"),
    ],
)
def test_gain_kept_names_the_mistake(function, said):
    assert said in hint(checks.gain_kept, function)


RIGHT = {"long prompt": 0.57, "long prompt, guide kept": 0.345, "tuned": 0.54, "cheap tuned": 0.12}


def test_the_costs():
    checks.cost_per_1000(RIGHT)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (list(RIGHT.values()), "Make a dictionary"),
        ({"tuned": 0.54}, "the keys should be"),
        ({way: 1000 * cost for way, cost in RIGHT.items()}, "for a million replies"),
        (RIGHT | {"tuned": 3.24}, "do without the guide"),
        (RIGHT | {"tuned": 0.12}, "prices of its own"),
        (RIGHT | {"long prompt, guide kept": 0.12}, "not free"),
        (RIGHT | {"long prompt": 0.48}, "the reply's tokens cost as well"),
        (RIGHT | {"tuned": 0.5}, "Tokens in × price in"),
    ],
)
def test_costs_name_the_mistake(answer, said):
    assert said in hint(checks.cost_per_1000, answer)


def start(one, two):
    return next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda one, two: sum(a == b for a, b in zip(one, two, strict=False)), "after a difference do not count"),
        (lambda one, two: len(set(one) & set(two)), "after a difference do not count"),
        (lambda one, two: start(one, two) + 1, "counts the first difference"),
        (lambda one, two: start(one, two) - 1, "counted from 0"),
        (lambda one, two: one[: start(one, two)], "how many are they"),
        (lambda one, two: start(one, two) or 1, "differs already"),
        (None, "not started yet"),
    ],
)
def test_a_shared_start_names_the_mistake(function, said):
    assert said in hint(kept_start.shared, function)


def words(text):
    return [sum(map(ord, word)) for word in text.split()]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (["guide", "letter"], "each of date, guide, examples, letter"),
        (["guide", "guide", "examples", "date", "letter"], "twice"),
        (["date", "guide", "examples", "letter"], "only 3 tokens can be kept so: the date stands before the guide"),
        (["examples", "letter", "guide", "date"], "the letter stands before the guide"),
        (["guide", "date", "examples", "letter"], "the date stands before the examples"),
        (["guide", "letter", "examples", "date"], "the letter stands before the examples"),
        (["guide", "examples", "letter", "date"], "put it last"),
        ("guide", "list"),
    ],
)
def test_an_order_of_parts_names_the_mistake(answer, said):
    assert said in hint(kept_start.order, answer, words)


def test_a_start_that_is_kept_passes(capsys):
    kept_start.shared(start)
    kept_start.order(["guide", "examples", "date", "letter"], words)
    kept_start.order(("examples", "guide", "date", "letter"), words)
    assert capsys.readouterr().out.count("✓") == 3


REPLIES = checks.practice_replies()


def test_the_training_set():
    checks.training_set([0, 5, 8], REPLIES)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("0, 5, 8", "Make a list"),
        ([0, 5, 10], "from 0 to 9"),
        ([0, 3, 5, 8], "that is a leak"),
        ([0, 4, 5, 8], "breaks a rule"),
        ([0, 2, 5, 8], "style is not truth"),
        ([0, 5, 8, 9], "stands there twice"),
        ([0, 5], "a reply is missing"),
    ],
)
def test_training_set_names_the_mistake(answer, said):
    assert said in hint(checks.training_set, answer, REPLIES)
