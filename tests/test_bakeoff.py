"""The bake-off end to end, with a tiny random model: mechanics, files, resuming; plans and divisions by themselves."""

import csv
import io
import json
import random
import re
import signal
import subprocess
import sys
import time
from functools import partial

import pandas as pd
import pytest
from tiny import save_tiny_model

from twolevers import cli
from twolevers.arms import registry
from twolevers.arms.protocol import Answer, Usage
from twolevers.bakeoff import review
from twolevers.bakeoff.command import compare
from twolevers.bakeoff.plan import Rates, plan
from twolevers.bakeoff.read.examples import Pair
from twolevers.bakeoff.tasks import house_rules, labels
from twolevers.bakeoff.tasks.kinds import CLASSIFY, QUESTIONS, REPLY
from twolevers.bakeoff.tasks.labels import Labels
from twolevers.bakeoff.tasks.likeness import near_duplicates
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.bakeoff.tasks.replies import Replies
from twolevers.bakeoff.tasks.split import split
from twolevers.bakeoff.write import answers, record
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.scorers.reviewed import Reviewed
from twolevers.evaluate.scorers.sentences import Accepted
from twolevers.retrieval.chunking import Passage

ARMS, DROPPED_FIRST, TAUGHT = QUESTIONS.arms, QUESTIONS.dropped_first, QUESTIONS.adapters
COLOURS = ("red", "blue", "green")
RATES = Rates(
    {arm: 0.2 if registry.ARMS[arm].retrieves else 0.04 for arm in ARMS}, {"closed": 0.2, "open": 0.25}, TAUGHT
)


class Finds:
    """A search that returns one passage."""

    name = key = "finds"

    def __init__(self, passage):
        self.passage = passage

    def search(self, queries, k=3):
        return [[self.passage] for _ in queries]


def question(name, *documents, answer="red"):
    return Question(name, f"What is {name}?", (answer,) if answer else (), "question", documents, name, "", "")


def test_no_document_is_on_both_sides():
    asked = [question(f"q{n}", f"d{n % 20}") for n in range(100)]
    asked += [question("two", "d1", "d2"), question("three", "d2", "d3"), question("none", answer="")]
    found = split(asked, Finds(Passage("x#0", "x", "", "")))
    sides = [{name for each in side for name in each.doc_ids} for side in (found.training, found.tested)]
    assert not sides[0] & sides[1] and len(sides[0] | sides[1]) == 20
    assert 0.2 < len(found.training) / len(asked) <= 0.4 and found.inferred == 0
    assert "none" in {each.question_id for each in found.tested}


def test_a_question_without_a_document_is_given_the_one_that_states_its_answer():
    found = split(
        [question("a"), question("b"), question("c", answer="blue")], Finds(Passage("p#0", "p", "", "It is red."))
    )
    assert found.inferred == 2
    assert len({each.entity for each in (*found.training, *found.tested)}) == 2


@pytest.mark.parametrize(("minutes", "arms"), [(60, ARMS), (15, ARMS), (2, ARMS), (1, ("rag", "prompt"))])
def test_a_plan_fits_its_time(minutes, arms):
    found = plan(arms, DROPPED_FIRST, 3, 2000, 128, RATES, 60 * minutes)
    assert found.seconds <= 60 * minutes
    assert found.tested >= 40 and set(found.arms) <= set(arms) and found.left_out
    assert minutes < 60 or (found.arms == ARMS and found.seeds == 3 and found.tested == 400)


def test_a_plan_that_cannot_be_says_how_long_it_takes():
    with pytest.raises(UsageError, match=r"give --minutes \d+ or more"):
        plan(("rag",), DROPPED_FIRST, 1, 100, 0, Rates({"rag": 60}, {}, {}), 30)


