"""Lesson 03: source lines are weighed by what their passages state; controls differ from their arms in one thing."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from stand_ins import Finds
from tiny import save_tiny_model

from twolevers.arms.prompts import cited
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_comparisons
from twolevers.data.questions import TRAINING_WORDINGS, load_questions
from twolevers.data.records import Question
from twolevers.evaluate.run import run
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.lessons.both import experiment as both
from twolevers.lessons.citations import experiment as citations
from twolevers.lessons.citations import source_lines as lines
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.two_levers import experiment as two_levers
from twolevers.models.native.model import NativeModel
from twolevers.retrieval.chunking import Passage, chunk

LOUD = Passage("a#0", "oven-1", "Oven 1", "The noise level of the Oven 1 is 43 dB.")
RED = Passage("a#1", "oven-1", "Oven 1", "The Oven 1 is red.")
SIBLING = Passage("b#0", "oven-2", "Oven 2", "The noise level of the Oven 2 is 43 dB.")
FOUND = [LOUD, RED]
QUESTION = Question("q", "How loud is the Oven 1?", ("43 dB",), "fact", ("oven-1",), "Oven 1", "noise_level", "test")


class Canned:
    """An arm that gives every question one text and had `FOUND` in its prompt."""

    name, key = "canned", ""

    def __init__(self, text):
        self.text = text

    def answer(self, questions):
        documents, quoted = cited(self.text, FOUND)
        usage = Usage(10, 3, 0.1)
        return [Answer(one.question_id, self.text, ("oven-1",), documents, usage, quoted) for one in questions]


def questions(n=1):
    numbered = [f"{QUESTION.text} ({place})" for place in range(n)]
    return [replace(QUESTION, question_id=text, text=text, entity=text) for text in numbered]


def answered(text, n=1):
    return run([Canned(text)], questions(n), FACTS, journal=None, key="")


@pytest.fixture(scope="module")
def bench():
    model = SimpleNamespace(name="none")
    return Workbench(model=model, embedder=None, documents=load_catalogue(), questions=load_questions())


@pytest.mark.parametrize(
    ("text", "shown", "passed", "precision"),
    [
        ("43 dB", [LOUD], (True, True, True, True), 1.0),
        ("43 dB", [LOUD, RED], (True, True, True, True), 0.5),
        ("44 dB", [LOUD], (True, True, True, False), 0.0),
        ("43 dB", [RED], (True, True, False, False), 0.0),
        ("43 dB", [SIBLING], (True, False, False, False), 0.0),
        ("43 dB", [LOUD, SIBLING], (True, False, False, False), 0.5),
        ("43 dB", [], (False, False, False, False), None),
    ],
)
def test_a_source_is_worth_what_its_passages_state(text, shown, passed, precision):
    row = lines.sourced("listed", answered(text), questions(), [shown]).iloc[0]
    assert row["arm"] == "listed" and row["text"] == text
    assert tuple(bool(row[step]) for step in lines.STEPS) == passed
    assert row["precision"] == precision if shown else pd.isna(row["precision"])


@pytest.mark.parametrize(
    ("text", "citations_shown", "confirmed"),
    [
        ("43 dB [1]", 1, True),
        ("43 dB [2]", 1, False),
        ("43 dB [1][2]", 2, True),
        ("43 dB [7]", 1, False),
        ("43 dB", 0, False),
    ],
)
def test_own_citations_are_read_from_the_numbers(text, citations_shown, confirmed):
    row = lines.self_cited("own", answered(text), questions(), [FOUND]).iloc[0]
    assert (row["citations"], bool(row["confirmed"]), bool(row["source"])) == (
        citations_shown,
        confirmed,
        citations_shown > 0,
    )


def test_each_step_holds_the_one_before():
    frame = pd.concat([lines.sourced(name, answered("43 dB", 3), questions(3), [FOUND, [RED], []]) for name in "ab"])
    table = lines.steps(frame)
    assert list(table["arm"]) == ["a", "b"] and set(table["n"]) == {3}
    shares = table[list(lines.STEPS.values())].iloc[0].tolist()
    assert shares == pytest.approx([2 / 3, 2 / 3, 1 / 3, 1 / 3])


def test_precision_counts_citations_and_recall_statements():
    shown = [[LOUD, RED], [SIBLING], [], [LOUD]]
    frame = lines.sourced("arm", answered("43 dB", 4), questions(4), shown)
    row = lines.precision_and_recall(frame).iloc[0]
    assert (row["statements"], row["citations"]) == (4, 4)
    assert row["citation_recall"] == 0.5 and row["citation_precision"] == 0.5


def test_a_refusal_is_no_statement():
    frame = lines.self_cited("arm", answered("Not in the documents.", 2), questions(2), [FOUND] * 2)
    assert lines.precision_and_recall(frame).empty
    told = lines.behaviour({"refusing": frame}).iloc[0]
    assert (told["refuses"], told["cites"], told["right"], told["cites_low"]) == (1.0, 0.0, 0.0, 0.0)


def test_the_page_that_a_query_names_is_missing():
    search = lines.PageMissing(Finds(LOUD, RED, SIBLING))
    assert search.search(["How loud is the Oven 1?", "How loud is the oven 2 (big)?"], 2) == [[SIBLING], [LOUD, RED]]
    assert search.key != Finds().key and search.name == "page missing, finds"


def test_pages_by_lot_are_whole_pages_of_the_line(bench):
    asked = citations.asked(bench)[:20]
    drawn = lines.by_lot(bench.documents, asked, 40, seed=1)
    assert drawn == lines.by_lot(bench.documents, asked, 40, seed=1)
    line = {page.doc_id: page.line for page in bench.documents}
    for question, passages in zip(asked, drawn, strict=True):
        assert len({passage.doc_id for passage in passages}) == 1 and len(passages) > 1
        assert line[passages[0].doc_id] == line[question.doc_ids[0]]


def test_what_is_asked_was_not_trained_on(bench):
    asked = citations.asked(bench)
    assert len(asked) == two_levers.N * len(citations.WORDINGS)
    assert not set(citations.WORDINGS) & set(TRAINING_WORDINGS)
    check_leaks(bench.training(two_levers.facts(bench)), asked, unseen=False)
    check_leaks(both.pairs(bench), asked, unseen=True)
    assert {question.kind for question in citations.unanswerable(bench)} == {"unanswerable", "out_of_corpus"}
    assert {question.split for question in citations.unanswerable(bench)} == {"test"}


NAMES = {"told": "rag, asked to cite", "looked_up": "tuned, looked up"}


def frame(**confirmed):
    """Answers of an arm for each list; where it says False, the page of a sibling is shown."""
    parts = [
        lines.sourced(
            NAMES.get(arm, arm),
            answered("43 dB", len(right)),
            questions(len(right)),
            [[LOUD] if one else [SIBLING] for one in right],
        )
        for arm, right in confirmed.items()
    ]
    return pd.concat(parts, ignore_index=True)


def full():
    often, half, never = [True] * 40, [True, False] * 20, [False] * 40
    return frame(rag=often, told=half, both=often, tuned=never, looked_up=half)


def test_verdicts_come_from_the_frame():
    table = citations.comparisons(full()).set_index("claim")
    assert list(table.index) == [f"{a} > {b}" for a, b in citations.PAIRED]
    assert table.loc["rag > tuned", "verdict"] == "by construction"
    assert table.loc["both > rag", "verdict"] == "too close to call"
    assert table.loc["rag > tuned, looked up", "difference"] == 0.5


def test_the_ledger_gets_what_the_plan_asks_for(bench):
    found = citations.evidence(bench, full())
    planned = load_comparisons().query("lesson == @citations.LESSON")
    assert set(planned["arm"]) <= {row.arm for row in found} and set(planned["metric"]) == {row.metric for row in found}
    assert set(planned["margin"]) == {citations.MARGIN}
    assert [row.claim for row in found if row.arm == "rag - tuned"] == ["C04"]
    assert {row.arm for row in found} >= set(citations.LABELS)


def test_the_best_prompt_confirms_most_then_cites_most():
    trial = frame(first=[True, False], second=[True, True])
    assert citations.best_prompt(trial) == "second"
    silent = lines.sourced("silent", answered("43 dB", 2), questions(2), [[], []])
    assert citations.best_prompt(pd.concat([silent, frame(wrong=[False, False])])) == "wrong"


def test_the_figure_says_every_share():
    figure, alt = citations.plot(full())
    assert "tuned, sources looked up afterwards 0.50" in alt and "both: trained to cite 1.00" in alt
    assert figure.axes[0].get_title(loc="left") == "Whose source confirms the answer?"


def test_the_question_shown_is_one_on_which_sources_differ():
    question, table = lines.where_they_differ(frame(rag=[True, False], both=[True, True]), {"rag": "R", "both": "B"})
    assert question == questions(2)[1].text
    assert list(table.columns) == ["source_line", "answer", "shows", "confirmed"]


class ByWords:
    """A search by shared words, in place of the embedder's."""

    name = key = "words"

    def __init__(self, documents):
        self.words = [(set(one.searchable.casefold().split()), one) for one in chunk(documents, 40)]

    def search(self, queries, k=3):
        asked = [set(query.casefold().replace("?", "").split()) for query in queries]
        return [[one for _, one in sorted(self.words, key=lambda pair: -len(pair[0] & q))[:k]] for q in asked]


