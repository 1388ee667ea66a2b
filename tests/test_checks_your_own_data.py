"""Checks of exercise 15: each plausible mistake gets its own hint."""

import pytest
from checking import hint

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


def test_right_answers_pass(capsys):
    own_data.leaking_pages(lambda a, b: sorted(pages(a) & pages(b)))
    own_data.good_enough(lambda r, low, high, w: "yes" if low >= w else "no" if high < w else "cannot say")
    own_data.changes(found)
    assert capsys.readouterr().out.count("✓") == 3
