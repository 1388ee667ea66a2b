"""What a search needs of an index."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from twolevers.retrieval.chunking import Passage


class Store(Protocol):
    """Passages with their vectors, to be looked up. Another database joins by these four methods and a content key."""

    @property
    def key(self) -> str:
        """Names what decides the results: equal for equal passages, whatever the order they came in."""

    def add(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Put in passages with their vectors (len(passages), d), in place of what the same documents had."""

    def delete(self, doc_ids: Iterable[str]) -> int:
        """Take documents out; returns the number of passages that went."""

    def dense(self, vectors: np.ndarray, k: int) -> list[list[Passage]]:
        """For each vector (n, d) the k passages with the highest cosine similarity, best first."""

    def bm25(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """For each query up to k passages that share a word with it, by BM25 score, best first."""
