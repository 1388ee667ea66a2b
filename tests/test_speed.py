"""The number format follows from what was measured; a variable overrides; what was measured is kept."""

import json

import pytest
import torch

from twolevers.errors import UsageError
from twolevers.models import speed


@pytest.fixture
def measured(home, monkeypatch):
    """`measured(float32, bfloat16, int8)`: what the next measurement says; returns the list of measurements made."""
    made = []

    def set_to(*rates):
        rates = (*rates, 0.0)[: len(speed.RATES)]
        monkeypatch.setattr(speed, "measure", lambda: made.append(1) or dict(zip(speed.RATES, rates, strict=True)))
        speed._kept.cache_clear()
        return made

    monkeypatch.delenv("TWOLEVERS_DTYPE", raising=False)
    yield set_to
    speed._kept.cache_clear()


@pytest.mark.parametrize(("rates", "expected"), [((200, 800), torch.bfloat16), ((200, 220), torch.float32)])
def test_the_faster_format_is_taken(measured, rates, expected):
    measured(*rates)
    assert speed.dtype() == expected


@pytest.mark.parametrize(
    ("rates", "expected"),
    [((200, 220, 900), True), ((200, 220, 390), False), ((200, 800, 1600), False), ((200, 220, 0), False)],
)
def test_integers_answer_where_training_is_float32_and_they_are_fast(measured, rates, expected):
    measured(*rates)
    assert speed.int8() is expected


def test_integers_can_be_asked_for(measured, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_DTYPE", "int8")
    assert speed.int8() and speed.dtype() == torch.float32 and not measured(200, 800)
    monkeypatch.setenv("TWOLEVERS_DTYPE", "float32")
    assert not speed.int8()


def test_measured_once_and_kept_for_the_same_machine(measured, home):
    made = measured(200, 800)
    speed.dtype()
    measured(200, 10)
    assert speed.dtype() == torch.bfloat16 and made == [1], "the kept figures count"
    file = home / "speed.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"processor": "another"}))
    made = measured(200, 10)
    assert speed.dtype() == torch.float32 and made
    file.write_text("{damaged")
    measured(200, 800)
    assert speed.dtype() == torch.bfloat16


def test_the_variable_overrides(measured, monkeypatch):
    made = measured(200, 800)
    monkeypatch.setenv("TWOLEVERS_DTYPE", "float32")
    assert speed.dtype() == torch.float32 and not made
    monkeypatch.setenv("TWOLEVERS_DTYPE", "int4")
    with pytest.raises(UsageError, match="set float32, bfloat16, int8"):
        speed.dtype()


def test_rates_are_plausible():
    rates = speed.measure()
    assert all(0.1 < rates[name] < 1e6 for name in speed.FORMATS)
    assert rates[speed.INT8] == 0 or 0.1 < rates[speed.INT8] < 1e6
