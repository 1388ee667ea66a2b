"""The registry of arms: every arm of every bake-off has its row, looks of its own, and a module of its name."""

import importlib.util
import itertools

import pytest

from twolevers.arms import registry
from twolevers.bakeoff.tasks.kinds import CLASSIFY, QUESTIONS, REPLY
from twolevers.lessons.common.style import ARM_STYLE


@pytest.mark.parametrize("kind", [QUESTIONS, CLASSIFY, REPLY], ids=lambda kind: kind.name)
def test_every_arm_of_a_bake_off_has_a_row(kind):
    assert set(kind.arms) <= set(registry.ARMS) and set(kind.words) == set(kind.arms)
    assert set(kind.dropped_first) < set(kind.arms)
    assert set(itertools.chain(*kind.compared)) <= set(kind.arms)
    assert kind.adapters == {arm: registry.ARMS[arm].adapter for arm in kind.arms if registry.ARMS[arm].adapter}


def test_no_two_arms_look_alike():
    for name in ("name", "label", "color", "marker", "hatch"):
        looks = [getattr(row, name) for row in registry.ROWS]
        assert len(set(looks)) == len(looks), name
    assert set(ARM_STYLE) == set(registry.ARMS)


@pytest.mark.parametrize("name", [row.name for row in registry.ROWS])
def test_an_arm_is_a_module(name):
    module = "linear" if name == "tfidf" else name  # both classifiers are in one
    assert importlib.util.find_spec(f"twolevers.arms.{module}")
