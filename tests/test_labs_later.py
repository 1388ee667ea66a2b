"""The labs of lessons 07 to 13: a setting changes what it should, and each shows a place where it fails."""

import numpy as np
import pandas as pd
import pytest

from twolevers.bakeoff import lab as sizes
from twolevers.decide import lab as advice
from twolevers.decide.capstone import Capstone
from twolevers.evaluate.brand_rules import RULES
from twolevers.learn.explore import Explorer
from twolevers.lessons.both import lab as both
from twolevers.lessons.common.messages import DESKS
from twolevers.lessons.common_mistakes import leaking_split, plant
from twolevers.lessons.narrow_tasks import lab as narrow_tasks
from twolevers.lessons.prompt_length import lab as prompt_length
from twolevers.lessons.style_and_tone import judge
from twolevers.lessons.style_and_tone import lab as style_and_tone
from twolevers.lessons.style_and_tone.experiment import LABELS as STYLE_ARMS
from twolevers.lessons.task_data import lab as task_data
from twolevers.lessons.the_numbers import lab as the_numbers
from twolevers.models.api import Training

TIMES = pd.DataFrame(
    [
        {"arm": "long_prompt", "tokens": 1300, "start": 1200, "read": 1.0, "read_kept": 0.1, "write": 1.0, "new": 50},
        {"arm": "tuned", "tokens": 65, "start": 30, "read": 0.1, "read_kept": 0.1, "write": 1.0, "new": 50},
    ]
)
TRAINED = Training(None, [], 40.0, 40_000)


def turned(widget: Explorer, **places: int) -> Explorer:
    """The widget after the page has moved these sliders."""
    values = {row["name"]: row["at"] for row in widget.sliders} | places
    widget._receive(None, {"type": "turn", "values": values}, None)
    assert widget.notice == ""
    return widget


def static(widget: Explorer) -> str:
    data, _ = widget._repr_mimebundle_()
    assert data["text/html"].count("<img alt=") == 2, "the failing place stands beside the first"
    return data["text/plain"]


def replies() -> pd.DataFrame:
    rows = []
    for arm, kept in {"prompt": 3, "tuned": 8, "both": 8, "few_shot": 6}.items():
        for n in range(10):
            row = {"arm": arm, "question_id": f"R{n}", "question": f"letter {n}", "entity": f"P{n}"}
            row |= {"rules_kept": kept / len(RULES), "correct": arm == "both", "text": f"{arm} " * (kept + n)}
            rows.append(row | {"seconds": 0.0, "prompt_tokens": 10})
    return pd.DataFrame(rows)


def test_07_a_weak_check_tells_nothing_apart():
    frame = replies()
    assert style_and_tone.passing(frame, 1, False)["value"].tolist() == [1.0] * 4
    strict = style_and_tone.passing(frame, 8, True).set_index("arm")["value"]
    assert strict["both"] == 1.0 and strict["tuned"] == 0.0
    widget = style_and_tone.explore(frame)
    before = widget.words
    assert turned(widget, needed=0).words != before and "+0.00" in widget.words
    assert STYLE_ARMS["prompt"] in static(widget)


def verdicts(chosen) -> judge.Verdicts:
    rows = []
    for n in range(4):
        for first, second in (judge.ARMS, judge.ARMS[::-1]):
            row = {"question_id": f"R{n}", "first": first, "second": second, "better": "tuned", "longer": "few_shot"}
            rows.append(row | {"chosen": chosen(first, second)})
    return judge.Verdicts(pd.DataFrame(rows))


def test_07_the_judge_is_told_from_its_bias():
    place = judge.report(verdicts(lambda first, second: first)).set_index("the judge")["share"]
    assert place[judge.MEASURES["first"]] == 1.0 and place[judge.MEASURES["steady"]] == 0.0
    assert place[judge.MEASURES["agreement"]] == 0.5
    able = judge.report(verdicts(lambda first, second: "tuned")).set_index("the judge")["share"]
    assert able[judge.MEASURES["agreement"]] == 1.0 and able[judge.MEASURES["longer"]] == 0.0
    assert able[judge.MEASURES["first"]] == 0.5 and able[judge.MEASURES["steady"]] == 1.0


def test_08_labels_pay_when_mistakes_are_costly():
    rows = []
    for arm, per_class, right in (("long_prompt", 0, 1), ("tfidf", 5, 3), ("tfidf", 25, 6), ("tuned", 25, 7)):
        for n in range(10):
            rows.append({"arm": arm, "per_class": per_class, "true": "a", "text": "a" if n < right else "b"})
    frame = pd.DataFrame(rows)
    cheap = narrow_tasks.bills(frame, 25, 1_000, 5.0, 0.01)
    assert min(cheap, key=cheap.get) == "long prompt"
    dear = narrow_tasks.bills(frame, 25, 100_000, 0.5, 1.0)
    assert min(dear, key=dear.get) == "tuned"
    assert dear["tuned"] == pytest.approx(0.3 * 100_000 + 25 * len(DESKS) * 0.5)
    assert "long prompt costs least" in static(narrow_tasks.explore(frame))


