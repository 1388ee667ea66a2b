"""Lesson 04: how much is there? The catalogue hidden in ever larger collections, and searched by words and vectors.

Nothing but the crowd around the catalogue's passages changes from size to size; the questions stay the same.
"""

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from twolevers import cache
from twolevers.arms.both import supports
from twolevers.arms.rag import Rag
from twolevers.data.records import Question
from twolevers.lessons.common.bench import PASSAGE_WORDS, Workbench
from twolevers.lessons.large_collections.build import SEED, Built
from twolevers.models.embedders.protocol import Embedder
from twolevers.models.memory import give_back
from twolevers.paths import write_atomically
from twolevers.retrieval.chunking import Passage, chunk
from twolevers.retrieval.search import Bm25, Dense, Hybrid, NamedFirst, Retriever
from twolevers.retrieval.store import LanceStore

LESSON = "04_large_collections"
SIZES = (1_000, 10_000, 100_000)
MILLION = 1_000_000  # on request
N = 150  # questions
K = 10  # passages that a search returns
TOP = 3  # a page counts as found when it is among so many
PROMPT = 2  # passages that go into the prompt
ANSWERED = 40  # questions that the model answers, from the smallest and from the largest collection
WARM = 5  # searches before the clock starts: they open files

SEARCHES = ("bm25", "dense", "hybrid")
PRINTED, MISSPELT = "name as printed", "two letters swapped"


@dataclass(frozen=True)
class Exact:
    """Dense search that compares every passage, whatever index there is: the yardstick of the approximate one."""

    store: LanceStore
    embedder: Embedder

    def search(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """The k nearest passages of each query."""
        return self.store.exact(self.embedder.embed(queries), k)


def asked(bench: Workbench) -> list[Question]:
    """`N` facts about the company's products, in wordings that quote no page."""
    return bench.held_out("test", N, SEED)


def misspelt(question: Question) -> str:
    """The question with two neighbouring letters of the product's name swapped, as hurried fingers do."""
    name = question.entity.rsplit(" ", 1)[0]
    places = [place for place in range(1, len(name) - 1) if name[place] != name[place + 1]]
    place = random.Random(question.question_id).choice(places)
    slip = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    return question.text.replace(name, slip)


def rivals(bench: Workbench, one: Built, question: Question) -> tuple[Passage, Passage]:
    """The passage that answers a question, and the nearest to the question that the crowd holds."""
    own = chunk(bench.documents, PASSAGE_WORDS)
    ids = {passage.doc_id for passage in own}
    near = Exact(one.store, one.embedder).search([question.text], len(own) + 1)[0]
    return (
        next(passage for passage in own if supports(passage, question)),
        next(passage for passage in near if passage.doc_id not in ids),
    )


def run(bench: Workbench, built: Sequence[Built], searches: Sequence[str] = SEARCHES) -> pd.DataFrame:
    """Every search, the exact one too, asked every question; measured once and kept.

    Columns: n, search, typed (`PRINTED`, `MISSPELT`), question_id, question, entity, ms (one question at a time, its
    embedding included; of names as printed alone), place (rank of the first passage of the right page, NaN beyond
    `K`), holds (rank of the first that states the answer), recall (of `dense`: its share of the exact search's
    passages), found (page among the first `TOP`), stated (answer among the first `PROMPT`).
    """
    rows = [row for one in built for row in _measured(one, asked(bench), searches)]
    frame = pd.DataFrame(rows).astype(dict.fromkeys(("ms", "place", "holds", "recall"), float))
    return frame.assign(found=frame["place"] <= TOP, stated=frame["holds"] <= PROMPT)


def answers(bench: Workbench, built: Sequence[Built]) -> pd.DataFrame:
    """The model's answers to the first `ANSWERED` questions with passages from each collection (`evaluate.run`)."""
    frames = []
    for one in built:
        arm = Rag(bench.model, NamedFirst(Hybrid(one.store, one.embedder)), PROMPT)
        frames.append(bench.answer([arm], asked(bench)[:ANSWERED]).assign(arm=f"rag, {one.n:,} passages"))
    return pd.concat(frames, ignore_index=True)


def _measured(one: Built, questions: Sequence[Question], searches: Sequence[str]) -> list[dict[str, object]]:
    printed, slips = [question.text for question in questions], [misspelt(question) for question in questions]
    key = (cache.code("retrieval", "models"), one.store.path.name, list(searches), printed, slips)
    path = cache.place("collections", *key).with_suffix(".json")
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        pass
    known = {"exact": Exact(one.store, one.embedder), "bm25": Bm25(one.store)}
    known |= {"dense": Dense(one.store, one.embedder), "hybrid": Hybrid(one.store, one.embedder)}
    rows, nearest = [], []
    for name in ("exact", *searches) if one.store.approximate else searches:
        found, ms = _timed(known[name], printed)
        ids = [{passage.passage_id for passage in passages} for passages in found]
        recall: list[float | None] = [None] * len(ids)
        if name == "exact":
            nearest = ids
        elif name == "dense":
            recall = [len(near & own) / K for near, own in zip(nearest or ids, ids, strict=True)]
        rows += _rows({"n": one.n, "search": name, "typed": PRINTED}, questions, found, ms, recall)
    if not one.store.approximate:  # then the dense search is the exact one
        rows += [row | {"search": "exact", "recall": None} for row in rows if row["search"] == "dense"]
    untimed = [None] * len(questions)
    for name in searches:
        found = known[name].search(slips, K)
        rows += _rows({"n": one.n, "search": name, "typed": MISSPELT}, questions, found, untimed, untimed)
    write_atomically(path, json.dumps(rows))
    give_back()
    return rows


def _timed(search: Retriever | Exact, texts: Sequence[str]) -> tuple[list[list[Passage]], list[float]]:
    """What each question finds by itself, and its milliseconds."""
    search.search(texts[:WARM], K)
    found, ms = [], []
    for text in texts:
        began = time.perf_counter()
        found.append(search.search([text], K)[0])
        ms.append(1000 * (time.perf_counter() - began))
    return found, ms


def _rows(
    same: dict[str, object],
    questions: Sequence[Question],
    found: Sequence[Sequence[Passage]],
    ms: Sequence[float | None],
    recall: Sequence[float | None],
) -> list[dict[str, object]]:
    return [
        same
        | {"question_id": question.question_id, "question": question.text, "entity": question.entity}
        | {"ms": taken, "recall": share}
        | {"place": _first([passage.doc_id in question.doc_ids for passage in passages])}
        | {"holds": _first([supports(passage, question) for passage in passages])}
        for question, passages, taken, share in zip(questions, found, ms, recall, strict=True)
    ]


def _first(hits: Sequence[bool]) -> int | None:
    return next((place for place, hit in enumerate(hits, start=1) if hit), None)
