"""Checks of exercise 08: the solution passes, and each plausible mistake gets its own hint."""

import numpy as np
import pandas as pd
import pytest
from checking import hint

from twolevers.evaluate.metrics import macro_f1
from twolevers.lessons.narrow_tasks import checks, real_labels

pytestmark = pytest.mark.usefixtures("home")


def test_the_courses_own_measure_passes():
    checks.macro_f1(macro_f1)


def share_right(true, said):
    return sum(a == b for a, b in zip(true, said, strict=True)) / len(true)


def f1(true, said, name):
    right = sum(a == b == name for a, b in zip(true, said, strict=True))
    return 2 * right / (list(true).count(name) + list(said).count(name))


def over(classes):
    def macro(true, said):
        return float(np.mean([f1(true, said, name) for name in classes(true, said)]))

    return macro


def weighted(true, said):
    return sum(f1(true, said, name) * true.count(name) for name in set(true)) / len(true)


def dropping(true, said):
    kept = [(a, b) for a, b in zip(true, said, strict=True) if b in true]
    return over(lambda t, s: sorted(set(t)))(*map(list, zip(*kept, strict=True)))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (share_right, "share right"),
        (over(lambda t, s: sorted(set(t) & set(s))), "left out"),
        (weighted, "weighs the classes by size"),
        (over(lambda t, s: sorted(set(t) | set(s))), "counted as a class"),
        (dropping, "were dropped"),
        (0.5, "leave off the brackets"),
        (lambda true, said: None, "returned nothing"),
    ],
)
def test_macro_f1_names_the_mistake(function, said):
    assert said in hint(checks.macro_f1, function)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda s, n: max(s, key=s.get), "subtract `neutral` first"),
        (lambda s, n: min(s, key=lambda name: s[name] - n[name]), "Lantern is what the model says"),
        (lambda s, n: min(s, key=s.get), "least likely"),
        (lambda s, n: max(s[name] - n[name] for name in s), "return the label"),
        (lambda s, n: min(s, key=lambda name: s[name] / n[name]), "not the quotient"),
    ],
)
def test_calibration_names_the_mistake(function, said):
    assert said in hint(checks.choose, function)


def once(rows, rng):
    return rows


def twice_as_once(rows, rng):
    return rows[rows["scenario"].isin(rng.choice(rows["scenario"].unique(), 40))]


def fixed(rows, rng):
    parts = dict(list(rows.groupby("scenario")))
    return pd.concat([parts[name] for name in np.random.default_rng(0).choice(list(parts), len(parts))])


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda rows, rng: rows.sample(frac=1, replace=True, random_state=1), "single messages were drawn"),
        (twice_as_once, "a scenario drawn twice comes in twice"),
        (once, "with replacement"),
        (fixed, "use the `rng`"),
        (lambda rows, rng: None, "returned nothing"),
        (lambda rows, rng: list(rows["scenario"]), "a table is wanted"),
        (lambda rows, rng: rows[["scenario"]], "keep all its columns"),
    ],
)
def test_resampling_names_the_mistake(function, said):
    assert said in hint(checks.resample, function)


def cheapest_of(keep):
    return lambda table, margin: table[keep(table, margin)].sort_values("cost")["arm"].iloc[0]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda table, margin: table.sort_values("loss")["arm"].iloc[0], "that is the best"),
        (cheapest_of(lambda table, margin: table["loss"] <= margin), "its loss may be 0.09"),
        (lambda table, margin: table[table["high"] <= margin]["arm"].iloc[-1], "another that would do is cheaper"),
        (lambda table, margin: table.sort_values("cost")["arm"].iloc[-1], "loses too much"),
        (lambda table, margin: "linear", "above the margin"),
    ],
)
def test_the_choice_names_the_mistake(function, said):
    assert said in hint(checks.cheapest, function)


def asked():
    """Four messages; plain likelihood names the desk of one, calibrated of three."""
    neutral = {"A": -1.0, "B": -4.0}
    rows = [("A", {"A": -2.0, "B": -2.5}), ("A", {"A": -0.5, "B": -4.0}), ("B", {"A": -2.0, "B": -3.0})]
    rows += [("B", {"A": -2.0, "B": -2.1})]
    return pd.DataFrame([{"text": "t", "desk": desk, "scores": scores, "neutral": neutral} for desk, scores in rows])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"plain": 2, "calibrated": 3}, "divide by how many"),
        ({"plain": 0.75, "calibrated": 0.5}, "exchanged"),
        ({"plain": 0.5, "calibrated": 0.25}, "wrong desk"),
        ({"plain": 0.5, "calibrated": 0.5}, "Both are plain"),
        ({"plain": 0.75, "calibrated": 0.75}, "Both are calibrated"),
        ({"plain": 0.5}, "keys are"),
        (0.5, "keys"),
    ],
)
def test_shares_of_the_real_model_name_the_mistake(answer, said):
    assert said in hint(real_labels.shares, answer, asked())


def test_shares_that_are_right_pass(capsys):
    real_labels.shares({"plain": 0.5, "calibrated": 0.75}, asked())
    assert "✓" in capsys.readouterr().out
