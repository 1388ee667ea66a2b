"""Engines that search one collection, each built from the same arrow file; and the two embedders."""

import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.retrieval.chunking import Passage

if TYPE_CHECKING:
    import pyarrow as pa

K = 10
POOL = 30  # as `retrieval.search.Hybrid`
Found = tuple[float, list[str], list[str]]  # milliseconds, passage ids, document ids


class Engine:
    """Answers ("dense" | "bm25" | "hybrid", queries) one query at a time; None for what it does not do."""

    def __init__(self, folder: str, collection: str):
        """`folder` is the engine's own; `collection` an arrow file with passages and vectors."""
        self.folder, self.table = Path(folder), read(Path(collection))
        began = time.perf_counter()
        self.build()
        self.seconds = time.perf_counter() - began
        del self.table

    def build(self) -> None:
        """Index `self.table`."""

    def run(self, work: tuple[str, Any]) -> list[Found] | tuple[float, float] | None:
        """The queries (text, vector), each timed by itself; or ("write", number): one document put in and out."""
        how, asked = work
        if not hasattr(self, how):
            return None
        if how == "write":
            return self.write(asked)
        found = []
        for text, vector in asked:
            began = time.perf_counter()
            passages = getattr(self, how)(text, vector)
            taken = 1000 * (time.perf_counter() - began)
            found.append((taken, [each.passage_id for each in passages], [each.doc_id for each in passages]))
        return found

    def keep(self, result: Any) -> tuple[Any, dict[str, float]]:
        """The result, and what the engine took: seconds to build, bytes on disk, most resident memory."""
        size = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        unit = 1 if sys.platform == "darwin" else 1024
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        return result, {"build_seconds": self.seconds, "disk_gb": size / 1e9, "memory_gb": memory / 1e9}


class StoreEngine(Engine):
    """A `Store` of the course: all three searches, and writes."""

    def dense(self, text: str, vector: np.ndarray) -> list[Passage]:
        """By meaning."""
        return self.store.dense(vector[None], K)[0]

    def bm25(self, text: str, vector: np.ndarray) -> list[Passage]:
        """By words."""
        return self.store.bm25([text], K)[0]

    def hybrid(self, text: str, vector: np.ndarray) -> list[Passage]:
        """Both, fused."""
        from twolevers.retrieval.search import fuse

        return fuse([self.store.dense(vector[None], POOL)[0], self.store.bm25([text], POOL)[0]])[:K]

    def write(self, number: int) -> tuple[float, float]:
        """Milliseconds to put one document in and to take it out; fails unless both searches follow at once."""
        word = f"quibblefax{number}"
        passage = Passage(f"{word}#0", word, word, f"A page that speaks of {word} only.")
        vector = np.random.default_rng(number).normal(size=(1, self.dimension)).astype(np.float32)
        vector /= np.linalg.norm(vector)
        times = []
        for change, there in ((lambda: self.store.add([passage], vector), True), (self._remove(word), False)):
            began = time.perf_counter()
            change()
            times.append(1000 * (time.perf_counter() - began))
            for found in (self.store.dense(vector, 1)[0], self.store.bm25([word], 1)[0]):
                if (word in [each.doc_id for each in found]) != there:
                    raise RuntimeError(f"a write did not show: {word}")
        return times[0], times[1]

    def _remove(self, word: str):
        return lambda: self.store.delete([word])


class Lance(StoreEngine):
    """Our default store; approximate from `LARGE` passages on."""

    def build(self) -> None:
        """Load, index the words and, for a large collection, the vectors."""
        from twolevers.retrieval.search import LARGE
        from twolevers.retrieval.store import LanceStore

        self.store = LanceStore(self.folder)
        self.dimension = self.table.schema.field("vector").type.list_size
        self.store.load(pieces(self.table))
        if len(self.table) >= LARGE:
            self.store.build_ann()


class LanceExact(Engine):
    """The same store, which `Lance` has built, made to compare every passage."""

    def build(self) -> None:
        """Open."""
        from twolevers.retrieval.store import LanceStore

        self.store = LanceStore(self.folder)

    def dense(self, text: str, vector: np.ndarray) -> list[Passage]:
        """By meaning, exactly."""
        return self.store.exact(vector[None], K)[0]


