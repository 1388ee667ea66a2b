import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field

import pandas as pd
import pytest

from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.run import BATCH_SIZE, COLUMNS, compare_arms, run, summarise
from twolevers.evaluate.scorers.facts import FACTS


@dataclass
class Scripted:
    """An arm that says what `says` makes of a question, and remembers what it was asked."""

    name: str
    says: object
    key: str = ""
    sources: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()
    asked: list[list[str]] = field(default_factory=list)

    def answer(self, questions):
        self.asked.append([q.question_id for q in questions])
        usage = Usage(prompt_tokens=100, new_tokens=10, seconds=0.25)
        return [Answer(q.question_id, self.says(q), self.sources, self.cited, usage) for q in questions]


def question(number, answers=("43 dB",), doc_ids=("d0",), entity="", text=None, kind="fact"):
    text = text or f"How loud is number {number}?"
    return Question(f"Q{number:03}", text, answers, kind, doc_ids, entity, "noise_level", "test")


def right(q):
    return q.answers[0] if q.answers else "Not in the documents."


def wrong(q):
    return "99 dB"


def test_one_row_per_arm_and_question():
    questions = [
        question(1, doc_ids=("d1",), entity="Brim 40"),
        question(2, answers=(), doc_ids=("d2",), kind="unanswerable"),
        question(3, answers=(), doc_ids=(), kind="out_of_corpus"),
    ]
    arms = [Scripted("rag", right, sources=("d1", "d9"), cited=("d1", "d9")), Scripted("prompt", wrong)]
    frame = run(arms, questions, FACTS, journal=None, key="k")
    assert tuple(frame.columns) == COLUMNS
    assert frame["arm"].tolist() == ["rag"] * 3 + ["prompt"] * 3
    assert frame["question_id"].tolist() == ["Q001", "Q002", "Q003"] * 2
    assert frame["correct"].tolist() == [True, True, True, False, False, False]
    assert frame["refused"].tolist() == [False, True, True, False, False, False]
    first = frame.iloc[0]
    assert (first["sources"], first["cited"], first["entity"]) == (("d1", "d9"), ("d1", "d9"), "Brim 40")
    assert (first["citation_precision"], first["citation_recall"]) == (0.5, 1.0)
    assert frame["citation_recall"].isna().tolist() == [False, True, True, False, True, True]
    assert frame["retrieved"].tolist() == [True, False, pd.NA, False, False, pd.NA]
    assert (first["prompt_tokens"], first["new_tokens"], first["seconds"]) == (100, 10, 0.25)


def test_the_product_named_first_answers_a_choice():
    choice = question(1, ("Druvelle 2025", "2025 model"), ("druvelle-2024", "druvelle-2025"), "Druvelle 2024")
    for said, correct in (
        ("The Druvelle 2025 is roomier than the Druvelle 2024.", True),
        ("The Druvelle 2024 is roomier than the Druvelle 2025.", False),
    ):
        frame = run([Scripted("rag", lambda q, said=said: said)], [choice], FACTS, journal=None, key="k")
        assert frame["correct"].tolist() == [correct]


def test_a_second_run_asks_nothing_and_gives_the_same_frame(tmp_path):
    journal = tmp_path / "folder" / "answers.jsonl"
    questions = [question(i) for i in range(BATCH_SIZE + 5)]
    first_arm, second_arm = (Scripted("rag", right, sources=("d0",), cited=("d0",)) for _ in range(2))
    first = run([first_arm], questions, FACTS, journal=journal, key="k")
    second = run([second_arm], questions, FACTS, journal=journal, key="k")
    assert [len(batch) for batch in first_arm.asked] == [BATCH_SIZE // 2 + 3, BATCH_SIZE // 2 + 2], (
        "two calls of about equal size"
    )
    assert second_arm.asked == []
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(
        first, run([Scripted("rag", right, "", ("d0",), ("d0",))], questions, FACTS, journal=None, key="k")
    )


