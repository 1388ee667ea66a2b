"""Lesson 06, the clock: seconds to build, refresh and search the index, to train, and to answer in several rounds."""

import json
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from twolevers import cache
from twolevers.arms.protocol import Arm
from twolevers.cost.quantity import Quantity, Status, measured
from twolevers.data.records import Document, Question
from twolevers.evaluate.run import run
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.lessons.both import experiment as both
from twolevers.lessons.common.bench import PASSAGE_WORDS, Workbench
from twolevers.lessons.two_levers import experiment as two_levers
from twolevers.models.api import Training
from twolevers.paths import write_atomically
from twolevers.retrieval.chunking import chunk
from twolevers.retrieval.store import LanceStore

CHANGED = 6  # pages, and facts, that one update changes
ROUNDS = 3  # how often the article's two arms are timed: the machine is not equally free each time
TIMED = 16  # questions in each round after the first
ONCE = 0.25  # a time measured once may be off by this share: an assumption, as no spread was measured


@dataclass(frozen=True)
class IndexTimes:
    """Seconds to build the index, to refresh `CHANGED` pages in it, and to search once."""

    build: Quantity
    refresh: Quantity
    search: Quantity


def time_index(bench: Workbench) -> IndexTimes:
    """Build an index of the catalogue in a folder of its own, refresh some pages, search: each timed once, and kept."""
    version = cache.code("models", "retrieval")
    record = cache.place("index-times", version, bench.data_hash, bench.embedder.key).with_suffix(".json")
    try:
        seconds = json.loads(record.read_text("utf-8"))
        return IndexTimes(**{name: once(seconds[name]) for name in ("build", "refresh", "search")})
    except (OSError, ValueError, KeyError, TypeError):
        seconds = _time_index(bench)  # never timed here, or the record is damaged
    write_atomically(record, json.dumps(seconds))
    return IndexTimes(**{name: once(value) for name, value in seconds.items()})


def ask_again(bench: Workbench, arm: Arm, questions: Sequence[Question], number: int) -> pd.DataFrame:
    """The arm asked once more for the sake of the time: columns of `evaluate.run`, and `round` (2 and up)."""
    key = f"{cache.code('models', 'retrieval', 'arms')} {bench.data_hash} round {number}"
    return run([arm], questions, FACTS, journal=cache.folder() / "answers.jsonl", key=key).assign(round=number)


def seconds_per_answer(rows: pd.DataFrame) -> Quantity:
    """Mean seconds of one arm's answers; the 95 % interval covers other questions and other rounds.

    It runs from mean / 2^h to mean × 2^h with h = √(h_q² + h_r²): h_q from 1.96 standard errors over the questions, h_r
    as `of_rounds` gives it for the log2 of the rounds' means, or from the share `ONCE` where there was one round.
    """
    by_question = measured(rows.groupby("question_id")["seconds"].mean(), "s")
    by_round = in_every_round(rows).groupby("round")["seconds"].mean()
    value = by_question.value
    rounds = of_rounds([math.log2(each) for each in by_round]) if len(by_round) > 1 else math.log2(1 + ONCE)
    factor = 2 ** math.hypot(math.log2(by_question.high / value), rounds)
    return Quantity(value, "s", Status.MEASURED, value / factor, value * factor)


def in_every_round(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of those questions that were asked in all rounds, so that rounds can be compared."""
    return rows[rows.groupby("question_id")["round"].transform("nunique") == rows["round"].nunique()]


def of_rounds(values: Sequence[float]) -> float:
    """Half-width of the 95 % interval of the mean of R rounds: t(0.975, R − 1) × standard deviation / √R."""
    from scipy import stats

    series = pd.Series(values, dtype=float)
    return float(stats.t.ppf(0.975, len(series) - 1) * series.std(ddof=1) / math.sqrt(len(series)))


def once(seconds: float) -> Quantity:
    """A time that was measured a single time."""
    return Quantity(seconds, "s", Status.MEASURED, seconds * (1 - ONCE), seconds * (1 + ONCE))


def extrapolated(bench: Workbench, closed: Training, index: IndexTimes) -> pd.DataFrame:
    """What the two set-ups cover, and what training on every fact would take at the same seconds per fact.

    Columns: work, covers, seconds, basis ("measured", or the formula).
    """
    facts = int((bench.questions["kind"] == "fact").sum())
    share = f"measured × {facts} / {two_levers.N}: as many passes for each fact"
    rows = [
        ("index", f"{len(bench.documents)} pages, all facts", index.build.value, "measured"),
        ("training", f"{two_levers.N} facts", closed.seconds, "measured"),
        ("training", f"{facts} facts", closed.seconds * facts / two_levers.N, f"EXTRAPOLATED: {share}"),
    ]
    return pd.DataFrame(rows, columns=["work", "covers", "seconds", "basis"])


def _time_index(bench: Workbench) -> dict[str, float]:
    asked = [question.text for question in two_levers.new_wording(bench)]

    def fill(store: LanceStore, documents: list[Document]) -> float:
        began = time.perf_counter()
        passages = chunk(documents, PASSAGE_WORDS)
        store.add(passages, bench.embedder.embed([passage.searchable for passage in passages]))
        return time.perf_counter() - began

    with tempfile.TemporaryDirectory() as folder:
        store = LanceStore(Path(folder))
        build, refresh = fill(store, bench.documents), fill(store, bench.documents[:CHANGED])
    bench.retriever.search(asked[:1], both.K)  # opens the lesson's own index, which is not what is timed
    began = time.perf_counter()
    bench.retriever.search(asked, both.K)
    return {"build": build, "refresh": refresh, "search": (time.perf_counter() - began) / len(asked)}
