"""Checks of exercise 02: each plausible mistake gets its own hint; the solution passes."""

import math
from types import SimpleNamespace

import pytest
from checking import hint

from twolevers.errors import UsageError
from twolevers.evaluate.metrics import answer_match, is_refusal, mentions
from twolevers.evaluate.statistics import compare
from twolevers.lessons.changing_data import checks

pytestmark = pytest.mark.usefixtures("home")


def outcome(said, now, before):
    if answer_match(said, now):
        return "right"
    if answer_match(said, before):
        return "old value"
    return "refused" if is_refusal(said) else "another value"


def by_letters(said, now, before):
    inside = [any(one in said for one in accepted) for accepted in (now, before)]
    return "right" if inside[0] else "old value" if inside[1] else "refused" if is_refusal(said) else "another value"


def exact(said, now, before):
    number = said.removeprefix("It is ").removesuffix(" [1].")
    return "right" if number in now else outcome(said, [], before)


def two_kinds(said, now, before):
    return "right" if answer_match(said, now) else "old value"


def no_refusal(said, now, before):
    found = outcome(said, now, before)
    return "another value" if found == "refused" else found


def refusal_is_right(said, now, before):
    return "right" if not now else outcome(said, now, before)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (by_letters, "143 dB"),
        (exact, "1.2 kW and 1200 W are the same"),
        (two_kinds, "not every wrong answer is an old one"),
        (no_refusal, "no value at all"),
        (refusal_is_right, "nothing is true of a page that is gone"),
        (lambda said, now, before: "right" if answer_match(said, now) else "another value", "an update would cure it"),
        (lambda said, now, before: "correct", "the four words are"),
        (lambda said, now, before: None, "returned nothing"),
    ],
)
def test_sorting_names_the_mistake(function, said):
    assert said in hint(checks.outcome, function)


ROW = SimpleNamespace(value=6.0, low=5.5, high=6.5)


def ends(way):
    return {name: way(getattr(ROW, name)) for name in checks.ENDS}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (64.0, "Make a dictionary"),
        ({"value": 64.0}, 'the keys should be "value", "low" and "high"'),
        (ends(lambda value: value), "the row as it stands"),
        (ends(math.exp), "take two to it"),
        (ends(lambda value: 10**value), "take two to it"),
        (ends(lambda value: 2**-value), "turned round"),
        (ends(lambda value: 2 * value), "doubles the value"),
        (ends(lambda value: value**2), "that is the square"),
        (ends(lambda value: 100.0), "The row's metric says log2"),
    ],
)
def test_reading_the_own_row_names_the_mistake(answer, said):
    assert said in hint(checks.own_ratio, answer, ROW)


@pytest.mark.parametrize(
    ("row", "answer", "said"),
    [
        (ROW, "too close to call", "zero inside"),
        (ROW, "qualified", "the low end again"),
        (ROW, "contradicted", "below zero"),
        (ROW, "true", "the words are supported"),
        (SimpleNamespace(low=0.5, high=2.0), "supported", "twice as long"),
    ],
)
def test_the_own_verdict_names_the_mistake(row, answer, said):
    assert said in hint(checks.own_verdict, answer, row)


def test_the_own_row_is_asked_for_before_the_lesson_was_run():
    with pytest.raises(UsageError, match="run notebooks/02_changing_data"):
        checks.own_row()


@pytest.fixture(scope="module")
def scores():
    return checks.practice_scores()


def test_the_practice_scores_tell_the_wrong_ways_apart(scores):
    gaps = [scores[f"rag_{month}"].mean() - scores[f"tuned_{month}"].mean() for month in (0, 12)]
    assert 0 < gaps[0] < gaps[1]
    grown = [scores[f"{arm}_12"] - scores[f"{arm}_0"] for arm in ("rag", "tuned")]
    loose, clustered = (compare(*grown, clusters).interval for clusters in (None, scores["product"]))
    assert clustered.low < loose.low and clustered.low > 0


def test_the_gap_names_the_mistake(scores, capsys):
    product = scores["product"]
    rag, tuned = (scores[f"{arm}_12"] - scores[f"{arm}_0"] for arm in ("rag", "tuned"))
    none = [0] * len(scores)
    assert "whole gap" in hint(checks.gap, compare(scores["rag_12"], scores["tuned_12"], product), scores)
    assert "gap at month 0" in hint(checks.gap, compare(scores["rag_0"], scores["tuned_0"], product), scores)
    assert "tuned model alone" in hint(checks.gap, compare(none, tuned, product), scores)
    assert "sign is turned round" in hint(checks.gap, compare(tuned, rag, product), scores)
    assert "as independent" in hint(checks.gap, compare(rag, tuned), scores)
    assert "compare()" in hint(checks.gap, 0.35, scores)
    checks.gap(compare(rag, tuned, product), scores)
    assert "✓" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda places, product: [n for n, text in places if product in text], "elda-2031 or ELDA 2031"),
        (
            lambda places, product: [n for n, text in places if product.casefold() in text.casefold()],
            "the Velda 2031 is another product",
        ),
        (lambda places, product: [n for n, _ in places if mentions(n, product)], "not at the ids"),
        (lambda places, product: [n for n, text in places if not mentions(text, product)], "turn the test round"),
        (lambda places, product: [text for _, text in places if mentions(text, product)], "ids, not the texts"),
        (lambda places, product: [n for n, t in places if mentions(t, "Elda 2031")], "that was passed in"),
    ],
)
def test_leftovers_name_the_mistake(function, said):
    assert said in hint(checks.leftovers, function)


def test_the_solutions_pass(capsys):
    checks.outcome(outcome)
    checks.own_ratio(ends(lambda value: 2**value), ROW)
    checks.own_verdict("supported", ROW)
    checks.leftovers(lambda places, product: [name for name, text in places if mentions(text, product)])
    assert capsys.readouterr().out.count("✓") == 4
