"""The one bake-off: measure the rates, plan, train, ask every arm in rounds, keep what all of them answered."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from twolevers.arms.registry import ARMS
from twolevers.arms.training import train
from twolevers.bakeoff import rates as pace
from twolevers.bakeoff.alone import Alone, one_by_one
from twolevers.bakeoff.failures import Passages
from twolevers.bakeoff.models import Models
from twolevers.bakeoff.plan import Plan, Rates, keep, kept, plan
from twolevers.bakeoff.tasks.protocol import Contest, Data, Report, Task
from twolevers.errors import UsageError
from twolevers.evaluate.deadline import Deadline
from twolevers.evaluate.fan_out import fan_out
from twolevers.evaluate.leaks import check_leaks
from twolevers.evaluate.run import BATCH_SIZE
from twolevers.evaluate.run import run as run_arms

if TYPE_CHECKING:
    from twolevers.arms.protocol import Arm
    from twolevers.models.api import Training

ANSWERS, PLAN = "answers.jsonl", "plan.json"
SETTLING = 0.3  # share of the time in which the data is divided, searched and made into pairs
ASKING = 0.35  # share that is kept for asking: a training that runs into it is given up
SINGLES = 0.08  # share that is kept for single requests
SLICE = 0.03  # share of the time that one batch of questions may take, so that the end is met
FIRST = 8  # items of the first round: a test that ends early has asked every arm these


@dataclass(frozen=True)
class Found:
    """What was run: the plan as it was kept, every answer (columns of `fan_out`), and what it took.

    `training` by adapter and seed, such as "open 0"; `alone`: single requests, by arm.
    """

    plan: Plan
    frame: pd.DataFrame
    training: "dict[str, Training]"
    alone: dict[str, Alone]
    notes: tuple[str, ...]
    index_seconds: float
    made: int  # of the pairs learned, those made from the documents by rule
    passages: Passages | None = None  # what an arm that retrieves reads for each question
    contest: Contest | None = None  # what was run: its arms can be made again
    remote: bool = False  # a server answered: its time is not this machine's


class OutOfTime(Exception):
    """A training has come to the time that is kept for asking."""


@dataclass(frozen=True)
class Run:
    """One call of the engine: where its answers are kept, when it ends, and whom it tells."""

    models: Models
    contest: Contest
    out: Path
    key: str
    seconds: float
    ends: Deadline
    report: Report

    @property
    def grace(self) -> float:
        """Seconds past the end in which the first items are still asked: a test of nothing is no test."""
        return 0.1 * self.seconds + 10


def run(
    task: Task,
    data: Data,
    models: Models,
    out: Path,
    *,
    arms: Sequence[str],
    seeds: int,
    seconds: float,
    ends: Deadline,
    report: Report,
) -> Found:
    """Run `arms` on `data` until about `ends`, `seconds` after the start; a run that was stopped goes on in `out`.

    Raises UsageError when the time or the data allow no arm.
    """
    contest = task.contest(data, models, arms, ends.sooner((1 - SETTLING) * seconds), report)
    contest = replace(contest, make=_once(contest.make))
    content = repr((models.model.key, models.embedder.key, data.items, getattr(data, "documents", ())))
    key = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16]
    this = Run(models, contest, out, key, seconds, ends, report)
    planned, rates = _planned(this, task, data, seeds)
    report(str(planned))
    for name, questions in contest.training.items():
        check_leaks(questions, contest.tested, unseen=contest.unseen[name])
    training, planned = _taught(this, planned)
    frame, planned = _asked(this, planned, training, rates)
    singles = one_by_one(
        {arm: contest.make(arm, training.get(f"{ARMS[arm].adapter} 0")) for arm in planned.arms},
        contest.tested[: planned.tested],
        out,
        key,
        ends,
    )
    notes = (*data.notes, *contest.notes, *contest.closing(frame, planned))
    frame, planned = _joined(frame, planned, contest)
    made = sum(contest.made[: planned.pairs]) if training else 0
    return Found(planned, frame, training, singles, notes, contest.index_seconds, made, contest.passages, contest)


def _once(make: "Callable[[str, Training | None], Arm]") -> "Callable[[str, Training | None], Arm]":
    """`make`, each arm made once: what it fits or embeds is for measuring, asking and single requests together."""
    made: dict[tuple[str, str], Any] = {}

    def arm(name: str, training: "Training | None") -> "Arm":
        key = name, training.adapter.key if training else ""
        if key not in made:
            made[key] = make(name, training)
        return made[key]

    return arm


def _planned(this: Run, task: Task, data: Data, seeds: int) -> tuple[Plan, Rates]:
    """The plan of an earlier call with the same words, else one by rates measured now."""
    contest = this.contest
    counts = {name: len(examples) for name, examples in contest.examples.items()}
    call = f"{this.key} {contest.arms} {counts} {len(contest.tested)} {seeds} {this.seconds}"
    if found := kept(this.out / PLAN, call):
        return found[0], found[1]
    this.report("measuring how fast each arm answers here …")
    kind = task.kind
    # What is given up last is measured first, but an arm that trains nothing before all.
    own = [arm for arm in kind.arms if arm in ARMS]  # not what was brought in
    last = [*(arm for arm in own if arm not in kind.dropped_first), *reversed(kind.dropped_first)]
    bare = [arm for arm in last if not ARMS[arm].adapter][:1]
    order = [*bare, *(arm for arm in last if arm not in bare)]
    rates = pace.measure(contest, this.models, pace.SHARE * this.seconds, order)
    arms = [arm for arm in contest.arms if arm in rates.answering]
    slow = (arm for arm in contest.arms if arm not in arms)
    unknown = tuple(f"the arm {arm}, for measuring its pace took too long" for arm in slow)
    pace.keep(kind.name, this.models.model.name, data.characters, rates)
    offered = max(counts.values(), default=0)
    sizes = (seeds, len(contest.tested), offered)
    planned = plan(arms, kind.dropped_first, *sizes, rates, this.ends.left, this.seconds, this.grace)
    planned = replace(planned, left_out=(*unknown, *planned.left_out))
    keep(this.out / PLAN, call, planned, rates)
    return planned, rates


def _taught(this: Run, planned: Plan) -> "tuple[dict[str, Training], Plan]":
    """Every adapter that the plan's arms wear; arms whose training does not end in time are left out, and said."""
    training: dict[str, Training] = {}
    until, late = this.ends.sooner(ASKING * this.seconds), set()

    def in_time(rows: int) -> None:
        if until.left <= 0:
            raise OutOfTime

    for name in sorted({ARMS[arm].adapter for arm in planned.arms} - {""}):
        examples, recipe = this.contest.examples[name][: planned.pairs], this.contest.recipes[name]
        for seed in range(planned.seeds):
            this.report(
                f"training the adapter of {_wearers(planned, name)} on {len(examples)} pairs, seed {seed + 1} …"
            )
            try:
                seeded = replace(recipe, seed=recipe.seed + seed)
                training[f"{name} {seed}"] = train(this.models.model, name, examples, seeded, tick=in_time)
            except OutOfTime:
                late.add(name)
                break
    gone = [arm for arm in planned.arms if ARMS[arm].adapter in late]
    if len(gone) == len(planned.arms):
        more = int(this.seconds / 60) * 2 + 1
        raise UsageError(f"The training of {', '.join(gone)} did not end in time: give --minutes {more} or more.")
    left = tuple(f"the arm {arm}, whose training did not end in time" for arm in gone)
    arms = tuple(arm for arm in planned.arms if arm not in gone)
    training = {name: each for name, each in training.items() if name.split()[0] not in late}
    return training, replace(planned, arms=arms, left_out=(*planned.left_out, *left))


