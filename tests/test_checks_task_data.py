"""Checks of exercise 10: the solution passes, and each plausible mistake gets its own hint."""

import numpy as np
import pandas as pd
import pytest
from checking import hint

from twolevers import paths
from twolevers.lessons.task_data import checks, rates
from twolevers.models import api
from twolevers.publish.notebook import read

pytestmark = pytest.mark.usefixtures("home")


def test_the_solution_passes(capsys, monkeypatch):
    monkeypatch.setattr(api, "load", lambda: None)  # the real trials run with the notebooks
    monkeypatch.setattr(rates, "trials", lambda model: TABLE)
    space = {}
    for cell in read(paths.repository() / "solutions" / "10_task_data.ipynb").cells:
        if cell.cell_type == "code":
            exec(cell.source, space)
    assert capsys.readouterr().out.count("✓") == 4


def steps(gain):
    return lambda labels, values: [gain(labels, values, i) for i in range(1, len(labels))]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (steps(lambda n, v, i: v[i] - v[i - 1]), "whole steps"),
        (steps(lambda n, v, i: 100 * (v[i] - v[i - 1]) / n[i]), "labels *added*"),
        (steps(lambda n, v, i: (v[i] - v[i - 1]) / (n[i] - n[i - 1])), "gain for one label"),
        (lambda n, v: [100 * b / a for a, b in zip(n, v, strict=True)], "take differences"),
        (lambda n, v: 100 * (v[-1] - v[0]) / (n[-1] - n[0]), "a list of three"),
        (steps(lambda n, v, i: max(0.0, 100 * (v[i] - v[i - 1]) / (n[i] - n[i - 1]))), "cut it off"),
        (steps(lambda n, v, i: abs(100 * (v[i] - v[i - 1]) / (n[i] - n[i - 1]))), "may be negative"),
        (steps(lambda n, v, i: (v[i] - v[i - 1]) / max(1, (n[i] - n[i - 1]) // 100)), "half a hundred"),
    ],
)
def test_the_gain_names_the_mistake(function, said):
    assert said in hint(checks.gain_per_hundred, function)


TABLE = pd.DataFrame(  # learning rate, epochs, loss on what was trained, loss on dev
    [
        (0.0001, 2, 3.1, 3.2),
        (0.0001, 6, 2.9, 3.0),
        (0.002, 2, 1.5, 2.0),
        (0.002, 6, 0.4, 2.3),
        (0.02, 2, 0.3, 2.9),
        (0.02, 6, 0.1, 3.4),
    ],
    columns=["learning_rate", "epochs", "train", "dev"],
)
KEPT = {"learning_rate": 0.002, "epochs": 2, "gap": 0.5, "worse": [0.002, 0.02]}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (0.002, "Make a dictionary"),
        ({"learning_rate": 0.002}, "the keys should be"),
        (KEPT | {"learning_rate": 2}, "one of the rates"),
        (KEPT | {"epochs": 4}, "one of the lengths"),
        (KEPT | {"learning_rate": 0.02, "epochs": 6}, "choose by the loss on dev"),
        (KEPT | {"epochs": 6}, "another row has a lower loss on dev"),
        (KEPT | {"gap": -0.5}, "the sign is turned"),
        (KEPT | {"gap": 1.9}, "both of the row"),
        (KEPT | {"worse": 0.02}, "a list of rates"),
        (KEPT | {"worse": [0.02]}, "higher after the longer run"),
    ],
)
def test_the_choice_names_the_mistake(answer, said):
    assert said in hint(checks.choose, answer, TABLE)


def flipping(change, places=None):
    def flip(queues, share, rng):
        said = list(queues)
        drawn = places(queues, share, rng) if places else rng.choice(100, round(share * 100), replace=False)
        for place in drawn:
            said[place] = change(sorted(set(queues)), queues[place], rng)
        return said

    return flip


def other(names, name, rng):
    return rng.choice([one for one in names if one != name])


def in_place(queues, share, rng):
    for place in rng.choice(100, 20, replace=False):
        queues[place] = other(["Lantern", "Marlin", "Sedge", "Thistle"], queues[place], rng)
    return queues


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (flipping(lambda names, name, rng: rng.choice(names)), "sometimes right"),
        (flipping(other, lambda queues, share, rng: rng.choice(100, 20)), "drawn twice"),
        (flipping(other, lambda queues, share, rng: np.flatnonzero(rng.random(100) < share)), "number of wrong"),
        (flipping(lambda names, name, rng: "wrong"), "still the name of a queue"),
        (flipping(other, lambda queues, share, rng: range(20)), "the same places each time"),
        (flipping(lambda names, name, rng: names[0], lambda queues, share, rng: range(30, 50)), "are the same"),
        (lambda queues, share, rng: list(queues), "nothing was changed"),
        (lambda queues, share, rng: None, "returned nothing"),
        (lambda queues, share, rng: list(queues)[:80], "as many labels"),
        (in_place, "copy it first"),
    ],
)
def test_the_noise_names_the_mistake(function, said):
    assert said in hint(checks.flip, function)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda low, high, value, cost: "buy" if (low + high) / 2 * value > cost else "stop", "middle"),
        (lambda low, high, value, cost: "buy" if low > 0 else "stop", "above zero is not enough"),
        (lambda low, high, value, cost: "buy" if low * value > cost else "stop", "that may pay"),
        (lambda low, high, value, cost: "yes", "the decisions are"),
        (
            lambda low, high, value, cost: (
                "buy" if low * 50_000 > cost else "stop" if high * 50_000 < cost else "measure"
            ),
            "multiply it by `value`",
        ),
        (
            lambda low, high, value, cost: (
                "buy" if low * value > cost else "measure" if high * value > cost else "stop"
            ),
            "nothing is known",
        ),
    ],
)
def test_the_decision_names_the_mistake(function, said):
    assert said in hint(checks.decide, function)