class Milvus(StoreEngine):
    """Milvus Lite with an HNSW index."""

    def build(self) -> None:
        """Insert all, then build the graph."""
        from twolevers.retrieval.milvus import MilvusStore

        self.store = MilvusStore(self.folder / "milvus.db")
        self.dimension = self.table.schema.field("vector").type.list_size
        for piece in pieces(self.table):
            self.store.add(passages(piece), vectors(piece))
        self.store.build_ann()


class NumPy(Engine):
    """Every vector in memory, one matrix-vector product a query."""

    def build(self) -> None:
        """Read the vectors."""
        self.vectors, self.passages = np.array(vectors(self.table)), Rows(self.table)

    def dense(self, text: str, vector: np.ndarray) -> list[Passage]:
        """By meaning, exactly."""
        scores = self.vectors @ vector
        best = np.argpartition(-scores, K)[:K] if len(scores) > K else np.arange(len(scores))
        return self.passages.take(best[np.argsort(-scores[best])])


class Faiss(Engine):
    """faiss: inverted lists of 8-bit vectors, one list per square root of n, 20 lists read."""

    def build(self) -> None:
        """Train and fill the index."""
        import faiss

        self.passages = Rows(self.table)
        self.index = faiss.index_factory(
            vectors(self.table).shape[1], f"IVF{int(len(self.table) ** 0.5)},SQ8", faiss.METRIC_INNER_PRODUCT
        )
        self.index.train(vectors(self.table))
        self.index.add(vectors(self.table))
        self.index.nprobe = 20

    def dense(self, text: str, vector: np.ndarray) -> list[Passage]:
        """By meaning."""
        return self.passages.take(self.index.search(vector[None], K)[1][0])


class Bm25s(Engine):
    """bm25s with its own English stop words; no stems."""

    def build(self) -> None:
        """Tokenise and index title and text."""
        import bm25s

        from twolevers.retrieval.tables import searchable

        self.passages, self.index = Rows(self.table), bm25s.BM25()
        words = bm25s.tokenize(searchable(self.table).to_pylist(), stopwords="en", show_progress=False)
        self.index.index(words, show_progress=False)

    def bm25(self, text: str, vector: np.ndarray) -> list[Passage]:
        """By words."""
        import bm25s

        words = bm25s.tokenize([text], stopwords="en", show_progress=False)
        return self.passages.take(self.index.retrieve(words, k=K, show_progress=False)[0][0])


class Embedding:
    """Vectors for texts: the static embedder, or the network it was distilled from."""

    def __init__(self, static: bool):
        from twolevers.models.embedders.sentence import SentenceEmbedder
        from twolevers.models.embedders.static import StaticEmbedder

        os.environ["TOKENIZERS_PARALLELISM"] = "true"  # as in a notebook; the worker turns it off
        self.embedder = StaticEmbedder.load() if static else SentenceEmbedder.load()

    def run(self, work: list[str]) -> np.ndarray:
        """Embed the texts."""
        return self.embedder.embed(work)

    def keep(self, result: np.ndarray) -> int:
        """Only how many: the vectors are not compared."""
        return len(result)


class Rows:
    """Passages by row number, for engines that know nothing else."""

    def __init__(self, table: "pa.Table"):
        self.table = table.drop_columns("vector")

    def take(self, places: Sequence[int]) -> list[Passage]:
        """The passages of these rows, in this order."""
        return passages(self.table.take(places))


def read(collection: Path) -> "pa.Table":
    """The collection, mapped from disk."""
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(collection))).read_all()


def vectors(table: "pa.Table") -> np.ndarray:
    """The column `vector` as (rows, d)."""
    column = table["vector"].combine_chunks()
    return column.flatten().to_numpy().reshape(len(column), -1)


def passages(table: "pa.Table") -> list[Passage]:
    """Every row."""
    from twolevers.retrieval.tables import COLUMNS

    return [Passage(*row) for row in zip(*(table[name].to_pylist() for name in COLUMNS), strict=True)]


def pieces(table: "pa.Table", rows: int = 20_000) -> "list[pa.Table]":
    """The table in parts."""
    return [table.slice(start, rows) for start in range(0, len(table), rows)]
