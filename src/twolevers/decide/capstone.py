"""The capstone's steps for one brief, each on disk when it returns, so that a killed kernel loses nothing.

score → pick → justify → change (what would change your mind, and the cost) → commit → contest → rubric → record. A step
needs those before it; what was committed stays. An instructor can lock the reveal, `contest` and all after it.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twolevers.decide import rubric
from twolevers.decide.brief import CRITERIA, Brief, load_brief, names
from twolevers.errors import TwoLeversError, UsageError
from twolevers.lessons.capstone.arms import ARMS
from twolevers.paths import home, only_writer, write_atomically

SCHEMA = 1
STEPS = ("score", "pick", "justify", "change", "commit")
LATER = ("contest", "rubric", "record")
SAID = {"score": "score the criteria", "pick": "pick an arm", "justify": "write your justification"}
SAID |= {"change": "say what would change your mind and the cost", "commit": "commit", "contest": "run the contest"}
SHORTEST = 40  # letters of a justification
LOCK = "TWOLEVERS_REVEAL_LOCK"  # digest of the instructor's word, for a whole room


class Capstone:
    """One learner's work on one brief."""

    def __init__(self, brief: str, where: Path | None = None):
        self.name, self.brief = brief, load_brief(brief, where)
        self.path = home() / "capstone" / f"{brief}.json"

    def done(self) -> tuple[str, ...]:
        """The steps taken so far, in order."""
        steps = self.state()
        return tuple(step for step in (*STEPS, *LATER) if step in steps)

    def state(self) -> dict[str, dict[str, Any]]:
        """What each step holds. UsageError for a file of another version, which stays as it is."""
        try:
            content = json.loads(self.path.read_bytes())
            steps = content["steps"]
            schema = content["schema"]
            whole = isinstance(steps, dict) and all(isinstance(step, dict) for step in steps.values())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise TwoLeversError(f"{self.path} cannot be read ({error.strerror}): check its permissions.") from None
        except (ValueError, KeyError, TypeError, RecursionError):
            whole, schema, steps = False, SCHEMA, {}
        if schema != SCHEMA:
            raise UsageError(
                f"{self.path} was written by another version of the course (form {schema!r}, this one reads {SCHEMA}): "
                "update the course, or move the file away to begin anew. It was not changed."
            )
        if not whole:
            self._set_aside()
            return {}
        return steps

    def score(self, weights: Mapping[str, float]) -> None:
        """How much each criterion matters to the client, 1 (hardly) to 5 (most)."""
        missing = [name for name in CRITERIA if name not in weights]
        wrong = [name for name, value in weights.items() if name not in CRITERIA or value not in (1, 2, 3, 4, 5)]
        if missing or wrong:
            raise UsageError(f"Score each criterion from 1 to 5: {', '.join(missing or wrong)} is not.")
        self._take("score", {"weights": {name: int(weights[name]) for name in CRITERIA}})

    def pick(self, arm: str) -> None:
        """The arm that you would build."""
        if arm not in self.arms:
            raise UsageError(f"There is no arm {arm!r} for this brief: pick one of {', '.join(self.arms)}.")
        self._take("pick", {"arm": arm})

    def justify(self, because: str) -> None:
        """Why, citing rows of the ledger by id."""
        if len(because.strip()) < SHORTEST:
            raise UsageError("The justification is empty or a few words: say why in two sentences, and cite evidence.")
        self._take("justify", {"because": because.strip()})

    def change(self, would_change: str, cost: float) -> None:
        """What would change your mind, and what the choice costs in euros a month."""
        if not would_change.strip():
            raise UsageError("Say what would change your mind: a condition with a number, and what you would do then.")
        if isinstance(cost, bool) or not isinstance(cost, int | float) or not 0 <= cost < 1e9:
            raise UsageError(f"The cost is {cost!r}: give euros a month as a number, 0 or more.")
        self._take("change", {"would_change": would_change.strip(), "cost": float(cost)})

    def commit(self) -> None:
        """From here on nothing before can be changed, and the contest may be run."""
        self._take("commit", {})

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms to pick from."""
        return (*ARMS, "linear") if self.brief.task == "labels" else ARMS

    def decision(self) -> rubric.Decision:
        """What was committed."""
        self.require("commit")
        state = self.state()
        change = state["change"]
        return rubric.Decision(
            state["score"]["weights"],
            state["pick"]["arm"],
            state["justify"]["because"],
            change["would_change"],
            change["cost"],
        )

    def keep(self, step: str, content: Mapping[str, Any]) -> None:
        """Store what a later step (`contest`, `rubric`, `record`) found, in place of what it found before."""
        if step not in LATER:
            raise UsageError(f"{step!r} is no step that can be kept: use {', '.join(LATER)}.")
        self.open_reveal()
        self._write(step, content, needs=STEPS)

    def open_reveal(self) -> None:
        """UsageError unless committed, and not locked by an instructor."""
        self.require("commit")
        if locked():
            raise UsageError('Your instructor has locked the reveal: wait for the word, then run unlock("the word").')

    def require(self, step: str) -> None:
        """UsageError when the step was not taken yet: it names the first one that is missing."""
        done = self.done()
        for each in (*STEPS, *LATER):
            if each not in done:
                raise UsageError(f"Brief {self.name}: {SAID[each]} first.")
            if each == step:
                return

    def start_over(self) -> Path | None:
        """Put this brief's work aside and begin anew; where it went."""
        return self._set_aside(warn=False) if self.path.exists() else None

    def _take(self, step: str, content: Mapping[str, Any]) -> None:
        self._write(step, content, needs=STEPS[: STEPS.index(step)], final=True)

    def _write(self, step: str, content: Mapping[str, Any], needs: tuple[str, ...], final: bool = False) -> None:
        with only_writer(self.path, "Your work"):
            steps = self.state()
            if lacking := [each for each in needs if each not in steps]:
                raise UsageError(f"Brief {self.name}: {SAID[lacking[0]]} first.")
            if final and "commit" in steps:
                raise UsageError(
                    f"Brief {self.name} was committed at {steps['commit']['at']}: it stays. Take another brief, or "
                    "begin this one anew with start_over()."
                )
            stamped = {**content, "at": datetime.now(UTC).isoformat(timespec="seconds")}
            text = {"schema": SCHEMA, "brief": self.name, "steps": {**steps, step: stamped}}
            write_atomically(self.path, json.dumps(text, ensure_ascii=False, indent=1))

    def _set_aside(self, warn: bool = True) -> Path:
        aside = self.path.with_name(f"{self.path.stem}.aside-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
        self.path.rename(aside)
        if warn:
            warnings.warn(f"{self.path.name} was damaged; kept as {aside.name}, beginning anew.", stacklevel=4)
        return aside


def lock(word: str) -> None:
    """For instructors: no contest on this machine until `unlock` is given the same word."""
    write_atomically(home() / "capstone" / "lock", _digest(word))


def unlock(word: str) -> None:
    """Open the reveal with the instructor's word."""
    if locked() and _digest(word) != _lock():
        raise UsageError("That is not your instructor's word: the reveal stays locked.")
    write_atomically(home() / "capstone" / "unlocked", _digest(word))


def locked() -> bool:
    """Whether the reveal waits for the instructor's word."""
    return bool(_lock()) and _text("unlocked") != _lock()


def overview(where: Path | None = None) -> list[tuple[str, Brief, tuple[str, ...]]]:
    """Every brief with the steps taken."""
    return [(name, Capstone(name, where).brief, Capstone(name, where).done()) for name in names(where)]


def _lock() -> str:
    return os.environ.get(LOCK, "") or _text("lock")


def _text(name: str) -> str:
    path = home() / "capstone" / name
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def _digest(word: str) -> str:
    return hashlib.sha256(f"two levers {word.strip().casefold()}".encode()).hexdigest()
