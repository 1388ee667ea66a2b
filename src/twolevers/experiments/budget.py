"""Lesson 06: what does it cost? Tokens and seconds measured here × dated prices: set-up, requests, updates.

The arms are those of lessons 01 and 12: `tuned` holds the asked facts in its weights, `both` only learned to read. The
article contradicts itself: C07 says that RAG is cheaper above all at inference, its table (C13) says the opposite.
"""

import json
import math
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from twolevers.arms.both import Both
from twolevers.arms.prompt import Prompt
from twolevers.arms.rag import Rag
from twolevers.arms.tuned import Tuned
from twolevers.cost.break_even import BreakEven, break_even
from twolevers.cost.model import Costs, Tariff, Use, bill, bill_table, costs, without_people
from twolevers.cost.prices import labour_hour, rates
from twolevers.cost.quantity import Quantity, Status, measured, propagate
from twolevers.data.questions import TRAINING_WORDINGS
from twolevers.data.records import Document
from twolevers.evaluate.run import summarise
from twolevers.evaluate.statistics import Interval
from twolevers.experiments import both, two_levers
from twolevers.experiments.workbench import PASSAGE_WORDS, Workbench
from twolevers.models.lora import Training
from twolevers.paths import home, write_atomically
from twolevers.retrieval.chunking import chunk
from twolevers.retrieval.store import LanceStore

LESSON = "06_budget"
SEED = 6
ARMS = ("prompt", "rag", "tuned", "both")
CHANGED = 6  # pages, and facts, that one update changes
TIMING = 0.25  # a time measured once may be off by this share: other work on the machine
MONTHS = 12.0


@dataclass(frozen=True)
class IndexTimes:
    """Seconds to build the index, to refresh `CHANGED` pages in it, and to search once."""

    build: Quantity
    refresh: Quantity
    search: Quantity


def teach(bench: Workbench) -> tuple[Training, Training]:
    """The adapters of lessons 01 (the facts themselves) and 12 (reading passages); found in the cache after those."""
    return two_levers.teach(bench), both.teach_open_book(bench)


def measure(bench: Workbench, closed: Training, opened: Training) -> pd.DataFrame:
    """Four arms asked the 40 facts of lesson 01 in new wording: one row each (columns of `evaluate.run`)."""
    questions, model = two_levers.new_wording(bench), bench.model
    frames = [bench.answer([arm], questions) for arm in (Prompt(model), Rag(model, bench.retriever, both.K))]
    frames.append(bench.answer([Tuned(model.adapted(closed.adapter))], questions))
    frames.append(bench.answer([Both(model.adapted(opened.adapter), bench.retriever, both.K)], questions))
    return pd.concat(frames, ignore_index=True)


def time_index(bench: Workbench) -> IndexTimes:
    """Build an index of the catalogue in a folder of its own, refresh some pages, search: each timed once, and kept."""
    record = home() / "cache" / "index-times" / f"{bench.data_hash}-{bench.embedder.key}.json"
    try:
        seconds = json.loads(record.read_text("utf-8"))
        return IndexTimes(**{name: _timed(seconds[name]) for name in ("build", "refresh", "search")})
    except (OSError, ValueError, KeyError, TypeError):
        seconds = _time_index(bench)  # never timed here, or the record is damaged
    write_atomically(record, json.dumps(seconds))
    return IndexTimes(**{name: _timed(value) for name, value in seconds.items()})


def uses(frame: pd.DataFrame, closed: Training, opened: Training, index: IndexTimes) -> dict[str, Use]:
    """What each arm takes: measured tokens and seconds, assumed hours of people.

    An update changes `CHANGED` facts. RAG refreshes their pages; `tuned` is trained again as a whole, on examples of
    which the changed ones are written anew; `both` only reads, so its adapter stays.
    """
    rag_hours, tuning_hours = rates()["rag_hours"], rates()["tuning_hours"]
    pairs = {"tuned": two_levers.N * len(TRAINING_WORDINGS), "both": both.PAIRS}
    people = {"rag": rag_hours, "tuned": _sum(tuning_hours, _writing(pairs["tuned"]))}
    people["both"] = _sum(rag_hours, tuning_hours, _writing(pairs["both"]))
    found = {}
    for arm in ARMS:
        rows, searches, training = frame[frame["arm"] == arm], arm in ("rag", "both"), {"tuned": closed, "both": opened}
        run = training.get(arm)
        found[arm] = Use(
            arm=arm,
            tuned=run is not None,
            prompt_tokens=measured(rows["prompt_tokens"], "token"),
            new_tokens=measured(rows["new_tokens"], "token"),
            seconds=measured(rows["seconds"], "s"),
            search_seconds=index.search if searches else _none("s"),
            index_seconds=index.build if searches else _none("s"),
            refresh_seconds=index.refresh if searches else _none("s"),
            training_tokens=Quantity(run.tokens, "token", Status.MEASURED) if run else _none("token"),
            training_seconds=_timed(run.seconds) if run else _none("s"),
            setup_hours=people.get(arm, _none("h")),
            update_hours=_writing(CHANGED * len(TRAINING_WORDINGS)) if arm == "tuned" else _none("h"),
            retrained=1.0 if arm == "tuned" else 0.0,
        )
    return found


