"""The models of a bake-off, loaded once: the language model that answers, the embedder that searches."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twolevers.models.api import LanguageModel
    from twolevers.models.embedder import Embedder

TRIED = 8  # texts whose embedding is timed


@dataclass(frozen=True)
class Models:
    """What answers and what searches."""

    model: "LanguageModel"
    embedder: "Embedder"
    tokens: int  # that a prompt with its answer may have

    @classmethod
    def load(cls, name: str | None, minutes: float, device: str = "auto") -> "Models":
        """The course's model or another (see `api.load`), the course's embedder, and prompts for the time."""
        from twolevers.bakeoff.tasks.fit import limit
        from twolevers.models.api import load
        from twolevers.models.embedder import Embedder

        model = load(name, device)
        return cls(model, Embedder.load(), limit(model, minutes))

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Sentence vectors (len(texts), dimension); those of a list that was embedded before are found again."""
        from twolevers.models.embedding_cache import embed_once

        return embed_once(self.embedder, texts)

    def embeds(self, texts: Sequence[str], seconds: float) -> int:
        """About how many of `texts` can be embedded in that time; at least `TRIED`, which are timed for it."""
        few = list(texts[:TRIED])
        began = time.perf_counter()
        self.embedder.embed(few)
        each = (time.perf_counter() - began) / max(1, len(few))
        return max(TRIED, int(seconds / max(each, 1e-6)))
