"""Scorers: each gives its columns, none writes over another's; a run stops at its deadline and goes on later."""

import pytest

from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.deadline import Deadline
from twolevers.evaluate.run import ASKED, GIVEN, run, summarise
from twolevers.evaluate.scorers.citations import Citations
from twolevers.evaluate.scorers.facts import FACTS, Facts
from twolevers.evaluate.scorers.labels import Labels
from twolevers.evaluate.scorers.protocol import Together
from twolevers.evaluate.scorers.sentences import Accepted
from twolevers.evaluate.scorers.style import Style


class Says:
    """An arm that gives the same answer, a second of `clock` a question."""

    name, key = "says", ""

    def __init__(self, text, clock=None):
        self.text, self.clock, self.asked = text, clock, 0

    def answer(self, questions):
        self.asked += len(questions)
        if self.clock:
            self.clock.now += len(questions)
        usage = Usage(1, 1, 0.1)
        return [Answer(q.question_id, self.text, ("d",), ("d",), usage, "It is red.") for q in questions]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Rule:
    def __init__(self, name, word):
        self.name, self.kept = name, lambda text: word in text


def questions(n=1, answers=("red",), doc_ids=("d",)):
    return [Question(f"q{i}", f"What {i}?", answers, "question", doc_ids, f"e{i}", "", "") for i in range(n)]


@pytest.mark.parametrize(
    ("scorer", "wanted"),
    [
        (Labels(), {"correct": False, "true": "red"}),
        (Style([Rule("a", "is"), Rule("b", "please")], {"q0": "It is red."}), {"correct": False, "rules_kept": 0.5}),
        (Accepted({}), {"correct": True, "refused": False, "doubt": ""}),
        (FACTS, {"correct": True, "refused": False, "cited_right": True, "retrieved": True}),
    ],
)
def test_a_run_has_the_columns_of_its_scorer(scorer, wanted):
    frame = run([Says("It is red.")], questions(), scorer, journal=None, key="")
    assert tuple(frame.columns) == (*ASKED, *scorer.columns, *GIVEN)
    row = frame.iloc[0]
    assert {name: row[name] for name in wanted} == wanted
    assert summarise(frame).loc[0, "n"] == 1


def test_no_scorer_writes_over_another():
    assert Together((Facts(), Citations())).columns == FACTS.columns
    with pytest.raises(UsageError, match="Two scorers give the column 'correct'"):
        Together((Facts(), Labels()))


def test_citations_are_undefined_where_no_document_is_named():
    frame = run([Says("red [1]")], questions(doc_ids=()), FACTS, journal=None, key="")
    assert frame["cited_right"].tolist() == [None] and frame["retrieved"].isna().all()


def test_a_run_ends_at_its_deadline_and_goes_on_in_the_next_call(tmp_path):
    clock = Clock()
    given = {"journal": tmp_path / "answers.jsonl", "key": "k", "batch_size": 4}
    arm, asked = Says("red", clock), questions(20)
    frame = run([arm], asked, FACTS, until=Deadline.after(10, clock), **given)
    assert len(frame) == 12 and arm.asked == 12  # three batches: the last was begun in time
    assert frame["question_id"].tolist() == [each.question_id for each in asked[:12]]
    again = Says("red")
    assert len(run([again], asked, FACTS, **given)) == 20 and again.asked == 8


def test_a_summary_is_of_the_column_that_is_asked_for():
    frame = run([Says("It is red.")], questions(4), FACTS, journal=None, key="").assign(right=[True, False] * 2)
    assert summarise(frame)["accuracy"].tolist() == [1.0] and summarise(frame, "right")["accuracy"].tolist() == [0.5]
    assert frame["correct"].all()
