"""Exercise 04: each plausible mistake gets its own hint."""

import math

import numpy as np
import pytest
from checking import hint

from twolevers.data.questions import ask, load_questions
from twolevers.lessons.large_collections import checks

pytestmark = pytest.mark.usefixtures("home")
HOURS = 60_000_000 * 13 / 8_000 / 3600
RATIO = math.log2(3600 * HOURS / 120)


def recall(score, cut=True, pool=np.mean):
    def recall_of_index(exact, approximate, k):
        pairs = [(a[:k], b[:k]) if cut else (a, b) for a, b in zip(exact, approximate, strict=True)]
        return float(pool([score(a, b, k) for a, b in pairs]))

    return recall_of_index


def share(near, found, k):
    return len(set(near) & set(found)) / k


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (recall(lambda a, b, k: sum(x == y for x, y in zip(a, b, strict=True)) / k), "The order does not count"),
        (recall(lambda a, b, k: len(set(a) & set(b)) / len(set(a) | set(b))), "divided by the union"),
        (recall(lambda a, b, k: bool(set(a) & set(b))), "any hit"),
        (recall(lambda a, b, k: len(set(a) & set(b))), "the number that came"),
        (recall(share, pool=np.sum), "sum over the questions"),
        (recall(share, pool=lambda shares: 1 - np.mean(shares)), "the share missed"),
        (recall(share, cut=False), "first k of both lists only"),
        (lambda a, b, k: [share(x[:k], y[:k], k) for x, y in zip(a, b, strict=True)], "the mean over the questions"),
        (0.75, "leave off the brackets"),
    ],
)
def test_recall_names_the_mistake(function, said):
    assert said in hint(checks.recall_of_index, function)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (lambda ms: ms.mean(), "Those are means"),
        (lambda ms: ms.median(), "Those are medians"),
        (lambda ms: ms.max(), "the slowest of all"),
        (lambda ms: ms.quantile(0.05), "the fastest twentieth"),
        (lambda ms: ms.mean() + 1.96 * ms.std(), "not normal"),
        (lambda ms: ms.quantile(0.99), "is it the 95th percentile"),
    ],
)
def test_tails_name_the_mistake(way, said):
    times = checks.practice_times()
    tails = {engine: way(group) for engine, group in times.groupby("engine")["ms"]}
    assert said in hint(checks.kept_promise, tails, times)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (["swift"], "best median, and yet"),
        (["swift", "steady", "spiky"], "best median, and yet"),
        (["steady"], "one very slow search"),
        (["spiky"], "one more engine"),
        (["Steady"], "name engines of the table"),
        ("steady", "is wanted"),
    ],
)
def test_keepers_name_the_mistake(answer, said):
    assert said in hint(checks.keepers, answer, checks.practice_times())


ASKED = ask(load_questions().query("entity == 'Brisola 2022' and attribute == 'price'"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ASKED[0].text, "the question as printed"),
        ("price?", "too short"),
        ("For the Brisola 2023, what is the list price?", "another product"),
        ("When do you open in the morning?", "nobody could tell"),
        ("What is the price of the Brisola 2022, please?", "still comes in place 2"),
        (5, "should be a text"),
    ],
)
def test_a_search_to_break_names_the_mistake(text, said):
    def find(_):
        return ["Brisola 2026", "Brisola 2022"]

    assert said in hint(checks.broken, {"Brisola 2022": text}, ASKED, find)


def test_a_search_to_break_wants_every_product_and_lets_a_hidden_page_pass():
    assert "the keys should be" in hint(checks.broken, {}, ASKED, list)
    checks.broken({"Brisola 2022": "What is the list price of my kettle?"}, ASKED, lambda text: ["Elda 2030"])


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (HOURS * 3600, "Those are seconds"),
        (HOURS * 60, "Those are minutes"),
        (HOURS / 24, "Those are days"),
        (60e6 / np.mean([500, 750, 4000 / 7]) / 3600, "weighs short pieces as much"),
        (60e6 * 8_000 / 13 / 3600, "upside down"),
        (60e6 * 7 / 4_000 / 3600, "the last piece alone"),
        (1.0, "not the expected value"),
    ],
)
def test_hours_name_the_mistake(hours, said):
    assert said in hint(checks.extrapolated, hours, RATIO)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (-RATIO, "upside down"),
        (2**RATIO, "the ratio itself"),
        (RATIO * math.log(2), "natural logarithm"),
        (RATIO * math.log10(2), "base 10"),
        (math.log2(HOURS / 120), "Hours over seconds"),
    ],
)
def test_ratios_name_the_mistake(ratio, said):
    assert said in hint(checks.extrapolated, HOURS, ratio)
