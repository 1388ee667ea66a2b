"""The contest of a brief with a tiny random model: mechanics, goals, resuming; what all briefs say together."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from tiny import save_tiny_model

from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Document, Question
from twolevers.decide import capstone as steps
from twolevers.decide import reveal
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.scorers.goal import Form, Goal, GoalMet
from twolevers.learn import Ledger
from twolevers.lessons.capstone import experiment as capstone
from twolevers.lessons.capstone.arms import ARMS
from twolevers.lessons.capstone.case import Case, Pair
from twolevers.lessons.capstone.contest import COLUMNS, contest
from twolevers.lessons.common.bench import Workbench
from twolevers.models.native.model import NativeModel

THINGS = ("oven", "kettle", "washer")
COLOURS = ("red", "blue", "green")


class Letters:
    """Vectors from the words alone."""

    key = "words"

    def embed(self, texts):
        """(len(texts), 64), each of length one."""
        found = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.casefold().split():
                found[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % 64] += 1
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return NativeModel.load(str(save_tiny_model(tmp_path_factory.mktemp("tiny"))))


@pytest.fixture(autouse=True)
def no_collecting(monkeypatch):
    """The engine gives memory back after each call; among a test run's objects that takes most of the time."""
    monkeypatch.setattr("gc.collect", lambda *_: 0)


@pytest.fixture
def bench(home, model):
    return Workbench(model, Letters(), [], pd.DataFrame())


def case(task="questions", documents=True, **changes):
    pages = [
        Document(f"D{i}", f"the {thing}", f"the {thing} is {COLOURS[i]} .", "page", "", None, {}, "all")
        for i, thing in enumerate(THINGS)
    ]
    pairs = []
    for number in range(16):
        thing, colour = THINGS[number % 3], COLOURS[number % 3]
        text = f"what colour is the {thing} {['a', 'b', 'c', 'd'][number % 4]} {number} ?"
        asked = Question(
            f"q{number}", text, (colour,), task, (f"D{number % 3}",) if documents else (), f"e{number}", "", ""
        )
        pairs.append(Pair(asked, colour))
    given = {
        "name": f"{task}-{documents}", "task": task, "documents": tuple(pages) if documents else (),
        "taught": tuple(pairs[:8]), "dev": tuple(pairs[8:10]), "tested": tuple(pairs[10:]), "goal": Goal(),
        "instructions": ("answer", "answer the question"), "readings": ("answer of documents",),
        "labels": COLOURS if task == "labels" else (), "max_new_tokens": 3,
    }  # fmt: skip
    return Case(**(given | changes))


@pytest.mark.parametrize(("task", "documents"), [("questions", True), ("replies", False), ("labels", False)])
def test_every_kind_of_brief_runs_its_arms_and_goes_on_after_a_kill(bench, monkeypatch, task, documents):
    asked = case(task, documents)
    first = contest(bench, asked, lambda line: None)
    arms = (*ARMS, "linear") if task == "labels" else ARMS
    assert tuple(dict.fromkeys(first.frame["arm"])) == arms
    assert list(first.frame.columns) == list(COLUMNS) and len(first.frame) == len(arms) * len(asked.tested)
    assert first.train_seconds["tuned"] > 0 == first.train_seconds["prompt"]

    def gone(*_, **__):
        raise AssertionError("asked again")

    monkeypatch.setattr(NativeModel, "generate", gone)
    monkeypatch.setattr(NativeModel, "fit", gone)
    monkeypatch.setattr(NativeModel, "label_logprobs", gone)
    again = contest(bench, asked, lambda line: None)
    pd.testing.assert_frame_equal(again.frame.drop(columns="seconds"), first.frame.drop(columns="seconds"))


def test_few_pairs_leave_the_trained_arms_out(bench):
    few = case(taught=case().taught[:4])
    assert tuple(dict.fromkeys(contest(bench, few, lambda line: None).frame["arm"])) == ("prompt", "rag")


