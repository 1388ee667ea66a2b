"""Lesson 04, the reading: what a large collection costs each search, and reading it in against training on it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twolevers.cost.quantity import Quantity, Status, propagate
from twolevers.data.crowd import crowd
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.run import compare_arms
from twolevers.evaluate.statistics import design_effect, wilson
from twolevers.evaluate.verdicts import judge
from twolevers.lessons.common.bench import Measured, Workbench
from twolevers.lessons.common.contest import level_rows, pair_rows
from twolevers.lessons.common.reading import judged
from twolevers.lessons.large_collections.build import SEED, Built
from twolevers.lessons.large_collections.experiment import LESSON, PRINTED, SEARCHES, TOP, K
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example, Training
from twolevers.retrieval.search import LARGE

MARGIN = 0.05  # the smallest difference in pages found that would matter to us
TWICE = 1.0  # and in time: twice as long, on a log2 scale
TIMING = 0.25  # a time measured once may be off by this share: other work on the machine
PAIRED = (("bm25", "dense"), ("hybrid", "dense"), ("hybrid", "bm25"))
PIECES, PIECE = 4, 16  # trainings that are timed, and passages in each
RECIPE = Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=1, batch_size=16, seed=SEED)


@dataclass(frozen=True)
class Speed:
    """How fast training reads: timed `tokens` and `seconds`, of `passages` passages."""

    tokens: int
    seconds: float
    passages: int

    def hours(self, n: int) -> float:
        """Extrapolated hours for one pass over n passages: n × tokens per passage ÷ tokens per second ÷ 3600."""
        return n * (self.tokens / self.passages) / (self.tokens / self.seconds) / 3600


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per size, wording of the name and search.

    Columns: n, typed, search, questions, found with low and high (95 % Wilson, clustered by product), stated, recall,
    p50 and p95 (milliseconds).
    """
    rows = []
    for (n, typed, search), group in frame.groupby(["n", "typed", "search"], sort=False):
        effect = design_effect(group["found"], group["entity"].tolist())
        interval = wilson(int(group["found"].sum()), len(group), design_effect=effect)
        row = {"n": n, "typed": typed, "search": search, "questions": len(group), "found": group["found"].mean()}
        row |= {"low": interval.low, "high": interval.high, "stated": group["stated"].mean()}
        row |= {"recall": group["recall"].mean(), "p50": group["ms"].median(), "p95": group["ms"].quantile(0.95)}
        rows.append(row)
    return pd.DataFrame(rows)


def comparisons(frame: pd.DataFrame, n: int, typed: str = PRINTED, metric: str = "found") -> pd.DataFrame:
    """The three searches in pairs at one size, by `found` or `stated`, with verdicts (see `reading.judged`)."""
    part = frame[(frame["n"] == n) & (frame["typed"] == typed)]
    return judged(part.rename(columns={"search": "arm"}), PAIRED, MARGIN, metric)


def winner(table: pd.DataFrame) -> str:
    """The search that beats both others in a table of `comparisons`, by intervals; else "no clear winner"."""
    beaten = {search: 0 for search in SEARCHES}
    for row in table.itertuples():
        first, second = row.claim.split(" > ")
        beaten[first] += row.low > 0
        beaten[second] += row.high < 0
    return next((search for search, times in beaten.items() if times == len(SEARCHES) - 1), "no clear winner")


def growth(frame: pd.DataFrame, typed: str = PRINTED) -> pd.DataFrame:
    """What each search loses from the smallest to the largest collection: paired by question, intervals for the family.

    Columns: search, n, found_small, found_large, difference, low, high.
    """
    small, large = frame["n"].min(), frame["n"].max()
    part = frame[(frame["typed"] == typed) & frame["search"].isin(SEARCHES)]
    part = part.assign(arm=part["search"] + part["n"].map(" {}".format))
    pairs = [(f"{search} {large}", f"{search} {small}") for search in SEARCHES]
    table = compare_arms(part, pairs, metric="found", level=1 - 0.05 / len(pairs))
    table = table.assign(search=SEARCHES).rename(columns={"score_a": "found_large", "score_b": "found_small"})
    return table[["search", "n", "found_small", "found_large", "difference", "low", "high"]]


def slower(frame: pd.DataFrame, search: str) -> tuple[float, float, float]:
    """How many times as long the median search takes in the largest collection as in the smallest; 95 % interval."""
    part = frame[(frame["search"] == search) & (frame["typed"] == PRINTED)]
    small, large = part.pivot(index="question_id", columns="n", values="ms").to_numpy()[:, [0, -1]].T
    picked = np.random.default_rng(SEED).integers(len(small), size=(2_000, len(small)))
    low, high = np.quantile(np.median(large[picked], axis=1) / np.median(small[picked], axis=1), (0.025, 0.975))
    return float(np.median(large) / np.median(small)), float(low), float(high)


def index(frame: pd.DataFrame) -> pd.DataFrame:
    """What dense search in use misses and saves against the exact one, by size.

    Columns: passages, search (the one in use), recall with low and high (mean of the questions, Wilson), and for both
    the median and the 95th percentile in milliseconds.
    """
    table = summary(frame[frame["typed"] == PRINTED]).set_index(["n", "search"])
    rows = []
    for n, group in frame[(frame["search"] == "dense") & (frame["typed"] == PRINTED)].groupby("n"):
        interval = wilson(int(group["recall"].sum()), len(group))  # also where none was missed
        row = {"passages": n, "search": "approximate" if n >= LARGE else "exact", "recall": group["recall"].mean()}
        row |= {"low": interval.low, "high": interval.high}
        for name, search in (("exact", "exact"), ("in use", "dense")):
            row |= {f"{name} {tail}": table.loc[(n, search), tail] for tail in ("p50", "p95")}
        rows.append(row)
    return pd.DataFrame(rows)


