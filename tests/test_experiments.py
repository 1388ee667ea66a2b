"""The experiments' designs: what is trained on, what is tested, and how frames are read."""

import pandas as pd
import pytest

from twolevers.data.catalogue import load_catalogue
from twolevers.data.questions import HELD_OUT_WORDINGS, ask, load_questions
from twolevers.errors import TwoLeversError
from twolevers.evaluate.run import COLUMNS
from twolevers.lessons.both import experiment as both
from twolevers.lessons.common import reading
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.figures import bars
from twolevers.lessons.two_levers import experiment as two_levers


@pytest.fixture(scope="module")
def bench():
    return Workbench(model=None, embedder=None, documents=load_catalogue(), questions=load_questions())


def frame(correct: dict[str, list[bool]]) -> pd.DataFrame:
    rows = [
        {"arm": arm, "question_id": f"q{place}", "question": f"How loud is {place}?", "kind": "fact", "correct": right}
        | {"entity": f"Oven {place // 2}", "text": "43 dB", "refused": False, "sources": (), "cited": ()}
        | {"citation_precision": float("nan"), "citation_recall": 0.0, "cited_right": right, "retrieved": None}
        | {"prompt_tokens": 10, "new_tokens": 3, "seconds": 0.1}
        for arm, values in correct.items()
        for place, right in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_lesson_12_tests_unseen_products_in_unseen_wordings(bench):
    tested, pairs = both.tested(bench), both.pairs(bench)
    assert len(tested) >= 150 and len(pairs) == both.PAIRS
    assert len({question.question_id for question in tested}) == len(tested)
    assert not {question.entity for question in tested} & {question.entity for question in pairs}
    wordings = {question.text for wording in HELD_OUT_WORDINGS for question in ask(bench.questions, wording)}
    assert all(question.text in wordings for question in tested)


def test_lesson_01_asks_each_product_once(bench):
    asked = two_levers.new_wording(bench)
    assert len(asked) == len({question.entity for question in asked}) == two_levers.N
    assert not {q.entity for q in asked} & {q.entity for q in two_levers.new_wording(bench, "train")}


def test_a_leak_stops_the_training(bench):
    tested = both.tested(bench)
    with pytest.raises(TwoLeversError, match="Leak: the test question"):
        check_leaks(tested[:1], tested, unseen=False)
    same_product = [question for question in ask(bench.questions, 0) if question.entity == tested[0].entity]
    check_leaks(same_product, tested, unseen=False)
    with pytest.raises(TwoLeversError, match="Leak: the tested product"):
        check_leaks(same_product, tested, unseen=True)


def test_verdicts_are_computed_from_the_frame():
    answers = frame({"a": [True] * 40, "b": [False] * 40, "c": [True, False] * 20, "d": [False, True] * 20})
    table = reading.judged(answers, [("a", "b"), ("b", "a"), ("c", "d")], 0.1).set_index("claim")
    assert list(table["verdict"]) == ["supported", "contradicted", "too close to call"]
    assert table.loc["a > b", "difference"] == 1.0 and table.loc["a > b", "n"] == 40


def test_examples_show_each_arm_and_its_mark():
    shown = reading.examples(frame({"a": [True, True], "b": [False, True]}), {"a": "first", "b": "second"}, n=1)
    assert shown.to_dict("records") == [{"question": "How loud is 0?", "first": "✓ 43 dB", "second": "✗ 43 dB"}]


def test_the_alternative_text_says_every_value():
    rows = pd.DataFrame({"label": ["RAG"], "arm": ["rag"], "value": [0.55], "low": [0.47], "high": [0.63], "n": [160]})
    figure, alt = bars(rows, "Which answers best?", "Share right")
    assert "RAG 0.55 (95 % interval 0.47 to 0.63, n = 160)" in alt and "Which answers best?" in alt
    assert figure.axes[0].get_title(loc="left") == "Which answers best?"
