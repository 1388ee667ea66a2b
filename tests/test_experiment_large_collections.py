"""Lesson 04's design and mechanics, on a small collection with a stand-in embedder; verdicts and texts from frames."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest
from stand_ins import LetterEmbedder

from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_comparisons
from twolevers.data.questions import HELD_OUT_WORDINGS, ask, load_questions
from twolevers.evaluate.run import COLUMNS
from twolevers.learn.verdicts import Planned
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.large_collections import build as making
from twolevers.lessons.large_collections import claims, figures
from twolevers.lessons.large_collections import experiment as lc
from twolevers.retrieval import search as search_module

SPEED = claims.Speed(tokens=9_000, seconds=15.0, passages=128)


@pytest.fixture(scope="module")
def bench():
    model = SimpleNamespace(name="none", key="none")
    return Workbench(model=model, embedder=None, documents=load_catalogue(), questions=load_questions())


@pytest.fixture
def small(bench, home, monkeypatch):
    monkeypatch.setattr(lc, "N", 6)
    monkeypatch.setattr(search_module, "LARGE", 1_200)
    return making.build(bench, LetterEmbedder(), 1_200)


def rows(share, sizes=(1_000, 100_000)):
    """A frame as `run` gives it: `share(n, typed, search)` of 40 questions find their page."""
    made = []
    for n in sizes:
        for typed in (lc.PRINTED, lc.MISSPELT):
            for search in ("exact", *lc.SEARCHES) if typed == lc.PRINTED else lc.SEARCHES:
                for number in range(40):
                    hit = number < 40 * share(n, typed, search)
                    row = {"n": n, "search": search, "typed": typed, "question_id": f"q{number}", "question": "?"}
                    row |= {"entity": f"Oven {number}", "ms": 1.0 + number / 40 + (n > 1_000), "found": hit}
                    row |= {"stated": hit, "recall": 0.9 if search == "dense" else float("nan")}
                    made.append(row)
    return pd.DataFrame(made)


FRAME = rows(lambda n, typed, search: 1.0 if search == "bm25" else 0.5 if n > 1_000 else 1.0)


def built(n, seconds):
    return SimpleNamespace(n=n, taking_in=seconds, embedding=0.9 * seconds, indexing=0.1 * seconds)


def taken():
    return claims.taking_in([built(1_000, 0.5), built(100_000, 12.0)], built(1_000, 7.0), SPEED)


def test_the_same_held_out_questions_at_every_size(bench):
    asked = lc.asked(bench)
    assert len(asked) == len({question.question_id for question in asked}) == lc.N
    wordings = {question.text for wording in HELD_OUT_WORDINGS for question in ask(bench.questions, wording)}
    assert {question.text for question in asked} <= wordings


def test_a_slip_swaps_two_letters_of_the_name_and_nothing_else(bench):
    lines = {document.line for document in bench.documents}
    for question in lc.asked(bench):
        slipped = lc.misspelt(question)
        name = question.entity.rsplit(" ", 1)[0]
        assert name not in slipped and sorted(slipped) == sorted(question.text)
        assert question.entity.rsplit(" ", 1)[1] in slipped
        assert not any(line and f"{line} " in slipped for line in lines)


def test_a_collection_is_built_and_timed_once(bench, small):
    assert small.store.count() == 1_200 and small.store.approximate
    assert small.embedding > 0 and small.indexing > 0 and small.disk > 0.5
    embedder = LetterEmbedder()
    again = making.build(bench, embedder, 1_200)
    assert embedder.calls == 0
    assert (again.embedding, again.indexing) == (small.embedding, small.indexing)
    table = making.builds([small])
    assert table.loc[0, "passages"] == 1_200 and table.loc[0, "index"] == "approximate"


def test_an_index_without_its_times_is_built_again(bench, small, home):
    for record in (home / "cache" / "collections").glob("*.json"):
        record.write_text("{")
    embedder = LetterEmbedder()
    assert making.build(bench, embedder, 1_200).embedding > 0
    assert embedder.calls > 0


def test_every_search_is_timed_and_kept(bench, small, monkeypatch):
    frame = lc.run(bench, [small])
    assert frame.groupby(["search", "typed"]).size().to_dict() == {
        (search, typed): 6
        for typed in (lc.PRINTED, lc.MISSPELT)
        for search in ("exact", *lc.SEARCHES)
        if search != "exact" or typed == lc.PRINTED
    }
    assert (frame["ms"] > 0).sum() == 4 * 6 and frame.loc[frame["search"] == "bm25", "found"].any()
    recall = frame.loc[(frame["search"] == "dense") & (frame["typed"] == lc.PRINTED), "recall"]
    assert recall.between(0.5, 1).all() and frame["recall"].notna().sum() == len(recall)
    monkeypatch.setattr(lc, "_timed", None)  # a second run asks nothing
    pd.testing.assert_frame_equal(lc.run(bench, [small]), frame)


def test_the_rival_is_of_the_crowd(bench, small):
    question = lc.asked(bench)[0]
    ours, other = lc.rivals(bench, small, question)
    assert ours.doc_id in question.doc_ids and any(answer in ours.text for answer in question.answers)
    assert other.doc_id not in {document.doc_id for document in bench.documents}


def test_verdicts_and_winner_come_from_the_frame():
    table = claims.comparisons(FRAME, 100_000).set_index("claim")
    assert list(table["verdict"]) == ["supported", "too close to call", "contradicted"]
    assert claims.winner(claims.comparisons(FRAME, 100_000)) == "bm25"
    assert claims.winner(claims.comparisons(FRAME, 1_000)) == "no clear winner"
    lost = claims.growth(FRAME).set_index("search")
    assert lost.loc["dense", "difference"] == -0.5 and lost.loc["bm25", "difference"] == 0


def test_a_search_that_takes_longer(monkeypatch):
    ratio, low, high = claims.slower(FRAME, "hybrid")
    assert low <= ratio <= high and ratio == pytest.approx(1 + 1 / 1.4875, abs=0.01)


def test_what_the_index_misses():
    table = claims.index(FRAME).set_index("passages")
    assert list(table["search"]) == ["exact", "approximate"]
    assert table.loc[100_000, "recall"] == pytest.approx(0.9)


def test_training_is_extrapolated_by_its_formula():
    assert SPEED.hours(100_000) == pytest.approx(100_000 * (9_000 / 128) / (9_000 / 15.0) / 3600)
    table = taken()
    assert list(table["rag_is"]) == ["measured", "measured", "extrapolated"]
    last = table.iloc[-1]
    assert last.rag == pytest.approx(100 * 0.9 * 7.0 + 1.2)
    assert (table["low"] < table["difference"]).all() and (table["difference"] < table["high"]).all()
    assert set(table["verdict"]) == {"supported"}
    quick = claims.taking_in([built(1_000, 400.0)], built(1_000, 1e5), SPEED)
    assert set(quick["verdict"]) == {"contradicted"}


def replies():
    values = {"text": "43 dB", "kind": "fact", "refused": False, "sources": (), "cited": (), "citation_precision": 1.0}
    values |= {"citation_recall": 1.0, "cited_right": True, "retrieved": True, "prompt_tokens": 9, "new_tokens": 3}
    made = [
        {"arm": f"rag, {n:,} passages", "question_id": f"q{i}", "question": "?", "entity": f"e{i}", "seconds": 0.1}
        | {"correct": i % 4 < right}
        | values
        for n, right in ((1_000, 3), (100_000, 2))
        for i in range(40)
    ]
    return pd.DataFrame(made, columns=COLUMNS)


def test_answers_are_compared_large_minus_small():
    table = claims.answered(replies())
    assert table.loc[0, "difference"] == -0.25 and table.loc[0, "n"] == 40


def test_the_ledger_rows_decide_the_claim(bench):
    found = claims.evidence(bench, FRAME, replies(), taken(), SPEED)
    plan = [Planned(*row) for row in load_comparisons().itertuples(index=False) if row.claim == "C05"]
    deciding = [row for row in found if any(planned.fits(row) for planned in plan)]
    assert len(plan) == 1 and len(deciding) == 3
    assert {row.claim for row in deciding} == {"C05"} and {row.claim for row in found} == {"C05", ""}
    assert len({(row.arm, row.metric) for row in found}) == len(found)
    json.dumps([row.to_dict() for row in found], allow_nan=False)


def test_alternative_texts_say_the_finding():
    _, alt = figures.plot_found(FRAME)
    assert "name as printed, BM25 (words): 1,000: 1.00" in alt and "100,000: 0.50" in alt and "n = 40" in alt
    _, alt = figures.plot_time(FRAME)
    assert "dense, exact 1,000: 1.5 and 1.9" in alt
    _, alt = figures.plot_taking_in(taken())
    assert "100,000 passages: RAG 12 s (static vectors, measured), training 3.3 h (extrapolated)" in alt


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.52, "0.5 s"), (12.3, "12 s"), (90, "1.5 min"), (9_000, "2.5 h"), (200_000, "2.3 days")]
)
def test_durations_as_people_say_them(seconds, said):
    assert figures.duration(seconds) == said
