"""Lesson 01 on the ladder: the same facts by retrieved passages and by weights, asked of models of other sizes."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache as remember

import pandas as pd

from twolevers.arms.prompt import Prompt
from twolevers.arms.tuned import Tuned, closed_book
from twolevers.arms.worked import WorkedRag
from twolevers.data.questions import TRAINING_WORDINGS, ask, load_questions
from twolevers.data.records import Question
from twolevers.lessons.both import ladder as both
from twolevers.lessons.common.bench import check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder.central import Asked, Central
from twolevers.lessons.two_levers.experiment import LESSON, MARGIN, RECIPE, SEED
from twolevers.models.adapter import Recipe
from twolevers.models.api import LanguageModel

WORDING = 4  # no training uses it
NEUTRAL = "Answer the question in a few words."  # of an arm that is shown no passages, in training and when asked
ONE_WORDING = "tuned, one wording"
PAIRED = {("rag", "tuned"): "C01", ("tuned", ONE_WORDING): ""}
CONTEST = Contest(LESSON, "facts right", PAIRED, MARGIN, SEED)


def central() -> Central:
    """Facts right: retrieved passages against weights that were taught these facts in other wordings."""
    return Central(
        CONTEST,
        questions,
        {"prompt": prompt, "rag": rag, "tuned": tuned, ONE_WORDING: told_alike},
        trained=("tuned", ONE_WORDING),
    )


@remember
def _facts() -> pd.DataFrame:
    """All tested facts by turns: the first of each product, then the second; the first are those of the lesson."""
    rows = load_questions()
    rows = rows[(rows.kind == "fact") & (rows.split == "test")].sample(frac=1, random_state=SEED)
    return rows.assign(turn=rows.groupby("entity").cumcount()).sort_values("turn", kind="stable", ignore_index=True)


def questions(n: int) -> list[Question]:
    """`n` facts in a wording that no training uses."""
    return ask(_facts().head(n), WORDING)


def prompt(asked: Asked) -> Prompt:
    """The model alone."""
    return Prompt(asked.bench.model)


def rag(asked: Asked) -> WorkedRag:
    """Retrieved passages in the setup (passages, worked examples, instruction) with most facts right on dev questions.

    Lesson 12's trial chooses it: the search, the pages and the kind of question are the same.
    """
    return both.rag(asked)


def tuned(asked: Asked) -> Tuned:
    """The facts in the weights, each taught in its four training wordings."""
    return Tuned(knowing(asked), NEUTRAL)


def told_alike(asked: Asked) -> Tuned:
    """As often taught as `tuned`, but always in the same wording."""
    recipe = replace(RECIPE, epochs=RECIPE.epochs * len(TRAINING_WORDINGS))
    return Tuned(knowing(asked, TRAINING_WORDINGS[:1], recipe), NEUTRAL)


def knowing(asked: Asked, wordings: Sequence[int] = TRAINING_WORDINGS, recipe: Recipe = RECIPE) -> LanguageModel:
    """The model with an adapter that was taught the facts asked about in these wordings."""
    rows = _facts()
    rows = rows[rows["question_id"].isin({question.question_id for question in asked.questions})]
    pairs = [question for wording in wordings for question in ask(rows, wording)]
    check_leaks(pairs, asked.questions, unseen=False)
    done = asked.train(f"{len(rows)} facts", closed_book(pairs, NEUTRAL), recipe)
    return asked.bench.model.adapted(done.adapter)
