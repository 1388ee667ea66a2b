"""The experiments' designs: what is trained on, what is tested, and how frames are read."""

import pandas as pd
import pytest

from twolevers.data.catalogue import load_catalogue
from twolevers.data.questions import HELD_OUT_WORDINGS, ask, load_questions
from twolevers.errors import TwoLeversError
from twolevers.evaluate.run import COLUMNS
from twolevers.lessons.both import experiment as both
from twolevers.lessons.both import setups
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


def test_lesson_12_asks_facts_that_one_adapter_knows_and_products_that_the_other_never_saw(bench):
    tested, pairs, learned = both.tested(bench), both.pairs(bench), both.facts(bench)
    assert len(tested) >= 100 and len(pairs) == both.PAIRS
    assert len({question.question_id for question in tested}) == len(tested)
    known = {question.question_id for question in learned}
    assert known == {question.question_id for question in [*tested, *both.tried_on(bench)[: both.KNOWN]]}
    assert not {question.text for question in learned} & {question.text for question in tested}
    chosen_on = {question.entity for question in both.tried_on(bench)}
    assert not {question.entity for question in pairs} & ({question.entity for question in tested} | chosen_on)
    assert not chosen_on & {question.entity for question in tested}
    wordings = {question.text for wording in HELD_OUT_WORDINGS for question in ask(bench.questions, wording)}
    assert all(question.text in wordings for question in tested)


def test_lesson_12_trains_facts_without_speaking_of_passages(bench):
    shown = both.closed_book_pairs(bench)
    assert {pair.chat[0]["content"] for pair in shown} == {both.NEUTRAL}
    assert not any("passage" in turn["content"] or "[1]" in turn["content"] for pair in shown for turn in pair.chat)


def test_lesson_12_tries_each_setup_and_the_best_with_the_other_instruction():
    right = {(1, 0): 0.5, (1, setups.WORKED): 0.7, (2, 0): 0.6, (2, setups.WORKED): 0.2}

    def trial(setup):
        other = setup.instruction != "the course's"
        made = {"correct": [right[setup.k, setup.worked] + 0.1 * other], "cited_right": [float(setup.k == 2)]}
        return pd.DataFrame(made | {"prompt_tokens": [100 * setup.k + setup.worked]})

    tried = setups.try_setups(trial)
    assert len(tried) == 5 and len(setups.trials(tried)) == 5
    best = setups.best(tried)
    assert (best.k, best.worked, best.instruction) == (1, setups.WORKED, "no refusal asked")
    cheap = setups.best(tried, "cited_right")
    assert (cheap.k, cheap.worked) == (2, 0), "of equals the shorter prompt"


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
