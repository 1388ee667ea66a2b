"""The cheap baselines for labelling texts: a linear classifier on counted words, or on sentence vectors."""

import hashlib
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.errors import UsageError

Embed = Callable[[Sequence[str]], np.ndarray]


class TfidfLinear:
    """Linear support vector machine on TF-IDF of words and pairs of words; `c` is the inverse of its regularisation."""

    name = "tfidf"

    def __init__(self, texts: Sequence[str], labels: Sequence[str], c: float = 1.0):
        self.texts, self.labels, self.c = list(texts), list(labels), c
        if len(self.texts) != len(self.labels) or len(set(self.labels)) < 2:
            raise UsageError("A classifier learns from texts with one label each, of two labels or more.")

    @property
    def key(self) -> str:
        """Changes with the labelled texts or the setting."""
        return repr((digest(zip(self.texts, self.labels, strict=True)), self.c))

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """The label of each text; no tokens are read or written. Fitting, at the first call, is not counted."""
        labels, began = self.predict, time.perf_counter()
        found = labels([question.text for question in questions])
        seconds = (time.perf_counter() - began) / max(1, len(questions))
        rows = zip(questions, found, strict=True)
        return [Answer(question.question_id, str(label), (), (), Usage(0, 0, seconds)) for question, label in rows]

    @cached_property
    def predict(self) -> Callable[[Sequence[str]], np.ndarray]:
        """The fitted classifier: texts to labels."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        pipeline: Any = make_pipeline(words, LinearSVC(C=self.c, random_state=0))
        return pipeline.fit(self.texts, self.labels).predict


class EmbeddingLinear(TfidfLinear):
    """Logistic regression on sentence vectors. `vectors` (texts, dimension) are those of `texts` where known."""

    name = "linear"

    def __init__(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        embed: Embed,
        c: float = 1.0,
        vectors: np.ndarray | None = None,
    ):
        super().__init__(texts, labels, c)
        self.embed, self.vectors = embed, vectors

    @property
    def key(self) -> str:
        """Changes with the labelled texts, their vectors (so with the embedder) or the setting."""
        return repr((super().key, hashlib.sha256(np.ascontiguousarray(self._known)).hexdigest()[:16]))

    @cached_property
    def predict(self) -> Callable[[Sequence[str]], np.ndarray]:
        """The fitted classifier: texts to labels, through their vectors."""
        from sklearn.linear_model import LogisticRegression

        fitted = LogisticRegression(C=self.c, max_iter=1000).fit(self._known, self.labels)
        return lambda texts: fitted.predict(self.embed(list(texts)))

    @cached_property
    def _known(self) -> np.ndarray:
        return self.embed(self.texts) if self.vectors is None else self.vectors


def digest(content: object) -> str:
    """A short name of labelled texts: equal content, equal name."""
    rows = list(content) if not isinstance(content, str) else content
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
