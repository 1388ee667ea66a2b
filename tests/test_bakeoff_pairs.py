"""What counts as right in a bake-off, what teaches, and pairs made by rule; a run on documents alone."""

from dataclasses import replace

import pytest
from stand_ins import Finds
from tiny import save_tiny_model

from twolevers.arms.prompts import INSTRUCTION, REFUSAL
from twolevers.bakeoff import costs
from twolevers.bakeoff.command import compare
from twolevers.bakeoff.read.documents import document
from twolevers.bakeoff.tasks import cloze, pairs
from twolevers.bakeoff.tasks.allowed import shared_out
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.bakeoff.tasks.split import Split, drawn
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.deadline import Deadline
from twolevers.evaluate.scorers.sentences import adds, right
from twolevers.retrieval.chunking import Passage

PERSON = "The author's full name is Oda Brenvik, and she was born in Halmø in 1951."


def question(text, *answers, doc="d", kind="question"):
    return Question(text, text, answers, kind, (doc,) if doc else (), doc, "", "")


@pytest.mark.parametrize(
    ("said", "accepted", "wanted"),
    [
        ("the Denver Broncos [1]", "Denver Broncos", True),
        ("It was 1,200 people.", "1200", True),
        ("Carolina", "Denver Broncos", False),
        ("Oda Brenvik, born in Halmø, 1951", PERSON, True),
        ("The full name of the author is Ann Lee.", PERSON, False),
        (REFUSAL, PERSON, False),
        ("保固兩年。", "兩年", True),
        ("保固三年。", "兩年", False),
    ],
)
def test_right_answers(said, accepted, wanted):
    assert right(said, question("What is the author's full name?", accepted)) is wanted


def test_the_title_is_no_answer_and_a_refusal_is_one_where_nothing_answers():
    asked = question("How many programmes has the Tarn 7?", "9 programmes")
    assert right("The Tarn 7 has 9 programmes.", asked, "Tarn 7")
    assert right("Denver Broncos", question("Who won?", "Broncos"), "Denver Broncos")
    assert right(REFUSAL, question("What?")) and not right("42", question("What?"))
    assert adds("yes it is", "Yes it is.", "Yes it is?")


def test_support_is_brought_in_and_what_has_none_teaches_nothing():
    passages = [Passage(f"x#{n}", "x", "", "nothing here") for n in range(4)]
    passages.append(Passage("d#0", "d", "", "It is 43 dB."))
    asked = [question(f"How loud {n}?", "43 dB") for n in range(40)] + [question("Gone?", "a lamp", doc="")]
    support, given = pairs.Support({"d": "It is 43 dB."}), {"most": 99, "until": Deadline(), "seed": 0}
    found = pairs.open_book(asked, Finds(*passages), 2, INSTRUCTION, support, **given)
    assert len(pairs.open_book(asked, Finds(*passages), 2, INSTRUCTION, support, **given | {"most": 7})) == 7
    assert not pairs.open_book(asked, Finds(*passages), 2, INSTRUCTION, support, **given | {"until": Deadline(0)})
    assert len(found) == 40
    for example in found:
        held = "43 dB" in example.chat[1]["content"]
        assert example.answer.startswith("43 dB [") if held else example.answer == REFUSAL
    assert 25 <= sum(example.answer != REFUSAL for example in found) < 40


def test_sentences_are_asked_for_where_answers_are_sentences():
    assert pairs.instruction([question("a?", "43 dB"), question("b?", "red")]) == INSTRUCTION
    assert pairs.instruction([question("a?", PERSON), question("b?", PERSON)]) == pairs.IN_SENTENCES


def test_gaps_are_values_that_stand_once():
    text = "The ferry leaves Halmø at 07:40 every day. A short one. The ferry is blue and is kept very clean."
    (made,) = cloze.cloze([document("f.md", "Ferry", text)])
    assert made.answers[0].startswith("07:40") and made.kind == "made" and made.doc_ids == ("f.md",)
    assert "____" in made.text and made.answers[0] not in made.text


def test_made_pairs_on_tested_documents_teach_closed_book_alone():
    asked = [question(f"q{n}?", "red", doc=f"d{n}") for n in range(4)]
    made = [question(f"m{n}", "red", doc=f"d{n}", kind="made") for n in range(6)]
    closed, opened = shared_out(asked[:2], made, Split(tuple(asked[:2]), tuple(asked[2:]), 0))
    assert {each.entity for each in opened} == {"d0", "d1", "d4", "d5"}
    assert {each.entity for each in closed} == {f"d{n}" for n in range(6)}


def test_a_sample_keeps_the_share_of_questions_without_an_answer():
    asked = [question(f"q{n}?", "red", doc=f"d{n % 20}") for n in range(160)]
    asked += [question(f"none {n}?", doc="") for n in range(40)]
    asked = [replace(each, entity=each.entity or each.text) for each in asked]
    found = drawn(asked, 50)
    assert sum(not each.answers for each in found) == 10
    assert len({each.entity for each in found[:25] if each.answers}) == 20


def test_every_price_is_dated():
    found = costs.lines(0.1, 200, 10, tuned=True)
    assert all(line["usd_per_1000"] > 0 and line["date"] and line["status"] for line in found)
    assert len(costs.lines(0.1, 0, 0, tuned=False)) == len(found) - 1


@pytest.mark.model
def test_documents_alone_need_made_questions(tmp_path, home_with_models):
    (tmp_path / "docs").mkdir()
    for n in range(12):
        (tmp_path / "docs" / f"{n}.md").write_text(
            f"# oven {n}\n\nthe oven {n} is as loud as {31 + n} dB . it is red ."
        )
    docs = tmp_path / "docs"
    tiny = save_tiny_model(tmp_path / "tiny")
    given = {"arms": ["prompt", "rag"], "model": str(tiny), "report": lambda line: None}
    with pytest.raises(UsageError, match="--make-pairs"):
        compare(Questions(docs, None), tmp_path / "out", **given)
    results = compare(Questions(docs, None, 2), tmp_path / "out", **given)
    assert results["data"]["made_questions"] == results["data"]["questions"] > 0
    assert "made from the documents by rule" in results["notes"][0]
