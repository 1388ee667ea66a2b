"""What fits into the time that there is: how many questions and pairs, which arms and seeds; what was left out."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from twolevers.errors import UsageError
from twolevers.paths import write_atomically

MOST_TESTED, FEWEST_TESTED, FEWEST_OF_TWO = 400, 40, 4
FEWEST_TAUGHT = 48  # pairs below which the time is better saved elsewhere
SPENT = 0.75  # share of the time left that is planned; the rest is for single requests, and what a plan cannot know
TRAINING = 0.6  # share of that which training may take


@dataclass(frozen=True)
class Rates:
    """Seconds measured on this machine with this model and this data, just before the plan.

    `answering`: one answer of each arm. `teaching`: the whole recipe for one pair, by adapter. `adapters`: which
    adapter an arm wears, for those that do.
    """

    answering: Mapping[str, float]
    teaching: Mapping[str, float]
    adapters: Mapping[str, str]

    def training(self, arms: Sequence[str], seeds: int, pairs: int) -> float:
        """Seconds of training for these arms."""
        return seeds * pairs * sum(self.teaching[kind] for kind in {self.adapters[arm] for arm in self.taught(arms)})

    def one_question(self, arms: Sequence[str], seeds: int) -> float:
        """Seconds of asking all arms one question."""
        return sum(self.answering[arm] * (seeds if arm in self.adapters else 1) for arm in arms)

    def taught(self, arms: Sequence[str]) -> list[str]:
        """Those of the arms that wear an adapter."""
        return [arm for arm in arms if arm in self.adapters]


@dataclass(frozen=True)
class Plan:
    """What will be run. `left_out` says in words what the time or the data did not allow; `seconds` are expected."""

    arms: tuple[str, ...]
    seeds: int
    tested: int
    pairs: int
    seconds: float
    left_out: tuple[str, ...]

    def __str__(self) -> str:
        left = f"; left out for time: {', '.join(self.left_out)}" if self.left_out else ""
        taught = f"{self.pairs} training pairs, {self.seeds} seed(s), " if self.pairs else ""
        asked = f"{', '.join(self.arms)}; {self.tested} test items"
        return f"plan: {asked}, {taught}about {self.seconds / 60:.1f} min{left}"


def plan(
    arms: Sequence[str],
    dropped_first: Sequence[str],
    seeds: int,
    tested: int,
    pairs: int,
    rates: Rates,
    seconds: float,
    given: float | None = None,
    grace: float = 0.0,
) -> Plan:
    """The largest test that fits into `seconds`, after the training: first fewer pairs, then fewer seeds, then arms.

    `tested` and `pairs` are what the data offers; arms are given up in the order of `dropped_first`, and those that
    train where nothing else helps. The last two are kept down to `FEWEST_OF_TWO` items, for one arm alone compares
    nothing; where not one item of one arm fits, `grace` seconds more are taken. Raises UsageError when that is not
    enough; it names more minutes than the `given` (seconds, of which some may be spent).
    """
    offered = seeds, tested, pairs
    if found := _fit(arms, dropped_first, *offered, rates, SPENT * seconds):
        return found
    bare, taught = [arm for arm in arms if arm not in rates.adapters], rates.taught(arms)
    if bare and taught and (found := _fit(bare, dropped_first, *offered, rates, SPENT * seconds)):
        gone = tuple(f"the arm {arm}" for arm in taught)
        return replace(found, left_out=(*gone, *found.left_out))
    if grace and (found := _fit(bare or arms, dropped_first, *offered, rates, seconds + grace)):
        return replace(found, left_out=(*(f"the arm {arm}" for arm in taught if bare), *found.left_out))
    last = min(bare or arms, key=lambda arm: rates.answering[arm])
    least, spent = min(tested, FEWEST_OF_TWO), max(0.0, (given or seconds) - seconds)
    needed = (rates.training([last], 1, min(pairs, FEWEST_TAUGHT)) + least * rates.answering[last]) / SPENT + spent
    minutes = max(math.ceil(needed / 60), math.floor((given or seconds) / 60) + 1)
    raise UsageError(f"The time is too short for one arm: give --minutes {minutes} or more.")


def _fit(
    arms: Sequence[str],
    dropped_first: Sequence[str],
    seeds: int,
    tested: int,
    pairs: int,
    rates: Rates,
    budget: float,
) -> Plan | None:
    """The plan for these arms, None where not one item of one of them fits into `budget` seconds."""
    arms, used, left_out = list(arms), pairs, []
    while True:
        training, each = rates.training(arms, seeds, used), rates.one_question(arms, seeds)
        fits = int((budget - training) / each)
        if fits >= min(tested, FEWEST_TESTED if len(arms) > 2 else FEWEST_OF_TWO) and training <= TRAINING * budget:
            break
        if used > FEWEST_TAUGHT and rates.taught(arms):
            used = max(FEWEST_TAUGHT, used * 3 // 4)
        elif seeds > 1:
            seeds -= 1
            left_out.append(f"a training seed (now {seeds})")
        elif dropped := next((arm for arm in dropped_first if arm in arms and len(arms) > 1), None):
            arms.remove(dropped)
            left_out.append(f"the arm {dropped}")
        elif fits >= 1:
            break
        else:
            return None
    asked = min(tested, MOST_TESTED, fits)
    if rates.taught(arms) and used < pairs:
        left_out.append(f"{pairs - used} of {pairs} training pairs")
    if asked < tested:
        left_out.append(f"{tested - asked} of {tested} test items")
    learned = used if rates.taught(arms) else 0
    return Plan(tuple(arms), seeds, asked, learned, training + each * asked, tuple(left_out))


def kept(path: Path, key: str) -> tuple[Plan, Rates] | None:
    """The plan of an earlier run of the same call, so that a run that was stopped goes on instead of planning anew."""
    try:
        found = json.loads(path.read_text("utf-8"))
        if found["key"] == key:
            planned = found["plan"]
            arms, left_out = tuple(planned["arms"]), tuple(planned["left_out"])
            return Plan(**{**planned, "arms": arms, "left_out": left_out}), Rates(**found["rates"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass
    return None


def keep(path: Path, key: str, plan: Plan, rates: Rates) -> None:
    """Write the plan and the rates that it goes by beside the results."""
    write_atomically(path, json.dumps({"key": key, "plan": asdict(plan), "rates": asdict(rates)}, indent=1))