def save_inputs(folder, n=14):
    (folder / "docs").mkdir()
    rows = []
    for place in range(n):
        colour = COLOURS[place % 3]
        text = f"# oven {place}\n\nthe oven {place} is {colour} . the kettle {place} is {COLOURS[(place + 1) % 3]} ."
        (folder / "docs" / f"oven-{place}.md").write_text(text)
        for thing, answer in (("oven", colour), ("kettle", COLOURS[(place + 1) % 3])):
            for wording in ("what is the colour of", "<b>how</b> red is"):
                rows.append([f"{wording} the {thing} {place} ?", answer, f"oven-{place}.md"])
    rows.append(["what is the colour of the washer ?", "", ""])
    with (folder / "questions.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["question", "answer", "doc_id"], *rows])
    return folder / "docs", folder / "questions.csv"


@pytest.fixture
def inputs(tmp_path):
    return save_inputs(tmp_path)


@pytest.mark.model
def test_from_files_to_files(inputs, tmp_path, home_with_models):
    docs, questions = inputs
    before = {path: path.read_bytes() for path in (*docs.iterdir(), questions)}
    tiny = save_tiny_model(tmp_path / "tiny")
    said = []
    results = compare(Questions(docs, questions), tmp_path / "out", model=str(tiny), seeds=2, report=said.append)
    assert {path: path.read_bytes() for path in (*docs.iterdir(), questions)} == before
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == results
    assert set(results["arms"]) == set(ARMS) and results["schema"] == 1
    for name, row in results["arms"].items():
        assert 0 <= row["interval"][0] <= row["accuracy"] <= row["interval"][1] <= 1
        assert row["n"] == results["data"]["tested"] and len(row["seeds"]) == (
            2 if name in ("tuned", "both", "stacked") else 0
        )
    assert results["data"]["not_used"] == 1
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<b>how</b>" not in page and "&lt;b&gt;how&lt;/b&gt;" in page
    assert not re.findall(r"(?:src|href)=[\"'](?!data:)", page) and "<script" not in page
    assert "no answer; where there is none" in page
    made = (tmp_path / "out" / "decision-record.md").read_text()
    for heading in ("Context and Problem Statement", "Considered Options", "Decision Outcome", "Consequences"):
        assert heading in made
    frame = pd.read_csv(tmp_path / "out" / "answers.csv")
    assert len(frame) == results["data"]["tested"] * (2 + 2 * 3)

    answered = (tmp_path / "out" / "answers.jsonl").read_bytes()
    again = compare(Questions(docs, questions), tmp_path / "out", model=str(tiny), seeds=2, report=said.append)
    assert again["arms"] == results["arms"]
    assert (tmp_path / "out" / "answers.jsonl").read_bytes() == answered  # nothing was asked again


@pytest.mark.model
def test_a_killed_run_goes_on(inputs, tmp_path, home_with_models):
    docs, questions = inputs
    tiny = save_tiny_model(tmp_path / "tiny")
    command = [sys.executable, "-m", "twolevers.cli", "bakeoff", "--docs", docs, "--questions", questions]
    command += ["--out", tmp_path / "out", "--model", tiny]
    journal = tmp_path / "out" / "answers.jsonl"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") >= 32):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    answered = journal.read_bytes()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert journal.read_bytes().startswith(answered)  # what was answered before is not asked again
    keys = [json.loads(line)["key"] for line in journal.read_text().splitlines()]
    assert len(keys) == len(set(keys))


@pytest.mark.model
def test_too_few_pairs_leave_the_tuned_arms_out(tmp_path, home_with_models):
    docs, questions = save_inputs(tmp_path, n=4)
    tiny = save_tiny_model(tmp_path / "tiny")
    results = compare(Questions(docs, questions), tmp_path / "out", model=str(tiny), report=lambda line: None)
    assert set(results["arms"]) == {"prompt", "rag"}
    assert any("need training pairs" in note for note in results["notes"])
    with pytest.raises(UsageError, match="need training pairs"):
        compare(Questions(docs, questions), tmp_path / "b", arms=["tuned"], model=str(tiny), report=lambda line: None)


def test_a_call_that_cannot_be_is_one_line_and_exit_2(inputs, tmp_path, monkeypatch, capfd):
    docs, questions = inputs
    for change in ({"--docs": "gone"}, {"--questions": docs / "oven-1.md"}, {"--arms": "magic"}):
        given = {"--docs": docs, "--questions": questions, "--out": tmp_path / "out", **change}
        words = [str(each) for pair in given.items() for each in pair]
        monkeypatch.setattr(sys, "argv", ["twolevers", "bakeoff", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr().err
        assert ended.value.code == 2 and said.count("\n") == 1, said


def test_answers_are_no_formulas():
    row = {"arm": "rag", "seed": None, "question_id": "q", "question": "=1+1", "text": "@x", "correct": True}
    row |= {"refused": False, "cited": ("a", "b"), "cited_right": None, "seconds": 0.1}
    assert "'=1+1,'@x" in answers(pd.DataFrame([row])) and "a;b" in answers(pd.DataFrame([row]))


def test_a_list_that_begins_like_a_formula_is_none():
    row = {"arm": "rag", "seed": None, "question_id": "q", "question": "  =1+1", "text": "＝x", "correct": True}
    row |= {"refused": False, "cited": ("=HYPERLINK(0)", "b"), "cited_right": None, "seconds": -0.1}
    assert "'  =1+1,'＝x" in answers(pd.DataFrame([row])) and "'=HYPERLINK(0);b,,-0.1" in answers(pd.DataFrame([row]))


def test_a_person_decides_what_is_uncertain(tmp_path):
    asked = [question("a", answer="1.200"), question("b", answer="=43"), question("c", answer="red")]
    said = {"a": "1200", "b": "=43", "c": "blue"}

    def frame(scorer):
        given = [Answer(each.question_id, said[each.question_id], (), (), Usage(1, 1, 0.1)) for each in asked]
        rows = [
            {"question_id": one.question_id, "question": one.text, "text": other.text, **scorer(one, other)}
            for one, other in zip(asked, given, strict=True)
        ]
        return pd.DataFrame(rows)

    scorer = Accepted({})
    assert frame(scorer)["correct"].tolist() == [True, True, False]
    table = pd.read_csv(io.StringIO(review.listed(frame(scorer))), dtype=str)
    assert table["question_id"].tolist() == ["a"] and "1.2 or 1200" in table["why"][0]
    assert "1 answers are scored with doubt" in review.open_doubts(frame(scorer))[0]
    table.assign(right="no").to_csv(tmp_path / "review.csv", index=False)
    verdicts = review.read_reviewed(tmp_path / "review.csv")
    found = frame(Reviewed(scorer, partial(review.word, verdicts)))
    assert found["correct"].tolist() == [False, True, False]
    assert review.decided(found, verdicts, "x.csv") == "A person judged 1 answers (x.csv); their word was taken."
    assert "1 of their rows meet no answer" in review.decided(found[1:], verdicts, "x.csv")
    assert review.open_doubts(found) == ()
    assert review.listed(found).rstrip().endswith(",no")  # their word stays in the file
    (tmp_path / "odd.csv").write_text("question,answer,right\nx,y,perhaps\n")
    with pytest.raises(UsageError, match="yes, no or blank"):
        review.read_reviewed(tmp_path / "odd.csv")


def test_the_record_says_when_no_arm_is_of_use():
    data = {"tested": 50, "test_groups": 20, "documents": 30, "hash": "abc"}
    advice = {"arm": None, "reason": "No arm is of use here.", "reverses_if": ["a larger model is better"]}
    advice |= {"usable": False, "sure": "Sure.", "good_enough": 0.8}
    results = {"data": data, "arms": {}, "model": "m", "comparisons": [], "notes": [], "recommendation": advice}
    text = record(results, QUESTIONS)
    assert "Chosen option: **none of the arms measured**, because no arm is of use here. Sure." in text


@pytest.mark.model
def test_labelled_texts_from_file_to_files(tmp_path, home_with_models):
    draw = random.Random(1)
    words = ["".join(draw.sample("abcdefghijklmnop", 6)) for _ in range(400)]
    rows = [[f"{' '.join(draw.sample(words, 5))} {colour} oven", colour] for colour in COLOURS for n in range(24)]
    rows += [["the kettle is broken", "red"], ["The kettle is broken!", "red"], ["alone", "violet"]]
    with (tmp_path / "examples.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["text", "label"], *rows])
    tiny = save_tiny_model(tmp_path / "tiny")
    given = {"model": str(tiny), "report": lambda line: None}
    results = compare(Labels(tmp_path / "examples.csv"), tmp_path / "out", **given)
    assert results["task"] == "classify" and set(results["arms"]) == set(CLASSIFY.arms)
    assert results["data"] | {"hash": ""} == results["data"] | {"texts": 75, "labels": 4, "not_used": 1, "hash": ""}
    assert results["arms"]["tfidf"]["accuracy"] > 0.9 and results["arms"]["tfidf"]["macro_f1"] > 0.9
    assert results["recommendation"]["arm"] in ("tfidf", "linear")
    assert any(each["verdict"] == "contradicted" for each in results["comparisons"] if each["a"] == "tuned")
    assert any("Negative control" in note for note in results["notes"])
    page = (tmp_path / "out" / "report.html").read_text()
    assert "is the only text with the label" in page and "macro-F1" in page


def test_near_duplicates_stay_together():
    texts = ["My card was stolen yesterday", "my card was stolen yesterday!", "How do I open an account?"]
    found = near_duplicates(texts)
    assert found[0] == found[1] != found[2]
    pairs = [Pair("", f"{text} {n // 2}", f"label {n % 4}") for n, text in enumerate(texts * 40)]
    divided = labels.divide(pairs)
    assert not {each.entity for each in divided.training} & {each.entity for each in divided.tested}
    assert {each.answers for each in divided.training} == {each.answers for each in divided.tested}


REPLIES = [
    f"Good day, the part {n} is on its way to you. It is there in {n} days. Kind regards, Tarn" for n in range(40)
]


def test_rules_are_learned_from_replies():
    rules = {rule.name: rule for rule in house_rules.learn(REPLIES)}
    assert rules["opening"].said == 'Begin with "Good day, the part".'
    assert rules["closing"].said == 'End with "days. Kind regards, Tarn".'
    assert {"no exclamation marks", "no contractions", "one paragraph"} <= set(rules) and "JSON block" not in rules
    assert all(rule.kept(reply) for rule in rules.values() for reply in REPLIES)
    other = "Hi! It's here."
    assert not any(
        rules[name].kept(other) for name in ("opening", "closing", "no exclamation marks", "no contractions")
    )
    assert house_rules.learn(["one"]) == []


@pytest.mark.model
def test_replies_from_file_to_files(tmp_path, home_with_models):
    draw = random.Random(2)
    lines = [
        json.dumps({"instruction": f"{''.join(draw.sample('abcdefghijkl', 9))} where is it?", "response": reply})
        for reply in REPLIES
    ]
    (tmp_path / "examples.jsonl").write_text("\n".join(lines))
    tiny = save_tiny_model(tmp_path / "tiny")
    results = compare(Replies(tmp_path / "examples.jsonl"), tmp_path / "out", model=str(tiny), report=lambda line: None)
    assert results["task"] == "reply" and set(results["arms"]) == set(REPLY.arms)
    assert all(0 <= row["rules_kept"] <= 1 and 0 <= row["token_f1"] <= 1 for row in results["arms"].values())
    assert "Rules learned" in results["notes"][0] and any("1.00 keep all" in note for note in results["notes"])
    assert "of the rules" in (tmp_path / "out" / "report.html").read_text()
