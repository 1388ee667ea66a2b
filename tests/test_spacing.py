"""Items that come again: one of an earlier lesson in each quiz, a mixed quiz at the end; none of them in pages."""

import pytest

from twolevers.learn import mixed_quiz, quiz
from twolevers.learn.bank import load_bank
from twolevers.learn.spacing import MIXED, PREFIX, earlier, mixed
from twolevers.lessons.registry import LESSONS

STEMS = [row.stem for row in LESSONS]


@pytest.mark.parametrize("stem", STEMS)
def test_each_quiz_but_the_first_and_the_mixed_one_has_an_item_of_an_earlier_lesson(stem):
    again = earlier(stem)
    assert again == earlier(stem), "all learners meet the same"
    assert len(again) == (stem not in (STEMS[0], MIXED))
    for item in again:
        sources = [one for one in STEMS if item.id.removeprefix(PREFIX) in {own.id for own in load_bank(one).items}]
        assert sources and sources[0] < stem
        assert item.question.startswith(f"*From lesson {sources[0][:2]}, ")
        assert item.evidence and (item.table or item.figure), "it can be answered without turning back"


def test_the_mixed_quiz_has_an_item_of_each_lesson_in_another_order_and_none_twice():
    items = mixed().items
    sources = [item.question.split(",")[0] for item in items]
    assert sorted(sources) == [f"*From lesson {stem[:2]}" for stem in STEMS if stem < MIXED]
    assert sources != sorted(sources)
    shown = {item.id for stem in STEMS for item in earlier(stem) if stem < MIXED}
    assert not shown & {item.id for item in items}


def test_the_items_are_asked_and_kept_in_the_notebook_and_left_out_of_pages(home, monkeypatch):
    bank = {item.id for item in load_bank(STEMS[1]).items}
    widget = quiz(STEMS[1])
    assert [item["id"] for item in widget.items if item["id"] not in bank] == [earlier(STEMS[1])[0].id]
    last = mixed_quiz()
    name = last.items[0]["id"]
    last._receive(last, {"type": "hint", "id": name}, [])
    assert mixed_quiz().results[name]["hint"]
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    assert {item["id"] for item in quiz(STEMS[1]).items} == bank
    assert "tl-static" not in mixed_quiz()._repr_mimebundle_()["text/html"], "the site takes those for the bank"
