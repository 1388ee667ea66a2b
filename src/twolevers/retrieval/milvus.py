"""A second engine behind the same protocol: Milvus, as Milvus Lite in a local folder or as a server."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twolevers.errors import TwoLeversError, UsageError
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.tables import (
    COLUMNS,
    add_vectors,
    best_first,
    check_addition,
    check_width,
    completed,
    content_key,
    matrix,
    table_of,
)

COLLECTION = "passages"
ROWS = 2_000  # per request: some megabytes, well under the limit of a gRPC message
LONGEST = 65_535  # bytes in a text field


class MilvusStore:
    """A `Store` on Milvus; needs the extra `milvus`. The dense search is exact until `build_ann` is called.

    BM25 is Milvus' own, on words as they stand: Milvus Lite has no stems. A write shows at once in every handle
    of one process; a second process cannot open the same folder. Milvus knows neither versions nor tags, and
    `add` takes two steps: for a moment a replaced document is missing.
    """

    def __init__(self, place: Path | str):
        """`place`: a path that ends in .db for Milvus Lite, or a server's address, "http://localhost:19530"."""
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise TwoLeversError('Milvus is not installed: run `pip install "twolevers[milvus]"`.') from error
        self.place = str(place)
        self._dimension: int | None = None
        if "://" not in self.place:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
        try:
            self._client = MilvusClient(self.place)
        except Exception as error:  # MilvusClient raises many kinds: no server, a lock, a damaged folder
            reason = (str(error) or type(error).__name__).splitlines()[0][:100]
            raise TwoLeversError(f"Milvus cannot be opened at {self.place} ({reason}).") from error

    @property
    def key(self) -> str:
        """Hash of every passage, as `LanceStore.key`, with the engine and its approximate index."""
        digests = []
        if self._exists():
            # The iterator's only way to say that there is no more is an empty page.
            pages = self._client.query_iterator(COLLECTION, batch_size=10_000, output_fields=["digest"])
            while page := pages.next():
                digests += [row["digest"] for row in page]
            pages.close()
        approximate = "-ann" if self._exists() and self._kind() != "FLAT" else ""
        return f"milvus-{content_key(np.array(digests, np.int64))}{approximate}"

    def count(self) -> int:
        """Number of passages."""
        if not self._exists():
            return 0
        [row] = self._client.query(COLLECTION, filter="", output_fields=["count(*)"])
        return row["count(*)"]

    def add(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Put in passages with their vectors (len(passages), d); see `Store.add`.

        Raises UsageError for a passage id given twice, and for vectors that are too few, of another length
        or not finite.
        """
        vectors = matrix(vectors)
        check_addition(passages, vectors)
        if not passages:
            return
        if self._exists():
            self._check(vectors)
            self.delete({passage.doc_id for passage in passages})
        else:
            self._create(vectors.shape[1])
        rows = completed(add_vectors(table_of(passages), vectors))
        for start in range(0, len(rows), ROWS):
            self._client.insert(COLLECTION, rows.slice(start, ROWS).to_pylist())
        if len(rows) >= ROWS:
            self._client.flush(COLLECTION)  # Milvus Lite scans what is not flushed, row by row

    def delete(self, doc_ids: Iterable[str]) -> int:
        """Take documents out of dense and BM25 search at once; returns the number of passages that went."""
        doc_ids = sorted({doc_ids} if isinstance(doc_ids, str) else set(doc_ids))
        before = self.count()
        for start in range(0, len(doc_ids) if before else 0, ROWS):
            names = json.dumps(doc_ids[start : start + ROWS], ensure_ascii=False)
            self._client.delete(COLLECTION, filter=f"doc_id in {names}")
        return before - self.count()

    def dense(self, vectors: np.ndarray, k: int) -> list[list[Passage]]:
        """The k nearest passages of each vector (n, d) by cosine similarity, which is the score."""
        vectors = matrix(vectors)
        self._ready(k)
        self._check(vectors)
        return self._search("vector", vectors.tolist(), k)

    def bm25(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """Up to k passages for each query by BM25 over title and text (no stems, no stop words)."""
        self._ready(k)
        return self._search("words", list(queries), k)

    def build_ann(self) -> None:
        """Build an HNSW index for `dense`, in place of the exact search."""
        self._ready(1)
        self._client.flush(COLLECTION)
        self._client.release_collection(COLLECTION)
        self._client.drop_index(COLLECTION, "vector")
        graph = self._client.prepare_index_params()
        # Its authors' usual parameters (Malkov and Yashunin 2018, section 4.1).
        graph.add_index(
            "vector",
            index_type="HNSW",
            metric_type="COSINE",
            params={"M": 16, "efConstruction": 200},
            index_name="vector",
        )
        self._client.create_index(COLLECTION, graph)
        self._client.load_collection(COLLECTION)

    def close(self) -> None:
        """Let go of the connection; Milvus Lite stops with the process."""
        self._client.close()

    def _search(self, field: str, data: list, k: int) -> list[list[Passage]]:
        if not data:
            return []
        parameters = {"params": {"ef": max(64, 2 * k)}} if field == "vector" else {}
        found = self._client.search(
            COLLECTION, data=data, anns_field=field, limit=k, output_fields=COLUMNS, search_params=parameters
        )
        if not any(found) and not self.count():  # asked only here: Milvus Lite counts slowly
            raise self._empty()
        # Milvus Lite gives BM25 scores a minus sign, the server none.
        sign = abs if field == "words" else float
        return [best_first([_passage(hit["entity"], sign(hit["distance"])) for hit in hits]) for hits in found]

    def _create(self, dimension: int) -> None:
        from pymilvus import DataType, Function, FunctionType, MilvusClient

        schema = MilvusClient.create_schema(auto_id=False)
        schema.add_field("passage_id", DataType.VARCHAR, max_length=LONGEST, is_primary=True)
        for name in ("doc_id", "title", "text"):
            schema.add_field(name, DataType.VARCHAR, max_length=LONGEST)
        schema.add_field("searchable", DataType.VARCHAR, max_length=LONGEST, enable_analyzer=True)
        schema.add_field("digest", DataType.INT64)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(Function("bm25", FunctionType.BM25, ["searchable"], ["words"]))
        indexes = self._client.prepare_index_params()
        indexes.add_index("vector", index_type="FLAT", metric_type="COSINE", index_name="vector")
        indexes.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", index_name="words")
        self._client.create_collection(COLLECTION, schema=schema, index_params=indexes, consistency_level="Strong")

    def _exists(self) -> bool:
        return self._client.has_collection(COLLECTION)

    def _kind(self) -> str:
        return self._client.describe_index(COLLECTION, "vector")["index_type"]

    def _ready(self, k: int) -> None:
        if k < 1:
            raise UsageError(f"k={k} asks for no passage: give at least 1.")
        if not self._exists():
            raise self._empty()

    def _empty(self) -> UsageError:
        return UsageError(f"The index in {self.place} is empty: add passages before you search it.")

    def _check(self, vectors: np.ndarray) -> None:
        if self._dimension is None:
            fields = self._client.describe_collection(COLLECTION)["fields"]
            [self._dimension] = [int(field["params"]["dim"]) for field in fields if field["name"] == "vector"]
        check_width(vectors, self._dimension, self.place)


def _passage(entity: dict[str, Any], score: float) -> Passage:
    return Passage(*(entity[name] for name in COLUMNS), score=score)
