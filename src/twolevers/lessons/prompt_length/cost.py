"""Lesson 09, second half: what a long prompt costs in seconds and money, and when training it away is paid back."""

import json
import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import torch

from twolevers import cache
from twolevers.arms.few_shot import after
from twolevers.arms.prompts import build
from twolevers.cost.prices import labour_hour, rates
from twolevers.cost.tariffs import Hosted, hosted, own_machine
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.style import ARM_STYLE, style
from twolevers.lessons.prompt_length.experiment import examples, guide, tested
from twolevers.lessons.style_and_tone.experiment import LONGEST, REPLY, SIZES, Taught
from twolevers.models.api import Chat, LanguageModel, Training
from twolevers.models.native.generation import continue_greedily
from twolevers.models.native.model import shared_start
from twolevers.paths import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TIMED = 3  # letters, one at a time; one more before them warms the machine up
MODELS = ("gpt-4o-mini", "gpt-3.5-turbo")
OWN = "own machine"
WAYS = {
    "long": "long prompt, read anew each time",
    "kept": "long prompt, its start kept",
    "tuned": "tuned, one line",
}


def timed(bench: Workbench, material: Sequence[Taught], trained: Training) -> pd.DataFrame:
    """Medians for one letter at a time, measured once and kept.

    Columns: arm, tokens (prompt), start (those that all letters share), read, read_kept (the start read before),
    write (seconds), new (tokens written).
    """
    place = cache.place("prompt-times", cache.code("models", "arms"), bench.model.key, trained.adapter.key, TIMED)
    with cache.locked(place):
        if not place.exists():
            write_atomically(place, json.dumps(_timed(bench, material, trained)))
    return pd.DataFrame(json.loads(place.read_text("utf-8")))


def _timed(bench: Workbench, material: Sequence[Taught], trained: Training) -> list[dict[str, float | str]]:
    asked, shown = tested(bench, TIMED + 1), examples(material)
    long = [after(shown, build(question.text, instruction=guide())) for question in asked]
    short = [build(question.text, instruction=REPLY) for question in asked]
    worn = bench.model.adapted(trained.adapter)
    return [{"arm": "long_prompt", **clock(bench.model, long)}, {"arm": "tuned", **clock(worn, short)}]


@torch.no_grad()
def clock(model: LanguageModel, chats: Sequence[Chat]) -> dict[str, float]:
    """Medians over the chats after the first (columns of `timed`)."""
    ids = [model.encode(chat) for chat in chats]
    start = shared_start(ids)
    pasts = model.reader.prefill([ids[0][:start]])[1] if start else None
    rows = []
    for prompt in ids:
        read, _ = _seconds(model, prompt, None, 1)
        kept, _ = _seconds(model, prompt[start:], pasts, 1)
        whole, new = _seconds(model, prompt[start:], pasts, LONGEST)
        row = {"tokens": len(prompt), "start": start, "read": read, "read_kept": kept}
        rows.append(row | {"write": max(0.0, whole - kept), "new": new})
    return pd.DataFrame(rows[1:]).median().to_dict()


def _seconds(model: LanguageModel, ids: list[int], pasts: list | None, limit: int) -> tuple[float, int]:
    began = time.perf_counter()
    written = continue_greedily(model.reader, [ids], pasts, limit, model.end)
    return time.perf_counter() - began, len(written[0])


def ways(times: pd.DataFrame) -> pd.DataFrame:
    """One reply in each of the `WAYS` (index): prompt_tokens, new_tokens, read, write and total (seconds).

    All write as many tokens as the tuned model's reply has: a rambling reply is no merit of its prompt.
    """
    long, tuned = (times.set_index("arm").loc[arm] for arm in ("long_prompt", "tuned"))
    rows = {}
    for way, row, column in (("long", long, "read"), ("kept", long, "read_kept"), ("tuned", tuned, "read")):
        write = row["write"] / max(1.0, row["new"] - 1) * (tuned["new"] - 1)
        spent = {"read": row[column], "write": write, "total": row[column] + write}
        rows[way] = {"prompt_tokens": int(row["tokens"]), "new_tokens": int(tuned["new"]), **spent}
    return pd.DataFrame(rows).T.astype({"prompt_tokens": int, "new_tokens": int})


