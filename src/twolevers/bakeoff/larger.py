"""A larger model that this machine could run, and about how long: proposed in the report, never run unasked."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from twolevers import cache
from twolevers.paths import write_atomically


@dataclass(frozen=True)
class Size:
    """A model of the same kind of use: its id on the hub, billions of weights, licence."""

    id: str
    billions: float
    licence: str = "Apache-2.0"

    @property
    def name(self) -> str:
        """The id without its owner."""
        return self.id.rpartition("/")[2]


LADDER = (
    Size("HuggingFaceTB/SmolLM2-135M-Instruct", 0.135),
    Size("HuggingFaceTB/SmolLM2-360M-Instruct", 0.362),
    Size("Qwen/Qwen2.5-0.5B-Instruct", 0.494),
    Size("Qwen/Qwen2.5-1.5B-Instruct", 1.54),
    Size("HuggingFaceTB/SmolLM2-1.7B-Instruct", 1.71),
)
BYTES = 4  # of a weight: float32, the most that a model takes here
BESIDE = 2.0  # GiB for all that is not weights: activations, embedder, index
LONGEST = 120  # minutes that are proposed at most


def propose(model: str, seconds: float, finalists: Sequence[str], free: float | None = None) -> dict[str, Any] | None:
    """The largest model that fits into memory (`free` GiB, by default what is available) and `LONGEST` minutes.

    `seconds`: what the finalists took with `model`. JSON-ready: id, billions, licence, gib, minutes (extrapolated in
    proportion to the weights), arms, option. None where the model is not of the ladder, or none is larger and fits.
    """
    here = next((size for size in LADDER if size.name == model), None)
    free = psutil.virtual_memory().available / 2**30 if free is None else free
    if here is None:
        return None
    fitting = []
    for size in LADDER:
        gib = size.billions * 1e9 * BYTES / 2**30 + BESIDE
        minutes = seconds / 60 * size.billions / here.billions
        if size.billions > here.billions and gib <= free and minutes <= LONGEST:
            fitting.append((size, gib, minutes))
    if not fitting:
        return None
    size, gib, minutes = fitting[-1]
    given = max(5, round(3 * minutes))  # loading, searching and measuring come on top
    return {
        "id": size.id,
        "billions": size.billions,
        "licence": size.licence,
        "gib": round(gib, 1),
        "minutes": round(minutes, 1),
        "status": f"extrapolated: {seconds:.0f} s × {size.billions:g} / {here.billions:g} billion weights",
        "arms": list(finalists),
        "option": f"--model {size.id} --arms {','.join(finalists)} --minutes {given}",
    }


def said(larger: dict[str, Any] | None) -> str:
    """The proposal in words; where there is none, why size matters all the same."""
    if larger is None:
        return "A small model was measured: a larger one reads better, so that the gaps between arms may shrink."
    size = f"{larger['billions']:g} billion weights, {larger['licence']}"
    took = f"about {larger['minutes']:g} minutes ({larger['status']}; not measured)"
    return (
        f"A small model is a first sign. {larger['id']} ({size}) fits into this machine's memory, at about "
        f"{larger['gib']:g} GiB. With it the finalists would take {took}, and it is fetched once before. Add "
        f"{larger['option']}, and another --out; or --larger alone."
    )


def flips_seen() -> tuple[str, ...]:
    """Which verdicts the course's recordings of larger models have seen change with size; nothing without them.

    Scoring the recordings takes seconds: what they say is kept until they or the lessons change.
    """
    try:
        from twolevers.lessons.common.ladder import read
    except ImportError:  # a course without the ladder
        return ()
    files = [f"{file} {file.stat().st_size}" for file in sorted(read.committed().glob("*/*"))]
    path = cache.place("ladder", cache.code("lessons"), files).with_suffix(".json")
    try:
        return tuple(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        found = _flips()
    write_atomically(path, json.dumps(found))
    return found


def _flips() -> tuple[str, ...]:
    from twolevers.lessons.common.ladder import read, table

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a recording that is out of date says nothing
        rows = table.sizes(read.recordings())
    if rows.empty or rows["model"].nunique() < 2:
        return ()
    changed = table.by_claim(rows).query("flips != ''")
    models = ", ".join(rows.sort_values("billions")["model"].drop_duplicates())
    if changed.empty:
        return (f"Size: none of the course's verdicts changed with the models recorded ({models}).",)
    said = "; ".join(f"{row.claim} ({row.contest}) {row.flips}" for row in changed.itertuples())
    return (f"Size: with the models that the course recorded ({models}) these verdicts changed: {said}.",)