def test_09_a_premium_eats_what_a_short_prompt_saves():
    names = prompt_length.WAYS
    free = prompt_length.bill(TIMES, TRAINED, 1_000_000, 1.0, 50, False)
    assert min(free, key=free.get) == names["tuned"]
    costly = prompt_length.bill(TIMES, TRAINED, 1_000, 8.0, 10, True)
    assert min(costly, key=costly.get) == names["kept"]
    assert prompt_length.bill(TIMES, TRAINED, 1_000, 1.0, 100, False)[names["kept"]] == pytest.approx(
        prompt_length.bill(TIMES, TRAINED, 1_000, 1.0, 0, False)[names["long"]]
    )
    static(prompt_length.explore(TIMES, TRAINED))


def test_10_cheap_labels_lead_to_the_end_of_the_curve():
    rows = [
        {"arm": arm, "noise": 0.0, "labels": labels, "value": value, "low": value - 0.1, "high": value + 0.1}
        for arm, points in {"tfidf": {60: 0.4, 300: 0.6, 1536: 0.7}, "tuned": {120: 0.3, 600: 0.65}}.items()
        for labels, value in points.items()
    ]
    table = pd.DataFrame(rows)
    cheap = task_data.surplus(table, 100_000, 0.1)
    assert cheap.loc[cheap["left"].idxmax(), "labels"] == 1536
    dear = task_data.surplus(table, 500, 5.0)
    assert dear.loc[dear["left"].idxmax(), "labels"] == 60
    low, middle = (task_data.surplus(table, 1_000, 1.0, at)["left"] for at in ("its low end", "its middle"))
    assert np.allclose(middle - low, 100)


def numbers() -> tuple[pd.DataFrame, pd.DataFrame]:
    planned = pd.DataFrame([{"claim": "C16", "comparison": "rag > tuned", "metric": "cited", "margin": 0.1}])
    row = {"claim": "C16", "comparison": "rag > tuned", "metric": "cited", "finding": "supported"}
    return pd.DataFrame([row | {"value": 0.4, "low": 0.2, "high": 0.6, "n": 40}]), planned


def test_11_a_word_changes_with_margin_and_doubt():
    table, planned = numbers()
    assert the_numbers.cell(the_numbers.words(table, planned, 1.0, 1.0)["C16"]) == "agree"
    assert the_numbers.cell(the_numbers.words(table, planned, 4.0, 1.0)["C16"]) == "qualify"
    assert the_numbers.cell(the_numbers.words(table, planned, 1.0, 4.0)["C16"]) == "too close to call"
    widget = the_numbers.explore(table, planned)
    assert "none" in widget.words and "C16" in turned(widget, width=3).words.split("planned: ")[1]
    empty = the_numbers.explore(table.iloc[:0], planned)
    assert "nothing is measured yet" in static(empty)


def test_12_a_citation_that_counts_turns_the_order():
    rows = []
    for arm, right, cited, refused in (("stacked", 9, 0, 0), ("both", 8, 8, 0), ("prompt", 0, 0, 10)):
        for n in range(10):
            row = {"arm": arm, "correct": n < right, "cited_right": n < cited, "refused": n < refused}
            rows.append(row | {"prompt_tokens": 200})
    frame = pd.DataFrame(rows)
    facts = both.points(frame, 0, 0.0, 0.0)
    assert max(facts, key=facts.get) == both.LABELS["stacked"]
    cited = both.points(frame, 100, 0.0, 0.0)
    assert max(cited, key=cited.get) == both.LABELS["both"] and cited[both.LABELS["stacked"]] == 0.0
    assert both.points(frame, 0, 2.0, 0.0)[both.LABELS["prompt"]] == 0.0, "a refusal costs nothing"
    static(both.explore(frame))


@pytest.fixture(scope="module")
def made():
    return leaking_split.design()


def test_13_a_planted_fault_leaves_the_data_alone(made):
    before = made.clean.copy(), made.tested.copy()
    for fault in plant.FAULTS:
        plant.plant(made, fault, 60)
    pd.testing.assert_frame_equal(made.clean, before[0])
    pd.testing.assert_frame_equal(made.tested, before[1])


def test_13_each_fault_is_noticed_by_its_own_check_or_by_none(made):
    table = plant.trials(made).set_index("planted")
    assert table.loc["none", "noticed by"] == "nobody"
    assert "both sides" in table.loc["leak", "noticed by"]
    assert "twice" in table.loc["duplicate", "noticed by"]
    assert "key" in table.loc["wrong key", "noticed by"]
    assert table.loc["leak", "nearest"] > table.loc["none", "nearest"]
    assert table.loc["duplicate", "n"] > table.loc["none", "n"]


def test_14_a_client_to_whom_answers_do_not_matter_gets_the_plain_prompt(home):
    work = Capstone("price_desk")
    widget = advice.explore(work, [], "m")
    assert widget.words.startswith("First by these weights: rag")
    turned(widget, quality=0, freshness=0, sources=0, cost=5)
    assert widget.words.startswith("First by these weights: prompt")
    assert "First by these weights" in static(widget)


def test_15_wordings_of_a_question_are_no_new_questions():
    assert sizes.smallest(320, 1, 30, 3) < sizes.smallest(160, 1, 30, 3) == sizes.smallest(320, 2, 30, 3)
    results = {"arms": {"rag": {"accuracy": 0.5}, "both": {"accuracy": 0.75}, "prompt": {"accuracy": 0.1}}}
    widget = sizes.explore(results)
    assert sizes.lead({"arms": {"rag": {"accuracy": 0.5}}}) == 0.5
    assert sizes.lead(results) == 0.25 and "0.25, would not show" in widget.words
    assert "would show" in turned(widget, n=4).words
    assert "no difference at all" in turned(widget, n=0, wordings=3).words
    static(widget)
