"""The learner's page: what counts as done, guesses, minutes, the ledger; and its one sentence in a deck."""

from datetime import UTC, datetime, timedelta

import pytest

from twolevers.evaluate.evidence import Evidence
from twolevers.learn import progress_page as page
from twolevers.learn.ledger import Ledger
from twolevers.learn.progress import Progress

LESSON = "12_both"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def row(minute=0, **changes):
    values = {"claim": "C18", "lesson": LESSON, "arm": "both - rag", "metric": "facts right", "value": 0.2}
    values |= {"low": 0.1, "high": 0.3, "n": 160, "seconds": 9.0, "model": "m", "data_hash": "d", "machine": "x"}
    values |= {"seed": 12, "created": (NOON + timedelta(minutes=minute)).isoformat()}
    return Evidence(**values | changes)


def guess(key, lesson=LESSON, **fields):
    Progress(lesson).update("predict", key, lambda old: {"question": "?", **fields})


def number(key, first, measured, within=None, **more):
    scale = {"kind": "number", "low": 0, "high": 1}
    guess(key, **scale, first=first, guess=first, measured=measured, within=within, **more)


def finish(lesson, quiz=True, exercise=True, ledger=True):
    progress = Progress(lesson)
    if quiz:
        for item in page._items(lesson):
            progress.update("quiz", item, lambda old: {"tries": 1, "first": True, "confidence": "high"})
    if exercise:
        for task in range(page._tasks(lesson)):
            progress.update("check", f"Task {task + 1}", lambda old: {"passed": True})
    if ledger:
        Ledger().add(row(lesson=lesson))


def standing(lesson=LESSON):
    return next(one for one in page.standings(Ledger().history()) if one.lesson == lesson)


def test_an_empty_home_has_a_page_too(home):
    text = page.progress_page().text
    assert "Nothing is stored yet" in text and f"{LESSON} · –" in text
    assert "Your guesses" not in text and "Your ledger" not in text


def test_done_takes_quiz_exercise_and_evidence(home):
    finish(LESSON)
    assert standing().done and "✓ done" in page.progress_page().text
    assert "**" not in page.progress_page().text


@pytest.mark.parametrize("left_out", ["quiz", "exercise", "ledger"])
def test_a_part_that_lacks_leaves_a_lesson_started(home, left_out):
    finish(LESSON, **{left_out: False})
    assert standing().started and not standing().done


def test_a_task_counts_when_all_its_parts_have_passed(home):
    checks = {"Task 1": True, "Task 2a": True, "Task 2b": False, "Task 3a": True, "Task 3b": True}
    for name, passed in checks.items():
        Progress(LESSON).update("check", name, lambda old, passed=passed: {"passed": passed})
    assert standing().passed == 2


def test_items_that_the_quiz_lost_do_not_count(home):
    Progress(LESSON).update("quiz", "an item of last year", lambda old: {"tries": 1, "first": True})
    assert standing().answered == 0


def test_guesses_stand_beside_chance(home):
    number("near", 0.55, 0.5, within=True)
    number("far", 0.9, 0.5, within=False)
    number("no interval", 0.42, 0.5)
    guess("choice", kind="choice", options=["a", "b", "c", "d"], first="a", guess="a", measured="a", within=True)
    guess("asked only", kind="number", low=0, high=1)
    text = page.progress_page().text
    assert "numbers near the measurement · 2 of 3 · 0.67 [0.21, 0.94] · 0.20" in text
    assert "numbers inside its interval · 1 of 2" in text
    assert "choices right · 1 of 1" in text and "0.25" in text
    assert "So far 2 of 3 guesses agreed" in text


def test_sureness_is_set_beside_right_first_time(home):
    finish(LESSON)
    items = len(page._items(LESSON))
    assert f"sure: high · {items} of {items}" in page.progress_page().text


def test_minutes_count_short_gaps_only_and_each_once(home):
    rows = [row(0), row(4), row(30), row(39, lesson="01_two_levers"), row(41), row(52)]
    assert page.minutes(rows) == {LESSON: 4 + 2, "01_two_levers": 9}
    assert page.minutes([]) == {} and page.minutes(rows[:1]) == {}


def test_minutes_see_every_stored_action_not_only_the_last_of_each_record(home):
    path = Progress(LESSON).path
    Progress(LESSON).update("quiz", "a", lambda old: {"tries": 1})
    active = [(NOON + timedelta(minutes=minute)).isoformat(timespec="minutes") for minute in (0, 5, 10)]
    text = path.read_text()
    start = text.index('"active"')
    path.write_text(text[:start] + f'"active": {active!r}'.replace("'", '"') + "}")
    assert page.minutes([])[LESSON] == 10


def test_the_ledger_is_summed_up_by_verdict(home):
    lost = {"value": -0.2, "low": -0.3, "high": -0.1}
    Ledger().add(row(), row(arm="both - tuned"), row(arm="stacked - rag", **lost), row(arm="stacked - tuned", **lost))
    text = page.progress_page().text
    assert "Your ledger: 4 rows" in text and "qualified · 1 · C18" in text and "not measured yet · " in text


def test_a_deck_gets_one_sentence(home, monkeypatch):
    finish(LESSON)
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    assert page.progress_page().text == page.DECK


def test_the_page_is_accessible_html(home):
    finish(LESSON)
    number("near", 0.55, 0.5, within=True)
    html = page.progress_page().html
    assert html.count("<table") == html.count("<caption") == 4
    assert "scope='col'" in html and "role='region' aria-label='Your progress'" in html
