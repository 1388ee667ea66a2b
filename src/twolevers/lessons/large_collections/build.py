"""Lesson 04, the collections: the catalogue in a crowd, made ready for search once, with what that took."""

import json
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pandas as pd
import psutil

from twolevers import cache
from twolevers.data.crowd import crowd
from twolevers.data.records import Document
from twolevers.lessons.common.bench import PASSAGE_WORDS, Workbench
from twolevers.models.embedders.protocol import Embedder
from twolevers.models.memory import give_back
from twolevers.paths import write_atomically
from twolevers.retrieval.search import LARGE, build_large_index
from twolevers.retrieval.store import LanceStore

SEED = 4


@dataclass(frozen=True)
class Built:
    """A collection of `n` passages ready to be searched, and what that took.

    Seconds: `embedding` the passages, `indexing` them (cut, stored, words and vectors indexed); writing the crowd is
    left out. `memory`: most megabytes that the process grew by meanwhile, sampled; `disk`: megabytes.
    """

    n: int
    store: LanceStore
    embedder: Embedder
    embedding: float
    indexing: float
    memory: float
    disk: float

    @property
    def taking_in(self) -> float:
        """Seconds from texts to a collection that can be searched."""
        return self.embedding + self.indexing


class Stopwatch:
    """An embedder that adds up its seconds. Its key is its own, so that an index is found only where it was timed."""

    def __init__(self, embedder: Embedder):
        self.embedder, self.key, self.seconds = embedder, f"{embedder.key}-timed", 0.0

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """As the embedder does."""
        began = time.perf_counter()
        vectors = self.embedder.embed(texts)
        self.seconds += time.perf_counter() - began
        return vectors


class Growth:
    """Megabytes that this process grew by at most while the block ran, looked at every few hundredths of a second."""

    def __enter__(self) -> "Growth":
        self.megabytes, self._ended = 0.0, Event()
        self._watcher = Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        process = psutil.Process()
        start = process.memory_info().rss
        while not self._ended.wait(0.03):
            self.megabytes = max(self.megabytes, (process.memory_info().rss - start) / 1e6)


def build(bench: Workbench, embedder: Embedder, n: int) -> Built:
    """The catalogue's passages among `n` in all: indexed and timed once, then found again with the times of then."""
    record = cache.place("collections", cache.code("retrieval"), embedder.key, n, repr(bench.documents))
    record = record.with_suffix(".json")
    if not record.exists():
        work = (bench.documents, embedder, n, record)
        if n < LARGE:
            _build(*work)
        else:  # what a large build leaves behind in its process, half a gigabyte, ends with that process
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                pool.submit(_build, *work).result()
    store = build_large_index(bench.documents, Stopwatch(embedder), n, SEED, PASSAGE_WORDS)
    try:
        return Built(n, store, embedder, **json.loads(record.read_text("utf-8")))
    except (OSError, ValueError, TypeError):  # the index is there, its times are not: made again
        shutil.rmtree(store.path)
        record.unlink(missing_ok=True)
        return build(bench, embedder, n)


def _build(documents: Sequence[Document], embedder: Embedder, n: int, record: Path) -> None:
    """Index and time, and write the times to `record`."""
    watch = Stopwatch(embedder)
    LanceStore(record.parent)  # loads the engine, which is not what is timed
    with Growth() as grown:
        began = time.perf_counter()
        store = build_large_index(documents, watch, n, SEED, PASSAGE_WORDS)
        whole = time.perf_counter() - began
    if not watch.seconds:  # an index of before, whose times are lost
        shutil.rmtree(store.path)
        _build(documents, embedder, n, record)
        return
    rest = whole - watch.seconds
    disk = sum(path.stat().st_size for path in store.path.rglob("*") if path.is_file()) / 1e6
    took = {"embedding": watch.seconds, "indexing": rest - min(rest, _writing(documents, n))}
    write_atomically(record, json.dumps(took | {"memory": grown.megabytes, "disk": disk}))
    give_back()


def _writing(documents: Sequence[Document], n: int) -> float:
    """Seconds to write the crowd once more, which is no part of taking documents in."""
    began = time.perf_counter()
    for _ in crowd(documents, n, SEED):
        pass
    return time.perf_counter() - began


def builds(built: Sequence[Built]) -> pd.DataFrame:
    """What each collection took, one row each: passages, index of the vectors, seconds, megabytes."""
    rows = [
        {
            "passages": one.n,
            "index": "approximate" if one.store.approximate else "none: exact",
            **{"embed (s)": one.embedding, "index (s)": one.indexing},
            **{"memory (MB)": one.memory, "disk (MB)": one.disk},
        }
        for one in built
    ]
    return pd.DataFrame(rows)