def test_a_leak_and_a_brief_without_test_stop_before_anything_runs(bench):
    pairs = case().taught
    with pytest.raises(TwoLeversError, match="Leak"):
        contest(bench, case(tested=pairs))
    with pytest.raises(UsageError, match="no item of the split 'test'"):
        contest(bench, case(tested=()))


BLUE = "It is blue."


def answered(text="It is red.", sources=("D1",), quoted="The oven is red.", tokens=50):
    return Answer("q", text, sources, ("D1",), Usage(tokens, 3, 0.1), quoted)


@pytest.mark.parametrize(
    ("goal", "answer", "good"),
    [
        (Goal(), answered(), True),
        (Goal(), answered(BLUE), False),
        (Goal(fact=False), answered(BLUE), True),
        (Goal(source="shown"), answered(sources=("D2",)), False),
        (Goal(source="shown"), answered(sources=()), False),
        (Goal(source="cited"), answered(quoted="The oven is new."), False),
        (Goal(source="cited"), answered(), True),
        (Goal(exact=True), answered(text=" red "), True),
        (Goal(exact=True), answered(text="red."), False),
        (Goal(tokens=49), answered(), False),
        (Goal(form=(Form("", starts="It", ends="."),)), answered(), True),
        (Goal(form=(Form("", lacks="is"),)), answered(), False),
        (Goal(form=(Form("", words=2),)), answered(), False),
        (Goal(form=(Form("", holds="{entity}"),)), answered(text="about the oven, red"), True),
    ],
)
def test_a_goal_is_met_when_each_of_its_parts_is(goal, answer, good):
    question = Question("q", "?", ("red",), "", ("D1",), "the Oven", "", "")
    scores = GoalMet(goal, {"q": "red"})(question, answer)
    assert scores["correct"] is good and scores["stated"] is (answer.text != BLUE)
    assert (scores["parts_met"] == 1) is good


def test_a_source_without_a_document_to_name_is_not_met():
    question = Question("q", "?", ("red",), "", (), "the Oven", "", "")
    assert GoalMet(Goal(source="shown"), {"q": "red"})(question, answered())["correct"] is False


def test_a_label_is_met_to_the_letter():
    pair = Pair(Question("q", "?", ("red",), "", (), "", "", ""), "red")
    scorer = case("labels", False).scorer([pair])
    assert [scorer(pair.question, answered(text))["correct"] for text in ("red", "It is red.")] == [True, False]


def test_part_of_a_goal_tells_prompts_apart():
    question = Question("q", "?", ("red",), "", ("D1",), "", "", "")
    goal = Goal(form=(Form("", starts="It"), Form("", ends="!")))
    assert GoalMet(goal, {})(question, answered())["parts_met"] == pytest.approx(2 / 3)


def frame(shares, n=60, seed=0):
    """Answers of made-up arms: {brief: {arm: share right}}."""
    rng = np.random.default_rng(seed)
    rows = []
    for brief, arms in shares.items():
        for arm, share in arms.items():
            for number, right in enumerate(rng.random(n) < share):
                place = {"brief": brief, "arm": arm, "question_id": f"q{number}", "question": f"{number}?"}
                rows.append(
                    place | {"entity": f"e{number}", "correct": bool(right), "prompt_tokens": 9, "seconds": 0.1}
                )
    return pd.DataFrame(rows)


def test_one_arm_that_is_best_everywhere_leaves_nothing_to_choose():
    same = frame({f"b{i}": {"prompt": 0.2, "rag": 0.5, "both": 0.9} for i in range(6)})
    found = capstone.right_choice(same)
    assert found.difference == 0 and capstone.choices(same)[1] == "both"


