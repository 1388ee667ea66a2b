"""What a bake-off says: the pick and whether it is good enough, how sure, failures side by side; all of it escaped."""

import json
import random
from dataclasses import replace

import bakeoff_sample
import pandas as pd
import pytest
from bakeoff_sample import NASTY, frame, results

from twolevers.bakeoff import recommend
from twolevers.bakeoff.alone import one_by_one
from twolevers.bakeoff.failures import instructive
from twolevers.bakeoff.report import html
from twolevers.bakeoff.tasks.kinds import CLASSIFY, QUESTIONS
from twolevers.bakeoff.write import record, write
from twolevers.evaluate.deadline import Deadline
from twolevers.evaluate.statistics import wilson


@pytest.mark.parametrize(
    ("good_enough", "right", "arm", "usable", "headline"),
    [
        (0.8, {"prompt": 0.02, "rag": 0.95}, "rag", True, "Recommended: rag"),
        (0.8, {"prompt": 0.02, "rag": 0.45}, "rag", False, "Of these, rag; but 45 % right is too low for use"),
        (0.4, {"prompt": 0.02, "rag": 0.6}, "rag", True, "Recommended: rag"),
        (0.8, {"prompt": 0.02, "rag": 0.78}, "rag", None, "Of these, rag; whether it is right 80 % of the time"),
        (0.8, {"prompt": 0.0, "rag": 0.04}, None, False, "No arm is recommended"),
        (0.8, {"prompt": 0.0, "rag": 0.0}, None, False, "No arm is recommended"),
    ],
)
def test_what_is_too_low_for_use_is_not_recommended(good_enough, right, arm, usable, headline):
    found, _ = results(good_enough, **right)
    advice = found["recommendation"]
    assert (advice["arm"], advice["usable"]) == (arm, usable) and advice["headline"].startswith(headline)
    assert advice["good_enough"] == good_enough and advice["sure"]
    said = record(found, QUESTIONS)
    assert f"{100 * good_enough:.0f} % is good enough" in said
    assert ("none yet" in said) == (arm is not None and usable is False)


@pytest.mark.parametrize("n", [8, 12])
@pytest.mark.parametrize("kind", [CLASSIFY, QUESTIONS], ids=lambda kind: kind.name)
def test_an_arm_that_is_never_right_is_no_pick_however_little_was_asked(kind, n):
    simple, other = kind.arms[:2]
    answers = frame(n, **{simple: 0.0, other: 3 / n})
    arms = {}
    for name, right in ((simple, 0), (other, 3)):
        interval = wilson(right, n)
        arms[name] = {"n": n, "accuracy": right / n, "interval": [interval.low, interval.high]}
        arms[name] |= {"prompt_tokens": 90.0, "train_seconds": 0.0}
    assert recommend.recommend(arms, answers, kind, 0.8)["arm"] != simple
    none = frame(n, **{simple: 0.0, other: 0.0})
    nothing = {name: arms[simple] for name in arms}
    assert recommend.recommend(nothing, none, kind, 0.8)["arm"] is None


def test_how_sure_is_said_in_words():
    assert results(prompt=0.02, rag=0.95)[0]["recommendation"]["sure"].startswith("Sure")
    assert "may be as good or better" in results(prompt=0.9, rag=0.92)[0]["recommendation"]["sure"]
    assert results(n=12, prompt=0.5, rag=0.5)[0]["recommendation"]["sure"].startswith("Not sure")


def test_latency_is_of_one_request_and_throughput_of_batches():
    rag = results(rag=0.5)[0]["arms"]["rag"]
    assert rag["latency_ms"] == {"p50": pytest.approx(700), "p95": pytest.approx(880), "n": 3}
    assert rag["answers_per_second"] == pytest.approx(5) and rag["cpu_seconds"] == 1.0
    assert rag["per_right_answer"]["cpu_seconds"] == pytest.approx(2.0)
    assert rag["per_right_answer"]["usd_per_1000"] == pytest.approx(2 * rag["cost_per_1000"])
    assert results(rag=0.0)[0]["arms"]["rag"]["per_right_answer"] is None


