"""Lesson 10 on the ladder: what twice as many labels bring, to tuning and beside the cheap arm."""

from dataclasses import replace

from twolevers.arms.choosing import Choosing
from twolevers.arms.labelled import training_pairs
from twolevers.arms.linear import TfidfLinear
from twolevers.arms.tuned import Tuned
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder.central import Asked, Central
from twolevers.lessons.common.messages import DESKS, INSTRUCTION
from twolevers.lessons.common.reading import MACRO_F1
from twolevers.lessons.narrow_tasks.ladder import questions, with_truth
from twolevers.lessons.task_data.experiment import (
    LESSON,
    MARGIN,
    MORE,
    PAIRED,
    PLAN,
    RECIPE,
    SEED,
    SOME,
    STRENGTH,
    Step,
    drawn,
    named,
)

DECIDING = {pair: claim for pair, claim in PAIRED.items() if claim}
CONTEST = Contest(LESSON, MACRO_F1, DECIDING, MARGIN, SEED, MACRO_F1, draws=SEED)


def central() -> Central:
    """Macro-F1 at two numbers of labels with equally many steps, and of the cheap arm at the larger."""
    steps = {named(step.arm, step.per_class): step for step in PLAN if step.arm == "tuned" and step.per_class >= SOME}
    arms = {name: lambda asked, step=step: tuned(asked, step) for name, step in steps.items()}
    return Central(CONTEST, questions, arms | {named("tfidf", MORE): linear}, with_truth, trained=tuple(steps))


def tuned(asked: Asked, step: Step) -> Tuned:
    """Trained on the labels of one step of the lesson's plan."""
    rows = drawn(step.per_class, step.seed)
    pairs = training_pairs(rows["text"].tolist(), rows["queue"].tolist(), INSTRUCTION)
    done = asked.train(f"on {len(pairs)} messages", pairs, replace(RECIPE, epochs=step.epochs, seed=step.seed))
    return Tuned(Choosing(asked.bench.model.adapted(done.adapter), DESKS), INSTRUCTION)


def linear(asked: Asked) -> TfidfLinear:
    """TF-IDF + linear on the same labels; no language model takes part."""
    rows = drawn(MORE, SEED)
    return TfidfLinear(rows["text"].tolist(), rows["queue"].tolist(), STRENGTH)
