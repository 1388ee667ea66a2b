"""Where passages and their vectors are kept and looked up."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from twolevers.errors import TwoLeversError, UsageError
from twolevers.retrieval.chunking import Passage

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "passages"
COLUMNS = ["passage_id", "doc_id", "title", "text"]


class Store(Protocol):
    """What a search needs of an index. Another database joins by these four methods and a content key."""

    @property
    def key(self) -> str:
        """Names the content: equal for equal passages, whatever the order they came in."""

    def add(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Put in passages with their vectors (len(passages), d), in place of what the same documents had."""

    def delete(self, doc_ids: Iterable[str]) -> int:
        """Take documents out; returns the number of passages that went."""

    def dense(self, vectors: np.ndarray, k: int) -> list[list[Passage]]:
        """For each vector (n, d) the k passages with the highest cosine similarity, best first."""

    def bm25(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """For each query up to k passages that share a word with it, by BM25 score, best first."""


class LanceStore:
    """A `Store` in a folder, on LanceDB. The dense search is exact (no approximate index).

    Every write is a new version of the table and shows at once, to every open handle. LanceDB runs threads
    and does not survive a fork: a process that has opened a store starts others with "spawn".
    """

    def __init__(self, path: Path):
        import lancedb

        self.path = Path(path)
        try:
            self._database = lancedb.connect(self.path, read_consistency_interval=timedelta(0))
            self._table = self._database.open_table(TABLE) if TABLE in self._database.list_tables().tables else None
        except Exception as error:  # LanceDB raises many kinds: no permission, a file, a damaged table
            reason = (str(error) or type(error).__name__).splitlines()[0][:100]
            raise TwoLeversError(
                f"The index in {self.path} cannot be opened ({reason}): delete that folder and build it again."
            ) from error

    @property
    def key(self) -> str:
        """Hash of every passage (id, title, text), so that cached answers do not outlive the content."""
        rows = sorted(zip(*self._rows(COLUMNS), strict=True))
        return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]

    @property
    def version(self) -> int:
        """Number of the table's version, 0 before the first `add`; it grows with every write."""
        return self._table.version if self._table else 0

    def count(self) -> int:
        """Number of passages."""
        return self._table.count_rows() if self._table else 0

    def add(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Put in passages with their vectors (len(passages), d) in one step; see `Store.add`.

        Raises UsageError for a passage id given twice, and for vectors that are too few, of another length
        or not finite.
        """
        vectors = _matrix(vectors)
        if len(passages) != len(vectors):
            raise UsageError(f"{len(passages)} passages with {len(vectors)} vectors: give one vector for each.")
        if not passages:
            return
        ids = [passage.passage_id for passage in passages]
        if len(set(ids)) < len(ids):
            twice = Counter(ids).most_common(1)[0][0]
            raise UsageError(f"The passage id {twice!r} is given twice: pass every passage once.")
        rows = _rows(passages, vectors)
        if self._table is None:
            self._table = self._database.create_table(TABLE, rows)
        else:
            self._check(vectors)
            replaced = _one_of({passage.doc_id for passage in passages})
            merge = self._table.merge_insert("passage_id").when_matched_update_all().when_not_matched_insert_all()
            merge.when_not_matched_by_source_delete(replaced).execute(rows)
        self._index()

    def delete(self, doc_ids: Iterable[str]) -> int:
        """Take documents out of dense and BM25 search at once; returns the number of passages that went."""
        doc_ids = {doc_ids} if isinstance(doc_ids, str) else set(doc_ids)
        if self._table is None or not doc_ids:
            return 0
        return self._table.delete(_one_of(doc_ids)).num_deleted_rows

    def dense(self, vectors: np.ndarray, k: int) -> list[list[Passage]]:
        """The k nearest passages of each vector (n, d) by cosine similarity, which is the score; exact."""
        vectors = _matrix(vectors)
        self._ready(k)
        self._check(vectors)
        if not len(vectors):
            return []
        query = self._table.search(vectors if len(vectors) > 1 else vectors[0], vector_column_name="vector")
        found = query.distance_type("cosine").select([*COLUMNS, "_distance"]).limit(k).to_arrow()
        # LanceDB numbers the queries of a batch, but not a single one.
        owners = found["query_index"].to_pylist() if len(vectors) > 1 else [0] * len(found)
        results: list[list[Passage]] = [[] for _ in vectors]
        for owner, passage in zip(owners, _passages(found, 1 - found["_distance"].to_numpy()), strict=True):
            results[owner].append(passage)
        return [_best_first(passages) for passages in results]

    def bm25(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """Up to k passages for each query by BM25 over title and text (English stems, no stop words)."""
        from lancedb.query import MatchQuery

        self._ready(k)
        results = []
        for query in queries:
            match = self._table.search(MatchQuery(query, "searchable"), query_type="fts")
            found = match.select([*COLUMNS, "_score"]).limit(k).to_arrow()
            results.append(_best_first(_passages(found, found["_score"].to_numpy())))
        return results

    def _index(self) -> None:
        """Bring the word index up to date: LanceDB does not do so when rows are added."""
        from lancedb.index import FTS

        if any("searchable" in index.columns for index in self._table.list_indices()):
            self._table.optimize()
        else:
            self._table.create_index("searchable", config=FTS())

    def _ready(self, k: int) -> None:
        if k < 1:
            raise UsageError(f"k={k} asks for no passage: give at least 1.")
        if not self.count():
            raise UsageError(f"The index in {self.path} is empty: add passages before you search it.")

    def _check(self, vectors: np.ndarray) -> None:
        expected = self._table.schema.field("vector").type.list_size
        if vectors.shape[1] != expected:
            raise UsageError(
                f"The index in {self.path} holds vectors of length {expected}, not {vectors.shape[1]}: "
                "use the embedder it was built with, or build it again."
            )

    def _rows(self, columns: list[str]) -> list[list]:
        if self._table is None:
            return []
        found = self._table.search().select(columns).to_arrow()
        return [found[column].to_pylist() for column in columns]


def _matrix(vectors: np.ndarray) -> np.ndarray:
    vectors = np.ascontiguousarray(vectors, np.float32)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise UsageError(f"Vectors must be finite numbers of shape (n, d), these have the shape {vectors.shape}.")
    return vectors


def _rows(passages: Sequence[Passage], vectors: np.ndarray) -> "pa.Table":
    import pyarrow as pa

    columns = {name: [getattr(passage, name) for passage in passages] for name in [*COLUMNS, "searchable"]}
    columns["vector"] = pa.FixedSizeListArray.from_arrays(vectors.ravel(), vectors.shape[1])
    return pa.table(columns)


def _passages(found: "pa.Table", scores: np.ndarray) -> list[Passage]:
    columns = [found[name].to_pylist() for name in COLUMNS]
    return [Passage(*row, score=float(score)) for *row, score in zip(*columns, scores, strict=True)]


def _best_first(passages: list[Passage]) -> list[Passage]:
    return sorted(passages, key=lambda passage: (-passage.score, passage.passage_id))


def _one_of(doc_ids: Iterable[str]) -> str:
    quoted = ", ".join("'" + doc_id.replace("'", "''") + "'" for doc_id in sorted(doc_ids))
    return f"doc_id IN ({quoted})"
