"""Arm `retrieved_few_shot`: solved examples that resemble the question, found anew for each."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from twolevers.arms.choosing import Choosing
from twolevers.arms.few_shot import FewShot
from twolevers.arms.prompts import INSTRUCTION, question_of
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.models.api import Example, LanguageModel
from twolevers.models.embedders.protocol import Embedder


class RetrievedFewShot(FewShot):
    """Shows the k nearest of many solved examples by cosine similarity, the nearest last, next to the question.

    `vectors` (examples, dimension) are those of the examples' questions where known.
    """

    name = "retrieved_few_shot"

    def __init__(
        self,
        model: LanguageModel | Choosing,
        examples: Sequence[Example],
        embedder: Embedder,
        k: int = 3,
        instruction: str = INSTRUCTION,
        max_new_tokens: int = 24,
        vectors: np.ndarray | None = None,
    ):
        super().__init__(model, examples, instruction, max_new_tokens)
        if not 0 < k <= len(self.examples):
            raise UsageError(f"Retrieved few-shot needs 1 to {len(self.examples)} examples a prompt, not {k}.")
        self.embedder, self.k, self.vectors = embedder, k, vectors

    @property
    def key(self) -> str:
        """Changes with the weights, the examples, the embedder, k, the instruction or the limit."""
        return repr((super().key, self.embedder.key, self.k))

    def chosen(self, questions: Sequence[Question]) -> list[list[Example]]:
        """The k nearest examples of each question."""
        asked = self.embedder.embed([question.text for question in questions])
        # Stable, so that of equally similar examples the first is taken on every machine.
        near = np.argsort(-(asked @ self._vectors.T), axis=1, kind="stable")[:, : self.k]
        return [[self.examples[place] for place in places[::-1]] for places in near]

    @cached_property
    def _vectors(self) -> np.ndarray:
        if self.vectors is not None:
            return self.vectors
        return self.embedder.embed([question_of(example.chat) for example in self.examples])