def _asked(this: Run, planned: Plan, training: "Mapping[str, Training]", rates: Rates) -> tuple[pd.DataFrame, Plan]:
    """Every arm asked in rounds, all of them the same items; what only some have answered at the end is left out."""

    def arm(name: str, seed: int) -> Any:
        return this.contest.make(name, training.get(f"{ARMS[name].adapter} {seed}"))

    slowest = max(rates.answering.get(name, 0.0) for name in planned.arms)
    batch_size = max(1, min(BATCH_SIZE, int(SLICE * this.seconds / max(slowest, 1e-6))))
    until = this.ends.sooner(SINGLES * this.seconds)
    given = {"journal": this.out / ANSWERS, "key": this.key, "batch_size": batch_size}
    frames: list[pd.DataFrame] = []
    done = 0
    for upto in rounds(planned.tested):
        part = this.contest.tested[done:upto]
        for seeds, name in _by_seeds(planned):
            makers = {name: partial(arm, name)}
            stop = until if done else this.ends.sooner(-this.grace)
            frames.append(fan_out(makers, part, this.contest.scorer, seeds, until=stop, **given))
        done = upto
        this.report(f"{done} of {planned.tested} asked; {max(0.0, this.ends.left):.0f} s left")
        if until.left <= 0:
            break
    return _common(pd.concat(frames, ignore_index=True), planned, this)


