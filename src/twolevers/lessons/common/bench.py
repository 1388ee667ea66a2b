"""What every lesson's experiment needs: model, embedder, catalogue, questions and index, loaded once; trained once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from twolevers import cache
from twolevers.arms.protocol import Answer, Arm
from twolevers.arms.training import train
from twolevers.data.catalogue import load_catalogue
from twolevers.data.questions import HELD_OUT_WORDINGS, TRAINING_WORDINGS, ask, load_questions
from twolevers.data.records import Document, Question
from twolevers.evaluate.evidence import Evidence, machine, now
from twolevers.evaluate.leaks import check_leaks as check_leaks
from twolevers.evaluate.run import answers, score
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.evaluate.scorers.protocol import Scorer
from twolevers.lessons import registry
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example, Training
from twolevers.models.embedders.cache import embed_once
from twolevers.models.embedders.protocol import Embedder
from twolevers.models.embedders.sentence import SentenceEmbedder
from twolevers.models.native.model import NativeModel
from twolevers.retrieval.search import Hybrid, NamedFirst, build_index

PASSAGE_WORDS = 40  # two such passages hold the answer about as often as two of 80 words, at half the prompt


@dataclass(frozen=True)
class Measured:
    """A value with its 95 % interval and number of items."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Workbench:
    """The model and the company's documents, ready for experiments."""

    model: NativeModel
    embedder: Embedder
    documents: list[Document]
    questions: pd.DataFrame

    @classmethod
    def load(cls, model: str | None = None) -> "Workbench":
        """Load the course's model (or another, see `NativeModel.load`), the catalogue and the questions."""
        return cls(NativeModel.load(model), SentenceEmbedder.load(), load_catalogue(), load_questions())

    @cached_property
    def retriever(self) -> NamedFirst:
        """Hybrid search over the whole catalogue, products named in full first; the index is built once and kept."""
        return NamedFirst(Hybrid(build_index(self.documents, self.embedder, PASSAGE_WORDS), self.embedder))

    @cached_property
    def data_hash(self) -> str:
        """Names the documents and questions in the keys of what is kept."""
        content = repr(self.documents) + self.questions.to_csv()
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def held_out(self, split: str, n: int, seed: int, kind: str = "fact") -> list[Question]:
        """`n` questions of a split, each in one wording that no training ever uses, drawn with `seed`."""
        rows = self.questions[(self.questions.kind == kind) & (self.questions.split == split)]
        rows = rows.sample(n=min(n, len(rows)), random_state=seed)
        asked = {wording: ask(rows, wording) for wording in HELD_OUT_WORDINGS}
        return [asked[HELD_OUT_WORDINGS[place % len(HELD_OUT_WORDINGS)]][place] for place in range(len(rows))]

    def training(self, rows: pd.DataFrame, wordings: Sequence[int] = TRAINING_WORDINGS) -> list[Question]:
        """Every row in every training wording."""
        return [question for wording in wordings for question in ask(rows, wording)]

    def answer(self, arms: Sequence[Arm], questions: Sequence[Question], scorer: Scorer = FACTS) -> pd.DataFrame:
        """Every arm asked every question, scored (see `evaluate.run`); answers given before are kept."""
        return score(self.answers(arms, questions), questions, scorer)

    def answers(self, arms: Sequence[Arm], questions: Sequence[Question]) -> dict[str, list[Answer]]:
        """Every arm's answers by its name, one per question; those given before are kept."""
        key = f"{cache.code('models', 'retrieval', 'arms')} {self.data_hash}"
        return answers(arms, questions, journal=cache.folder() / "answers.jsonl", key=key)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Sentence vectors (len(texts), dimension); those of a list that was embedded before are found again."""
        return embed_once(self.embedder, texts)

    def evidence(
        self, lesson: str, claim: str, arm: str, metric: str, measured: Measured, *, seconds: float, seed: int | None
    ) -> Evidence:
        """A row for the ledger: what was measured, with the model, the lesson's data and the machine."""
        return Evidence(
            claim=claim,
            lesson=lesson,
            arm=arm,
            metric=metric,
            value=measured.value,
            low=measured.low,
            high=measured.high,
            n=measured.n,
            seconds=seconds,
            model=self.model.name,
            data_hash=registry.lesson(lesson).data_hash,
            machine=machine(),
            seed=seed,
            created=now(),
        )

    def train(
        self, label: str, examples: Sequence[Example], recipe: Recipe, held_out: Sequence[Example] = ()
    ) -> Training:
        """Train an adapter, or find the one that the same model, examples and recipe gave before.

        Seconds and history are those of the real training; they are kept with the adapter.
        """
        return train(self.model, label, examples, recipe, held_out)