def test_another_key_arm_or_wording_is_asked_again_but_not_another_accepted_answer(tmp_path):
    journal = tmp_path / "answers.jsonl"
    run([Scripted("rag", right)], [question(1)], FACTS, journal=journal, key="k")

    def asked(arm, one, key="k"):
        frame = run([arm], [one], FACTS, journal=journal, key=key)
        return bool(arm.asked), bool(frame["correct"].iloc[0])

    assert asked(Scripted("rag", right), question(1)) == (False, True)
    assert asked(Scripted("rag", right), question(1, answers=("44 dB",))) == (False, False)
    assert asked(Scripted("rag", right), question(1, text="Is it loud?")) == (True, True)
    assert asked(Scripted("rag", right, key="adapter 2"), question(1)) == (True, True)
    assert asked(Scripted("tuned", right), question(1)) == (True, True)
    assert asked(Scripted("rag", right), question(1), key="other data") == (True, True)


def test_an_arm_that_breaks_half_way_loses_one_batch(tmp_path):
    journal = tmp_path / "answers.jsonl"
    questions = [question(i) for i in range(3 * BATCH_SIZE)]

    class Breaking(Scripted):
        def answer(self, asked):
            if len(self.asked) == 2:
                raise KeyboardInterrupt
            return super().answer(asked)

    with pytest.raises(KeyboardInterrupt):
        run([Breaking("rag", right)], questions, FACTS, journal=journal, key="k")
    again = Scripted("rag", right)
    assert len(run([again], questions, FACTS, journal=journal, key="k")) == 3 * BATCH_SIZE
    assert again.asked == [[q.question_id for q in questions[2 * BATCH_SIZE :]]]


def test_a_damaged_last_line_is_ignored_with_a_warning(tmp_path):
    journal = tmp_path / "answers.jsonl"
    questions = [question(i) for i in range(4)]
    whole = run([Scripted("rag", right)], questions, FACTS, journal=journal, key="k")
    journal.write_bytes(journal.read_bytes()[:-40])
    again = Scripted("rag", right)
    with pytest.warns(UserWarning, match="1 damaged line"):
        pd.testing.assert_frame_equal(run([again], questions, FACTS, journal=journal, key="k"), whole)
    assert again.asked == [["Q003"]]
    # The new row stands on a line of its own after the damaged one.
    with pytest.warns(UserWarning, match="1 damaged line"):
        run([again], questions, FACTS, journal=journal, key="k")
    assert again.asked == [["Q003"]]


KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_run import BATCH_SIZE, Scripted, question, right
from twolevers.evaluate.run import run
from twolevers.evaluate.scorers.facts import FACTS

class Killed(Scripted):
    def answer(self, asked):
        if len(self.asked) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().answer(asked)

