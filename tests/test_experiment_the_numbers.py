"""Lesson 11: from a hand-made ledger to the article's table, its figure, and what is measured on the spot."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from twolevers.data.claims import load_claims, load_comparisons
from twolevers.evaluate.evidence import Evidence
from twolevers.learn.verdicts import NUMBERS_TABLE, numbers
from twolevers.lessons.the_numbers import missing as the_numbers_missing
from twolevers.lessons.the_numbers import tables as the_numbers
from twolevers.lessons.the_numbers.figure import LOOKS, plot
from twolevers.lessons.the_numbers.missing import MISSING

ROW = Evidence(
    claim="C17",
    lesson="01_two_levers",
    arm="rag - tuned",
    metric="facts right",
    value=0.30,
    low=0.20,
    high=0.40,
    n=40,
    seconds=0.0,
    model="tiny",
    data_hash="abc",
    machine="one, 2 threads",
    seed=1,
    created="2026-11-02T10:00:00+00:00",
)


def cost(arm, said, value, low, high):
    row = {"lesson": "06_budget", "arm": arm, "metric": f"log2 cost ratio: {said}", "n": 40}
    return replace(ROW, claim="", value=value, low=low, high=high, **row)


KEPT = replace(ROW, claim="C08", lesson="07_style_and_tone", arm="tuned - rag", metric="rules kept")
CITED = replace(ROW, claim="C04", lesson="03_citations", metric="citations right", value=-0.2, low=-0.3, high=-0.1)
LOOKED_UP = replace(CITED, arm="rag - tuned, looked up")
AFTER = replace(ROW, claim="C03", lesson="02_changing_data", metric="facts right after the last revision", low=0.05)
AGAIN = replace(AFTER, arm="rag - tuned again")
SECONDS = replace(AFTER, arm="tuned - rag", metric="log2 ratio: seconds per update", value=3.0, low=2.5, high=3.5)
LEDGER = [
    *(ROW, KEPT, CITED, LOOKED_UP, AFTER, AGAIN, SECONDS),
    cost("tuned - rag", "set-up, machine only (measured × price)", 1.5, 1.2, 1.8),
    cost("tuned - rag", "set-up, with people's time (measured + assumed hours)", 0.5, -1.0, 2.0),
    cost("rag - tuned", "one answer, 2-core cloud machine (measured × price)", 1.0, 0.8, 1.2),
    cost("rag - tuned", "one answer, hosted gpt-3.5-turbo (measured × price)", -1.5, -1.6, -1.4),
    cost("rag - tuned", "tokens read for one answer (measured)", 2.0, 1.9, 2.1),
    cost("rag - tuned", "seconds for one answer (measured)", 1.0, 0.9, 1.1),
    cost("tuned - rag", "machine time until live (measured)", 2.0, 1.5, 2.5),
    cost("tuned - rag", "people's and machine time until live (measured + assumed hours)", 1.0, -0.5, 2.5),
]


@pytest.fixture
def table():
    return numbers(LEDGER)


def test_the_lesson_is_about_the_articles_table():
    claims = load_claims()
    assert list(the_numbers.CLAIMS) == claims.loc[claims["criterion"] == NUMBERS_TABLE, "id"].tolist()
    assert all(": " in said for said in claims.loc[claims["criterion"] == NUMBERS_TABLE, "claim"])
    planned = load_comparisons()
    assert set(planned.loc[planned["claim"].isin(the_numbers.CLAIMS), "expected"]) == {"higher"}  # as figures assume


def test_each_cell_sets_ours_beside_the_articles_word(table):
    cells = the_numbers.cells(table).set_index("claim")
    assert list(cells.index) == list(the_numbers.CLAIMS)
    assert cells["we"].to_dict() == {
        "C12": "qualify",
        "C13": "qualify",
        "C14": "qualify",
        "C15": "qualify",
        "C16": "contradict",
        "C17": "agree",
    }
    assert cells.loc["C12", "cell"] == "setting up"
    assert cells.loc["C12", "article"] == "RAG is cheap and fine-tuning is dear"
    assert cells.loc["C13", "ours"] == "RAG / tuned 0.35 to 4 times (4 measures)"
    assert cells.loc["C16", "ours"].startswith("RAG − tuned −0.20 (−0.30 to −0.10); RAG − ")
    assert "tuned / RAG 8 times (5.7 to 11)" in cells.loc["C15", "ours"]


def test_what_is_missing_is_named_and_counts_for_no_word():
    table = numbers([ROW])
    cells = the_numbers.cells(table).set_index("claim")
    assert cells.loc["C17", "we"] == "agree, so far" and "run lesson 07_style_and_tone" in cells.loc["C17", "ours"]
    assert cells.loc["C16", "we"] == the_numbers.MISSING
    assert the_numbers.missing(table) == ["02_changing_data", "03_citations", "06_budget", "07_style_and_tone"]
    assert math.isnan(the_numbers.agreeing(table))
    assert math.isnan(the_numbers.word_for(table, "C12", "machine only"))
    assert math.isnan(the_numbers.times_for(table, "C13", "tokens read")[0])


def test_an_empty_ledger_gives_a_table_and_figures_that_say_so():
    table = numbers([])
    assert set(the_numbers.cells(table)["we"]) == {the_numbers.MISSING}
    assert the_numbers.comparisons(table).empty and the_numbers.margins(table).empty
    assert the_numbers.by_basis(table).empty
    assert "No comparison of this kind is measured yet" in plot(table, ratios=True)[1]


def test_what_the_predictions_are_set_beside(table):
    assert the_numbers.agreeing(table) == 1
    assert the_numbers.word_for(table, "C12", "machine only") == "agree"
    assert the_numbers.word_for(table, "C12", "people") == "too close to call"
    assert the_numbers.times_for(table, "C13", "tokens read") == pytest.approx((4, 2**1.9, 2**2.1))


def test_every_figure_says_what_it_rests_on(table):
    rows = the_numbers.comparisons(table)
    assert set(rows["basis"]) == {"measured", "measured × price", "measured + assumed hours"}
    assert "set-up, with people's time" in set(rows["measure"])
    counts = the_numbers.by_basis(table).set_index("basis")
    assert counts.to_numpy().sum() == len(rows) == len(LEDGER)


def test_another_margin_may_change_the_word(table):
    words = the_numbers.margins(table).set_index("claim")
    cells = the_numbers.cells(table).set_index("claim")
    assert (words["margin × 1"] == cells["we"]).all()  # the planned margins give the table's own words
    assert words.loc["C17", "margin × 2"] == "qualify"  # 0.20 is not above 2 × 0.10
    assert words.loc["C15", "margin × 0"] == "agree"


@pytest.mark.parametrize(
    ("metric", "value", "said"),
    [
        ("log2 ratio: seconds per update", 2.0, "4 times (3.5 to 4.6)"),
        ("log2 cost ratio: set-up, x (measured)", -2.0, "0.25 times (0.22 to 0.29)"),
        ("log2 ratio: seconds per update", 10.0, "1,024 times (891 to 1,176)"),
        ("facts right", 0.3, "+0.30 (+0.10 to +0.50)"),
    ],
)
def test_figures_in_words(metric, value, said):
    assert the_numbers.figure(metric, value, value - 0.2, value + 0.2) == said
    assert the_numbers.figure("facts right", 0.3, math.nan, math.nan) == "+0.30 (no interval)"


def test_the_forest_plot_says_every_row(table):
    for ratios, n in ((True, 9), (False, 6)):
        drawn, alt = plot(table, ratios)
        axes = drawn.axes[0]
        assert len(axes.get_yticklabels()) == n
        assert alt.count(";") == n - 1
        assert [text.get_text() for text in axes.texts] == [row.finding for row in _rows(table, ratios)]
    assert "C17, facts right, RAG − tuned: +0.30 (+0.20 to +0.40), supported" in alt


def _rows(table, ratios):
    return [row for row in table.itertuples() if the_numbers.is_ratio(row.metric) == ratios]


def test_every_verdict_has_a_look():
    from twolevers.evaluate.verdicts import BY_CONSTRUCTION, Verdict

    assert set(LOOKS) == {*Verdict, BY_CONSTRUCTION}
    assert len({marker for marker, _ in LOOKS.values()}) == len(LOOKS)


# What is measured on the spot


def test_every_missing_lesson_has_an_experiment():
    planned = load_comparisons()
    lessons = set(planned.loc[planned["claim"].isin(the_numbers.CLAIMS), "lesson"])
    assert set(MISSING) == lessons
    expected = [row.seconds for row in MISSING.values()]
    assert expected == sorted(expected), "the cheapest comes first"


def test_all_that_is_missing_is_measured_if_it_fits_else_nothing():
    plan = the_numbers_missing.plan
    assert plan(numbers(LEDGER)) == []
    assert plan(numbers([row for row in LEDGER if row.lesson != "06_budget"])) == ["06_budget"]
    assert plan(numbers([ROW])) == [], "the other four do not fit"
    assert plan(numbers([ROW]), seconds=1000) == [lesson for lesson in MISSING if lesson != ROW.lesson]
    assert plan(numbers([])) == ["01_two_levers"], "an empty table shows something"
    assert plan(numbers([]), seconds=1) == []


def test_the_models_are_loaded_only_when_something_is_measured(monkeypatch):
    loaded = []
    registry = {name: SimpleNamespace(measure=lambda bench, name=name: [f"{name} by {bench}"]) for name in "ab"}
    monkeypatch.setattr(the_numbers_missing, "MISSING", registry)

    def load():
        loaded.append("bench")
        return "bench"

    assert list(the_numbers_missing.fill([], load)) == [] and not loaded
    filled = dict(the_numbers_missing.fill(["b", "a"], load))
    assert filled == {"b": ["b by bench"], "a": ["a by bench"]} and loaded == ["bench"]
