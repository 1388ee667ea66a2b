"""Lesson 02 on the ladder: a year on, an index that was refreshed against weights that were tuned again."""

from functools import cache as remember

import pandas as pd

from twolevers.arms.tuned import Tuned, closed_book
from twolevers.arms.worked import WorkedRag
from twolevers.data.questions import HELD_OUT_WORDINGS, TRAINING_WORDINGS, ask, load_questions
from twolevers.data.records import Question
from twolevers.data.revisions import MONTHS, load_revisions, questions_as_of, revised_questions
from twolevers.lessons.both import experiment as both
from twolevers.lessons.both.setups import ask_with, best
from twolevers.lessons.changing_data import replay
from twolevers.lessons.changing_data.experiment import AFTER, LESSON, MARGIN, RECIPE, SEED
from twolevers.lessons.common.bench import check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder.central import Asked, Central
from twolevers.lessons.common.moving_facts import search_in
from twolevers.lessons.two_levers.ladder import NEUTRAL

CONTEST = Contest(LESSON, AFTER, {("rag", "tuned again"): "C03"}, MARGIN, SEED)


def central() -> Central:
    """Facts that changed in the year: both arms have taken in every change."""
    return Central(CONTEST, questions, {"rag": rag, "tuned again": tuned_again}, trained=("tuned again",))


@remember
def _facts() -> pd.DataFrame:
    """All facts that changed and still have an answer at the last month, by turns: the first of each product first."""
    every, revisions = load_questions(), load_revisions()
    single = every.loc[every["kind"] == "fact", "question_id"]
    rows = revised_questions(every, revisions, MONTHS)
    rows = rows[rows["question_id"].isin(single) & (rows["changed_in"] > 0) & rows["answers"].map(bool)]
    ids = rows.sample(frac=1, random_state=SEED)["question_id"]
    rows = ids.to_frame().merge(questions_as_of(every, revisions, MONTHS), on="question_id")
    return rows.assign(turn=rows.groupby("entity").cumcount()).sort_values("turn", kind="stable", ignore_index=True)


def questions(n: int) -> list[Question]:
    """`n` facts with their answers of the last month, in the first wording that no training uses."""
    return ask(_facts().head(n), HELD_OUT_WORDINGS[0])


def rag(asked: Asked) -> WorkedRag:
    """Passages of the index as the last refresh left it, in the setup that lesson 12's trial on dev questions chooses.

    Worked examples are about products that are not asked about, and are read from the refreshed index as well.
    """
    setup = best(both.try_rag(asked.bench))
    asked.trained.append({"setup": setup.name})
    store, _ = replay.replay(asked.bench)
    retriever = search_in(store.at(replay.tag(MONTHS)), asked.bench.embedder)
    tested = {question.entity for question in asked.questions}
    solved = [question for question in both.pairs(asked.bench) if question.entity not in tested]
    return ask_with(setup, retriever, asked.bench.model, solved, SEED)


def tuned_again(asked: Asked) -> Tuned:
    """The untouched model tuned on the facts of the last month."""
    rows = _facts()
    rows = rows[rows["question_id"].isin({question.question_id for question in asked.questions})]
    pairs = [question for wording in TRAINING_WORDINGS for question in ask(rows, wording)]
    check_leaks(pairs, asked.questions, unseen=False)
    done = asked.train(f"month {MONTHS}", closed_book(pairs, NEUTRAL), RECIPE)
    return Tuned(asked.bench.model.adapted(done.adapter), NEUTRAL)
