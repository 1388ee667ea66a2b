"""The measured contest of a brief: prompts chosen on dev, adapters trained, every arm asked the hidden items."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from twolevers import cache
from twolevers.arms.protocol import Arm
from twolevers.arms.rag import Rag
from twolevers.errors import UsageError
from twolevers.evaluate.run import run
from twolevers.lessons.capstone.arms import ARMS, FEWEST, Bench
from twolevers.lessons.capstone.case import Case, Pair
from twolevers.lessons.common.bench import Workbench, check_leaks

COLUMNS = (
    *("brief", "arm", "question_id", "question", "entity", "text", "correct", "retrieved", "cited_right"),
    *("prompt_tokens", "seconds"),
)


@dataclass(frozen=True)
class Contest:
    """What was measured: every answer (`COLUMNS`; `correct`: the goal was met), what dev chose, seconds of training."""

    case: Case
    frame: pd.DataFrame
    chosen: dict[str, str]
    train_seconds: dict[str, float]
    data_hash: str


def arms_of(case: Case) -> tuple[str, ...]:
    """The arms that a case allows."""
    learned = len(case.taught) >= FEWEST
    arms = tuple(arm for arm in ARMS if learned or arm not in ("tuned", "both"))
    return (*arms, "linear") if case.task == "labels" else arms


def data_hash(case: Case) -> str:
    """Names a case's data in evidence."""
    return hashlib.sha256(repr((case.documents, case.taught, case.dev, case.tested)).encode()).hexdigest()[:12]


def contest(bench: Workbench, case: Case, report: Callable[[str], object] = print) -> Contest:
    """Run the contest of one case. Choices, adapters and answers are kept: a killed run asks only what is missing."""
    if not case.tested:
        raise UsageError(f"Brief {case.name}: no item of the split 'test'; add some to items.csv.")
    check_leaks([pair.question for pair in case.taught], [pair.question for pair in case.tested], unseen=False)
    made, frames = Bench(case, bench), []
    chosen: dict[str, str] = {}
    seconds: dict[str, float] = {}
    k = 1
    for name in arms_of(case):
        if name in ("tuned", "both"):
            training = bench.train(f"{case.name}, {name}", made.examples(name, k), made.recipe(name))
            arm, chosen[name], seconds[name] = (
                made.trained(name, training, k),
                f"{len(case.taught)} pairs",
                training.seconds,
            )
        else:
            arm, chosen[name] = choose(bench, made, name)
            seconds[name] = 0.0
        if name == "rag":
            k = arm.k if isinstance(arm, Rag) else 1
        report(f"{name}: {chosen[name]}")
        frames.append(answered(bench, case, arm, case.tested))
    frame = pd.concat(frames, ignore_index=True)
    return Contest(case, frame.assign(brief=case.name)[list(COLUMNS)], chosen, seconds, data_hash(case))


def choose(bench: Workbench, made: Bench, name: str) -> tuple[Arm, str]:
    """The variant of an untouched arm that meets the goal most often on dev, then the one that meets most of its parts.

    Of equals the first: the plainest.
    """
    variants = list(made.untouched(name))
    if len(variants) == 1 or not made.case.dev:
        return variants[0][1], variants[0][0]
    case = made.case
    frames = [answered(bench, case, arm, case.dev) for _, arm in variants]
    shares = [(float(frame["correct"].mean()), float(frame["parts_met"].mean())) for frame in frames]
    best = shares.index(max(shares))
    words, arm = variants[best]
    return arm, f"{words} (best of {len(variants)} on {len(case.dev)} dev items)"


def answered(bench: Workbench, case: Case, arm: Arm, pairs: Sequence[Pair]) -> pd.DataFrame:
    """Answers of one arm, `correct` where they meet the case's goal; answers given before are kept."""
    key = f"{cache.code('models', 'retrieval', 'arms')} {case.name} {data_hash(case)}"
    questions = [pair.question for pair in pairs]
    return run([arm], questions, case.scorer(pairs), journal=cache.folder() / "answers.jsonl", key=key)
