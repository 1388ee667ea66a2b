"""Finding the passages for a question: by meaning, by words, or by both."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tqdm.auto import tqdm

from twolevers import cache
from twolevers.data.crowd import crowd
from twolevers.errors import TwoLeversError, UsageError
from twolevers.models.embedders.protocol import Embedder
from twolevers.paths import write_atomically
from twolevers.retrieval.chunking import Passage, chunk
from twolevers.retrieval.protocol import Store
from twolevers.retrieval.store import LanceStore
from twolevers.retrieval.tables import table_of, with_vectors

if TYPE_CHECKING:
    import pyarrow as pa

    from twolevers.data.records import Document

POOL = 30  # candidates that a ranking gives to the fusion, and a search to `NamedFirst`
KEY_FILE = "key.txt"
LAYOUT = 3  # raise when the store's columns or its indexes change, so that older ones are built again
CROWD = 1  # raise when `crowd` makes other passages
LARGE = 100_000  # passages from which `build_large_index` makes the dense search approximate


class Retriever(Protocol):
    """What an arm needs of a search."""

    name: str

    @property
    def key(self) -> str:
        """Names everything that decides the results: the search, the embedder and the store's content now."""

    def search(self, queries: Sequence[str], k: int = 3) -> list[list[Passage]]:
        """Up to k passages for each query, best first, scores set."""


@dataclass(frozen=True)
class Dense:
    """Search by meaning: cosine similarity of sentence vectors."""

    store: Store
    embedder: Embedder
    name = "dense"

    @property
    def key(self) -> str:
        """See `Retriever.key`."""
        return f"{self.name}-{self.store.key}-{self.embedder.key}"

    def search(self, queries: Sequence[str], k: int = 3) -> list[list[Passage]]:
        """The k nearest passages of each query; the score is the cosine similarity."""
        return self.store.dense(self.embedder.embed(queries), k)


@dataclass(frozen=True)
class Bm25:
    """Search by words: BM25 (Robertson and Zaragoza 2009)."""

    store: Store
    name = "bm25"

    @property
    def key(self) -> str:
        """See `Retriever.key`."""
        return f"{self.name}-{self.store.key}"

    def search(self, queries: Sequence[str], k: int = 3) -> list[list[Passage]]:
        """Up to k passages that share a word with the query; the score is BM25's."""
        return self.store.bm25(queries, k)


@dataclass(frozen=True)
class Hybrid:
    """Search by meaning and by words, the two rankings fused."""

    store: Store
    embedder: Embedder
    name = "hybrid"

    @property
    def key(self) -> str:
        """See `Retriever.key`."""
        return f"{self.name}-{self.store.key}-{self.embedder.key}"

    def search(self, queries: Sequence[str], k: int = 3) -> list[list[Passage]]:
        """The k best passages of each query after `fuse`; the score is the fused one."""
        pool = max(k, POOL)
        by_meaning = self.store.dense(self.embedder.embed(queries), pool)
        by_words = self.store.bm25(queries, pool)
        return [fuse(rankings)[:k] for rankings in zip(by_meaning, by_words, strict=True)]


@dataclass(frozen=True)
class NamedFirst:
    """Another search, with the passages of documents that the query names in full put first.

    Neither meaning nor words tell "Brook 2023" from "Brook 2022" well: their pages say much the same, and each
    mentions the other. A title does. A query that names no title is answered as by the search inside.
    """

    inner: Retriever

    @property
    def name(self) -> str:
        """The inner search's name, marked."""
        return f"named first, {self.inner.name}"

    @property
    def key(self) -> str:
        """See `Retriever.key`."""
        return f"named-{self.inner.key}"

    def search(self, queries: Sequence[str], k: int = 3) -> list[list[Passage]]:
        """The k best of the inner search's candidates: those named in its order, then the others in its order.

        Scores stay the inner search's. A title is named when each of its words stands in the query.
        """
        found = self.inner.search(queries, max(k, POOL))
        return [_named_first(query, passages)[:k] for query, passages in zip(queries, found, strict=True)]