def test_the_whole_lesson_runs_with_any_model(bench, home, tmp_path, monkeypatch):
    monkeypatch.setattr(two_levers, "N", 3)
    monkeypatch.setattr(citations, "DEV", 2)
    model = NativeModel.load(str(save_tiny_model(tmp_path / "tiny")))
    small = replace(bench, model=model)
    small.__dict__["retriever"] = ByWords(small.documents)
    trial = citations.try_prompts(small)
    assert list(dict.fromkeys(trial["arm"])) == list(citations.PROMPTS)
    prompt = citations.best_prompt(trial)
    frame = citations.run(small, model, model, prompt)
    assert list(dict.fromkeys(frame["arm"])) == list(citations.LABELS) and len(frame) == 4 * 6 + 3
    by_arm = frame.groupby("arm")["text"].apply(list)
    assert by_arm["tuned"] == by_arm["tuned, looked up"], "one answer, two source lines"
    assert not frame.loc[frame["arm"] == "tuned", "source"].any()
    assert frame.loc[frame["arm"].isin(["rag", "tuned, looked up"]), "source"].all()
    missing = citations.page_missing(small, frame, model, prompt)
    assert len(missing) == 4 and set(missing["n"]) == {3}
    assert len(citations.no_answer(small, model, model)) == 2
    origins = citations.origins(small, frame).set_index("sources")
    assert origins.loc["searched with the answer given", "same_passages"] == 1.0 and set(origins["n"]) == {6}
