"""Checks of exercise 05: each plausible mistake gets its own hint; the solutions pass."""

from types import SimpleNamespace

import pytest
from checking import hint

from twolevers.errors import UsageError
from twolevers.evaluate.statistics import wilson
from twolevers.lessons.staying_current import checks
from twolevers.lessons.staying_current.lab import lag

pytestmark = pytest.mark.usefixtures("home")


ROWS = {
    "opening": SimpleNamespace(value=-0.2, low=-0.4, high=0.1, n=40),
    "later": SimpleNamespace(value=0.7, low=0.5, high=0.9, n=50),
}
ITEMS = {"opening": -8, "later": 35}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"opening": -0.2, "later": 0.7}, "multiply each by its n"),
        ({"opening": -20, "later": 70}, "points of a hundred"),
        ({"opening": 8, "later": 35}, "below zero"),
        ({"opening": 8, "later": -35}, "turned round"),
        ({"opening": 40, "later": 50}, "how many facts were asked"),
        ({"opening": -3, "later": 1}, "times the number of facts"),
        ({"later": 35}, "the keys should be"),
        (35, "Make a dictionary"),
    ],
)
def test_own_items_name_the_mistake(answer, said):
    assert said in hint(checks.own_items, answer, ROWS)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (["opening", "later"], "opening: zero lies within"),
        ([], "later: its whole interval"),
        (["noon"], "the parts are opening and later"),
        ("later", "List the parts by name"),
    ],
)
def test_own_decided_names_the_mistake(answer, said):
    assert said in hint(checks.own_decided, answer, ROWS)


def test_without_a_run_the_lesson_is_named():
    with pytest.raises(UsageError, match="run notebooks/05_staying_current"):
        checks.own_rows()


def lags(changes, starts, takes, *, seen=lambda start, change: start >= change, pick=min, sign=1):
    found = []
    for change in changes:
        read = [start for start in starts if seen(start, change)]
        found.append(sign * (pick(read) - change + takes) if read else None)
    return found


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda changes, starts, takes: lags(changes, starts, 0), "add what it takes"),
        (lambda changes, starts, takes: lags(changes, starts, takes, sign=-1), "sign is turned round"),
        (lambda c, s, t: lags(c, s, t, seen=lambda start, change: start > change), "very start of a refresh"),
        (lambda c, s, t: lags(c, s, t, seen=lambda start, change: start <= change, pick=max), "before the change"),
        (lambda changes, starts, takes: lags(changes, starts, takes, pick=max), "not the last"),
        (lambda changes, starts, takes: [starts[1] - starts[0] + takes] * len(changes), "longest possible"),
        (lambda c, s, t: sum(lags(c, s, t)) / len(c), "not their mean"),
        (lambda c, s, t: [lag for lag in lags(c, s, t) if lag is not None], "after minute 70"),
        (lambda c, s, t: [lag or 0 for lag in lags(c, s, t)], "after minute 70"),
    ],
)
def test_lags_name_the_mistake(function, said):
    assert said in hint(checks.lags, function)


@pytest.fixture(scope="module")
def shop():
    return checks.day()


@pytest.mark.parametrize(
    ("every", "old", "said"),
    [
        (6, 0.1, "leaves the cache out"),
        (10, 0.1, "goes by the mean"),
        (5, 0.1, "breaks the promise"),
        (3, 0.1, "rarer polls keep it as well"),
        (0, 0.1, "from 1 to 12"),
        (4.5, 0.1, "a whole number"),
        (4, 9.0, "a share from 0 to 1"),
        (4, 0.5, "as out_of_date"),
        (4, 0.199, "polls that are too rare"),
    ],
)
def test_a_promise_names_the_mistake(every, old, said, shop):
    assert said in hint(checks.promise, every, old, shop)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("May", "few questions"),
        ("June", "last month asked about"),
        ("April", "hardly anything"),
        ("February", "highest share"),
        ("march", "the months are"),
        (3, "a month's name"),
    ],
)
def test_the_last_month_names_the_mistake(answer, said):
    assert said in hint(checks.last_month, answer, checks.practice_months())


def test_the_solutions_pass(capsys, shop):
    months = checks.practice_months()
    checks.own_items(ITEMS, ROWS)
    checks.own_decided(["later"], ROWS)
    checks.lags(lags)
    checks.promise(4, lag(shop, 4, 4)["out_of_date"], shop)
    checks.last_month([row.month for row in months.itertuples() if wilson(row.right, row.n).low > 0.25][-1], months)
    assert capsys.readouterr().out.count("✓") == 6
