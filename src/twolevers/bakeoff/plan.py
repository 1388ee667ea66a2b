"""What fits into the time that there is: how many questions and pairs, which arms and seeds; what was left out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from twolevers.errors import UsageError
from twolevers.paths import write_atomically

ARMS = ("prompt", "rag", "tuned", "both", "stacked")
TAUGHT = {"tuned": "closed", "stacked": "closed", "both": "open"}  # arms that wear an adapter, and which one
RETRIEVING = ("rag", "both", "stacked")
MOST_PAIRS, MOST_TESTED, FEWEST_TESTED = 128, 400, 40
SPENT = 0.85  # share of the time that is planned; the rest is for what a plan cannot know
DROPPED_FIRST = ("stacked", "tuned", "both", "prompt")  # what is left out first when the time is short


@dataclass(frozen=True)
class Rates:
    """Seconds measured on this machine with this model and these documents, just before the plan."""

    short: float  # an answer without passages
    reading: float  # an answer with passages
    closed: float  # training on one pair once, closed book
    opened: float  # training on one pair once, with passages


@dataclass(frozen=True)
class Plan:
    """What will be run. `left_out` says in words what the time or the data did not allow; `seconds` are expected."""

    arms: tuple[str, ...]
    seeds: int
    tested: int
    pairs: int
    seconds: float
    left_out: tuple[str, ...]


def plan(arms: Sequence[str], seeds: int, tested: int, pairs: int, rates: Rates, seconds: float) -> Plan:
    """The largest test that fits into `seconds`, after the training. First fewer pairs, then fewer seeds, then arms.

    `tested` and `pairs` are what the data offers. Raises UsageError when not even the smallest test of one arm fits.
    """
    arms, left_out = list(arms), []
    budget = SPENT * seconds
    used = min(pairs, MOST_PAIRS)
    while True:
        training = _training(arms, seeds, used, rates)
        each = _answering(arms, seeds, rates)
        fits = int((budget - training) / each) if each else 0
        wanted = min(tested, MOST_TESTED, FEWEST_TESTED)
        if fits >= wanted and training <= 0.6 * budget:
            break
        if used > 48 and any(arm in TAUGHT for arm in arms):
            used = max(48, used // 2)
        elif seeds > 1:
            seeds -= 1
            left_out.append(f"a training seed (now {seeds})")
        elif dropped := next((arm for arm in DROPPED_FIRST if arm in arms and len(arms) > 1), None):
            arms.remove(dropped)
            left_out.append(f"the arm {dropped}")
        elif fits >= 1:
            break
        else:
            needed = (training + each * min(tested, FEWEST_TESTED)) / SPENT / 60
            raise UsageError(
                f"The time is too short for one arm: give --minutes {max(1, round(needed + 0.5))} or more."
            )
    asked = min(tested, MOST_TESTED, fits)
    if any(arm in TAUGHT for arm in arms) and used < pairs:
        left_out.append(f"{pairs - used} of {pairs} training pairs")
    if asked < tested:
        left_out.append(f"{tested - asked} of {tested} test questions")
    return Plan(tuple(arms), seeds, asked, used, training + each * asked, tuple(left_out))


def kept(path: Path, key: str) -> Plan | None:
    """The plan of an earlier run of the same call, so that a run that was killed goes on instead of planning anew."""
    try:
        found = json.loads(path.read_text("utf-8"))
        if found.pop("key") == key:
            return Plan(**{**found, "arms": tuple(found["arms"]), "left_out": tuple(found["left_out"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass
    return None


def keep(path: Path, key: str, plan: Plan) -> None:
    """Write the plan beside the results."""
    write_atomically(path, json.dumps({"key": key, **asdict(plan)}, indent=1))


def passes(arm: str) -> int:
    """Passes over the pairs: a fact must be met several times, the skill of reading does not."""
    return {"closed": 4, "open": 1}[TAUGHT[arm]]


def _training(arms: Sequence[str], seeds: int, pairs: int, rates: Rates) -> float:
    each: Mapping[str, float] = {"closed": rates.closed * passes("tuned"), "open": rates.opened * passes("both")}
    return seeds * pairs * sum(each[kind] for kind in {TAUGHT[arm] for arm in arms if arm in TAUGHT})


def _answering(arms: Sequence[str], seeds: int, rates: Rates) -> float:
    return sum((rates.reading if arm in RETRIEVING else rates.short) * (seeds if arm in TAUGHT else 1) for arm in arms)
