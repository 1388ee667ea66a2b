"""Answers made elsewhere are an arm like others; documents that change: what an update takes, what is right after."""

import csv
import json

import pytest
from bakeoff_sample import NASTY
from test_bakeoff import save_inputs
from tiny import save_tiny_model

from twolevers.bakeoff.brought import read_answers
from twolevers.bakeoff.command import compare
from twolevers.bakeoff.freshness import read_revisions
from twolevers.bakeoff.read.examples import Pair
from twolevers.bakeoff.tasks.labels import Labels
from twolevers.bakeoff.tasks.protocol import Data
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.data.records import Document, Question
from twolevers.errors import UsageError


def rows_of(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def save(path, header, rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def asked(text, name="q1"):
    return Question(name, text, ("red",), "question", (), "", "", "")


def test_rows_are_met_by_id_or_by_words(tmp_path):
    path = tmp_path / "our bot.jsonl"
    rows = [
        {"question_id": "q1", "model_answer": "red", "sources": ["a.md", "b.md"]},
        {"query": "How  BIG is it?", "prediction": "blue"},
    ]
    path.write_text("\n".join(map(json.dumps, [{**dict.fromkeys(("question_id", "query")), **row} for row in rows])))
    with pytest.raises(UsageError, match="'question' or 'id'"):
        read_answers([save(tmp_path / "x.csv", ["a", "b"], [["1", "2"]])])
    (bot,), unused = read_answers([path])
    assert bot.name == "our bot" and bot.said(asked("anything")).sources == ("a.md", "b.md")
    assert bot.said(asked("none", "q9")) is None
    path = save(tmp_path / "rag.csv", ["question", "answer"], [["How big is it?", "blue"], ["how BIG is it?", "red"]])
    (same,), unused = read_answers([path])
    assert same.name == "rag (file)" and same.said(asked("How big  is it?", "q9")).text == "blue"
    assert "answered above" in unused[0].reason
    with pytest.raises(UsageError, match="Two files"):
        read_answers([path, path])


@pytest.mark.model
def test_answers_brought_in_are_judged_with_the_others(tmp_path, home_with_models):
    docs, questions = save_inputs(tmp_path)
    wanted = [(row["question"], row["answer"], row["doc_id"]) for row in rows_of(questions) if row["answer"]]
    more = [["who made it ?", "red", ""]]
    good = save(tmp_path / "good.csv", ["question", "answer", "sources"], [*wanted, *more])
    wrong = save(tmp_path / "wrong.csv", ["question", "answer"], [[text, f"purple {NASTY}"] for text, *_ in wanted])
    tiny = save_tiny_model(tmp_path / "tiny")
    said = []
    results = compare(
        *(Questions(docs, questions), tmp_path / "out"),
        **{"arms": ["prompt", "rag"], "model": str(tiny), "answers": [good, wrong], "report": said.append},
    )
    arms = results["arms"]
    assert list(arms) == ["prompt", "rag", "good", "wrong"] and len({row["n"] for row in arms.values()}) == 1
    assert arms["good"]["accuracy"] == 1.0 and arms["wrong"]["accuracy"] == 0.0
    assert arms["good"]["citation_precision"] == 1.0 and arms["good"]["latency_ms"] is None
    assert results["recommendation"]["arm"] == "good"
    assert {(one["a"], one["b"]) for one in results["comparisons"]} >= {("good", "rag"), ("wrong", "prompt")}
    page = (tmp_path / "out" / "report.html").read_text()
    assert "answers none of the questions" in page and "not known here" in " ".join(results["notes"])
    assert NASTY not in page and "brought in" in (tmp_path / "out" / "decision-record.md").read_text()
    with pytest.raises(UsageError, match="answers none of the"):
        elsewhere = save(tmp_path / "other.csv", ["question", "answer"], more)
        given = {"arms": ["prompt"], "model": str(tiny), "answers": [elsewhere], "report": said.append}
        compare(Questions(docs, questions), tmp_path / "out2", **given)


@pytest.mark.model
def test_labels_brought_in_may_be_written_otherwise(tmp_path, home_with_models):
    rows = [
        [f"{thing} number {n} of {n * 7}", label]
        for n in range(30)
        for thing, label in (("moo", "Cow"), ("baa", "Sheep"))
    ]
    texts = save(tmp_path / "t.csv", ["text", "label"], rows)
    said = save(tmp_path / "vendor.csv", ["text", "predicted_label"], [[text, label.upper()] for text, label in rows])
    given = {"arms": ["tfidf"], "model": str(save_tiny_model(tmp_path / "tiny")), "answers": [said]}
    results = compare(Labels(texts), tmp_path / "out", **given, report=lambda line: None)
    assert results["arms"]["vendor"]["accuracy"] == 1.0


DOCUMENT = Document("a.md", "A", "It costs 4 crowns.\nIt is red.", "page", "", None, {}, "")


def test_revisions_change_documents(tmp_path):
    header = ["doc_id", "old", "new", "question", "answer"]
    rows = [
        ["a.md", "4 crowns", "5 crowns", "What does it cost?", "5 crowns"],
        ["a.md", "green", "blue", "", ""],
        ["b.md", "", "new", "", ""],
    ]
    found = read_revisions(save(tmp_path / "r.csv", header, rows), [DOCUMENT])
    assert found.documents[0].text == "It costs 5 crowns.\nIt is red." and len(found.changed) == 1
    assert found.questions[0].answers == ("5 crowns",) and found.news[0].text == "It costs 5 crowns."
    assert [each.reason for each in found.unused] == [
        "changes 'green', which is not in a.md",
        "names the document 'b.md', which is not there",
    ]
    with pytest.raises(UsageError, match="no column 'doc_id'"):
        read_revisions(save(tmp_path / "s.csv", ["new"], [["x"]]), [DOCUMENT])
    with pytest.raises(UsageError, match="no revision that can be used"):
        read_revisions(save(tmp_path / "t.csv", header, rows[2:]), [DOCUMENT])


@pytest.mark.model
def test_what_an_update_takes_is_measured(tmp_path, home_with_models):
    docs, questions = save_inputs(tmp_path)
    rows = []
    for place in range(4):
        old = next(
            colour
            for colour in ("red", "blue", "green")
            if f"oven {place} is {colour}" in (docs / f"oven-{place}.md").read_text()
        )
        rows.append(
            [f"oven-{place}.md", f"oven {place} is {old}", f"oven {place} is brown", f"what is oven {place} ?", "brown"]
        )
    path = save(tmp_path / "r.csv", ["doc_id", "old", "new", "question", "answer"], rows)
    given = {"arms": ["prompt", "rag", "tuned"], "model": str(save_tiny_model(tmp_path / "tiny")), "revisions": path}
    results = compare(Questions(docs, questions), tmp_path / "out", **given, report=lambda line: None)
    found = results["revisions"]
    assert (found["documents"], found["questions"]) == (4, 4)
    by = {row["arm"]: row for row in found["arms"]}
    assert by["prompt"]["seconds"] == 0 and by["rag"]["seconds"] > 0 and by["tuned"]["updated"] == "the adapter"
    assert by["tuned"]["seconds"] > 0 and all(0 <= row["before"] <= 1 for row in by.values())
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<h2>Freshness</h2>" in page and "4 documents changed" in page


def test_revisions_need_documents(tmp_path):
    from twolevers.bakeoff.command import revised

    with pytest.raises(UsageError, match="--docs"):
        revised(tmp_path / "r.csv", Data((Pair("row", "a", "b"),), {}, (1, 1), ()))
