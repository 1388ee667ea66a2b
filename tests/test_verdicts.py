import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twolevers.errors import UsageError
from twolevers.evaluate.statistics import Interval, compare
from twolevers.evaluate.verdicts import Verdict, combine, judge

STEADY = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.06, 0.20, "supported"),
        (0.05, 0.20, "qualified"),  # touches the margin
        (0.01, 0.20, "qualified"),
        (0.01, 0.03, "qualified"),  # real, but smaller than what matters
        (0.0, 0.20, "too close to call"),
        (-0.01, 0.20, "too close to call"),
        (-0.20, 0.0, "too close to call"),
        (-0.20, -0.01, "contradicted"),
        (math.nan, math.nan, "too close to call"),
    ],
)
def test_each_rule(low, high, verdict):
    assert judge(Interval(low, high), expected="higher", margin=0.05) == verdict
    assert judge(Interval(-high, -low), expected="lower", margin=0.05) == verdict


@STEADY
@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 0.5))
def test_the_opposite_claim_is_never_favoured_by_the_same_interval(low, width, margin):
    interval = Interval(low, low + width)
    claim, opposite = (judge(interval, expected=way, margin=margin) for way in ("higher", "lower"))
    in_favour = {Verdict.SUPPORTED, Verdict.QUALIFIED}
    assert (claim in in_favour) == (opposite == Verdict.CONTRADICTED)
    assert (claim == Verdict.TOO_CLOSE) == (opposite == Verdict.TOO_CLOSE)


def test_a_comparison_is_judged_by_its_interval_whatever_its_p():
    a, b = np.repeat([1.0, 0.0], [90, 10]), np.repeat([1.0, 0.0], [40, 60])
    assert judge(compare(a, b), expected="higher", margin=0.2) == "supported"
    assert judge(compare(a, a), expected="higher") == "too close to call"
    assert judge(compare([], []), expected="higher") == "too close to call"


@pytest.mark.parametrize(
    ("verdicts", "combined"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "qualified"], "qualified"),
        (["supported", "contradicted"], "qualified"),
        (["supported", "too close to call"], "qualified"),
        (["qualified", "contradicted", "too close to call"], "qualified"),
        (["contradicted", "too close to call"], "contradicted"),
        (["too close to call", "too close to call"], "too close to call"),
        (["contradicted"], "contradicted"),
    ],
)
def test_combining_conditions(verdicts, combined):
    assert {combine(order) for order in itertools.permutations(verdicts)} == {combined}


def test_what_cannot_be_judged():
    with pytest.raises(UsageError, match="measure at least one"):
        combine([])
    with pytest.raises(UsageError, match="'higher' or 'lower'"):
        judge(Interval(0, 1), expected="up")
    with pytest.raises(UsageError, match="margin"):
        judge(Interval(0, 1), expected="higher", margin=-0.1)
    with pytest.raises(ValueError, match="perhaps"):
        combine(["perhaps"])
