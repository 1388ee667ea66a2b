"""What search, arms and bake-off ask of an embedder."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Embedder(Protocol):
    """Turns texts into unit vectors: a dot product is the cosine similarity. `key` changes whenever vectors may."""

    key: str

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (len(texts), dimension), float32. Raises UsageError unless `texts` is a list of strings."""
