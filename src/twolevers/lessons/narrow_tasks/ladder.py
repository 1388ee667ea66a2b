"""Lesson 08 on the ladder: messages to desks by a guide, by retrieved examples and by tuning, on other sizes."""

from collections.abc import Sequence

import pandas as pd

from twolevers.arms.choosing import Choosing
from twolevers.arms.labelled import training_pairs
from twolevers.arms.linear import TfidfLinear
from twolevers.arms.long_prompt import LongPrompt
from twolevers.arms.retrieved_few_shot import RetrievedFewShot
from twolevers.arms.tuned import Tuned
from twolevers.data.records import Question
from twolevers.lessons.common import messages
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder.central import Asked, Central
from twolevers.lessons.common.messages import DESKS, INSTRUCTION
from twolevers.lessons.common.reading import MACRO_F1
from twolevers.lessons.narrow_tasks import shown
from twolevers.lessons.narrow_tasks.experiment import (
    LESSON,
    MANY,
    MARGIN,
    PAIRED,
    RECIPES,
    SEED,
    chosen_on,
    labelled,
    prompted,
    tried,
    tried_shown,
)

CONTEST = Contest(LESSON, MACRO_F1, PAIRED, MARGIN, SEED, MACRO_F1, draws=SEED)


def central() -> Central:
    """Macro-F1 with the larger budget of labels; the linear arms need no language model and are alike at every size."""
    arms = {"long_prompt": guided, "retrieved_few_shot": examples, "tuned": tuned}
    arms |= {name: lambda asked, place=place: linear(asked, place) for place, name in enumerate(("tfidf", "linear"))}
    return Central(CONTEST, questions, arms, with_truth, trained=("tuned",))


def questions(n: int) -> list[Question]:
    """`n` test messages, desk by desk in turn: the lesson's own first (one of each scenario), then a second of each."""
    rows = messages.tickets()
    rows = rows[rows["split"] == "test"].sample(frac=1.0, random_state=SEED)
    for group in ("scenario", "clean_queue"):
        rows = rows.assign(turn=rows.groupby(group).cumcount()).sort_values("turn", kind="stable")
    return messages.asked(rows.head(n))


def guided(asked: Asked) -> LongPrompt:
    """The prompt and the scoring that do best on dev messages."""
    table = tried(asked.bench)
    best = table.loc[table["value"].idxmax()]
    asked.trained.append({"prompt": best["prompt"], "scoring": best["scoring"]})
    return prompted(asked.bench, table)


def examples(asked: Asked) -> RetrievedFewShot:
    """The nearest labelled messages in the prompt, shown as does best on dev messages."""
    showing = shown.best(tried_shown(asked.bench))
    scoring = "calibrated" if showing.prior else "plain"
    asked.trained.append({"prompt": showing.prompt, "examples": showing.k, "scoring": scoring})
    return shown.arm(asked.bench, labelled(MANY), DESKS, showing)


def tuned(asked: Asked) -> Tuned:
    """Tuned on the same labelled messages."""
    rows = labelled(MANY)
    pairs = training_pairs(rows["text"].tolist(), rows["queue"].tolist(), INSTRUCTION)
    done = asked.train(f"on {len(pairs)} messages", pairs, RECIPES[MANY])
    return Tuned(Choosing(asked.bench.model.adapted(done.adapter), DESKS), INSTRUCTION)


def linear(asked: Asked, place: int) -> TfidfLinear:
    """A linear classifier on the same messages: on words (0) or on sentence vectors (1)."""
    rows = labelled(MANY)
    return messages.linear_arms(asked.bench, rows["text"].tolist(), rows["queue"].tolist(), chosen_on())[place]


def with_truth(frame: pd.DataFrame, questions: Sequence[Question]) -> pd.DataFrame:
    """Adds `true`, the right desk."""
    return frame.assign(true=[question.answers[0] for question in questions])
