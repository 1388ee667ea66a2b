"""The advisor: measured before assumed, plain answers, the smallest turn, and a picture with its text."""

import numpy as np
import pytest

from twolevers.decide.advisor import ARMS, CRITERIA, Requirements, advise
from twolevers.decide.advisor_figure import picture, table
from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence

EVEN = dict.fromkeys(CRITERIA, 3)


def row(arm, value, metric="facts right", lesson="12_both", spread=0.05, model="tiny"):
    return Evidence(
        "",
        lesson,
        arm,
        metric,
        value,
        value - spread,
        value + spread,
        100,
        1.0,
        model,
        "d",
        "m",
        1,
        "2026-11-28T00:00:00+00:00",
    )


def rows(**values):
    return [row(arm, value) for arm, value in values.items()]


def test_nothing_measured_is_not_enough_evidence():
    found = advise(Requirements(EVEN), [])
    assert found.answer == "not enough evidence"
    assert all(not cell.measured and cell.basis.startswith("assumed") for cell in found.cells)


def test_a_prompt_that_was_never_tried_comes_first():
    assert advise(Requirements(EVEN), rows(rag=0.6, both=0.8)).answer == "try prompting first"


def test_a_prompt_that_is_good_enough_wins():
    found = advise(Requirements({"quality": 5}), rows(prompt=0.93, rag=0.95, tuned=0.9, both=0.96))
    assert found.answer == "try prompting first" and "0.93" in found.words[0]


def test_an_arm_that_stands_apart_is_named_with_its_share():
    found = advise(Requirements({"quality": 5, "sources": 3}), rows(prompt=0.05, rag=0.5, tuned=0.3, both=0.9))
    assert found.answer == found.first == "both"
    assert found.wins["both"] > 0.9 and sum(found.wins.values()) == pytest.approx(1)


def test_first_is_not_always_good_enough():
    needs = Requirements({"quality": 5, "sources": 3})
    assert "not good enough" in advise(needs, rows(prompt=0.0, rag=0.22, tuned=0.02, both=0.02)).words[-2]
    assert not any("good enough" in line for line in advise(needs, rows(prompt=0.0, rag=0.2, both=0.9)).words)


def test_two_arms_that_are_close_are_not_told_apart():
    needs = Requirements({"quality": 5, "freshness": 1, "sources": 1})
    found = advise(
        needs, [row(arm, value, spread=0.3) for arm, value in {"prompt": 0.1, "rag": 0.72, "both": 0.7}.items()]
    )
    assert found.answer == "not enough evidence" and "too close" in found.words[0]


def test_the_first_arm_must_be_measured_itself():
    found = advise(Requirements({"sources": 5}), rows(prompt=0.0, rag=0.2))
    assert found.first == "both" and found.answer == "not enough evidence"


def test_the_turn_is_where_the_ranking_really_turns():
    evidence = rows(prompt=0.1, rag=0.6, tuned=0.3, both=0.8)
    weights = {"quality": 5, "freshness": 2, "sources": 2, "cost": 3, "speed": 1, "start": 2}
    found = advise(Requirements(weights), evidence)
    turn = found.turn
    stated = Requirements(weights).weights()
    place = CRITERIA.index(turn.criterion)

    def first(then):
        moved = stated * (1 - then) / (1 - stated[place])
        moved[place] = then
        return advise(Requirements(dict(zip(CRITERIA, moved, strict=True))), evidence).first

    past = turn.then + 0.002 * np.sign(turn.then - turn.now)
    before = turn.then - 0.002 * np.sign(turn.then - turn.now)
    assert first(before) == found.first and first(past) == turn.arm != found.first


def test_like_is_compared_with_like_and_the_newest_model_counts():
    old = [row(arm, 0.9, model="other") for arm in ARMS]
    needs = Requirements(EVEN, ("rules kept", "facts right"))
    found = advise(needs, [*old, row("tuned", 0.7, "rules kept", "07_style_and_tone"), *rows(prompt=0.0, rag=0.5)])
    quality = {cell.arm: cell for cell in found.cells if cell.criterion == "quality"}
    assert quality["rag"].evidence and quality["rag"].utility == 0.5
    assert not quality["tuned"].measured, "a row of another measure must not be set beside these"


def test_the_same_seed_gives_the_same_answer():
    evidence = rows(prompt=0.1, rag=0.6, tuned=0.3, both=0.62)
    assert advise(Requirements(EVEN), evidence) == advise(Requirements(EVEN), evidence)


def test_a_slow_arm_loses_on_speed():
    evidence = [
        *rows(prompt=0.1, rag=0.6),
        row("prompt", 0.1, "seconds per answer"),
        row("rag", 12.0, "seconds per answer"),
    ]
    found = advise(Requirements({"speed": 5}, latency_seconds=3.0), evidence)
    speed = {cell.arm: cell.utility for cell in found.cells if cell.criterion == "speed"}
    assert speed["prompt"] == 1 and speed["rag"] == 0.25


@pytest.mark.parametrize("weights", [{}, {"quality": -1}, {"quality": 0}, {"beauty": 3}, {"quality": float("nan")}])
def test_weights_that_cannot_be_used(weights):
    with pytest.raises(UsageError):
        Requirements(weights)


def test_the_picture_says_in_words_what_it_shows():
    found = advise(Requirements(EVEN), rows(prompt=0.1, rag=0.6, tuned=0.3, both=0.8))
    figure, alt = picture(found)
    assert found.answer == "rag" and found.words[0].startswith("RAG: ")
    assert "%" in alt and "Advice: RAG" in alt and figure.axes[0].get_title(loc="left") == "Advice: RAG"
    assert len(table(found)) == len(ARMS) * len(CRITERIA)
