"""Lesson 02's experiment: what is drawn and taught, the replayed index, answers told apart, frames read."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest
from stand_ins import Words

from twolevers.data.catalogue import load_catalogue
from twolevers.data.questions import ask, load_questions
from twolevers.data.revisions import MONTHS, load_revisions
from twolevers.evaluate.run import COLUMNS
from twolevers.evaluate.scorers.outcomes import OLD, OTHER, OUTCOMES, REFUSED, RIGHT, outcome
from twolevers.lessons.changing_data import experiment as lesson
from twolevers.lessons.changing_data import replay
from twolevers.lessons.common import moving_facts
from twolevers.lessons.common.bench import Workbench
from twolevers.models.api import Completion


class Reader:
    """Says the first passage of its prompt, or that it has none; remembers what it was asked."""

    name = key = "reader"

    def __init__(self):
        self.asked = []

    def generate(self, chats, max_new_tokens=24):
        self.asked += [chat[-1]["content"] for chat in chats]
        lines = [prompt.splitlines()[0] for prompt in self.asked[-len(chats) :]]
        return [Completion(line if line.startswith("[1]") else "I do not know.", 9, 3, 0.01) for line in lines]

    def adapted(self, adapter):
        other = Reader()
        other.key = f"reader+{adapter}"
        return other


@pytest.fixture(scope="module")
def tables():
    return load_catalogue(), load_questions()


@pytest.fixture
def bench(tables, home):
    return Workbench(model=Reader(), embedder=Words(), documents=tables[0], questions=tables[1])


def test_the_facts_are_those_planned(bench):
    facts = lesson.facts(bench)
    assert facts["group"].value_counts().to_dict() == lesson.FACTS
    assert facts["question_id"].is_unique
    products = facts.groupby("group")["entity"].nunique()
    assert products[lesson.CHANGED] == lesson.FACTS[lesson.CHANGED]
    assert products[lesson.DELETED] == 6
    revisions = load_revisions()
    last, first = (lesson.as_of(bench, revisions, month).groupby("group") for month in (MONTHS, 0))
    assert all(first.get_group(group)["answers"].map(bool).all() for group in lesson.FACTS)
    assert (last.get_group(lesson.CHANGED)["changed_in"] > 0).all()
    assert (last.get_group(lesson.UNCHANGED)["changed_in"] == 0).all()
    assert not last.get_group(lesson.DELETED)["answers"].map(bool).any()


def test_training_takes_each_months_truth_and_no_tested_wording(bench):
    first, again = lesson.taught(bench, 0), lesson.taught(bench, MONTHS)
    assert len(first) == 4 * sum(lesson.FACTS.values())
    assert len(again) == 4 * (lesson.FACTS[lesson.CHANGED] + lesson.FACTS[lesson.UNCHANGED])
    values = [{question.question_id: question.answers[0] for question in pairs} for pairs in (first, again)]
    facts = lesson.facts(bench).set_index("question_id")["group"]
    differ = {name for name in values[1] if values[1][name] != values[0][name]}
    assert differ == set(facts[facts == lesson.CHANGED].index)
    rows = bench.questions[bench.questions["question_id"].isin(facts.index)]
    tested = {question.text for wording in lesson.WORDINGS for question in ask(rows, wording)}
    assert not tested & {question.text for question in (*first, *again)}


def test_the_replay_keeps_every_month_and_is_built_once(bench):
    store, refreshes = replay.replay(bench)
    assert list(refreshes["month"]) == list(range(1, MONTHS + 1))
    assert (refreshes["pages"] >= 8).all() and (refreshes["seconds"] > 0).all()
    assert refreshes["deleted"].sum() == 6
    query = ["Pulmeri 2017 capacity"]
    sources = [
        {passage.doc_id for passage in store.at(replay.tag(month)).bm25(query, 30)[0]} for month in (0, 1, 2, MONTHS)
    ]
    assert ["pulmeri-2017" in found for found in sources] == [True, True, False, False]
    calls = bench.embedder.calls
    again, kept = replay.replay(bench)
    assert bench.embedder.calls == calls and kept.equals(refreshes) and again.key == store.key


def test_a_damaged_replay_is_made_again(bench, home):
    replay.replay(bench)
    record = next(home.rglob(replay.RECORD))
    record.write_text("[]", "utf-8")
    with pytest.warns(UserWarning, match="replayed index"):
        _, refreshes = replay.replay(bench)
    assert len(refreshes) == MONTHS


def test_every_arm_is_asked_every_month_and_the_deleted_page_is_gone(bench):
    store, _ = replay.replay(bench)
    first, again = SimpleNamespace(adapter="first"), SimpleNamespace(adapter="again")
    frame = lesson.run(bench, store, first, again)
    n = len(lesson.WORDINGS) * sum(lesson.FACTS.values())
    counts = frame.groupby(["arm", "month"]).size()
    assert (counts == n).all()
    assert len(counts) == 3 * len(lesson.ASKED) + 1
    gone = lesson.last(frame, lesson.DELETED).groupby("arm")["page"].mean()
    assert gone["rag"] == 0 and gone["rag, stale"] == 1 and gone["tuned"] == 0
    assert set(frame["outcome"]) <= set(OUTCOMES)
    asked = bench.model.asked
    assert len(asked) == len(set(asked)) < len(lesson.ASKED) * n  # a prompt that was answered is not asked again


@pytest.mark.parametrize(
    ("said", "now", "before", "expected"),
    [
        ("It is 43 dB [1].", ["43 dB"], ["47 dB"], RIGHT),
        ("47 dB", ["43 dB"], ["47 dB"], OLD),
        ("147 dB", ["43 dB"], ["47 dB"], OTHER),
        ("43 dB or 47 dB", ["43 dB"], ["47 dB"], OTHER),
        ("Not in the documents.", ["43 dB"], ["47 dB"], REFUSED),
        ("47 dB", [], ["47 dB"], OLD),
        ("12 dB", [], ["47 dB"], OTHER),
    ],
)
def test_answers_are_told_apart(said, now, before, expected):
    assert outcome(said, now, before) == expected


def made_up(**right):
    """A frame of 40 facts that changed and 40 that stayed: share right by arm, (month 0, last month)."""
    rows = []
    for arm, shares in right.items():
        for month, share in zip((0, MONTHS), shares, strict=True):
            if arm == "tuned again" and month == 0:
                continue
            for group in lesson.FACTS:
                rows += [
                    {"arm": arm, "question_id": f"{group}{place}", "question": f"{group} {place}?", "kind": "fact"}
                    | {"entity": f"{group} Oven {place // 2}", "text": "43 dB", "correct": place < 40 * share}
                    | {"refused": False, "sources": (), "cited": (), "citation_precision": math.nan}
                    | {"citation_recall": 0.0, "cited_right": False, "retrieved": None, "prompt_tokens": 9}
                    | {"new_tokens": 3, "seconds": 0.1, "month": month, "group": group}
                    | {"outcome": RIGHT if place < 40 * share else OLD, "page": False}
                    for place in range(40)
                ]
    return pd.DataFrame(rows, columns=[*COLUMNS, "month", "group", "outcome", "page"])


@pytest.fixture
def answers():
    return made_up(**{"rag": (0.7, 0.7), "rag, stale": (0.7, 0), "tuned": (0.5, 0), "tuned again": (0, 0.5)})


def test_verdicts_and_the_gap_come_from_the_frame(answers):
    verdicts = lesson.comparisons(answers).set_index("claim")["verdict"]
    assert verdicts["rag > tuned"] == "by construction" and verdicts["tuned again > tuned"] == "supported"
    turned = lesson.comparisons(answers.assign(correct=~answers["correct"])).set_index("claim")["verdict"]
    assert turned["rag > tuned"] == "by construction", "whoever wins"
    assert turned["tuned again > tuned"] == "contradicted"
    gap = lesson.gap(answers).set_index("RAG − tuned")["difference"]
    assert gap.to_list() == pytest.approx([0.2, 0.7, 0.5])


def test_the_figure_says_every_value(answers):
    figure, alt = lesson.plot(answers)
    assert "facts that change, tuned once, at month 0: 0.50, 0.00 at months 0, 12" in alt
    assert "facts that change, tuned again, at month 12: 0.50 at month 12" in alt
    assert len(figure.axes) == 2


def test_outcomes_are_counted_by_arm(answers):
    table = moving_facts.outcomes(lesson.last(answers, lesson.CHANGED), lesson.LABELS)
    assert table.loc[lesson.LABELS["tuned"]].to_dict() == {"n": 40, RIGHT: 0, OLD: 40, REFUSED: 0, OTHER: 0}


def test_the_ratio_of_seconds_has_an_interval_on_both_its_parts():
    refreshes = pd.DataFrame({"pages": 9, "passages": 40, "seconds": [0.25, 0.5] * 6})
    ratio = replay.ratio(refreshes, SimpleNamespace(seconds=32.0, tokens=1000))
    assert ratio.value == pytest.approx(6.5) and ratio.n == 12
    assert ratio.low < 6.5 - math.log2(1.25) and ratio.high > 6.5 + math.log2(1.25)
    table = replay.updates(refreshes, SimpleNamespace(seconds=32.0, tokens=1000), 30)
    assert list(table["seconds"]) == [0.375, 32.0] and "30 facts" in table["touches"][1]


def test_evidence_fits_what_was_planned(answers, bench):
    from twolevers.learn.verdicts import assess

    rows = lesson.evidence(bench, answers, replay.Measured(5.0, 4.5, 5.5, 12), 9.0)
    found = {one.claim: one for one in assess(rows)}
    # The frozen weights' row decides nothing; seconds say "supported", twenty questions of retrained weights less.
    assert str(found["C15"].verdict) == "qualified" and not found["C15"].missing
    assert not found["C03"].missing
    assert {row.arm for row in rows} >= {"rag - tuned again", "tuned - rag", "tuned again"}
