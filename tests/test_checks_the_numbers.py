"""Checks of exercise 11: each plausible mistake gets its own hint."""

import math

import pytest
from checking import hint

from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import combine, judge
from twolevers.lessons.the_numbers import checks as the_numbers

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda v, low, high: (2**v, 2**low, 2**high), "still tuned / RAG"),
        (lambda v, low, high: (2**-v, 2**-low, 2**-high), "its ends change places"),
        (lambda v, low, high: (-v, -high, -low), "still a logarithm"),
        (lambda v, low, high: (math.exp(-v), math.exp(-high), math.exp(-low)), "base 2, not e"),
        (lambda v, low, high: (10**-v, 10**-high, 10**-low), "base 2, not 10"),
        (lambda v, low, high: 2**-v, "three numbers"),
        ((0.25, 0.125, 0.5), "leave off the brackets"),
    ],
)
def test_a_log_ratio_names_the_mistake(function, said):
    assert said in hint(the_numbers.in_times, function)


def judged(rows, margin=the_numbers.MARGIN):
    return [judge(Interval(row.low, row.high), expected="higher", margin=margin) for row in rows.itertuples()]


def oldest(rows):
    return rows.sort_values("created").groupby("measure").head(1)


def newest(rows):
    return rows.sort_values("created").groupby("measure").tail(1)


def in_place(rows, margin):
    rows.sort_values("created", inplace=True, ignore_index=True)
    return str(combine(judged(newest(rows))))


def joined(rows, margin):
    rows = newest(rows)
    return str(judge(Interval(rows["low"].min(), rows["high"].max()), expected="higher", margin=margin))


def best(rows, margin):
    order = ["contradicted", "too close to call", "qualified", "supported"]
    return max(map(str, judged(newest(rows))), key=order.index)


def worst(rows, margin):
    order = ["supported", "qualified", "too close to call", "contradicted"]
    return max(map(str, judged(newest(rows))), key=order.index)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda rows, margin: str(combine(judged(rows))), "only the newest row counts"),
        (lambda rows, margin: str(combine(judged(oldest(rows)))), "an old row is counted"),
        (lambda rows, margin: str(judged(rows.sort_values("created"))[0]), "the verdict of the oldest row"),
        (joined, "opposite rows do not cancel out"),
        (best, "one row in favour is not enough"),
        (worst, "one row against is not enough"),
        (lambda rows, margin: str(combine(judged(newest(rows), 0.0)[-1:] * 2)), "claim X2"),
        (in_place, "work on a copy"),
        (lambda rows, margin: judged(newest(rows)), "claim X1"),
        (lambda rows, margin: None, "returned nothing"),
        (lambda rows, margin: rows["verdict"], "KeyError"),
    ],
)
def test_a_cell_names_the_mistake(function, said):
    assert said in hint(the_numbers.cell, function)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda h, rag, tuned, wage, m: max(0.0, (h * wage + rag - tuned) / wage), "the margin is missing"),
        (lambda h, rag, tuned, wage, m: (m * (h * wage + rag) - tuned) / wage, "the margin is missing"),
        (lambda h, rag, tuned, wage, m: 2**m * (h * wage + rag) - tuned, "divide by the wage"),
        (lambda h, rag, tuned, wage, m: 2**m * (h * wage + rag) / wage, "the machine of the tuned arm"),
        (lambda h, rag, tuned, wage, m: 2**m * h, "compare money, not hours"),
        (lambda h, rag, tuned, wage, m: (2**m * h * wage - tuned) / wage, "the machine of the RAG arm"),
        (lambda h, rag, tuned, wage, m: (2**m * (h * wage + rag) - tuned) / wage, "hours cannot be below zero"),
        (lambda h, rag, tuned, wage, m: 1.0, "Set both costs equal"),
    ],
)
def test_hours_to_turn_names_the_mistake(function, said):
    assert said in hint(the_numbers.hours_to_turn, function)


def test_the_practice_ledger_has_every_kind_of_case():
    rows = the_numbers.practice_ledger()
    assert {str(combine(judged(newest(group)))) for _, group in rows.groupby("claim")} == {
        *("supported", "qualified", "contradicted")
    }
    assert any(len(group) > group["measure"].nunique() for _, group in rows.groupby("claim"))


def row(**other):
    return {"value": 0.3, "low": 0.25, "high": 0.4, "n": 60, "margin": 0.1, "basis": "measured", **other}


@pytest.mark.parametrize(
    ("verdict", "wanted"),
    [
        (row(), set()),
        (row(low=-0.1), {"interval"}),
        (row(low=0.15), {"margin"}),
        (row(n=29), {"few"}),
        (row(basis="assumed hours"), {"assumed"}),
        (row(low=-0.1, n=8, basis="priced"), {"interval", "few", "assumed"}),
    ],
)
def test_the_objections_are_those_that_apply(verdict, wanted, capsys):
    assert the_numbers.objections(verdict) == wanted
    the_numbers.stands({"objections": wanted, "stand": "attack" if wanted else "defend"}, verdict)
    assert "✓" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("attack", "Make a dictionary"),
        ({"stand": "attack"}, "the keys should be"),
        ({"objections": "few", "stand": "attack"}, "is a set"),
        ({"objections": {"n"}, "stand": "attack"}, "the objections are"),
        ({"objections": set(), "stand": "defend"}, "“interval” applies"),
        ({"objections": {"interval"}, "stand": "attack"}, "“few” applies"),
        ({"objections": {"interval", "few", "margin"}, "stand": "attack"}, "“margin” does not apply"),
        ({"objections": {"interval", "few", "assumed"}, "stand": "attack"}, "“assumed” does not apply"),
        ({"objections": {"interval", "few"}, "stand": "no"}, 'stand is "defend" or "attack"'),
        ({"objections": {"interval", "few"}, "stand": "defend"}, "attacked when one does"),
    ],
)
def test_the_stand_names_the_mistake(case, said):
    assert said in hint(the_numbers.stands, case, row(low=-0.1, n=8))


def test_an_empty_ledger_gives_a_made_up_row(capsys):
    verdict = the_numbers.own_verdict()
    assert "made up" in capsys.readouterr().out
    assert the_numbers.objections(verdict) == {"few"}
