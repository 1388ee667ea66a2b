"""The models of a bake-off, loaded once: the language model that answers, the embedder that searches."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twolevers.errors import TwoLeversError, UsageError

if TYPE_CHECKING:
    from twolevers.models.api import LanguageModel
    from twolevers.models.embedders.protocol import Embedder

# A pair that reads many languages: the language model and the embedder (both Apache-2.0).
MULTILINGUAL = ("Qwen/Qwen2.5-0.5B-Instruct", "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2")
TRIED = 8  # texts whose embedding is timed


@dataclass(frozen=True)
class Models:
    """What answers and what searches."""

    model: "LanguageModel"
    embedder: "Embedder"
    tokens: int  # that a prompt with its answer may have

    @classmethod
    def load(cls, name: str | None, minutes: float, device: str = "auto", embedder: str | None = None) -> "Models":
        """The course's models or others (`api.load`, `embedder_of`), and prompts for the time."""
        from twolevers.bakeoff.tasks.fit import limit
        from twolevers.models.api import load

        model = load(name, device)
        return cls(model, embedder_of(embedder), limit(model, minutes))

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Sentence vectors (len(texts), dimension); those of a list that was embedded before are found again."""
        from twolevers.models.embedders.cache import embed_once

        return embed_once(self.embedder, texts)

    def embeds(self, texts: Sequence[str], seconds: float) -> int:
        """About how many of `texts` can be embedded in that time; at least `TRIED`, which are timed for it."""
        few = list(texts[:TRIED])
        began = time.perf_counter()
        self.embedder.embed(few)
        each = (time.perf_counter() - began) / max(1, len(few))
        return max(TRIED, int(seconds / max(each, 1e-6)))


def embedder_of(name: str | None) -> "Embedder":
    """The course's embedder, or that of a folder, a hub id or a package (`universal`).

    Raises UsageError for one of another kind than BERT.
    """
    from twolevers.models.embedders.sentence import SentenceEmbedder

    if name is None:
        return SentenceEmbedder.load()
    from twolevers.models import hub
    from twolevers.models.embedders import universal

    if name == universal.NAME:
        return universal.UniversalEmbedder.load()
    path = Path(name).expanduser()
    folder = path if path.is_dir() else hub.download(name)
    try:
        return SentenceEmbedder.load(folder)
    except TwoLeversError as error:
        raise UsageError(
            f"{name} cannot be used as an embedder here ({error}). Give a folder or hub id of a BERT that means over "
            f"its tokens, such as {MULTILINGUAL[1]}."
        ) from error
