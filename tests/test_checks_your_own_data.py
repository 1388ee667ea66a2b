"""Checks of exercise 15: each plausible mistake gets its own hint."""

import pytest
from checking import hint

from twolevers.evaluate.evidence import Evidence
from twolevers.learn import Ledger
from twolevers.lessons.your_own_data import checks as own_data

pytestmark = pytest.mark.usefixtures("home")


def pages(rows):
    return {page for _, page in rows}


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda a, b: pages(a) & pages(b), "sorted list"),
        (lambda a, b: sorted(page for _, page in b if page in pages(a)), "more than once"),
        (lambda a, b: sorted(pages(a) | pages(b)), "either side"),
        (lambda a, b: sorted(pages(b) - pages(a)), "only on the test's side"),
        (lambda a, b: sorted({text for text, _ in a} & {text for text, _ in b}), "equal questions"),
        (lambda a, b: len(pages(a) & pages(b)), "name the pages"),
        (lambda a, b: None, "returned nothing"),
        (["ferry-lane.md"], "leave off the brackets"),
    ],
)
def test_a_leak_names_the_mistake(function, said):
    assert said in hint(own_data.leaking_pages, function)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda right, low, high, wanted: "yes" if right >= wanted else "no", "by the share alone"),
        (lambda right, low, high, wanted: low >= wanted, "in words"),
        (lambda right, low, high, wanted: "cannot say", "one side"),
        (lambda right, low, high, wanted: "yes" if low > wanted else "no" if high < wanted else "cannot say", "equal"),
        (lambda right, low, high, wanted: "maybe", "both ends"),
    ],
)
def test_good_enough_names_the_mistake(function, said):
    assert said in hint(own_data.good_enough, function)


def found(before, now, **other):
    right = {
        "changed": sorted(name for name in before if name in now and now[name] != before[name]),
        "gone": sorted(set(before) - set(now)),
        "new": sorted(set(now) - set(before)),
    }
    return right | other


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda b, n: found(b, n, changed=sorted(k for k in b if n.get(k) != b[k])), "in both"),
        (lambda b, n: found(b, n, gone=sorted(set(n) - set(b)), new=sorted(set(b) - set(n))), "wrong way round"),
        (lambda b, n: found(b, n, changed=sorted(k for k in b if n.get(k) == b[k])), "stayed the same"),
        (lambda b, n: {name: set(each) for name, each in found(b, n).items()}, "sets"),
        (lambda b, n: [], "Keys"),
    ],
)
def test_changes_name_the_mistake(function, said):
    assert said in hint(own_data.changes, function)


SHARES = {"prompt": (0.08, 0.03, 0.2), "rag": (0.58, 0.43, 0.71), "tuned": (0.62, 0.5, 0.7), "both": (0.83, 0.7, 0.9)}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"prompt": "no", "rag": "no", "tuned": "yes", "both": "yes"}, "use its interval"),
        ({"prompt": "no", "rag": "yes", "tuned": "yes", "both": "yes"}, "the high end"),
        ({"prompt": "no", "rag": "no", "tuned": "no", "both": "yes"}, "may still be good enough"),
        (dict.fromkeys(SHARES, "cannot say"), "Look at each arm"),
        ({"rag": "yes"}, "the keys should be"),
        ("yes", "from each arm to its word"),
    ],
)
def test_the_words_for_ones_own_arms_name_the_mistake(answer, said):
    assert said in hint(own_data.own_words, answer, SHARES)


def test_the_shares_are_those_of_the_ledger_or_made_up(capsys):
    assert own_data.own_shares() == own_data.PRACTICE
    rows = [row("rag", 0.5), row("both - rag", 0.1)]
    Ledger().add(*rows)
    assert own_data.own_shares() == {"rag": (0.5, 0.4, 0.6)}
    assert "made up" in capsys.readouterr().out


def row(arm, value):
    measured = {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 40, "seconds": 0.0}
    about = {"claim": "", "lesson": "15_your_own_data", "metric": "right", "model": "m", "data_hash": "d"}
    return Evidence(arm=arm, **measured, **about, machine="x", seed=None, created="2026-01-01T00:00:00+00:00")


def test_right_answers_pass(capsys):
    own_data.own_words({"prompt": "no", "rag": "cannot say", "tuned": "cannot say", "both": "yes"}, SHARES)
    own_data.leaking_pages(lambda a, b: sorted(pages(a) & pages(b)))
    own_data.good_enough(lambda r, low, high, w: "yes" if low >= w else "no" if high < w else "cannot say")
    own_data.changes(found)
    assert capsys.readouterr().out.count("✓") == 4
