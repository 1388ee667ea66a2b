"""Where passages and their vectors are kept and looked up."""

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twolevers.errors import TwoLeversError, UsageError
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.tables import (
    COLUMNS,
    InMemory,
    add_vectors,
    check_addition,
    check_width,
    completed,
    content_key,
    matrix,
    passages_of,
    table_of,
)
from twolevers.retrieval.unspaced import spaced

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "passages"
IN_MEMORY = 20_000  # up to so many passages are kept in memory and compared there: 20 to 30 MB of vectors
LIST = 1_000  # passages in a list of the approximate index; LanceDB's own 8,192 make it read eight times as much
REFINE = 2  # how many times k candidates of the approximate search are compared in full
FOLD = 100  # new rows are folded into the indexes when they are more than one in so many


class Facts(NamedTuple):
    """What a `LanceStore` is at one version: passages, whether `dense` uses an index, the length of its vectors."""

    version: int
    rows: int
    approximate: bool
    width: int


class LanceStore:
    """A `Store` in a folder, on LanceDB. The dense search is exact until `build_ann` is called.

    Every write is a new version of the table and shows at once, to every open handle; `tag` and `at` go back
    to one. LanceDB runs threads and does not survive a fork: a process that has opened a store starts others
    with "spawn".
    """

    def __init__(self, path: Path):
        import lancedb

        self.path = Path(path)
        self._tag: str | None = None
        self._key: tuple[int, str] | None = None
        self._facts: Facts | None = None
        self._warm = False  # whether the approximate index was read into memory
        self._memory: tuple[int, InMemory] | None = None  # version, all of its passages when they are few
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
        """Hash of every passage (id, title, text), so that cached answers do not outlive the content.

        Read from the rows' hashes, once for each version. An approximate index shows in it.
        """
        if self._table is None:
            return content_key(np.empty(0, np.int64))
        now = self._now()
        if self._key is None or self._key[0] != now.version:
            digests = self._table.search().select(["digest"]).to_arrow()["digest"].to_numpy()
            self._key = now.version, content_key(digests) + ("-ann" if now.approximate else "")
        return self._key[1]

    @property
    def version(self) -> int:
        """Number of the table's version, 0 before the first `add`; it grows with every write."""
        return self._table.version if self._table else 0

    @property
    def approximate(self) -> bool:
        """Whether `dense` uses an approximate index."""
        return self._now().approximate

    def count(self) -> int:
        """Number of passages."""
        return self._now().rows

    def add(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Put in passages with their vectors (len(passages), d) in one step; see `Store.add`.

        Raises UsageError for a passage id given twice, and for vectors that are too few, of another length
        or not finite.
        """
        self._writable()
        vectors = matrix(vectors)
        check_addition(passages, vectors)
        if not passages:
            return
        table = add_vectors(table_of(passages), vectors)
        if self._table is None:
            self.load([table])
        else:
            check_width(vectors, self._now().width, self.path)
            self._put(completed(table), _one_of({passage.doc_id for passage in passages}))
            stats = self._table.index_stats("searchable_idx")
            if stats.num_unindexed_rows * FOLD > self.count():
                self._table.optimize()

    def load(self, tables: Iterable["pa.Table"]) -> None:
        """Fill a new store from tables as they come: passage_id, doc_id, title, text, vector (see `with_vectors`).

        Only one table is in memory at a time. Passage ids must differ, which is not checked. Raises
        UsageError when the store is in use already, and without any table.
        """
        import pyarrow as pa
        from lancedb.index import FTS

        self._writable()
        if self._table is not None:
            raise UsageError(f"The index in {self.path} is in use: load() fills a new one, add() puts in more.")
        rest = map(completed, tables)
        if (first := next(rest, None)) is None:
            raise UsageError(f"There is no passage to load into {self.path}.")
        batches = (batch for table in chain([first], rest) for batch in table.to_batches())
        try:
            self._table = self._database.create_table(TABLE, pa.RecordBatchReader.from_batches(first.schema, batches))
        except BaseException:
            self._database.drop_table(TABLE, ignore_missing=True)
            raise
        self._table.create_index("searchable", config=FTS())

    def build_ann(self) -> None:
        """Build an approximate index for `dense`, or build it anew; worth its while from about 100,000 passages.

        Later writes join it by themselves. Raises UsageError for fewer than 256 passages, too few to train on.
        """
        from lancedb.index import IvfSq

        self._writable()
        if self.count() < 256:
            raise UsageError(f"An approximate index needs 256 passages or more, {self.path} holds {self.count()}.")
        self._table.create_index("vector", config=IvfSq(distance_type="cosine", num_partitions=_lists(self.count())))
        self._warm = False

    def tag(self, name: str) -> None:
        """Name the present version, so that `at(name)` finds it again. Raises UsageError for a name in use."""
        self._writable()
        self._ready(1)
        if name in self.tags():
            raise UsageError(f"The tag {name!r} is in use in {self.path}: choose another name.")
        self._table.tags.create(name, self.version)

    def tags(self) -> dict[str, int]:
        """Names given by `tag`, each with its version; a named version is kept for good, others for a week."""
        return {name: found["version"] for name, found in self._table.tags.list().items()} if self._table else {}

    def at(self, name: str) -> "LanceStore":
        """This store as it was when `tag(name)` was called, to be searched only."""
        if name not in self.tags():
            known = ", ".join(sorted(self.tags())) or "none yet"
            raise UsageError(f"The index in {self.path} has no tag {name!r} (tags: {known}).")
        then = LanceStore(self.path)
        then._tag = name
        then._table.checkout(name)
        return then

    def delete(self, doc_ids: Iterable[str]) -> int:
        """Take documents out of dense and BM25 search at once; returns the number of passages that went."""
        self._writable()
        doc_ids = {doc_ids} if isinstance(doc_ids, str) else set(doc_ids)
        if self._table is None or not doc_ids:
            return 0
        return self._table.delete(_one_of(doc_ids)).num_deleted_rows

    def dense(self, vectors: np.ndarray, k: int) -> list[list[Passage]]:
        """The k nearest passages of each vector (n, d) by cosine similarity, which is the score.

        Exact, unless `build_ann` was called: then a few neighbours can be missed.
        """
        vectors, now = self._asked(vectors, k)
        if not now.approximate:
            return self._compared(vectors, k, now)
        if not self._warm:  # half a second for a million passages, else spent list by list in the first searches
            self._table.prewarm_index("vector_idx")
            self._warm = True
        # Twice the square root of the lists: 20 of 100, 64 of 1,000, and recall@10 of 0.96 to 0.97 on near-duplicates.
        probes = math.ceil(2 * math.sqrt(_lists(now.rows)))
        return self._nearest(vectors, k, lambda query: query.nprobes(probes).refine_factor(REFINE))

    def exact(self, vectors: np.ndarray, k: int) -> list[list[Passage]]:
        """As `dense`, by comparing every passage."""
        vectors, now = self._asked(vectors, k)
        return self._compared(vectors, k, now)

    def bm25(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """Up to k passages for each query by BM25 over title and text (English stems, no stop words)."""
        from lancedb.query import MatchQuery

        self._ready(k)
        results = []
        for query in queries:
            match = self._table.search(MatchQuery(spaced(query), "searchable"), query_type="fts")
            found = match.select([*COLUMNS, "_score"]).limit(k).to_arrow()
            results.append(passages_of(found, found["_score"].to_numpy()))
        return results

    def _asked(self, vectors: np.ndarray, k: int) -> tuple[np.ndarray, Facts]:
        """The vectors as they are compared, and what the store is now, which is looked up once for a search."""
        vectors, now = matrix(vectors), self._ready(k)
        check_width(vectors, now.width, self.path)
        return vectors, now

    def _compared(self, vectors: np.ndarray, k: int, now: Facts) -> list[list[Passage]]:
        if now.rows > IN_MEMORY:
            return self._nearest(vectors, k, lambda query: query.bypass_vector_index())
        if self._memory is None or self._memory[0] != now.version:
            self._memory = now.version, InMemory(self._table.search().select([*COLUMNS, "vector"]).to_arrow())
        return self._memory[1].nearest(vectors, k)

    def _nearest(self, vectors: np.ndarray, k: int, how) -> list[list[Passage]]:
        if not len(vectors):
            return []
        query = self._table.search(vectors if len(vectors) > 1 else vectors[0], vector_column_name="vector")
        found = how(query.distance_type("cosine")).select([*COLUMNS, "_distance"]).limit(k).to_arrow()
        if len(vectors) == 1:
            return [passages_of(found, 1 - found["_distance"].to_numpy())]
        owners = found["query_index"].to_numpy()  # LanceDB numbers the queries of a batch
        groups = [found.filter(owners == place) for place in range(len(vectors))]
        return [passages_of(group, 1 - group["_distance"].to_numpy()) for group in groups]

    def _put(self, rows: "pa.Table", replaced: str) -> None:
        """One version more, with these rows in place of those that match `replaced`."""
        if not self._table.count_rows(replaced):
            self._table.add(rows)  # a merge would read the whole table
            return
        merge = self._table.merge_insert("passage_id").when_matched_update_all().when_not_matched_insert_all()
        merge.when_not_matched_by_source_delete(replaced).execute(rows)

    def _now(self) -> Facts:
        """What the store is now; asked anew when the version changed."""
        if self._table is None:
            return Facts(0, 0, False, 0)
        version = self._table.version
        if self._facts is None or self._facts.version != version:
            indexed = any("vector" in index.columns for index in self._table.list_indices())
            width = self._table.schema.field("vector").type.list_size
            self._facts = Facts(version, self._table.count_rows(), indexed, width)
        return self._facts

    def _writable(self) -> None:
        if self._tag is not None:
            raise UsageError(f"The index in {self.path} is open as of {self._tag!r}, to be searched only.")

    def _ready(self, k: int) -> Facts:
        if k < 1:
            raise UsageError(f"k={k} asks for no passage: give at least 1.")
        now = self._now()
        if not now.rows:
            raise UsageError(f"The index in {self.path} is empty: add passages before you search it.")
        return now


def _lists(rows: int) -> int:
    return max(1, rows // LIST)


def _one_of(doc_ids: Iterable[str]) -> str:
    quoted = ", ".join("'" + doc_id.replace("'", "''") + "'" for doc_id in sorted(doc_ids))
    return f"doc_id IN ({quoted})"