def _named_first(query: str, passages: list[Passage]) -> list[Passage]:
    asked = _words(query)
    named = {title for title in {passage.title for passage in passages} if _words(title) and _words(title) <= asked}
    return sorted(passages, key=lambda passage: passage.title not in named)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def fuse(rankings: Sequence[Sequence[Passage]], constant: int = 60) -> list[Passage]:
    """Reciprocal rank fusion: score(p) = sum over rankings of 1 / (constant + rank of p), ranks from 1.

    Cormack, Clarke and Büttcher, SIGIR 2009, equation 1, with their constant. A ranking that does not list a
    passage adds nothing to it; equal scores are ordered by passage id.
    """
    scores: dict[str, float] = {}
    passages: dict[str, Passage] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, start=1):
            scores[passage.passage_id] = scores.get(passage.passage_id, 0.0) + 1 / (constant + rank)
            passages.setdefault(passage.passage_id, passage)
    best = sorted(scores, key=lambda name: (-scores[name], name))
    return [replace(passages[name], score=scores[name]) for name in best]


def build_index(documents: "Iterable[Document]", embedder: Embedder, max_words: int = 60) -> LanceStore:
    """A store of these documents, cut by `chunk`; the same one is built once and then found in the cache.

    Its folder is named by the passages and the embedder, filled beside its place and moved there when
    complete, under a lock; a damaged or edited one is built again. To edit an index (add, delete), make a
    `LanceStore` in a folder of your own. Raises UsageError when there is no text, TwoLeversError when the
    disk cannot be written.
    """
    passages = _cut(documents, max_words)

    def fill(store: LanceStore) -> None:
        store.add(passages, embedder.embed([passage.searchable for passage in passages]))

    return _cached(f"{embedder.key} {_content(passages)}", fill)


def build_large_index(
    documents: "Sequence[Document]", embedder: Embedder, n: int, seed: int = 0, max_words: int = 60
) -> LanceStore:
    """A store of `n` passages: those of the documents, hidden in a `crowd`; built once, as by `build_index`.

    From `LARGE` passages on, the dense search is approximate. Give it a `StaticEmbedder`: the sentence
    embedder would take hours for a million. Raises UsageError when `n` is less than the documents' own.
    """
    passages = _cut(documents, max_words)
    if n < len(passages):
        raise UsageError(f"The documents alone make {len(passages):,} passages: ask for as many or more, not {n:,}.")

    def fill(store: LanceStore) -> None:
        tables = chain([table_of(passages)], crowd(documents, n - len(passages), seed))
        with tqdm(total=n, desc="Indexing", unit="passage", unit_scale=True, delay=3, leave=False) as bar:
            store.load(_counted(with_vectors(tables, embedder), bar.update))
        if n >= LARGE:
            store.build_ann()

    return _cached(f"{CROWD} {n} {seed} {LARGE} {embedder.key} {_content(passages)}", fill)


def _counted(tables: "Iterable[pa.Table]", tick: Callable[[int], object]) -> "Iterator[pa.Table]":
    for table in tables:
        yield table
        tick(len(table))


def _cut(documents: "Iterable[Document]", max_words: int) -> list[Passage]:
    passages = chunk(documents, max_words)
    if not passages:
        raise UsageError("There is nothing to index: the documents hold no text.")
    return passages


def _content(passages: list[Passage]) -> str:
    return repr([(passage.passage_id, passage.title, passage.text) for passage in passages])


def _cached(content: str, fill: Callable[[LanceStore], None]) -> LanceStore:
    """The store kept for `content`, made by `fill` when there is none that is whole."""
    folder = cache.place("index", LAYOUT, content)
    with cache.locked(folder):
        if not _whole(folder):
            if folder.exists():
                cache.damaged("The index", folder)
            building = folder.with_suffix(".part")
            for stale in (building, folder):
                shutil.rmtree(stale, ignore_errors=True)
            store = LanceStore(building)
            fill(store)
            write_atomically(building / KEY_FILE, store.key)
            building.rename(folder)
    return LanceStore(folder)


def _whole(folder: Path) -> bool:
    """Whether `folder` still holds what was built there."""
    try:
        return (folder / KEY_FILE).read_text("utf-8") == LanceStore(folder).key
    except (OSError, ValueError, TwoLeversError):
        return False
