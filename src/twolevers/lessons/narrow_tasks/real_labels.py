"""Exercise 08, task 2: likelihoods of the desks' names from the real model, plain and calibrated."""

import math
from collections.abc import Callable

import pandas as pd

from twolevers.arms.choosing import Choosing
from twolevers.arms.labelled import NEUTRAL
from twolevers.learn.check import check, equals, holds, is_a, with_given
from twolevers.lessons.common import messages
from twolevers.lessons.common.messages import DESKS
from twolevers.lessons.narrow_tasks import experiment
from twolevers.models.native.model import NativeModel

MESSAGES = 24  # dev messages: few, so that a trial takes seconds; no verdict


def ask() -> pd.DataFrame:
    """Dev messages put to the real model with the guide to the desks: columns text, desk, scores, neutral.

    `scores` and `neutral` are dictionaries from a desk's name to its log-likelihood, as the answer to the message and
    to an empty one.
    """
    dev = experiment.chosen_on().head(MESSAGES).reset_index(drop=True)
    told = experiment.prompts()["guide"]
    found = messages.likelihoods(Choosing(NativeModel.load(), DESKS), told, [*dev["text"], NEUTRAL])
    rows = [dict(zip(DESKS, map(float, row), strict=True)) for row in found]
    asked = pd.DataFrame({"text": dev["text"], "desk": dev["clean_queue"], "scores": rows[:-1]})
    return asked.assign(neutral=[rows[-1]] * len(asked))


@with_given
def shares(answer: dict[str, float], asked: pd.DataFrame) -> None:
    """Task 2b: the share of the messages whose desk is named, by plain and by calibrated likelihood."""

    def share(score: Callable[[dict, dict, str], float]) -> float:
        said = [max(row.scores, key=lambda name: score(row.scores, row.neutral, name)) for row in asked.itertuples()]
        return sum(a == b for a, b in zip(said, asked["desk"], strict=True)) / len(asked)

    plain = share(lambda scores, _, name: scores[name])
    calibrated = share(lambda scores, neutral, name: scores[name] - neutral[name])
    right = {"plain": plain, "calibrated": calibrated}
    ways = [
        (_times(right, len(asked)), "Those are numbers of messages; divide by how many were asked."),
        ({name: 1 - value for name, value in right.items()}, "Those are the shares that went to a wrong desk."),
        ({"plain": calibrated, "calibrated": plain}, "The two are exchanged."),
        ({"plain": plain, "calibrated": plain}, "Both are plain: the second takes the name from `choose`."),
        ({"plain": calibrated, "calibrated": calibrated}, "Both are calibrated: the first takes the highest score."),
    ]
    named = [(wrong, said) for wrong, said in ways if not _alike(wrong, right)]
    check(
        experiment.LESSON,
        "Task 2b",
        answer,
        is_a(dict, hint='A dictionary with the keys "plain" and "calibrated".'),
        holds(lambda found: set(found) == set(right), 'the keys are "plain" and "calibrated".'),
        equals(right, tolerance=1e-6, mistakes=[(_close(wrong), said) for wrong, said in named]),
        note="So few messages decide nothing. The lesson lets more of them choose, for each prompt.",
    )


def _times(shares: dict[str, float], n: int) -> dict[str, float]:
    return {name: n * value for name, value in shares.items()}


def _alike(found: object, wanted: dict[str, float]) -> bool:
    same = isinstance(found, dict) and found.keys() == wanted.keys()
    return same and all(math.isclose(found[name], wanted[name], abs_tol=1e-6) for name in wanted)


def _close(wrong: dict[str, float]) -> Callable[[object], bool]:
    return lambda found: _alike(found, wrong)
