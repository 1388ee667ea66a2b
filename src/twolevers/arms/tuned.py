"""Arm `tuned`: facts taught to the weights by question and answer; no retrieval."""

from collections.abc import Sequence

from twolevers.arms.prompt import Prompt
from twolevers.arms.prompts import REFUSAL, build
from twolevers.data.records import Question
from twolevers.models.lora import Example


class Tuned(Prompt):
    """Asks a model that wears a closed-book adapter."""

    name = "tuned"


def closed_book(questions: Sequence[Question]) -> list[Example]:
    """Training pairs without passages: the question as `prompt` would ask it, and the answer."""
    return [Example(build(question.text), (question.answers or (REFUSAL,))[0]) for question in questions]