def rounds(tested: int) -> list[int]:
    """How many items have been asked after each round: a few, about a quarter, about a half, all."""
    ends = [0]
    for upto in (FIRST, tested // 4, tested // 2):
        if ends[-1] + FIRST <= upto <= tested - FIRST:
            ends.append(upto)
    return [*ends[1:], tested]


def _joined(frame: pd.DataFrame, planned: Plan, contest: Contest) -> tuple[pd.DataFrame, Plan]:
    """With the answers that were brought in, to the items that all arms have answered."""
    if not contest.brought:
        return frame, planned
    asked = set(frame["question_id"])
    items = [question for question in contest.tested if question.question_id in asked]
    rows = run_arms(contest.brought, items, contest.scorer, journal=None, key="")
    rows["seed"] = pd.array([pd.NA] * len(rows), dtype="Int64")
    arms = (*planned.arms, *(arm.name for arm in contest.brought))
    return pd.concat([frame, rows[frame.columns]], ignore_index=True), replace(planned, arms=arms)


def _by_seeds(planned: Plan) -> list[tuple[tuple[int, ...], str]]:
    """The arms with the training seeds that they have; those of one adapter next to each other."""
    taught = sorted((arm for arm in planned.arms if ARMS[arm].adapter), key=lambda arm: ARMS[arm].adapter)
    plain = [((0,), arm) for arm in planned.arms if not ARMS[arm].adapter]
    return [*plain, *((tuple(range(planned.seeds)), arm) for arm in taught)]


def _common(frame: pd.DataFrame, planned: Plan, this: Run) -> tuple[pd.DataFrame, Plan]:
    """The items that all arms have answered; arms without any answer are left out, and said."""
    frame["seed"] = frame["seed"].astype("Int64").where(frame["arm"].map(lambda arm: bool(ARMS[arm].adapter)))
    answered = tuple(arm for arm in planned.arms if (frame["arm"] == arm).any())
    if not answered:
        more = int(this.seconds / 60) * 2 + 1
        raise UsageError(f"The time was over before the first answer: give --minutes {more} or more.")
    left = [f"the arm {arm}, which the time did not reach" for arm in planned.arms if arm not in answered]
    per_item = frame.groupby("question_id").size()
    conditions = sum(planned.seeds if ARMS[arm].adapter else 1 for arm in answered)
    whole = frame[frame["question_id"].map(per_item) == conditions]
    if whole.empty:  # an arm was cut off in its first batch by another's: only the first arm can be told
        answered = answered[:1]
        whole = frame[frame["arm"] == answered[0]]
    asked = whole["question_id"].nunique()
    if asked < planned.tested:
        left.append(f"{planned.tested - asked} planned test items, for the arms were slower than measured")
    whole = pd.concat([whole[whole["arm"] == arm] for arm in answered], ignore_index=True)
    kept_plan = replace(planned, arms=answered, tested=asked, left_out=(*planned.left_out, *left))
    return whole, kept_plan


def _wearers(planned: Plan, adapter: str) -> str:
    return " and ".join(arm for arm in planned.arms if ARMS[arm].adapter == adapter)
