"""Finding passages in collections of growing size: latency, recall, build, disk, memory, and one document's change.

The catalogue's passages are hidden in a generated crowd of near-duplicates; the queries are its real questions.
Every engine is built from one file of passages and vectors, in a process of its own, and asked one query at a time.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.common import Options, chosen, quality, race, row
from benchmarks.peers import search
from benchmarks.worker import Run, Side

if TYPE_CHECKING:
    from twolevers.data.records import Question

SIZES = (1_000, 10_000, 100_000, 1_000_000)
MILVUS_MOST = 100_000  # Milvus Lite is pure Python: a million would take it most of an hour to insert
PASSAGE_WORDS = 40
QUERIES = 200
EMBEDDED = 512  # passages in the race of the embedders
TARGET_SECONDS = 240.0  # of a million passages: embed and index
TARGET_MS = {100_000: 8.0, 1_000_000: 10.0}  # 95th percentile of a dense query; smaller collections: as of 100,000
OURS = "LanceDB"
SEED = 4


def rows(options: Options, sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """Rows of every size; the million takes most of the time."""
    names = {side.name for side in chosen(competitors("", 0, ""), options)}
    found = [] if options.peers else _embedders(options)
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            found += _size(Path(scratch), size, names, options)
    return found


def competitors(collection: str, n: int, scratch: str) -> list[Side]:
    """Every peer that `n` passages are not too many for."""

    def side(name: str, engine: str, needs: tuple[str, ...], note: str) -> Side:
        folder = "ours" if engine == "LanceExact" else name
        settings = {"folder": str(Path(scratch, folder)), "collection": collection}
        return Side(name, f"benchmarks.peers.search:{engine}", settings, needs, note)

    sides = [
        side("LanceDB exact", "LanceExact", (), "the same store without its approximate index; up to 20,000 in memory"),
        side("numpy", "NumPy", (), "float32 vectors in memory, BLAS on all cores"),
        side("faiss IVF", "Faiss", ("faiss",), "IVF of √n lists, SQ8, 20 lists read, in memory"),
        side("bm25s", "Bm25s", ("bm25s",), "its English stop words, no stems, in memory"),
        side("Milvus Lite", "Milvus", ("pymilvus", "milvus_lite"), "HNSW, M 16, ef 64; BM25 without stems"),
    ]
    return [side for side in sides if side.name != "Milvus Lite" or n <= MILVUS_MOST]


def collect(path: Path, n: int) -> float:
    """Write `n` passages with their static vectors to an arrow file; returns the seconds, writing included."""
    import time
    from itertools import chain

    import pyarrow as pa

    from twolevers.data.catalogue import load_catalogue
    from twolevers.data.crowd import crowd
    from twolevers.models.embedders.static import StaticEmbedder
    from twolevers.retrieval.chunking import chunk
    from twolevers.retrieval.tables import table_of, with_vectors

    documents, embedder = load_catalogue(), StaticEmbedder.load()
    own = chunk(documents, PASSAGE_WORDS)
    began = time.perf_counter()
    tables = with_vectors(chain([table_of(own)], crowd(documents, n - len(own))), embedder)
    first = next(tables)
    with pa.ipc.new_file(str(path), first.schema) as file:
        for table in chain([first], tables):
            file.write_table(table)
    return time.perf_counter() - began


def queries(n: int) -> "tuple[list[Question], np.ndarray]":
    """`n` questions of the catalogue on products, in held-out wordings, and their vectors."""
    from twolevers.data.questions import HELD_OUT_WORDINGS, ask, load_questions
    from twolevers.models.embedders.static import StaticEmbedder

    frame = load_questions()
    facts = frame[frame.kind == "fact"].sample(n, random_state=SEED)
    asked = [ask(facts, HELD_OUT_WORDINGS[place % len(HELD_OUT_WORDINGS)])[place] for place in range(n)]
    return asked, StaticEmbedder.load().embed([question.text for question in asked])


def exact(collection: Path, vectors: np.ndarray, k: int = search.K) -> list[set[str]]:
    """The ids of the `k` nearest passages of each vector, by comparing all."""
    table = search.read(collection)
    scores = np.concatenate([search.vectors(piece) @ vectors.T for piece in search.pieces(table)])
    best = np.argpartition(-scores, k, axis=0)[:k].T
    return [set(table["passage_id"].take(places).to_pylist()) for places in best]


def _size(scratch: Path, n: int, names: set[str], options: Options) -> list[dict[str, Any]]:
    options.report(f"{n:,} passages: generating and embedding")
    collection = scratch / "passages.arrow"
    seconds = collect(collection, n)
    questions, vectors = queries(QUERIES)
    near = exact(collection, vectors)
    peers = [side for side in competitors(str(collection), n, str(scratch)) if side.name in names]
    settings = {"folder": str(scratch / "ours"), "collection": str(collection)}
    ours = Side(OURS, "benchmarks.peers.search:Lance", settings)
    asked = [(question.text, vector) for question, vector in zip(questions, vectors, strict=True)]
    cases = ("dense", "bm25", "hybrid")
    rounds = [
        work
        for number in range(options.repeats)
        for work in (*((how, asked) for how in cases), ("write", number))
    ]  # fmt: skip
    runs = race([ours], peers, ("dense", asked[:20]), rounds, options)
    found = []
    for peer in peers:
        if peer.name in runs:
            found += _rows(n, peer, runs, rounds, questions, near)
    if not options.peers:
        found += [_total(n, seconds, runs[OURS]), _latency(n, _of(runs[OURS], rounds, "dense"), near)]
    return found


def _rows(n: int, peer: Side, runs: dict[str, list[Run]], rounds: list, questions: list, near: list) -> list[dict]:
    """What this peer can do, each a row: searches at their 95th percentile, one document in and out, the build."""
    found = []
    for how in ("dense", "bm25", "hybrid"):
        both = [_of(runs[name], rounds, how) for name in (OURS, peer.name)]
        if both[1][0] is None:
            continue
        p95 = [[float(np.percentile([each[0] for each in run], 95)) for run in side] for side in both]
        p50 = [float(np.median([each[0] for run in side for each in run])) for side in both]
        hits = [_hits(side[0], questions) for side in both]
        more: dict[str, Any] = quality(*hits, [question.entity for question in questions])
        more |= {"p50_ours": p50[0], "p50_theirs": p50[1]}
        if how == "dense":
            more |= dict(zip(("recall_ours", "recall_theirs"), (_recall(side[0], near) for side in both), strict=True))
        note = f"95th percentile of {len(questions)} queries, one at a time; quality: the document in the first 3. "
        found.append(row("retrieve", f"{how}, {n:,}", peer.name, *p95, "ms", **more, note=note + f"Peer: {peer.note}."))
    writes = [_of(runs[name], rounds, "write") for name in (OURS, peer.name)]
    if writes[1][0] is not None:
        for place, what in enumerate(("add", "delete")):
            times = [[each[place] for each in side] for side in writes]
            note = "seen by dense and BM25 search at once"
            found.append(row("retrieve", f"{what} one document, {n:,}", peer.name, *times, "ms", note=note))
        took = [runs[name][0].result[1] for name in (OURS, peer.name)]
        seconds = [[each["build_seconds"]] for each in took]
        more = _sizes(*took) | {"note": "words and vectors, from one file of both"}
        found.append(row("retrieve", f"build, {n:,}", peer.name, *seconds, "s", **more))
    return found


def _of(runs: list[Run], rounds: list, how: str) -> list:
    return [run.result[0] for run, work in zip(runs, rounds, strict=True) if work[0] == how]


def _recall(found: list[search.Found], near: list[set[str]]) -> float:
    return float(np.mean([len(set(each[1]) & true) / len(true) for each, true in zip(found, near, strict=True)]))


def _hits(found: list[search.Found], questions: "Sequence[Question]") -> list[float]:
    """Whether the document with the answer is among the first three, for each question."""
    return [float(bool({*each[2][:3]} & {*asked.doc_ids})) for each, asked in zip(found, questions, strict=True)]


def _sizes(ours: dict[str, float], theirs: dict[str, float]) -> dict[str, float]:
    names = ("disk_gb", "memory_gb")
    return {f"{name}_ours": ours[name] for name in names} | {f"{name}_theirs": theirs[name] for name in names}


def _total(n: int, embedding: float, runs: list[Run]) -> dict[str, Any]:
    took = runs[-1].result[1]
    seconds = embedding + took["build_seconds"]
    note = f"generate and embed {embedding:.1f} s, index {took['build_seconds']:.1f} s; the target is for a million"
    more = {"disk_gb_ours": took["disk_gb"], "memory_gb_ours": took["memory_gb"], "note": note}
    return row("retrieve", f"embed and index, {n:,}", "target", [seconds], [TARGET_SECONDS], "s", **more)


def _latency(n: int, runs: list[list[search.Found]], near: list) -> dict[str, Any]:
    taken = [[each[0] for each in run] for run in runs]
    p95 = [float(np.percentile(run, 95)) for run in taken]
    more = {"p50_ours": float(np.median(taken)), "recall_ours": _recall(runs[0], near)}
    target = TARGET_MS.get(n, TARGET_MS[100_000])
    note = f"95th percentile of a dense query, one at a time; the target is {target:g} ms, recall@10 0.95 of exact"
    return row("retrieve", f"dense, {n:,}", "target", p95, [target] * len(p95), "ms", **more, note=note)


def _embedders(options: Options) -> list[dict[str, Any]]:
    """Passages a second: the static embedder against the network that it was distilled from."""
    from twolevers.data.catalogue import load_catalogue
    from twolevers.data.crowd import crowd
    from twolevers.retrieval.tables import searchable

    table = next(crowd(load_catalogue(), EMBEDDED * (options.repeats + 1)))
    texts = searchable(table).to_pylist()
    rounds = [texts[start : start + EMBEDDED] for start in range(0, len(texts), EMBEDDED)]
    ours = Side("static embedder", "benchmarks.peers.search:Embedding", {"static": True})
    peer = Side("MiniLM", "benchmarks.peers.search:Embedding", {"static": False})
    runs = race([ours], [peer], rounds[0][:16], rounds[1:], options)
    rates = [[EMBEDDED / run.seconds for run in runs[side.name]] for side in (ours, peer)]
    note = f"{EMBEDDED} passages of about 75 tokens, all cores; peer in its default precision, sorted by length"
    return [row("retrieve", "embed", peer.name, *rates, "passages/s", note=note)]
