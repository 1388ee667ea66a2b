"""Quiz items built from the ledger: what is right follows the measurement."""

from dataclasses import replace

import pytest

from twolevers.data.claims import load_comparisons
from twolevers.evaluate.evidence import Evidence
from twolevers.learn.bank import load_bank
from twolevers.learn.ledger import Ledger
from twolevers.learn.own_items import PREFIX, own_items
from twolevers.learn.progress_file import export_progress
from twolevers.learn.quiz import quiz
from twolevers.learn.room import tally
from twolevers.learn.room.hand_in import read_room
from twolevers.lessons.registry import LESSONS

LESSON = "12_both"


def row(arm="both - rag", value=0.2, low=0.1, high=0.3, n=100, metric="facts right", lesson=LESSON):
    return Evidence(
        claim="C18",
        lesson=lesson,
        arm=arm,
        metric=metric,
        value=value,
        low=low,
        high=high,
        n=n,
        seconds=0.0,
        model="m",
        data_hash="d",
        machine="here",
        seed=1,
        created="2026-11-30T00:00:00+00:00",
    )


def right(item):
    return [option.text for option in item.options if option.correct]


@pytest.mark.parametrize("lesson", [each.stem for each in LESSONS[:13]])
@pytest.mark.parametrize(("value", "low", "high"), [(0.2, 0.1, 0.3), (0.02, -0.1, 0.14), (-0.2, -0.3, -0.1)])
def test_a_choice_and_a_number_from_one_comparison(lesson, value, low, high):
    choice, number = own_items(lesson, [row(value=value, low=low, high=high, lesson=lesson)])
    assert len({choice.id, number.id}) == 2
    assert choice.id.startswith(PREFIX)
    assert len(right(choice)) == 1
    said = right(choice)[0]
    assert ("nobody can say" in said) == (low < 0 < high)
    if low > 0 or high < 0:
        assert said.startswith("both did better than rag" if value > 0 else "rag did better than both")
    assert number.grade(str(number.value)).right
    assert all(not number.grade(str(mistake.value)).right for mistake in number.mistakes)


def test_the_same_rows_give_the_same_items_and_others_do_not():
    assert own_items(LESSON, [row()]) == own_items(LESSON, [row()])
    assert own_items(LESSON, [row()]) != own_items(LESSON, [row(value=0.3, low=0.2, high=0.4)])


@pytest.mark.parametrize(
    "unfit",
    [
        row(n=4),
        row(arm="rag"),
        row(value=float("nan"), low=float("nan"), high=float("nan")),
        row(metric="log2 cost of an answer"),
        row(value=5.3, low=5, high=6),
        row(lesson="01_two_levers"),
    ],
)
def test_no_item_without_a_fit_comparison(unfit):
    assert own_items(LESSON, [unfit]) == []


def test_every_comparison_that_wants_less_or_cannot_be_lost_is_left_out():
    table = load_comparisons()
    for each in table[(table["expected"] == "lower") | (table["by_construction"] != "")].itertuples():
        unfit = row(arm=each.arm, metric=each.metric.replace("*", "x"), lesson=each.lesson)
        assert own_items(each.lesson, [unfit]) == []


def test_a_family_asks_which_are_decided_somewhere():
    rows = [("both - rag", 0.2, 0.1, 0.3), ("both - tuned", 0.02, -0.1, 0.1), ("stacked - rag", -0.2, -0.3, -0.1)]
    asked = [
        item
        for lesson in LESSONS[:13]
        for item in own_items(lesson.stem, [row(*each, lesson=lesson.stem) for each in rows])
        if item.kind == "several"
    ]
    assert asked
    assert all(right(item) == ["both − rag", "stacked − rag"] for item in asked)


def test_the_quiz_ends_with_them_and_keeps_their_answers(home, monkeypatch):
    before = len(quiz(LESSON).items)
    Ledger().add(row())
    widget = quiz(LESSON)
    assert len(widget.items) == before + 2
    item = widget._by_id[widget.items[-1]["id"]]
    widget._receive(widget, {"type": "answer", "id": item.id, "answer": str(item.value)}, [])
    assert widget.results[item.id]["right"]
    assert quiz(LESSON).results[item.id]["right"]
    Ledger().add(row(value=0.3, low=0.2, high=0.4, n=120))
    assert quiz(LESSON).results.get(item.id) is None  # measured again: another question
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    assert len(quiz(LESSON).items) == len(load_bank(LESSON).items)


def test_one_comparison_that_serves_two_claims_is_asked_of_once():
    rows = [row(f"x{n} - y", -0.3 + n / 10, -0.35 + n / 10, -0.25 + n / 10) for n in range(5)]
    twice = [*rows, *(replace(one, claim="C01") for one in rows)]
    assert [item.figure.rows for item in own_items(LESSON, twice)] == [
        item.figure.rows for item in own_items(LESSON, rows)
    ]


def test_of_one_comparison_the_last_measurement_counts():
    older = replace(row(value=-0.2, low=-0.3, high=-0.1), claim="C01", created="2026-11-29T00:00:00+00:00")
    assert own_items(LESSON, [row(), older]) == own_items(LESSON, [row()])


def test_a_figure_holds_rows_of_one_model():
    rows = [row(f"x{n} - y", value=n / 10, low=n / 10 - 0.15, high=n / 10 + 0.15) for n in range(5)]
    rows = [replace(one, model=f"m{n % 2}") for n, one in enumerate(rows)]
    labels = {one.arm.replace(" - ", " − "): one.model for one in rows}
    for item in own_items(LESSON, rows):
        assert len({labels[one.label] for one in item.figure.rows}) == 1


@pytest.mark.parametrize("arm", [" - ", "a - ", "a - a", "a" * 300 + " - b", "\ud800 - b", "a\nb - c", "a\x00 - b"])
def test_names_that_cannot_be_shown_are_left_out(arm):
    assert own_items(LESSON, [row(arm)]) == []


def test_an_answer_to_an_older_measurement_is_not_taken_for_one_to_the_newest(home, tmp_path):
    Ledger().add(row(value=0.2, low=0.1, high=0.3))
    asked = quiz(LESSON)
    for item in asked._bank.items:
        if item.id.startswith(PREFIX):
            said = (
                str(item.value) if item.kind == "numeric" else [option.correct for option in item.options].index(True)
            )
            said = said if isinstance(said, str) else [said]
            asked._receive(None, {"type": "answer", "id": item.id, "answer": said, "confidence": "high"}, None)
    own = {name for name in quiz(LESSON).results if name.startswith(PREFIX)}
    assert len(own) == 2
    (tmp_path / "room").mkdir()
    export_progress(tmp_path / "room", "anna")
    room, aside = read_room(tmp_path / "room")
    assert not aside and tally.places(room)[0][2:4] == ["0", "0"] and not tally.sureness(room)
    Ledger().add(replace(row(value=0.05, low=-0.1, high=0.2), created="2026-11-30T01:00:00+00:00"))
    assert not own & set(quiz(LESSON).results)
