"""Lesson 12 on the ladder: two ways of training, with and without retrieval, each arm in the prompt that suits it."""

from functools import cache as remember

from twolevers.arms.both import Both
from twolevers.arms.prompt import Prompt
from twolevers.arms.tuned import Tuned, closed_book
from twolevers.arms.worked import WorkedRag
from twolevers.data.questions import TRAINING_WORDINGS, ask, load_questions
from twolevers.data.records import Question
from twolevers.lessons.both import experiment as both
from twolevers.lessons.both.setups import Setup, best
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder.central import Asked, Central
from twolevers.models.api import Training

CONTEST = Contest(both.LESSON, "facts right", both.PAIRED, both.MARGIN, both.SEED)


def central() -> Central:
    """Each combination against each lever, on facts right."""
    arms = {"prompt": prompt, "rag": rag, "rag, to cite": to_cite, "tuned": tuned, "stacked": stacked, "both": read}
    return Central(CONTEST, questions, arms, trained=("tuned", "stacked", "both"))


@remember
def _bench() -> Workbench:
    """Questions alone: nothing is asked or searched when they are drawn."""
    return Workbench(None, None, [], load_questions())  # type: ignore[arg-type]


def questions(n: int) -> list[Question]:
    """`n` facts, drawn as the lesson draws them."""
    return _bench().held_out("test", n, both.SEED)


def prompt(asked: Asked) -> Prompt:
    """No lever."""
    return Prompt(asked.bench.model, both.NEUTRAL)


def rag(asked: Asked) -> WorkedRag:
    """The untouched model with passages, in the setup with most facts right on dev questions."""
    return _set_up(asked, best(both.try_rag(asked.bench)))


def to_cite(asked: Asked) -> WorkedRag:
    """The same in the setup with most right citations."""
    return _set_up(asked, best(both.try_rag(asked.bench), "cited_right"))


def tuned(asked: Asked) -> Tuned:
    """The adapter that knows the tested facts, alone."""
    return Tuned(asked.bench.model.adapted(_knowing(asked).adapter), both.NEUTRAL)


def stacked(asked: Asked) -> WorkedRag:
    """The same adapter with retrieval bolted on, in the setup that suits it on dev questions."""
    closed = _knowing(asked)
    setup = best(both.try_stacked(asked.bench, closed))
    asked.trained.append({"setup": setup.name})
    return both.asked_with(setup, asked.bench, asked.bench.model.adapted(closed.adapter), "stacked")


def read(asked: Asked) -> Both:
    """The adapter that learned to read passages about other products."""
    done = asked.train("with passages", both.open_book_pairs(asked.bench), both.RECIPE)
    return Both(asked.bench.model.adapted(done.adapter), asked.bench.retriever, both.K)


def _set_up(asked: Asked, setup: Setup) -> WorkedRag:
    asked.trained.append({"setup": setup.name})
    return both.asked_with(setup, asked.bench, asked.bench.model, "rag")


def _knowing(asked: Asked) -> Training:
    """Taught the facts asked about, and the dev facts on which the setup of `stacked` is chosen."""
    known = [*asked.questions, *both.tried_on(asked.bench)[: both.KNOWN]]
    rows = load_questions()
    rows = rows[rows["question_id"].isin({question.question_id for question in known})]
    learned = [question for wording in TRAINING_WORDINGS for question in ask(rows, wording)]
    check_leaks(learned, known, unseen=False)
    return asked.train("closed book", closed_book(learned, both.NEUTRAL), both.FACTS_RECIPE)
