"""Arms × seeds × questions over many processes or machines; one frame, the same however the work was shared."""

import functools
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.deadline import Deadline
from twolevers.evaluate.run import BATCH_SIZE, NEVER, distinct, run

if TYPE_CHECKING:
    import pandas as pd

    from twolevers.arms.protocol import Arm
    from twolevers.data.records import Question
    from twolevers.evaluate.scorers.protocol import Scorer

STARTS = 3  # how often the work is handed out when worker processes die

Maker = Callable[[int], "Arm"]  # makes an arm from a seed; called in the worker


@dataclass(frozen=True)
class Condition:
    """An arm and its seed. `call` tells apart the conditions of different calls."""

    name: str
    seed: int
    call: str
    make: Maker = field(compare=False)  # each task brings a copy of its own


@dataclass(frozen=True)
class Task:
    """What a worker is given: one condition and a slice of the questions."""

    condition: Condition
    questions: tuple["Question", ...]
    scorer: "Scorer"
    journal: Path
    key: str
    until: Deadline
    batch_size: int


def fan_out(
    makers: Mapping[str, Maker],
    questions: Sequence["Question"],
    scorer: "Scorer",
    seeds: Sequence[int] = (0,),
    *,
    journal: Path,
    key: str,
    until: Deadline = NEVER,
    batch_size: int = BATCH_SIZE,
) -> "pd.DataFrame":
    """Ask every arm with every seed every question: the frame of `run`, and the column `seed` after `arm`.

    `makers` gives each arm its name and a function that makes it from a seed. joblib's configuration around the
    call says where the work is done; by default in this process:

        with joblib.parallel_config(n_jobs=4): ...        # four processes of this machine
        with distributed.Client(address), joblib.parallel_config("dask"): ...        # the workers of a Dask cluster

    Start Dask workers with `--nthreads 1`. A worker makes an arm when it first meets it; what arms share (model,
    index) belongs into a function under `functools.cache` that the makers call. Each process computes with its
    share of the processors: joblib and Dask name it in OMP_NUM_THREADS, which `paths.threads` heeds.

    The questions are cut into slices of `batch_size`, whatever the number of workers, so that each answer is
    computed in the same company; a worker adds every slice to `journal` as it is done (several machines need a
    folder that they share). When a worker dies, only its unfinished slices are asked again. Rows are in the order of
    makers, seeds, questions. Raises what `run` raises, and TwoLeversError when workers keep dying.
    """
    import pandas as pd

    if not makers or not seeds:
        raise UsageError("fan_out: nothing to do without an arm and a seed: give at least one of each.")
    distinct("seeds", [str(seed) for seed in seeds])
    distinct("questions", [f"{q.question_id} {q.text!r}" for q in questions])
    call = secrets.token_hex(8)
    conditions = [Condition(name, seed, call, make) for name, make in makers.items() for seed in seeds]
    slices = [tuple(questions[start : start + batch_size]) for start in range(0, len(questions), batch_size)] or [()]
    tasks = [
        Task(condition, part, scorer, journal, key, until, batch_size) for condition in conditions for part in slices
    ]
    return pd.concat(_finish(tasks), ignore_index=True)


def pooled(frame: "pd.DataFrame") -> "pd.DataFrame":
    """One row per arm and question: scores averaged over training seeds, the first seed's text and times."""
    means = frame.groupby(["arm", "question_id"], sort=False)["correct"].mean()
    first = frame.drop_duplicates(["arm", "question_id"]).set_index(["arm", "question_id"])
    return first.drop(columns="correct").join(means).reset_index()


def _finish(tasks: Sequence[Task]) -> "list[pd.DataFrame]":
    """The frames of all tasks in order. After a process died all go out again: the journal knows what is done."""
    from joblib import Parallel, delayed
    from tqdm.auto import tqdm

    for _ in range(STARTS):
        try:
            done = Parallel(return_as="generator", batch_size=1)(delayed(_ask)(task) for task in tasks)
            return list(tqdm(done, total=len(tasks), desc="slices", delay=3, leave=False))
        except BrokenExecutor as error:
            died = error
        finally:
            _arm.cache_clear()
    raise TwoLeversError(
        f"Worker processes died {STARTS} times, probably for lack of memory: use fewer of them. "
        f"Finished answers are kept in {tasks[0].journal}."
    ) from died


def _ask(task: Task) -> "pd.DataFrame":
    given = {"journal": task.journal, "key": task.key, "until": task.until, "batch_size": task.batch_size}
    frame = run([_arm(task.condition)], task.questions, task.scorer, **given)
    frame["arm"] = task.condition.name
    frame.insert(1, "seed", task.condition.seed)
    return frame


@functools.lru_cache(maxsize=1)
def _arm(condition: Condition) -> "Arm":
    """The arm of a condition, kept in the worker until it meets the next: tasks come ordered by condition."""
    return condition.make(condition.seed)
