import json
from pathlib import Path

import pytest
import yaml

from twolevers.errors import UsageError
from twolevers.learn.bank import load_bank
from twolevers.learn.items import Incomplete
from twolevers.learn.markup import inline
from twolevers.learn.progress import Progress
from twolevers.learn.quiz import Quiz
from twolevers.learn.static import quiz_html
from twolevers.learn.typed import parse_number, shuffled

SAMPLE = Path(__file__).parent / "browser"


@pytest.fixture
def bank():
    return load_bank("sample_quiz", SAMPLE)


@pytest.fixture
def item(bank):
    return {item.id: item for item in bank.items}.__getitem__


def quiz(bank):
    return Quiz("01_two_levers", bank)


def answer(widget, item_id, given, confidence=None):
    message = {"type": "answer", "id": item_id, "answer": given, "confidence": confidence}
    widget._receive(widget, message, [])
    return widget.results[item_id]


# --- the bank


def broken(tmp_path, change):
    """A one-item bank after `change(item)`, loaded."""
    content = yaml.safe_load((SAMPLE / "sample_quiz.yaml").read_text())
    content["items"] = content["items"][:1]
    change(content["items"][0])
    return written(tmp_path, yaml.safe_dump(content))


def written(tmp_path, text):
    folder = tmp_path / "datasets" / "quizzes"
    folder.mkdir(parents=True)
    (folder / "sample.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_bank("sample", folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda i: i["options"][1].pop("correct"), "item 'where-facts-live': options: no option is marked"),
        (lambda i: i["options"][0].update(correct=True), "2 options are marked correct; a `single` item has one"),
        (lambda i: i["options"][2].pop("explanation"), "item 'where-facts-live', options[3].explanation: missing"),
        (lambda i: i["options"][2].update(explanation=" "), "options[3].explanation: empty"),
        (lambda i: i["options"][2].update(text=i["options"][0]["text"]), "two options have the same text"),
        (lambda i: i.update(kind="essay"), "kind 'essay' is not one of 'single', 'several'"),
        (lambda i: i.pop("kind"), "item 'where-facts-live': has no `kind`"),
        (lambda i: i.update(difficulty=4), "difficulty: input should be 1, 2 or 3"),
        (lambda i: i.update(claims=["C1"]), "claims[1]: "),
        (lambda i: i.update(hnt="x"), "hnt: not a known field"),
        (lambda i: i.pop("id"), "item number 1, id: missing"),
    ],
)
def test_a_fault_names_file_item_and_field_in_one_line(tmp_path, change, said):
    with pytest.raises(UsageError) as caught:
        broken(tmp_path, change)
    assert str(caught.value).startswith("datasets/quizzes/sample.yaml: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("title: [", "not YAML at line 1"),
        ("title: a: b", "not YAML at line 1, column 9"),
        (b"title: \xff", "byte 7 is not UTF-8"),
        ("just words", "valid dictionary"),
        ("title: A\nitems: []", "items: list should have at least 1 item"),
        ("title: A\nitems: [3]", "item number 1: "),
        ("- 1", "valid dictionary"),
    ],
)
def test_a_file_that_is_no_bank_gets_one_line(tmp_path, text, said):
    with pytest.raises(UsageError) as caught:
        written(tmp_path, text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_items_with_one_id(tmp_path):
    content = yaml.safe_load((SAMPLE / "sample_quiz.yaml").read_text())
    content["items"].append(content["items"][0])
    with pytest.raises(UsageError, match="two items have the id 'where-facts-live'"):
        written(tmp_path, yaml.safe_dump(content))


def test_a_missing_quiz_lists_those_there_are():
    with pytest.raises(UsageError, match=r"no quiz of that name\. There is: sample_quiz"):
        load_bank("99_none", SAMPLE)


# --- grading


def test_several_needs_all_right_options_and_no_other(item):
    grade = item("read-the-intervals").grade
    assert grade([0, 2]).right
    partly = grade([0])
    assert not partly.right
    assert [line.right for line in partly.feedback] == [True, False]
    assert partly.feedback[1].text == "One right statement is still unticked."
    assert not grade([0, 1, 2]).right
    with pytest.raises(Incomplete, match="Choose an answer first"):
        grade([])


@pytest.mark.parametrize(
    ("typed", "right", "said"),
    [
        ("0.7", True, "28 / 40"),
        ("0,70", True, "28 / 40"),
        ("70%", True, "28 / 40"),
        ("0.705", True, "28 / 40"),
        ("0.71", False, "Close"),
        ("0.30", False, "share of wrong"),
        ("28", False, "Divide"),
    ],
)
def test_numeric_answers_near_far_and_known_mistakes(item, typed, right, said):
    grade = item("wilson-width").grade(typed)
    assert grade.right is right
    assert said in grade.feedback[0].text


@pytest.mark.parametrize(
    ("typed", "unit", "value"),
    [
        ("1,234.5", "", 1234.5), ("12 000", "", 12000), ("12,000", "", 12000), ("−3", "", -3), (".5", "", 0.5),
        ("40 %", "%", 40), ("3.5 s", "s", 3.5), ("1e3", "", 1000),
    ],
)  # fmt: skip
def test_numbers_as_people_type_them(typed, unit, value):
    assert parse_number(typed, unit) == value


@pytest.mark.parametrize("typed", ["", "about half", "1/2", "nan", "inf", "1..2", "0x10"])
def test_what_is_no_number_does_not_count_as_a_try(typed):
    with pytest.raises(Incomplete, match="Type a number"):
        parse_number(typed)


def test_ordering_and_matching_speak_of_the_first_fault_only(item):
    steps = item("order-of-rag")
    shown = shuffled("order-of-rag", 4)
    right = [shown.index(place) for place in range(4)]
    assert steps.grade(right).right
    wrong = steps.grade([right[1], right[0], *right[2:]])
    assert [line.text for line in wrong.feedback] == ["Searching needs the vector first."]
    pairs = item("levers")
    order = shuffled("levers", 2)
    assert pairs.grade([order.index(0), order.index(1)]).right
    assert not pairs.grade([order.index(1), order.index(0)]).right
    with pytest.raises(Incomplete):
        pairs.grade([0, None])


def test_short_text_is_compared_by_its_words(item):
    grade = item("lever-word").grade
    assert grade(" The Context. ").right
    assert grade("Prompt").right
    assert "fine-tuning" in grade("weights").feedback[0].text
    assert "reads" in grade("temperature").feedback[0].text
    with pytest.raises(Incomplete):
        grade("  ")


def test_shuffling_never_shows_the_right_order():
    assert all(shuffled(f"item-{i}", 3) != [0, 1, 2] for i in range(100))


# --- the widget


def test_what_reaches_the_page_gives_nothing_away(home, bank):
    widget = quiz(bank)
    data, _ = widget._repr_mimebundle_()
    page = json.dumps([widget.get_state(), data])
    assert "correct" not in page.replace("Correct answers", "")
    for item in bank.items:
        assert json.dumps(item.hint)[1:-1] not in page
        for line in item.solution():
            assert line.text not in page
    wrong = json.dumps(answer(widget, "where-facts-live", [0]))
    assert "The weights did not change" in wrong
    assert "Retrieval puts" not in wrong


def test_tries_score_confidence_and_exploring_afterwards(home, bank):
    widget = quiz(bank)
    assert widget.score == "0 of 7 answered, 0 right first time"
    answer(widget, "where-facts-live", [0], "high")
    answer(widget, "where-facts-live", [1], "low")
    answer(widget, "wilson-width", "0.7", "high")
    assert widget.score == "2 of 7 answered, 1 right first time"
    assert widget.calibration == "Right first time by how sure you were: high 1 of 2."
    explored = answer(widget, "where-facts-live", [2])
    assert explored["right"]
    assert "holds no readable text" in explored["lines"][0]["text"]
    stored = Progress("01_two_levers").get("quiz", "where-facts-live")
    assert (stored["tries"], stored["right"], stored["first"], stored["answer"]) == (2, True, False, [1])


def test_an_incomplete_answer_is_no_try_and_still_turns_the_page(home, bank):
    widget = quiz(bank)
    turns = [answer(widget, "wilson-width", "some")["turn"] for _ in range(2)]
    assert turns == [1, 2]
    assert "Type a number" in widget.results["wilson-width"]["note"]
    assert widget.score.startswith("0 of 7")


def test_restored_in_a_new_kernel_and_dropped_when_the_question_changed(home, bank):
    answer(quiz(bank), "where-facts-live", [0], "low")
    again = quiz(bank)
    assert again.score == "1 of 7 answered, 0 right first time"
    assert again.results["where-facts-live"]["answer"] == [0]
    assert "The weights did not change" in again.results["where-facts-live"]["lines"][0]["text"]
    first = bank.items[0].model_copy(update={"question": "Something else?"})
    changed = bank.model_copy(update={"items": [first, *bank.items[1:]]})
    assert quiz(changed).score.startswith("0 of 7")


def test_the_answer_is_shown_only_after_three_tries_and_does_not_count_as_right(home, bank):
    widget = quiz(bank)
    ask = {"type": "solution", "id": "wilson-width"}
    widget._receive(widget, ask, [])
    assert widget.results["wilson-width"]["lines"] == []
    for _ in range(3):
        result = answer(widget, "wilson-width", "5")
    assert result["offer"]
    widget._receive(widget, ask, [])
    result = widget.results["wilson-width"]
    assert result["shown"]
    assert not result["right"]
    assert "28 / 40" in result["lines"][0]["text"]
    assert answer(widget, "wilson-width", "0.7")["first"] is False


def test_graded_though_nothing_can_be_kept(home, bank):
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file where the folder should be")
    widget = quiz(bank)
    assert answer(widget, "where-facts-live", [1])["first"]
    assert widget.notice.startswith("Your answers are graded but not kept.")


def test_messages_from_elsewhere_are_ignored(home, bank):
    widget = quiz(bank)
    for message in ({}, {"id": "nobody", "type": "answer"}, {"id": "wilson-width", "type": "dance"}):
        widget._receive(widget, message, [])
    assert widget.score.startswith("0 of 7")


# --- the static form


def test_static_form_holds_the_answers_only_for_pages(home, bank, monkeypatch):
    data, _ = quiz(bank)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "<details>" not in data["text/html"]
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    data, _ = quiz(bank)._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/html"].count("<details>") == 7
    assert "✓ Right: From the passages put into the prompt" in data["text/html"]
    assert data["text/plain"].startswith("Quiz: A sample\n1. A RAG arm answers")


def test_text_from_the_bank_is_escaped(bank):
    assert inline("<b>`x<y`</b> **very** *much* 2*3*4") == (
        "&lt;b&gt;<code>x&lt;y</code>&lt;/b&gt; <strong>very</strong> <em>much</em> 2*3*4"
    )
    nasty = bank.model_copy(update={"title": "<img src=x onerror=alert(1)>'"})
    assert "<img" not in quiz_html(nasty, answers=True)