def answered(replies: pd.DataFrame) -> pd.DataFrame:
    """Facts right with passages from the largest collection against the smallest: one row, paired by question."""
    small, large = dict.fromkeys(replies["arm"])
    table = compare_arms(replies, [(large, small)])
    table = table.rename(columns={"score_a": large, "score_b": small})
    return table[["n", small, large, "difference", "low", "high", "resolution"]]


def embedders(static: pd.DataFrame, sentence: pd.DataFrame) -> pd.DataFrame:
    """Dense search with the sentence embedder against the static one and against BM25, in collections of one size."""
    parts = [static[static["n"] == sentence["n"].min()].replace({"search": {"dense": "static"}})]
    parts.append(sentence[sentence["search"] == "dense"].replace({"search": {"dense": "MiniLM"}}))
    frame = pd.concat(parts, ignore_index=True).rename(columns={"search": "arm"})
    return judged(frame[frame["typed"] == PRINTED], (("MiniLM", "static"), ("bm25", "MiniLM")), MARGIN, "found")


def train(bench: Workbench) -> list[Training]:
    """`PIECES` short trainings on passages of the collection, one pass each; a smaller one goes before, as warm-up."""
    table = next(crowd(bench.documents, (PIECES + 1) * PIECE, SEED))
    pages = zip(table["title"].to_pylist(), table["text"].to_pylist(), strict=True)
    examples = [Example([{"role": "user", "content": f"Page: {title}"}], text) for title, text in pages]
    bench.train("warm-up", examples[-RECIPE.batch_size :], RECIPE)
    pieces = [examples[start : start + PIECE] for start in range(0, PIECES * PIECE, PIECE)]
    return [bench.train(f"piece {number}", piece, RECIPE) for number, piece in enumerate(pieces, start=1)]


def speed(trainings: Sequence[Training]) -> Speed:
    """All pieces together."""
    return Speed(sum(one.tokens for one in trainings), sum(one.seconds for one in trainings), len(trainings) * PIECE)


def taking_in(built: Sequence[Built], sentence: Built, trained: Speed) -> pd.DataFrame:
    """Seconds until each collection can be asked: RAG embeds and indexes it, training reads it once.

    Columns: passages, vectors, rag (s), rag_is, training (s, extrapolated; see `Speed.hours`), difference
    (log2 of training / rag) with low and high (each time within ± `TIMING`), times, verdict on "training takes longer".
    The last row puts the sentence embedder in place of the static one, its rate extrapolated from its own collection.
    """
    rows = [(one.n, "static", one.taking_in, "measured") for one in built]
    largest = built[-1]
    slow = largest.n * sentence.embedding / sentence.n + largest.indexing
    rows.append((largest.n, "MiniLM", slow, "extrapolated"))
    found = []
    for n, vectors, rag, basis in rows:
        training = 3600 * trained.hours(n)
        interval, _ = propagate(_ratio(training, rag), SEED)
        verdict = str(judge(interval, expected="higher", margin=TWICE))
        row = {"passages": n, "vectors": vectors, "rag": rag, "rag_is": basis, "training": training}
        row |= {"difference": math.log2(training / rag), "low": interval.low, "high": interval.high}
        found.append(row | {"times": training / rag, "verdict": verdict})
    return pd.DataFrame(found)


def evidence(
    bench: Workbench, frame: pd.DataFrame, replies: pd.DataFrame, taken: pd.DataFrame, trained: Speed
) -> list[Evidence]:
    """What the lesson writes into the ledger: searches by size, their pairs, recall, answers and times."""

    def row(claim: str, arm: str, metric: str, *values: float, seconds: float = 0.0) -> Evidence:
        return bench.evidence(LESSON, claim, arm, metric, Measured(*values), seconds=seconds, seed=SEED)

    rows, largest = [], frame["n"].max()
    for one in summary(frame[frame["search"] != "exact"]).itertuples():
        metric = f"page among the first {TOP} of {one.n:,} passages, {one.typed}"
        rows.append(row("", one.search, metric, one.found, one.low, one.high, one.questions))
    metric = f"page among the first {TOP} of {largest:,} passages, {PRINTED}"
    shown = {f"{a} > {b}": "" for a, b in PAIRED}  # kept, though no claim rests on them
    rows += pair_rows(bench, LESSON, metric, comparisons(frame, largest), SEED, shown)
    for one in index(frame).itertuples():
        metric = f"recall@{K} against exact search, {one.passages:,} passages"
        rows.append(row("", "dense", metric, one.recall, one.low, one.high, frame["question_id"].nunique()))
    rows += level_rows(bench, LESSON, "facts right", replies, SEED)
    for one in taken.itertuples():
        what = f"{one.passages:,} passages, {one.vectors} vectors, training extrapolated"
        metric, values = f"log2 ratio: seconds to take in {what}", (one.difference, one.low, one.high, PIECES)
        rows.append(row("C05", "tuned - rag", metric, *values, seconds=trained.seconds))
    return rows


def _ratio(training: float, rag: float) -> Callable[[np.random.Generator], float]:
    sides = [
        Quantity(seconds, "s", Status.MEASURED, seconds * (1 - TIMING), seconds * (1 + TIMING))
        for seconds in (training, rag)
    ]
    return lambda rng: math.log2(sides[0].draw(rng) / sides[1].draw(rng))
