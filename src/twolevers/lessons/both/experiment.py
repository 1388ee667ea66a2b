"""Lesson 12: is the best approach both? Two ways of training × with and without retrieval, on unseen products.

The factorial of RAFT (arXiv 2403.10131, table 1): the same pairs train a closed-book adapter and one that reads
retrieved passages with distractors; each is asked with and without retrieval where that makes an arm.
"""

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.both import Both, open_book
from twolevers.arms.prompt import Prompt
from twolevers.arms.protocol import Arm
from twolevers.arms.rag import Rag
from twolevers.arms.stacked import Stacked
from twolevers.arms.tuned import Tuned, closed_book
from twolevers.data.records import Question
from twolevers.evaluate.run import summarise
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.figures import bars
from twolevers.models.adapter import Recipe
from twolevers.models.api import Training

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LESSON = "12_both"
N = 160
PAIRS = 96
K = 2
SEED = 12
MARGIN = 0.05  # the smallest difference in right answers that would matter to us
RECIPE = Recipe(layers=15, rank=16, rate=2e-3, passes=1, batch=8, seed=SEED)

LABELS = {
    "prompt": "prompt: no lever",
    "rag": "RAG: context only",
    "tuned": "tuned: weights only",
    "stacked": "stacked: closed-book adapter + RAG",
    "both": "both: adapter trained with passages + RAG",
}
PAIRED = {
    ("rag", "prompt"): None,
    ("rag", "tuned"): None,
    ("both", "rag"): "C18",
    ("both", "stacked"): "C18",
    ("stacked", "rag"): "C18",
}
CITED = dict.fromkeys((("both", "rag"), ("both", "stacked")))
CONTEST = Contest(LESSON, "facts right", PAIRED, MARGIN, SEED)
comparisons, evidence = CONTEST.comparisons, CONTEST.evidence
# `both` against its rivals on right citations instead of right facts.
citations = Contest(LESSON, "citations right", CITED, MARGIN, SEED, "cited_right").comparisons


def tested(bench: Workbench) -> list[Question]:
    """`N` facts about products that no adapter saw, in wordings that no training uses."""
    return bench.held_out("test", N, SEED)


def pairs(bench: Workbench) -> list[Question]:
    """`PAIRS` training questions about other products, each in one of its training wordings."""
    rows = bench.questions
    rows = rows[(rows.kind == "fact") & (rows.split == "train")]
    drawn = random.Random(SEED).sample(bench.training(rows), PAIRS)
    check_leaks(drawn, tested(bench), unseen=True)
    return drawn


def teach_closed_book(bench: Workbench) -> Training:
    """Tune on the pairs alone: question in, answer out."""
    return bench.teach("closed book", closed_book(pairs(bench)), RECIPE)


def teach_open_book(bench: Workbench) -> Training:
    """Tune on the same pairs with retrieved passages, distractors among them, and the citation in the answer."""
    return bench.teach("with passages", open_book(pairs(bench), bench.retriever, K, seed=SEED), RECIPE)


def arms(bench: Workbench, closed: Training, opened: Training) -> Iterator[Arm]:
    """The five arms, one at a time: merged weights of one adapter are gone before those of the next are made."""
    model = bench.model
    yield Prompt(model)
    yield Rag(model, bench.retriever, K)
    worn = model.adapted(closed.adapter)
    yield Tuned(worn)
    yield Stacked(worn, bench.retriever, K)
    del worn
    yield Both(model.adapted(opened.adapter), bench.retriever, K)


def run(bench: Workbench, closed: Training, opened: Training) -> pd.DataFrame:
    """Every arm asked every test question: one row each (columns of `evaluate.run`)."""
    questions = tested(bench)
    frames = [bench.answer([arm], questions) for arm in arms(bench, closed, opened)]
    return pd.concat(frames, ignore_index=True)


def plot(frame: pd.DataFrame, metric: str = "correct") -> "tuple[Figure, str]":
    """Share of answers that are right (`correct`) or rightly cited (`cited_right`) per arm, with alternative text."""
    titles = {
        "correct": ("Which combination answers best on products it never saw?", "Share of facts right"),
        "cited_right": ("Which arm names the right source?", "Share of answers with the right citation"),
    }
    table = summarise(frame, metric)
    table = table.rename(columns={"accuracy": "value"})
    table["label"] = table["arm"].map(LABELS)
    return bars(table, *titles[metric])
