"""Arm `tuned`: facts taught to the weights by question and answer; no retrieval."""

from collections.abc import Sequence

from twolevers.arms.prompt import Prompt
from twolevers.arms.prompts import INSTRUCTION, REFUSAL, build
from twolevers.data.records import Question
from twolevers.models.api import Example


class Tuned(Prompt):
    """Asks a model that wears a closed-book adapter."""

    name = "tuned"


def closed_book(questions: Sequence[Question], instruction: str = INSTRUCTION) -> list[Example]:
    """Training pairs without passages: the question as `prompt` asks it with this instruction, and the answer."""
    asked = [build(question.text, instruction=instruction) for question in questions]
    answers = [(question.answers or (REFUSAL,))[0] for question in questions]
    return [Example(chat, answer) for chat, answer in zip(asked, answers, strict=True)]
