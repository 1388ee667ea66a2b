"""The room's page in a browser: no requests, nothing serious for axe in either theme, a narrow window."""

from datetime import UTC, datetime

import pytest
from lab import serious_findings

from twolevers.learn.bank import load_bank
from twolevers.learn.quiz import stamp
from twolevers.learn.room.hand_in import Aside, Learner
from twolevers.learn.room.page import page as room_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LESSON = "01_two_levers"
NAMES = ("Ada", "Bo", "Cy", "<i>Dee</i>", "Eve with a long nickname of forty letters")


def learner(number, name):
    """A learner who is right on the first of three items, and wrong on the others unless their number is even."""
    at = f"2026-11-28T10:{number:02}:00+00:00"
    quiz = {}
    for place, item in enumerate(item for item in load_bank(LESSON).items if item.kind == "single"):
        right = next(i for i, option in enumerate(item.options) if option.correct)
        answer = [right if place == 0 or number % 2 == 0 else (right + 1) % len(item.options)]
        won = item.grade(answer).right
        quiz[item.id] = stamp(
            item, {"tries": 1, "right": won, "first": won, "answer": answer, "confidence": "high", "at": at}
        )
    guess = {
        "kind": "number",
        "low": 0,
        "high": 1,
        "unit": "",
        "question": "What share?",
        "first": number / 6,
        "at": at,
    }
    predict = {"rag": guess | {"measured": 0.5 + number / 50}}
    evidence = {
        "lesson": LESSON,
        "claim": "C01",
        "arm": "rag",
        "metric": "facts",
        "value": number / 9,
        "seconds": 30.0 + number,
    }
    stored = {"quiz": quiz, "predict": predict, "check": {}, "active": [at]}
    return Learner(name, datetime.now(UTC), {LESSON: stored}, [evidence])


def test_the_page_asks_for_nothing_and_has_no_serious_finding(page, tmp_path, shots):
    file = tmp_path / "room.html"
    room = [learner(number, name) for number, name in enumerate(NAMES)]
    file.write_text(room_page(room, [Aside("x.json", "it is no whole JSON file")]), encoding="utf-8")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(f"script error: {error}"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(file.as_uri())
        shots(page, f"room-{scheme}.png", full_page=True)
        assert serious_findings(page, "body", least=30) == [], scheme
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert set(asked) == {file.as_uri()}
