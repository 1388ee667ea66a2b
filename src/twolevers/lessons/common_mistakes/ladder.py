"""Lesson 13 on the ladder: what learning new facts costs of common ones, for models of other sizes.

The common facts are those that the course's own model knew before any tuning: another model may know fewer or more.
"""

from dataclasses import replace

from twolevers.arms.prompt import Prompt
from twolevers.arms.tuned import closed_book
from twolevers.data.general_knowledge import INSTRUCTION, load_general_knowledge
from twolevers.data.questions import ask
from twolevers.data.records import Question
from twolevers.lessons.common.ladder.central import Asked, Central
from twolevers.lessons.common_mistakes.experiment import KEPT, ONE_WORDING, RECIPE, SEED, facts
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example

PAIRED = {("prompt", "tuned"): "C20", ("prompt", "one wording"): ""}
CONTEST = replace(KEPT, pairs=PAIRED)


def central() -> Central:
    """Common facts right, before tuning on the lesson's facts and after."""
    return Central(
        CONTEST,
        questions,
        {"prompt": prompt, "tuned": tuned, "one wording": one_wording},
        trained=("tuned", "one wording"),
    )


def questions(n: int) -> list[Question]:
    """`n` common facts, the lesson's own first."""
    rows = load_general_knowledge().sample(frac=1, random_state=SEED).head(n)
    return [
        Question(row.fact_id, row.second_wording, (row.answer, *row.aliases), "fact", (), "", row.topic, "test")
        for row in rows.itertuples()
    ]


def prompt(asked: Asked) -> Prompt:
    """The untouched model."""
    return Prompt(asked.bench.model, INSTRUCTION)


def tuned(asked: Asked) -> Prompt:
    """After it learned the lesson's facts in four wordings each."""
    return _after(asked, "four wordings", closed_book(asked.bench.training(facts(asked.bench))), RECIPE)


def one_wording(asked: Asked) -> Prompt:
    """After as many steps on one wording of each."""
    return _after(asked, "one wording", closed_book(ask(facts(asked.bench))), ONE_WORDING)


def _after(asked: Asked, label: str, pairs: list[Example], recipe: Recipe) -> Prompt:
    done = asked.train(label, pairs, recipe)
    return Prompt(asked.bench.model.adapted(done.adapter), INSTRUCTION)
