"""Passages as arrow tables: how stores hold them, and how a million of them travel."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twolevers.errors import UsageError
from twolevers.models.embedders.protocol import Embedder
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.unspaced import spaced

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ["passage_id", "doc_id", "title", "text"]


def table_of(passages: Sequence[Passage]) -> "pa.Table":
    """Passages as a table with the columns passage_id, doc_id, title, text."""
    import pyarrow as pa

    columns = {name: pa.array([getattr(passage, name) for passage in passages], pa.string()) for name in COLUMNS}
    return pa.table(columns)


def passages_of(found: "pa.Table", scores: np.ndarray) -> list[Passage]:
    """The rows of a table as passages, best first; equal scores are ordered by passage id."""
    columns = [found[name].to_pylist() for name in COLUMNS]
    passages = [Passage(*row, score=float(score)) for *row, score in zip(*columns, scores, strict=True)]
    return best_first(passages)


class InMemory:
    """Every passage of a small store, compared without the database."""

    def __init__(self, table: "pa.Table"):
        """`table` has the columns of a passage and `vector`."""
        self.rows = table.select(COLUMNS).combine_chunks()
        vectors = table["vector"].combine_chunks()
        self.vectors = _of_length_one(vectors.flatten().to_numpy().reshape(len(vectors), -1))

    def nearest(self, vectors: np.ndarray, k: int) -> list[list[Passage]]:
        """For each vector (n, d) the k passages with the highest cosine similarity, which is the score."""
        k, found = min(k, len(self.vectors)), []
        for vector in _of_length_one(vectors):
            # On one thread: a matrix product on all cores waits ten milliseconds where one of them is busy.
            similarity = np.vecdot(self.vectors, vector)
            best = np.argpartition(-similarity, k - 1)[:k]
            found.append(passages_of(self.rows.take(best), similarity[best]))
        return found


def _of_length_one(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, np.finfo(np.float32).tiny)


def best_first(passages: list[Passage]) -> list[Passage]:
    """Passages by falling score; equal scores are ordered by passage id."""
    return sorted(passages, key=lambda passage: (-passage.score, passage.passage_id))


def with_vectors(tables: Iterable["pa.Table"], embedder: Embedder) -> Iterator["pa.Table"]:
    """Each table with a column `vector` more: the embedder's vector of title and text."""
    for table in tables:
        yield add_vectors(table, embedder.embed(searchable(table).to_pylist()))


def add_vectors(table: "pa.Table", vectors: np.ndarray) -> "pa.Table":
    """The table with a column `vector` more, from vectors of shape (rows, d), float32."""
    import pyarrow as pa

    return table.append_column("vector", pa.FixedSizeListArray.from_arrays(vectors.ravel(), vectors.shape[1]))


def completed(table: "pa.Table") -> "pa.Table":
    """The table with what a store keeps beside: `searchable`, the indexed text, and `digest`, a hash of each row."""
    import pyarrow as pa

    rows = zip(*(table[name].to_pylist() for name in COLUMNS), strict=True)
    hashes = (hashlib.sha256(repr(row).encode()).digest()[:8] for row in rows)
    digests = pa.array([int.from_bytes(digest, "little", signed=True) for digest in hashes], pa.int64())
    words = pa.array([spaced(text) for text in searchable(table).to_pylist()], pa.string())
    return table.append_column("searchable", words).append_column("digest", digests)


def searchable(table: "pa.Table") -> "pa.ChunkedArray":
    """`Passage.searchable` of every row."""
    import pyarrow.compute as pc

    named = pc.binary_join_element_wise(table["title"], table["text"], ". ")
    return pc.if_else(pc.equal(table["title"], ""), table["text"], named)


def content_key(digests: np.ndarray) -> str:
    """Name of a set of passages by their row hashes (int64), whatever their order."""
    return hashlib.sha256(np.sort(digests).tobytes()).hexdigest()[:16]


def matrix(vectors: np.ndarray) -> np.ndarray:
    """Vectors as float32 in one block of memory. Raises UsageError unless they are finite and of shape (n, d)."""
    vectors = np.ascontiguousarray(vectors, np.float32)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise UsageError(f"Vectors must be finite numbers of shape (n, d), these have the shape {vectors.shape}.")
    return vectors


def check_addition(passages: Sequence[Passage], vectors: np.ndarray) -> None:
    """Raise UsageError unless every passage has its vector and an id of its own."""
    if len(passages) != len(vectors):
        raise UsageError(f"{len(passages)} passages with {len(vectors)} vectors: give one vector for each.")
    twice = [name for name, times in Counter(passage.passage_id for passage in passages).items() if times > 1]
    if twice:
        raise UsageError(f"The passage id {twice[0]!r} is given twice: pass every passage once.")


def check_width(vectors: np.ndarray, expected: int, where: Path | str) -> None:
    """Raise UsageError unless the vectors (n, d) have the length of those in the store at `where`."""
    if vectors.shape[1] != expected:
        raise UsageError(
            f"The index in {where} holds vectors of length {expected}, not {vectors.shape[1]}: "
            "use the embedder it was built with, or build it again."
        )
