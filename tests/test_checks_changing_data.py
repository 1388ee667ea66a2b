"""Checks of exercise 02: each plausible mistake gets its own hint; the solution passes."""

import pytest
from checking import hint

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


def changes(before, after):
    return {name for name, text in after.items() if before.get(name) != text}, set(before) - set(after)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda before, after: (set(after), set(before) - set(after)), "b did not change"),
        (lambda before, after: (set(after) - set(before), set(before) - set(after)), "the text of a changed"),
        (
            lambda before, after: (
                {n for n in after if n in before and before[n] != after[n]},
                set(before) - set(after),
            ),
            "d is new",
        ),
        (lambda before, after: (changes(before, after)[0], set()), "c is gone from the pages"),
        (lambda before, after: changes(before, after)[::-1], "turned round"),
        (lambda before, after: ({n for n in before | after if before.get(n) != after.get(n)}, {"c"}), "no text left"),
        (
            lambda before, after: (changes(before, after)[0], {n for n in before if before[n] != after.get(n)}),
            "take out only what is gone",
        ),
        (
            lambda before, after: (
                {n for n, text in after.items() if len(before.get(n, "")) != len(text)},
                set(before) - set(after),
            ),
            "compare the texts themselves",
        ),
        (lambda before, after: changes(before, after)[0], "Return two sets"),
    ],
)
def test_planning_a_refresh_names_the_mistake(function, said):
    assert said in hint(checks.changes, function)


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
    checks.changes(changes)
    checks.leftovers(lambda places, product: [name for name, text in places if mentions(text, product)])
    assert capsys.readouterr().out.count("✓") == 3
