"""Lesson 02, the index: the twelve revisions taken in one after the other, each a tagged version, each timed."""

import json
import math
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from twolevers import cache
from twolevers.data.revisions import MONTHS, Revision, apply, load_revisions
from twolevers.errors import TwoLeversError
from twolevers.lessons.common.bench import Measured, Workbench
from twolevers.lessons.common.moving_facts import refresh
from twolevers.models.api import Training
from twolevers.paths import write_atomically
from twolevers.retrieval.store import LanceStore

RECORD = "refreshes.json"
TIMING = 0.25  # a training timed once may be off by this share: other work on the machine


def tag(month: int) -> str:
    """The name of a month's version of the index."""
    return f"month-{month}"


def replay(bench: Workbench) -> tuple[LanceStore, pd.DataFrame]:
    """The index with a tag for every month (`tag`), and what each refresh did; built once and kept.

    Columns, one row a month from 1: month, pages (new or changed), deleted, passages, seconds (comparing, cutting,
    embedding, writing). Month 0, the first building, is not in it.
    """
    revisions = load_revisions()
    folder = cache.place("replay", cache.code("retrieval", "models"), bench.data_hash, bench.embedder.key, revisions)
    with cache.locked(folder):
        if (rows := _kept(folder)) is None:
            shutil.rmtree(folder, ignore_errors=True)
            rows = _replay(bench, LanceStore(folder), revisions)
            write_atomically(folder / RECORD, json.dumps(rows))  # last: without it there is no replay
    return LanceStore(folder), pd.DataFrame(rows)


def updates(refreshes: pd.DataFrame, training: Training, facts: int) -> pd.DataFrame:
    """What an update took: a row for the index (median month), one for training again on `facts` facts."""
    middle = refreshes[["pages", "passages", "seconds"]].median()
    index = {
        "update": "refresh the index",
        "touches": f"{middle['pages']:.0f} pages, {middle['passages']:.0f} passages",
    }
    again = {"update": "train again", "touches": f"{facts} facts, {training.tokens:,} tokens read"}
    index |= {"times measured": len(refreshes), "seconds": middle["seconds"]}
    return pd.DataFrame([index, again | {"times measured": 1, "seconds": training.seconds}])


def ratio(refreshes: pd.DataFrame, training: Training) -> Measured:
    """log2 of seconds to train again over seconds to refresh the index, mean over the months.

    95 % interval: Student's t over the months' logarithms, joined in quadrature with ± `TIMING` on the training.
    """
    logs = np.log2(refreshes["seconds"].to_numpy())
    n = len(logs)
    value = math.log2(training.seconds) - float(logs.mean())
    months = float(stats.t.ppf(0.975, n - 1) * logs.std(ddof=1)) / math.sqrt(n)
    half = math.hypot(months, math.log2(1 + TIMING))
    return Measured(value, value - half, value + half, n)


def _replay(bench: Workbench, store: LanceStore, revisions: list[Revision]) -> list[dict[str, float]]:
    rows, before = [], []
    for month in range(MONTHS + 1):
        after = apply(bench.documents, revisions, month)
        done = refresh(store, bench.embedder, before, after)
        store.tag(tag(month))
        rows.append({"month": month} | asdict(done))
        before = after
    return rows[1:]


def _kept(folder: Path) -> list[dict[str, float]] | None:
    """The rows kept in `folder`, if its index has every month's tag."""
    if not (folder / RECORD).exists():
        return None
    try:
        rows = json.loads((folder / RECORD).read_text("utf-8"))
        if len(rows) == MONTHS and {tag(month) for month in range(MONTHS + 1)} <= LanceStore(folder).tags().keys():
            return rows
    except (TwoLeversError, OSError, ValueError, TypeError):
        pass
    cache.damaged("The replayed index", folder)
    return None