def per_reply(times: pd.DataFrame) -> pd.DataFrame:
    """USD of one reply: ways (index) × payers (own machine, hosted models); NaN where no price for kept tokens stands.

    Token counts are ours; a hosted model's tokenizer counts somewhat differently.
    """
    table, kept = ways(times), int(times.set_index("arm").loc["long_prompt", "start"])
    found = {OWN: table["total"] * own_machine().machine.value / 3600}
    for tariff in map(hosted, MODELS):
        found[tariff.name] = {way: _usd(tariff, way, row, kept) for way, row in table.iterrows()}
    return pd.DataFrame(found)


def _usd(tariff: Hosted, way: str, row: pd.Series, kept: int) -> float:
    price = tariff.tuned if way == "tuned" else tariff.base
    again = kept if way == "kept" else 0
    cached = price.cached.value if price.cached else math.nan
    read = (row["prompt_tokens"] - again) * price.input.value + (again * cached if again else 0.0)
    return (read + row["new_tokens"] * price.output.value) / 1e6


def set_up(trained: Training) -> pd.DataFrame:
    """USD once, before the first tuned reply: training and writing the replies (rows) × payers (columns)."""
    written = SIZES[-1] * rates()["minutes_per_example"].value / 60 * labour_hour().value
    training = {OWN: trained.seconds * own_machine().machine.value / 3600}
    training |= {tariff.name: trained.tokens * tariff.trained.value / 1e6 for tariff in map(hosted, MODELS)}
    return pd.DataFrame({"training": training, "writing the replies": dict.fromkeys(training, written)}).T


def paid_back(times: pd.DataFrame, trained: Training) -> pd.DataFrame:
    """After how many replies the adapter is paid back ("never": a tuned reply costs as much or more).

    One row per payer: against the long prompt read anew and with its start kept, people's time counted; and against
    the long prompt with the training alone counted.
    """
    each, once = per_reply(times), set_up(trained)
    rows = []
    for payer in each:
        saved = {way: each.loc[way, payer] - each.loc["tuned", payer] for way in ("long", "kept")}
        whole, training = once[payer].sum(), once.loc["training", payer]
        row = {"payer": payer, "against the long prompt": replies(whole, saved["long"])}
        row |= {"against a kept start": replies(whole, saved["kept"])}
        rows.append(row | {"training alone": replies(training, saved["long"])})
    return pd.DataFrame(rows)


def replies(once: float, saved: float) -> str:
    """How many replies pay back what was spent once, when each saves so much."""
    if math.isnan(saved):
        return "no price"
    return f"{math.ceil(once / saved):,}" if saved > 0 else "never"


def plot(times: pd.DataFrame) -> "tuple[Figure, str]":
    """Seconds to read the prompt and to write the reply, stacked, in each of the `WAYS`, with alternative text."""
    from matplotlib import pyplot

    table = ways(times)
    title = "Where does the time of one reply go?"
    looks = (("read", ARM_STYLE["long_prompt"]), ("write", ARM_STYLE["few_shot"]))
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 3.6))
        begun = pd.Series(0.0, table.index)
        for part, look in looks:
            bar = look.bar() | {"label": {"read": "reading the prompt", "write": "writing the reply"}[part]}
            axes.barh(range(len(table)), table[part], left=begun, height=0.6, **(bar | {"alpha": 0.85}))
            begun = begun + table[part]
        for place, total in enumerate(table["total"]):
            axes.text(total + 0.01 * table["total"].max(), place, f"{total:.2f} s", va="center")
        axes.set_yticks(range(len(table)), [f"{WAYS[way]}\n({table.loc[way, 'prompt_tokens']} tokens)" for way in WAYS])
        axes.invert_yaxis()
        axes.set(xlim=(0, 1.15 * table["total"].max()), title=title)
        axes.set_xlabel(f"Seconds, one letter at a time (median of {TIMED})")
        axes.grid(visible=False, axis="y")
        axes.legend(loc="lower right")
    said = "; ".join(
        f"{WAYS[way]}: reading {table.loc[way, 'read']:.2f} s, writing {table.loc[way, 'write']:.2f} s" for way in WAYS
    )
    return figure, f"Stacked bar chart. {title} {said}."