def priced(use: Use, tariff: Tariff, people: bool, labour: Quantity | None = None) -> Costs:
    """An arm's costs under a tariff, people's time counted or left out."""
    lines = bill(use, tariff, labour)
    kept = lines if people else without_people(lines)
    return costs(kept) if kept else Costs(use.arm, 0.0, 0.0, 0.0, 0.0)


def lines(found: Mapping[str, Use], tariff: Tariff) -> pd.DataFrame:
    """Every line of every arm's bill with its origin (columns of `cost.model.bill_table`)."""
    return bill_table(line for use in found.values() for line in bill(use, tariff))


def overview(frame: pd.DataFrame, found: Mapping[str, Use], tariff: Tariff, people: bool) -> pd.DataFrame:
    """One row per arm: n, facts right with interval; USD to set up, per 1,000 answers (right ones), update, month."""
    rows = []
    for arm in summarise(frame).itertuples():
        cost = priced(found[arm.arm], tariff, people)
        row = {"arm": arm.arm, "n": arm.n, "facts_right": arm.accuracy, "low": arm.low, "high": arm.high}
        row |= {"set_up_USD": cost.setup, "USD_per_1000": 1000 * cost.request}
        row |= {"USD_per_1000_right": 1000 * cost.request / arm.accuracy if arm.accuracy else math.inf}
        rows.append(row | {"USD_per_update": cost.update, "USD_per_month": cost.month})
    return pd.DataFrame(rows)


def tuned_pays(
    found: Mapping[str, Use], tariff: Tariff, updates: float, *, people: bool, months: float = MONTHS
) -> tuple[BreakEven, Interval, float]:
    """From how many requests a month `tuned` is cheaper than `rag`; its 95 % interval; the share of "never".

    In the interval, draws in which `tuned` wins below a volume count as "never": it does not pay with volume.
    """

    def volume(cost: Callable[[str], Costs]) -> BreakEven:
        return break_even(cost("tuned"), cost("rag"), updates, months)

    def pays(rng: np.random.Generator) -> float:
        one = volume(draw(found, tariff, people, rng))
        return math.inf if one.side == "below" else one.requests

    interval, never = propagate(pays, SEED)
    return volume(lambda arm: priced(found[arm], tariff, people)), interval, never


def draw(found: Mapping[str, Use], tariff: Tariff, people: bool, rng: np.random.Generator) -> Callable[[str], Costs]:
    """Costs by arm for one draw: prices are drawn once for all arms, what an arm takes for each."""
    prices, labour = tariff.draw(rng), labour_hour().drawn(rng)
    return lambda arm: priced(found[arm].draw(rng), prices, people, labour)


def _time_index(bench: Workbench) -> dict[str, float]:
    asked = [question.text for question in two_levers.new_wording(bench)]

    def fill(store: LanceStore, documents: list[Document]) -> float:
        began = time.perf_counter()
        passages = chunk(documents, PASSAGE_WORDS)
        store.add(passages, bench.embedder.embed([passage.searchable for passage in passages]))
        return time.perf_counter() - began

    with tempfile.TemporaryDirectory() as folder:
        store = LanceStore(Path(folder))
        build, refresh = fill(store, bench.documents), fill(store, bench.documents[:CHANGED])
    bench.retriever.search(asked[:1], both.K)  # opens the lesson's own index, which is not what is timed
    began = time.perf_counter()
    bench.retriever.search(asked, both.K)
    return {"build": build, "refresh": refresh, "search": (time.perf_counter() - began) / len(asked)}


def _timed(seconds: float) -> Quantity:
    return Quantity(seconds, "s", Status.MEASURED, seconds * (1 - TIMING), seconds * (1 + TIMING))


def _none(unit: str) -> Quantity:
    return Quantity(0.0, unit, Status.MEASURED)


def _writing(examples: int) -> Quantity:
    """People's hours to write so many examples."""
    minutes = rates()["minutes_per_example"]
    value, low, high = (examples * end / 60 for end in (minutes.value, minutes.low, minutes.high))
    return replace(minutes, value=value, low=low, high=high, unit="h")


def _sum(*hours: Quantity) -> Quantity:
    value, low, high = (sum(getattr(one, end) for one in hours) for end in ("value", "low", "high"))
    return Quantity(value, "h", Status.ASSUMED, low, high, "; ".join(one.source for one in hours))
