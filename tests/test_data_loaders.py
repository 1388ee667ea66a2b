"""Loaders: what they return, and the one line they say when a file cannot be used."""

import csv
import json

import pytest

from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_claims, load_published
from twolevers.data.questions import HELD_OUT_WORDINGS, TRAINING_WORDINGS, ask, load_questions
from twolevers.errors import UsageError

PAGE = {
    "doc_id": "a-2020",
    "title": "A 2020",
    "text": "The A 2020 makes 31 dB.",
    "kind": "product",
    "line": "A",
    "year": 2020,
    "attributes": {"noise_level": "31 dB"},
    "split": "test",
}
QUESTION = {
    "question_id": "Q1",
    "kind": "fact",
    "entity": "A 2020",
    "attribute": "noise_level",
    "doc_ids": '["a-2020"]',
    "question": "How loud?",
    "paraphrases": json.dumps(list("bcdefg")),
    "answers": '["31 dB"]',
    "split": "test",
}


def write_pages(path, *pages):
    path.write_text("\n".join(json.dumps(page) for page in pages), encoding="utf-8")
    return path


def write_rows(path, *rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, rows[0])
        table.writeheader()
        table.writerows(rows)
    return path


def said_by(load, path):
    with pytest.raises(UsageError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message and str(path) in message
    return message


def test_a_page_travels_whole(tmp_path):
    (page,) = load_catalogue(write_pages(tmp_path / "c.jsonl", PAGE))
    assert vars(page) == PAGE


def test_every_wording_can_be_asked(tmp_path):
    frame = load_questions(write_rows(tmp_path / "q.csv", QUESTION))
    assert [ask(frame, n)[0].text for n in range(7)] == ["How loud?", *"bcdefg"]
    assert (*TRAINING_WORDINGS, *HELD_OUT_WORDINGS) == tuple(range(7))
    question = ask(frame)[0]
    assert question.answers == ("31 dB",) and question.doc_ids == ("a-2020",) and question.answerable
    for wording in (7, -1):
        with pytest.raises(UsageError, match=f"Q1 has no wording {wording}: choose 0 to 6"):
            ask(frame, wording)


def test_a_cell_may_hold_line_separators_and_the_file_a_byte_order_mark(tmp_path):
    path = write_rows(tmp_path / "q.csv", {**QUESTION, "question": "How\u2028loud,\nplease?"})
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert load_questions(path)["question"][0] == "How\u2028loud,\nplease?"


def test_missing_and_unreadable_files(tmp_path):
    for load in (load_catalogue, load_questions, load_claims, load_published):
        assert "no such file" in said_by(load, tmp_path / "none.csv")
        assert "cannot be read" in said_by(load, tmp_path)
    latin = tmp_path / "latin.csv"
    latin.write_bytes("question_id;größe".encode("latin-1"))
    assert "is not UTF-8" in said_by(load_questions, latin)


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("question_id,question\nQ1,How loud?\n", encoding="utf-8")
    assert "missing column(s) kind, entity, attribute" in said_by(load_questions, path)
    path.write_text("", encoding="utf-8")
    assert "missing column(s) question_id" in said_by(load_questions, path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"paraphrases": "[oops"}, "row 2, paraphrases: not JSON"),
        ({"paraphrases": '["only one"]'}, "row 2, paraphrases: Value should have at least 6 items"),
        ({"answers": "31 dB"}, "row 2, answers: not JSON"),
        ({"answers": "[]"}, "row 2, row: fact questions must have at least one answer"),
        ({"kind": "unanswerable"}, "row 2, row: unanswerable questions must have no answer"),
        ({"kind": "riddle"}, "row 2, kind:"),
        ({"question": ""}, "row 2, question:"),
        ({"split": "all"}, "row 2, split:"),
        ({"question_id": "Q1"}, "row 2, question_id: Q1 is also in row 1"),
    ],
)
def test_a_bad_question_is_named_by_row_and_column(tmp_path, change, words):
    path = write_rows(tmp_path / "q.csv", QUESTION, {**QUESTION, "question_id": "Q2", **change})
    assert words in said_by(load_questions, path)


def test_a_row_with_too_many_cells(tmp_path):
    path = write_rows(tmp_path / "q.csv", QUESTION)
    path.write_text(path.read_text(encoding="utf-8").rstrip() + ",more\n", encoding="utf-8")
    assert "row 1 has 10 cells, the header 9; quote cells" in said_by(load_questions, path)


def test_bad_pages(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps(PAGE) + "\n{'doc_id': 1}\n", encoding="utf-8")
    assert "line 2 is not JSON" in said_by(load_catalogue, path)
    assert "row 2, doc_id: a-2020 is also in row 1" in said_by(load_catalogue, write_pages(path, PAGE, PAGE))
    assert "row 1, text:" in said_by(load_catalogue, write_pages(path, {**PAGE, "text": ""}))
    without = {name: value for name, value in PAGE.items() if name != "year"}
    assert "row 1, year: Field required" in said_by(load_catalogue, write_pages(path, without))
    assert "row 1, row:" in said_by(load_catalogue, write_pages(path, ["a", "list"]))
    path.write_text("\n", encoding="utf-8")
    assert "no rows" in said_by(load_catalogue, path)


def test_bad_claims(tmp_path):
    claim = {
        "id": "C1",
        "criterion": "use RAG",
        "claim": "x",
        "source": "x",
        "lesson": "02_changing_data",
        "measure": "y",
    }
    claim["published"] = "none"
    assert "row 1, id:" in said_by(load_claims, write_rows(tmp_path / "c.csv", claim))
    result = {
        "id": "P01",
        "claim_ids": "C03;C2",
        "topic": "t",
        "setting": "s",
        "metric": "m",
        "values": "v",
        "source": "s",
    }
    path = write_rows(tmp_path / "p.csv", {**result, "basis": "first_hand"})
    assert "row 1, claim_ids.1:" in said_by(load_published, path)
