"""Lesson 06: what does it cost? Tokens and seconds measured here × dated prices: set-up, requests, updates.

The arms are those of lessons 01 and 12: `tuned` holds the asked facts in its weights, `both` only learned to read. The
article contradicts itself: C07 says that RAG is cheaper above all at inference, its table (C13) says the opposite.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from twolevers.arms.both import Both
from twolevers.arms.prompt import Prompt
from twolevers.arms.rag import Rag
from twolevers.arms.tuned import Tuned
from twolevers.cost.break_even import BreakEven, break_even
from twolevers.cost.model import Costs, Tariff, Use, bill, costs, without_people
from twolevers.cost.prices import labour_hour, rates
from twolevers.cost.quantity import Quantity, Status, measured, propagate
from twolevers.data.questions import TRAINING_WORDINGS
from twolevers.evaluate.statistics import Interval
from twolevers.lessons.both import experiment as both
from twolevers.lessons.budget.times import CHANGED, ROUNDS, TIMED, IndexTimes, ask_again, once, seconds_per_answer
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.two_levers import experiment as two_levers
from twolevers.models.api import Training

LESSON = "06_budget"
SEED = 6
ARMS = ("prompt", "rag", "tuned", "both")
MONTHS = 12.0


def train(bench: Workbench) -> tuple[Training, Training]:
    """The adapters of lessons 01 (the facts themselves) and 12 (reading passages); found in the cache after those."""
    return two_levers.train(bench), both.train_open_book(bench)


def measure(bench: Workbench, closed: Training, opened: Training) -> pd.DataFrame:
    """Four arms asked the facts of lesson 01 in new wording; `rag` and `tuned`, in turn, in `ROUNDS` rounds.

    The rounds after the first are for the clock: they ask the first `TIMED` questions again.

    Columns: those of `evaluate.run`, and `round` (from 1).
    """
    questions, model = two_levers.new_wording(bench), bench.model
    rag, tuned = Rag(model, bench.retriever, both.K), Tuned(model.adapted(closed.adapter))
    frames = [bench.answer([arm], questions).assign(round=1) for arm in (Prompt(model), rag, tuned)]
    for number in range(2, ROUNDS + 1):
        frames += [ask_again(bench, arm, questions[:TIMED], number) for arm in (rag, tuned)]
    del tuned  # its merged weights make room for those of the next adapter
    reader = Both(model.adapted(opened.adapter), bench.retriever, both.K)
    frames.append(bench.answer([reader], questions).assign(round=1))
    return pd.concat(frames, ignore_index=True)


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
        run, first = training.get(arm), rows[rows["round"] == 1]
        found[arm] = Use(
            arm=arm,
            tuned=run is not None,
            prompt_tokens=measured(first["prompt_tokens"], "token"),
            new_tokens=measured(first["new_tokens"], "token"),
            seconds=seconds_per_answer(rows),
            search_seconds=index.search if searches else _none("s"),
            index_seconds=index.build if searches else _none("s"),
            refresh_seconds=index.refresh if searches else _none("s"),
            training_tokens=Quantity(run.tokens, "token", Status.MEASURED) if run else _none("token"),
            training_seconds=once(run.seconds) if run else _none("s"),
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


def draw(found: Mapping[str, Use], tariff: Tariff, people: bool, rng: np.random.Generator) -> Callable[[str], Costs]:
    """Costs by arm for one draw: prices are drawn once for all arms, what an arm takes for each."""
    prices, labour = tariff.draw(rng), labour_hour().drawn(rng)
    return lambda arm: priced(found[arm].draw(rng), prices, people, labour)


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
