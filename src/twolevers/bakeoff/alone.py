"""Requests one at a time, as a user's come: what one takes by the clock, and of the processors."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers.evaluate import journal
from twolevers.evaluate.deadline import Deadline

if TYPE_CHECKING:
    from twolevers.arms.protocol import Arm
    from twolevers.data.records import Question

SINGLE, FILE = 5, "alone.jsonl"


@dataclass(frozen=True)
class Alone:
    """Of each single request: seconds by the clock, and processor-seconds over all cores."""

    seconds: tuple[float, ...]
    cpu: tuple[float, ...]


def one_by_one(
    arms: "Mapping[str, Arm]", questions: "Sequence[Question]", out: Path, key: str, until: Deadline
) -> dict[str, Alone]:
    """Up to `SINGLE` requests of each arm after one that warms up, as long as there is time; kept in `out`.

    Every arm is asked once at least.
    """
    rows, _ = journal.read(out / FILE)
    known = {row.get("key"): row for row in rows}
    names = {arm: f"{key} {arm} {hash_of(made.key)}" for arm, made in arms.items()}
    new = [arm for arm, name in names.items() if name not in known]
    for place, arm in enumerate(new):
        stop = until.left * (1 - 1 / (len(new) - place))  # each arm has its share of what is left
        times = []
        for turn, question in enumerate(questions[: SINGLE + 1]):
            if turn and until.left <= stop:
                break
            times.append(_request(arms[arm], question))
        kept = times[1:] or times
        row = {"key": names[arm], "seconds": [wall for wall, _ in kept], "cpu": [cpu for _, cpu in kept]}
        journal.append(out / FILE, [row])
        known[names[arm]] = row
    return {arm: Alone(tuple(known[name]["seconds"]), tuple(known[name]["cpu"])) for arm, name in names.items()}


def hash_of(text: str) -> str:
    """A short name of an arm's key."""
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _request(arm: "Arm", question: "Question") -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    arm.answer([question])
    return time.perf_counter() - wall, time.process_time() - cpu