def test_equal_arms_do_not_look_better_because_one_may_choose():
    gains = [
        capstone.right_choice(frame({f"b{i}": dict.fromkeys(ARMS, 0.5) for i in range(8)}, seed=seed)).difference
        for seed in range(6)
    ]
    naive = [
        (lambda table: table.max(axis=1).mean() - table.mean().max())(
            frame({f"b{i}": dict.fromkeys(ARMS, 0.5) for i in range(8)}, seed=seed)
            .groupby(["brief", "arm"])["correct"].mean().unstack()
        )
        for seed in range(6)
    ]  # fmt: skip
    assert abs(np.mean(gains)) < 0.03 < np.mean(naive)


def test_briefs_with_different_best_arms_support_the_claim():
    mixed = frame({f"b{i}": {arm: 0.9 if arm == ARMS[i % 4] else 0.3 for arm in ARMS} for i in range(8)})
    found = capstone.right_choice(mixed)
    assert found.interval.low > 0.2
    table = capstone.winners(mixed)
    assert set(table["first"]) == set(ARMS) and set(table["verdict"]) == {"supported"}


def test_an_arm_that_only_some_briefs_allow_is_no_single_arm():
    shares = {"a": {"prompt": 0.4, "rag": 0.5, "linear": 0.95}, "b": {"prompt": 0.4, "rag": 0.5}}
    chosen, single = capstone.choices(frame(shares))
    assert chosen["a"] == "linear" and single == "rag"
    assert capstone.grid(frame(shares)).set_index("brief").loc["b", "linear"] == "–"


def test_recorded_answers_are_scored_anew_and_other_data_are_left_out(bench, tmp_path):
    asked = case()
    found = contest(bench, asked, lambda line: None)
    for name, text in capstone.record([found], "tiny").items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    again = capstone.recorded([asked], tmp_path)
    kept = ["arm", "question_id", "correct", "entity"]
    pd.testing.assert_frame_equal(again.frame[kept], found.frame[kept])
    with pytest.raises(UsageError, match="knows no answers"):
        capstone.recorded([case(taught=asked.taught[:6])], tmp_path)
    both = capstone.together([found], again)
    assert set(both["source"]) == {"yours"}


def test_nothing_is_revealed_before_the_commit(bench, monkeypatch):
    monkeypatch.setattr(reveal, "contest", lambda *_: pytest.fail("measured before the commit"))
    opened = reveal.reveal(steps.Capstone("price_desk"), bench)
    for cell in (reveal.chart, reveal.against, reveal.answers, reveal.feedback, reveal.write):
        assert "first" in cell(opened).text
    assert reveal.ledger_rows(opened) == []


def test_after_the_commit_everything_is_shown_kept_and_written(bench, monkeypatch, tmp_path):
    asked = case()
    monkeypatch.setattr(reveal, "load_case", lambda name: asked)
    known = capstone.Recorded(
        frame({"b": dict.fromkeys(ARMS, 0.5)}), {"model": "another", "briefs": {"b": {}, "c": {}}}
    )
    monkeypatch.setattr(reveal.measured, "recorded", lambda cases: known)
    work = steps.Capstone("price_desk")
    work.score(dict(quality=5, freshness=5, sources=2, cost=3, speed=3, start=3))
    work.pick("rag")
    work.justify("It must be right and new each day, and <b>cheap</b> enough: no evidence yet.")
    work.change("If fewer than 50 of 100 are right, go back to the telephone.", 300)
    work.commit()
    opened = reveal.reveal(work, bench, lambda line: None)
    assert reveal.chart(opened) is None
    assert "rag > both" in reveal.against(opened).text
    assert "evidence cited" in reveal.feedback(opened).text
    said = reveal.write(opened, tmp_path)
    assert "decision-price_desk.md" in said.text
    page = (tmp_path / "decision-price_desk.html").read_text(encoding="utf-8")
    assert "Confirmation" in page and "<b>cheap" not in page
    rows = reveal.ledger_rows(opened)
    Ledger().add(*rows)
    assert {row.arm for row in rows} == set(ARMS) and not [row for row in rows if row.claim]
    assert work.done()[-3:] == ("contest", "rubric", "record")