run([Killed("rag", right)], [question(i) for i in range(4 * BATCH_SIZE)], FACTS, journal=Path({journal!r}), key="k")
"""


def test_a_killed_process_goes_on_where_it_was(tmp_path):
    journal = tmp_path / "answers.jsonl"
    code = KILLED.format(tests=os.path.dirname(__file__), journal=str(journal))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    arm = Scripted("rag", right)
    frame = run([arm], [question(i) for i in range(4 * BATCH_SIZE)], FACTS, journal=journal, key="k")
    assert frame["correct"].all()
    assert sum(map(len, arm.asked)) == 2 * BATCH_SIZE


def test_what_cannot_be_run_is_said_in_one_line(tmp_path):
    twins = [Scripted("rag", right), Scripted("rag", wrong)]
    with pytest.raises(UsageError, match="arms occur twice: rag"):
        run(twins, [question(1)], FACTS, journal=None, key="k")
    with pytest.raises(UsageError, match="questions occur twice: Q001"):
        run(twins[:1], [question(1), question(1)], FACTS, journal=None, key="k")

    class Silent(Scripted):
        def answer(self, asked):
            return super().answer(asked)[:-1]

    with pytest.raises(TwoLeversError, match="'mute' was asked 2 questions and gave 1"):
        run([Silent("mute", right)], [question(1), question(2)], FACTS, journal=None, key="k")
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(TwoLeversError, match="cannot be") as caught:
        run(twins[:1], [question(1)], FACTS, journal=blocked / "answers.jsonl", key="k")
    assert "\n" not in str(caught.value)


def test_no_questions():
    frame = run([Scripted("rag", right)], [], FACTS, journal=None, key="k")
    assert tuple(frame.columns) == COLUMNS
    assert summarise(frame).empty
    assert compare_arms(frame).empty


def measured(scores, entities=None):
    """A frame as `run` makes it: arm -> right/wrong per question."""
    rows = []
    for arm, correct in scores.items():
        for i, is_right in enumerate(correct):
            row = dict.fromkeys(COLUMNS) | {
                "arm": arm,
                "question_id": f"Q{i}",
                "question": f"q{i}",
                "correct": is_right,
            }
            row |= {"entity": entities[i] if entities else f"e{i}", "seconds": 0.1 * (i + 1)}
            row |= {"prompt_tokens": 50, "new_tokens": 5, "citation_precision": math.nan, "citation_recall": 0.0}
            rows.append(row)
    return pd.DataFrame(rows).astype({"correct": bool})


def test_summary_by_hand():
    frame = measured({"rag": [True] * 8 + [False] * 2, "prompt": [False] * 10})
    table = summarise(frame).set_index("arm")
    assert table.index.tolist() == ["rag", "prompt"]
    rag = table.loc["rag"]
    assert (rag["n"], rag["clusters"], rag["accuracy"]) == (10, 10, 0.8)
    assert (rag["low"], rag["high"]) == pytest.approx((0.49016, 0.94332), abs=1e-4)
    assert (rag["citation_recall"], rag["citation_recall_n"], rag["citation_precision_n"]) == (0.0, 10, 0)
    assert math.isnan(rag["citation_precision"])
    assert (rag["seconds_p50"], rag["seconds_p95"]) == pytest.approx((0.55, 0.955))
    assert (rag["prompt_tokens"], rag["new_tokens"]) == (50, 5)


def test_questions_on_one_document_widen_the_summary_interval():
    scores = {"rag": [True] * 40 + [False] * 40}
    alone = summarise(measured(scores)).iloc[0]
    grouped = summarise(measured(scores, [f"e{i // 8}" for i in range(80)])).iloc[0]
    assert grouped["design_effect"] > 5
    assert grouped["high"] - grouped["low"] > 1.8 * (alone["high"] - alone["low"])


def test_comparisons_are_paired_and_holm_adjusted():
    frame = measured({"a": [True] * 40, "b": [True] * 25 + [False] * 15, "c": [False] * 38 + [True] * 2})
    table = compare_arms(frame)
    assert list(zip(table["a"], table["b"], strict=True)) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert table["difference"].tolist() == pytest.approx([15 / 40, 38 / 40, 23 / 40])
    assert (table["p_holm"] >= table["p"]).all()
    assert table["p"].iloc[0] == pytest.approx(2 / 2**15)
    assert (table["test"] == "exact McNemar").all()
    assert (table["low"] > 0).all()
    assert ((table["resolution"] > 0) & (table["resolution"] < 0.5)).all()
    one = compare_arms(frame.sample(frac=1, random_state=0), [("b", "a")]).iloc[0]
    assert (one["difference"], one["n"]) == (pytest.approx(-15 / 40), 40)
    with pytest.raises(UsageError, match="no arm zero in the frame; it has a, b, c"):
        compare_arms(frame, [("a", "zero")])


def test_only_questions_both_arms_have_are_compared():
    frame = measured({"a": [True] * 30, "b": [False] * 20})
    assert compare_arms(frame)["n"].tolist() == [20]
    frame["citation_recall"] = [1.0] * 30 + [math.nan] * 5 + [0.0] * 15
    row = compare_arms(frame, metric="citation_recall").iloc[0]
    assert (row["n"], row["difference"]) == (15, 1.0)


def test_documents_are_the_clusters_and_questions_without_one_stand_alone():
    frame = measured({"a": [True] * 60, "b": [False] * 30 + [True] * 30}, [f"e{i // 3}" for i in range(57)] + [""] * 3)
    row = compare_arms(frame).iloc[0]
    assert (row["clusters"], row["test"]) == (19 + 3, "sign flips of clusters")
    assert row["mcnemar"] < row["p"]


def test_the_journal_holds_answers_and_no_scores(tmp_path):
    journal = tmp_path / "answers.jsonl"
    run([Scripted("rag", right)], [question(1)], FACTS, journal=journal, key="k")
    row = json.loads(journal.read_text())
    assert set(row) == {"key", "arm", "answer"}
    assert set(row["answer"]) == {"question_id", "text", "sources", "cited", "usage", "quoted"}
