"""Arm `retrieved_few_shot`: solved examples that resemble the question, found anew for each."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from twolevers.arms.few_shot import FewShot
from twolevers.arms.prompts import INSTRUCTION, build
from twolevers.data.records import Question
from twolevers.models.language_model import LanguageModel
from twolevers.models.lora import Example
from twolevers.retrieval.tables import TextEmbedder


class RetrievedFewShot(FewShot):
    """Shows the k nearest of many solved examples by cosine similarity, the nearest last, next to the question."""

    name = "retrieved_few_shot"

    def __init__(
        self,
        model: LanguageModel,
        examples: Sequence[Example],
        embedder: TextEmbedder,
        k: int = 3,
        instruction: str = INSTRUCTION,
        max_new_tokens: int = 24,
    ):
        super().__init__(model, examples, instruction, max_new_tokens)
        self.embedder, self.k = embedder, k

    @property
    def key(self) -> str:
        """Changes with the weights, the examples, the embedder, k, the instruction or the limit."""
        return repr((super().key, self.embedder.key, self.k))

    def chosen(self, questions: Sequence[Question]) -> list[list[Example]]:
        """The k nearest examples of each question."""
        asked = self.embedder.embed([build(question.text)[-1]["content"] for question in questions])
        near = np.argsort(asked @ self._vectors.T, axis=1, kind="stable")[:, -self.k :]
        return [[self.examples[place] for place in places] for places in near]

    @cached_property
    def _vectors(self) -> np.ndarray:
        return self.embedder.embed([example.chat[-1]["content"] for example in self.examples])
