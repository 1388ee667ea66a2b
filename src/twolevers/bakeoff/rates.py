"""How fast this machine answers and trains on the caller's own data; kept, so that a plan can be made before."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from twolevers.arms.registry import ARMS
from twolevers.bakeoff.plan import Rates
from twolevers.paths import home, write_atomically

if TYPE_CHECKING:
    from twolevers.arms.protocol import Arm
    from twolevers.bakeoff.models import Models
    from twolevers.bakeoff.tasks.protocol import Contest
    from twolevers.data.records import Question

PROBED = 8  # items that a rate is measured on, where there is time
SHARE = 0.15  # share of the time that all measuring may take
# What is assumed where nothing was measured: seconds on two cores, the course's model, items of `USUAL` letters.
USUAL = 80
BESIDE, CUT = 400, 2_000  # letters of a prompt beside the item, and of an item that are read
ANSWERING = MappingProxyType(
    {
        **{"prompt": 0.08, "rag": 0.25, "tuned": 0.08, "both": 0.25, "stacked": 0.25, "few_shot": 0.15},
        **{"retrieved_few_shot": 0.25, "long_prompt": 0.12, "linear": 0.02, "tfidf": 0.001},
    }
)
TEACHING = MappingProxyType({"closed": 0.25, "open": 0.35})


@dataclass(frozen=True)
class Kept:
    """Rates of an earlier run: by which model, when, and on items of how many letters on average."""

    model: str
    date: str
    characters: float
    answering: dict[str, float]
    teaching: dict[str, float]


def measure(contest: "Contest", models: "Models", seconds: float, first: Sequence[str] = ()) -> Rates:
    """Seconds of one answer of each arm and of the whole recipe for one pair, within about `seconds`.

    Each is measured on one item, which warms up, and on more where the time allows. Arms are taken in the order of
    `first`; after the time those that are left have no rate, but one arm has one in any case. Arms that read alike cost
    alike.
    """
    order = [*(arm for arm in first if arm in contest.arms), *(arm for arm in contest.arms if arm not in first)]
    each, began = seconds / (len(order) + len(contest.examples)), time.perf_counter()
    answering: dict[str, float] = {}
    teaching: dict[str, float] = {}
    trained: dict[str, Any] = {}
    for name in order:
        if answering and time.perf_counter() - began > seconds:
            break
        adapter = ARMS[name].adapter
        if adapter and adapter not in teaching:
            once = replace(contest.recipes[adapter], epochs=1)

            def train(examples: Sequence[Any], name: str = adapter, once: Any = once) -> None:
                trained[name] = models.model.fit(examples, once)

            teaching[adapter] = contest.recipes[adapter].epochs * pace(train, contest.examples[adapter][:PROBED], each)
        alike = next((other for other in answering if _alike(name, other)), None)
        if alike:
            answering[name] = answering[alike]
        else:
            arm = contest.make(name, trained.get(adapter))
            answering[name] = max(1e-6, own_pace(arm, contest.tested[:PROBED], each))
    return Rates(answering, teaching, {arm: ARMS[arm].adapter for arm in answering if ARMS[arm].adapter})


def own_pace(arm: "Arm", items: "Sequence[Question]", seconds: float) -> float:
    """As `pace`, by what the arm itself says that an answer took: fitting a classifier, done once, is not counted."""

    def said(part: "Sequence[Question]") -> float:
        return sum(answer.usage.seconds for answer in arm.answer(part)) / len(part)

    first = said(items[:1])
    if first > seconds or len(items) < 2:
        return first
    first = min(first, said(items[1:2]))  # what is done once, such as merging an adapter, fell to the first
    more = min(len(items), int(seconds / max(first, 1e-6)))
    return said(items[:more]) if more >= 2 else first


def pace(work: Callable[[Sequence[Any]], object], items: Sequence[Any], seconds: float) -> float:
    """Seconds for one of `items`: of the first, then of as many as fit into `seconds` by that."""

    def taken(part: Sequence[Any]) -> float:
        began = time.perf_counter()
        work(part)
        return (time.perf_counter() - began) / len(part)

    first = taken(items[:1])
    more = min(len(items), int(seconds / max(first, 1e-6)))
    return taken(items[:more]) if more >= 2 else first


def keep(task: str, model: str, characters: float, rates: Rates) -> None:
    """Keep what was measured for the next plan of this kind of bake-off."""
    found = Kept(model, datetime.now(UTC).date().isoformat(), characters, dict(rates.answering), dict(rates.teaching))
    write_atomically(_place(task), json.dumps(asdict(found), indent=1))


def expected(task: str, arms: Sequence[str], characters: float) -> tuple[Rates, str]:
    """The rates that a plan goes by before anything is loaded, and in words where they are from.

    Those of the last bake-off of this kind on this machine, else what is assumed; in proportion to the texts' length.
    """
    adapters = {arm: ARMS[arm].adapter for arm in arms if ARMS[arm].adapter}
    known = _read(_place(task))
    answering = {**ANSWERING, **(known.answering if known else {})}
    teaching = {**TEACHING, **(known.teaching if known else {})}
    longer = _read_letters(characters) / _read_letters(known.characters if known else USUAL)
    said = (
        f"measured here on {known.date} with {known.model}"
        if known
        else "assumed for two cores and the course's model; nothing was measured here yet"
    )
    rates = Rates(
        {arm: longer * answering[arm] for arm in arms},
        {name: longer * teaching[name] for name in set(adapters.values())},
        adapters,
    )
    return rates, said


def _read_letters(characters: float) -> float:
    """Letters of a prompt for an item of so many: instruction and passages have their own, long items are cut."""
    return BESIDE + min(characters, CUT)


def _alike(one: str, other: str) -> bool:
    """Whether two arms read and write alike: the same kind of prompt, another adapter."""
    retrieving = ARMS[one].retrieves and ARMS[other].retrieves
    return retrieving and (bool(ARMS[one].adapter) == bool(ARMS[other].adapter))


def _place(task: str) -> Path:
    return home() / "cache" / "rates" / f"{task}.json"


def _read(path: Path) -> Kept | None:
    try:
        return Kept(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