def test_failures_are_of_all_kinds_with_what_was_read():
    found, answers = results(rag=0.5)
    shown = found["failures"]["shown"]
    assert found["failures"]["wrong"] == 50 and len(shown) == 5
    assert len({each["how"] for each in shown}) >= 4 and shown[0]["how"] == "invented: nothing answers it"
    assert all(each["passage"].startswith("[1] Passage") and each["accepted"] for each in shown)
    assert instructive(answers, "rag", None, 1)[0]["passage"] == "" and instructive(frame(rag=1.0), "rag", None) == []


def test_labels_and_styles_fail_in_their_own_ways():
    answers = pd.DataFrame(
        [
            {
                "arm": "tfidf",
                "question_id": f"q{n}",
                "question": "x",
                "text": "a",
                "correct": False,
                "true": "bc"[n % 2],
            }
            for n in range(6)
        ]
    )
    assert {each["how"] for each in instructive(answers, "tfidf", None, 2)} == {
        "says a where b is right",
        "says a where c is right",
    }
    broken = answers.drop(columns="true").assign(rules_kept=0.5)
    assert instructive(broken, "tfidf", None, 1)[0]["how"] == "keeps 50 % of the rules"


def test_the_page_escapes_what_people_and_models_wrote(tmp_path):
    found, answers = results(rag=0.5)
    write(tmp_path, found, QUESTIONS, answers, ())
    page = (tmp_path / "report.html").read_text()
    assert NASTY not in page and "&lt;img src=x onerror" in page
    for words in ("How sure?", "--good-enough 0.8", "one request alone", "processor-seconds per right answer"):
        assert words in page, words
    assert json.loads((tmp_path / "results.json").read_text()) == found


def test_single_requests_are_kept_and_not_asked_again(tmp_path):
    class Counts:
        key = "k"
        asked = 0

        def answer(self, questions):
            self.asked += len(questions)

    arm, given = Counts(), (list(range(20)), tmp_path, "run")
    first = one_by_one({"rag": arm}, *given, Deadline.after(60))
    assert arm.asked == 6 and len(first["rag"].seconds) == len(first["rag"].cpu) == 5
    assert one_by_one({"rag": arm}, *given, Deadline.after(60)) == first and arm.asked == 6
    late = one_by_one({"both": arm}, *given, Deadline(0))
    assert arm.asked == 7 and len(late["both"].seconds) == 1


def test_useless_arms_are_no_pick_however_simple():
    draw = random.Random(0)
    answers = frame(n=60, prompt=0.0, rag=0.5)
    answers.loc[answers["arm"] == "rag", "correct"] = [draw.random() < 0.5 for _ in range(60)]
    arms = {"prompt": {"accuracy": 0.0, "interval": [0.0, 0.06], "n": 60}}
    arms |= {"rag": {"accuracy": 0.5, "interval": [0.38, 0.62], "n": 60, "train_seconds": 0, "prompt_tokens": 9}}
    assert recommend.recommend(arms, answers, QUESTIONS, 0.8)["arm"] == "rag"
    assert CLASSIFY.useful == 0.0


def test_what_a_servers_machine_costs_is_not_told(monkeypatch):
    real = bakeoff_sample.Found
    monkeypatch.setattr(bakeoff_sample, "Found", lambda *given: replace(real(*given), remote=True))
    found, _ = results(prompt=0.2, rag=0.9)
    assert [line["what"] for line in found["arms"]["rag"]["costs"]] == ["hosted gpt-4o-mini"]
    assert found["arms"]["rag"]["per_right_answer"]["cpu_seconds"] is None
    page = html(found, QUESTIONS, ())
    assert "at its first price below" in page and "rented" not in page
