"""Lesson 07: arms that differ in all but their instruction, asked side by side.

Writing takes a pass over all weights for each token, whatever the number of rows: four arms in one batch take hardly
longer than one. Their prompts begin with the same instruction, which is then read once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from twolevers.arms.prompt import Prompt
from twolevers.arms.protocol import Answer, Usage
from twolevers.arms.rag import Rag
from twolevers.data.records import Question
from twolevers.lessons.common.bench import Workbench
from twolevers.models.api import Chat

MARK = " @ "  # between a question's id and the arm that is to answer it


class SideBySide:
    """Arms of one model and one length of answer (by name) in a single batch; a question's id names its arm."""

    name = "trial"

    def __init__(self, arms: Mapping[str, Prompt | Rag]):
        self.arms = dict(arms)
        self.first = next(iter(self.arms.values()))

    @property
    def key(self) -> str:
        """Changes with any of the arms."""
        return repr([(name, arm.key) for name, arm in self.arms.items()])

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer per question, without its sources: a trial asks for the text alone."""
        by_arm: dict[str, list[Question]] = {}
        for question in questions:
            by_arm.setdefault(question.question_id.split(MARK)[1], []).append(question)
        chats: dict[str, Chat] = {}
        for name, asked in by_arm.items():
            made = prompts_of(self.arms[name], asked)
            chats |= {question.question_id: chat for question, chat in zip(asked, made, strict=True)}
        written = self.first.model.generate(
            [chats[question.question_id] for question in questions], self.first.max_new_tokens
        )
        return [
            Answer(question.question_id, done.text, (), (), Usage(done.prompt_tokens, done.new_tokens, done.seconds))
            for question, done in zip(questions, written, strict=True)
        ]


def prompts_of(arm: Prompt | Rag, questions: Sequence[Question]) -> list[Chat]:
    """What an arm sends to the model for each question."""
    if isinstance(arm, Prompt):
        return arm.chats(questions)
    return [arm.chat(one, passages) for one, passages in zip(questions, arm.look_up(questions), strict=True)]


def tried(bench: Workbench, arms: Mapping[str, Prompt | Rag], questions: Sequence[Question]) -> pd.DataFrame:
    """Every arm asked every question, scored: a frame of `Workbench.answer`, `arm` as named."""
    asked = [replace(one, question_id=f"{one.question_id}{MARK}{name}") for name in arms for one in questions]
    frame = bench.answer([SideBySide(arms)], asked)
    parts = frame["question_id"].str.split(MARK, n=1, regex=False)
    return frame.assign(arm=parts.str[1], question_id=parts.str[0])
