"""Explorers of lessons 01 to 05 and what they draw from: no model runs, values are made up."""

import pandas as pd
import pytest

from twolevers.data.catalogue import load_catalogue
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.learn import glossary, table
from twolevers.learn.explore import Dial, Drawn, explorer
from twolevers.lessons.changing_data import lab as mixtures
from twolevers.lessons.citations import lab as gates
from twolevers.lessons.large_collections import lab as retrieval
from twolevers.lessons.staying_current import lab as lags
from twolevers.lessons.staying_current.live_feed import Shop
from twolevers.lessons.two_levers import verdict_lab
from twolevers.retrieval.chunking import Passage


def drawn(**values):
    from matplotlib import pyplot

    return Drawn(pyplot.figure(), f"A figure of {values}.", f"k is {values['k']}")


@pytest.fixture
def widget():
    return explorer(
        drawn, [Dial("k", "Passages", (1, 2, 5), 1), Dial("names", "Names", (False, True))], "Turn", {"k": 0}
    )


def test_a_turn_draws_its_setting_and_a_bad_place_is_refused(widget):
    assert widget.words == "k is 2" and widget.sliders[1]["steps"] == ["no", "yes"]
    widget._receive(widget, {"values": {"k": 2, "names": 1}}, [])
    assert widget.words == "k is 5" and "'names': True" in widget.alt and widget.turn == 1
    for bad in ({}, {"k": 3, "names": 0}, {"k": True, "names": 0}, {"k": 1.0, "names": 0}, "x"):
        widget._receive(widget, {"values": bad}, [])
        assert "move it to a place from 0 to 2" in widget.notice and widget.words == "k is 5"


def test_where_no_kernel_runs_the_failing_setting_stands_beside_the_first(widget, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    data, _ = widget._repr_mimebundle_()
    assert (
        data["text/html"].count("<img alt=") == 2 and "k is 2" in data["text/plain"] and "k is 1" in data["text/plain"]
    )
    assert set(data) == {"text/html", "text/plain"}


def test_a_mixture_weights_both_groups():
    rows = [
        {"arm": arm, "month": 12, "group": group, "correct": right, "entity": f"{group} {n}"}
        for arm, by_group in {"rag": (1, 1), "rag, stale": (0, 1)}.items()
        for group, right in zip((mixtures.CHANGED, mixtures.UNCHANGED), by_group, strict=True)
        for n in range(4)
    ]
    found = mixtures.mixture(pd.DataFrame(rows), 25, 12).set_index("arm")
    assert found.loc["rag", "value"] == 1 and found.loc["rag, stale", "value"] == 0.75
    assert mixtures.mixture(pd.DataFrame(rows), 0, 12)["value"].tolist() == [1, 1], "no changed fact: nothing to see"


def test_polls_and_a_cache_add_up():
    assert lags.known(6, 3, 0) == [0, 0, 0, 3, 3, 3, 6]
    assert lags.known(6, 1, 4) == [0, 0, 0, 0, 4, 4, 4]
    shop = Shop(["Elda 2031", "Olvo 2027"], [], 0, 24, 5)
    for _ in range(24):
        shop.tick()
    fresh, cached = lags.lag(shop, 1, 0), lags.lag(shop, 1, 12)
    assert fresh["out_of_date"] == 0 and fresh["longest"] == 0
    assert cached["out_of_date"] > 0 and cached["longest"] == 11
    assert cached.equals(lags.lag(shop, 12, 0)), "a cache is as bad as polls that are as rare"
    assert "told an old value" in lags.explore(shop).words


def test_a_gate_lets_a_siblings_value_through_unless_it_must_name_the_product():
    assert gates.agreement("43 dB [1]", "The Elda 2029 makes 43 dB of noise.") == 1
    assert gates.agreement("43 dB", "The Elda 2029 makes 47 dB of noise.") == 0.5
    assert gates.agreement("[1]", "The Elda") == 0
    said = [
        gates.Said(True, 1.0, True, False),
        gates.Said(False, 1.0, False, False),
        gates.Said(False, 0.0, False, True),
    ]
    loose, strict = gates.gate(said, 100, False), gates.gate(said, 100, True)
    assert loose["shown, wrong"] == pytest.approx(1 / 3) and strict["shown, wrong"] == 0
    assert strict["shown, right"] == pytest.approx(1 / 3) and sum(strict.values()) == pytest.approx(1)


def test_a_question_is_asked_without_its_product():
    pages = load_catalogue()
    page = next(one for one in pages if one.doc_id == "brisola-2022")
    question = Question(
        "Q", "What does the Brisola 2022 cost?", ("77 crowns",), "fact", (page.doc_id,), page.title, "price", "test"
    )
    asked = retrieval.unnamed(question, pages)
    assert "Brisola" not in asked.text and asked.answers == question.answers
    assert any(value in asked.text for value in page.attributes.values())


def test_what_reaches_the_prompt_only_grows_with_k():
    question = Question("Q", "?", ("43 dB",), "fact", ("elda",), "Elda", "noise", "test")
    lists = [[Passage("a#0", "a", "A", "43 dB"), Passage("elda#0", "elda", "Elda", "It makes 43 dB.")]]
    assert retrieval.reached(lists, [question]).tolist() == [0.0] + [1.0] * (retrieval.K - 1)


def test_fewer_questions_and_more_comparisons_widen_the_interval():
    a, b = [True] * 30 + [False] * 10, [True] * 12 + [False] * 28
    width = [
        one.interval.high - one.interval.low for one in (verdict_lab.paired(a, b, 1), verdict_lab.paired(a, b, 20))
    ]
    assert width[0] < width[1]
    frame = pd.DataFrame({"arm": ["rag"] * 40 + ["tuned"] * 40, "correct": a + b})
    assert "Verdict:" in verdict_lab.explore(pd.concat([frame, frame.assign(arm="rag, wrong passages")])).words


def test_results_tables_carry_the_glossary_and_pages_do_not(monkeypatch):
    frame = pd.DataFrame({"claim": ["a > b"], "difference": [0.1], "p_holm": [0.5], "verdict": ["too close to call"]})
    shown = table(frame, "Comparisons")._repr_mimebundle_()["text/html"]
    assert "What these columns mean" in shown and "Holm" in shown
    assert glossary.columns_explained(["page", "text"]) == ""
    assert set(glossary.COLUMNS.values()) <= set(glossary.entries()), "each column's word stands in the glossary"
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    assert "<details>" not in table(frame, "Comparisons")._repr_mimebundle_()["text/html"]


def test_a_dial_must_exist():
    with pytest.raises(UsageError, match="Slider 'k'"):
        explorer(drawn, [Dial("k", "Passages", (1,), 4)], "Turn")
