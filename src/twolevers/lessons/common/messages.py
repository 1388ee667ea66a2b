"""What lessons 08 and 10 share: the support messages, drawn by desk, tested by scenario; linear arms."""

import hashlib
from collections.abc import Sequence
from functools import cache as remember

import numpy as np
import pandas as pd

from twolevers import cache
from twolevers.arms.choosing import Choosing
from twolevers.arms.labelled import as_questions, naming
from twolevers.arms.linear import EmbeddingLinear, TfidfLinear
from twolevers.arms.prompts import build
from twolevers.data.records import Question
from twolevers.data.tickets import QUEUES, load_tickets
from twolevers.errors import TwoLeversError
from twolevers.evaluate import macro
from twolevers.evaluate.metrics import macro_f1
from twolevers.lessons.common.bench import Workbench
from twolevers.models.embedders.cache import embed_once

DESKS = tuple(QUEUES)
DESK = "desk"
INSTRUCTION = f"Name the {DESK} for this message."  # of the tuned arms: the names are in the weights
NAMES = naming(DESKS, DESK)
STRENGTHS = (0.1, 1.0, 10.0)  # inverse regularisation of the linear arms, chosen on dev
DEV, TEST = 1, 1  # messages drawn of each scenario


@remember
def tickets() -> pd.DataFrame:
    """All messages (see `load_tickets`), read once."""
    return load_tickets()


def data_hash() -> str:
    """Names the messages in the keys of what is kept."""
    return hashlib.sha256(tickets().to_csv().encode()).hexdigest()[:12]


def held_out(split: str, per_scenario: int, seed: int) -> pd.DataFrame:
    """`per_scenario` messages of every scenario of a split: as many matters as there are, few wordings of each."""
    rows = tickets()[tickets()["split"] == split].sample(frac=1.0, random_state=seed)
    return rows.groupby("scenario").head(per_scenario).sort_values("ticket_id", ignore_index=True)


def draw(per_class: int, seed: int) -> pd.DataFrame:
    """`per_class` training messages for every desk, with labels as given; a smaller draw of a seed is part of a larger.

    Every desk has equally many by the clean label, so that a draw of all is all; a few labels in `queue` are wrong.
    """
    rows = tickets()[tickets()["split"] == "train"].sample(frac=1.0, random_state=seed)
    drawn = rows.groupby("clean_queue").head(per_class)
    # By turns: the first twelve are one for each desk.
    place = drawn.groupby("clean_queue").cumcount()
    return drawn.iloc[np.lexsort((drawn["clean_queue"].to_numpy(), place.to_numpy()))].reset_index(drop=True)


def check_leaks(training: pd.DataFrame, tested: pd.DataFrame) -> None:
    """Stop before a training that has seen its own test: TwoLeversError naming the first shared scenario or text."""
    for column in ("scenario", "text"):
        shared = sorted(set(training[column]) & set(tested[column]))
        if shared:
            raise TwoLeversError(f"Leak: the {column} {shared[0]!r} is in the training messages and in the test.")


def asked(rows: pd.DataFrame) -> list[Question]:
    """Messages as questions for `Workbench.answer`; the scenario is the cluster."""
    return as_questions(*(rows[name].tolist() for name in ("text", "clean_queue", "scenario", "ticket_id")))


def answered(bench: Workbench, arm, rows: pd.DataFrame) -> pd.DataFrame:
    """The arm's label for each message, with the right one in the column `true`."""
    truth = dict(zip(rows["ticket_id"], rows["clean_queue"], strict=True))
    return macro.with_truth(bench.answer([arm], asked(rows)), truth)


def linear_arms(bench: Workbench, texts: Sequence[str], labels: Sequence[str], dev: pd.DataFrame) -> list[TfidfLinear]:
    """TF-IDF + linear and embedding + linear, trained on the texts; each with the strength that does best on dev.

    Of equally good strengths the first is taken.
    """
    vectors, embed = bench.vectors(list(texts)), bench.embedder.embed
    # Choosing finds vectors again; the arms that are measured embed each message, as in service.
    words = _best(bench, [TfidfLinear(texts, labels, c) for c in STRENGTHS], dev)
    means = _best(bench, [EmbeddingLinear(texts, labels, bench.vectors, c, vectors) for c in STRENGTHS], dev)
    return [words, EmbeddingLinear(texts, labels, embed, means.c, vectors)]


def likelihoods(model: Choosing, instruction: str, texts: Sequence[str]) -> np.ndarray:
    """`model.scores` of the texts, kept on disk like sentence vectors: rows of numbers that texts and a key decide."""
    return embed_once(_Scored(model, instruction), texts)


class _Scored:
    """Scores in the place of an embedder's vectors."""

    def __init__(self, model: Choosing, instruction: str):
        self.key = f"{cache.code('arms')} {model.key} {instruction}"
        self.embed = lambda texts: model.scores([build(text, instruction=instruction) for text in texts])


def _best(bench: Workbench, arms: Sequence[TfidfLinear], dev: pd.DataFrame) -> TfidfLinear:
    answers = {arm.c: answered(bench, arm, dev) for arm in arms}
    return max(arms, key=lambda arm: macro_f1(answers[arm.c]["true"].tolist(), answers[arm.c]["text"].tolist()))
