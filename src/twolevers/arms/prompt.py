"""Arm `prompt`: the untouched model with instructions only. What does it know by itself?"""

import time
from collections.abc import Sequence

from twolevers.arms.choosing import Choosing
from twolevers.arms.prompts import INSTRUCTION, build
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.models.api import Chat, LanguageModel


class Prompt:
    """Asks the model, or one that chooses among labels, with no passages."""

    name = "prompt"

    def __init__(self, model: LanguageModel | Choosing, instruction: str = INSTRUCTION, max_new_tokens: int = 24):
        self.model, self.instruction, self.max_new_tokens = model, instruction, max_new_tokens

    @property
    def key(self) -> str:
        """Changes with the weights, the instruction or the limit."""
        return repr((self.model.key, self.instruction, self.max_new_tokens))

    def chats(self, questions: Sequence[Question]) -> list[Chat]:
        """The prompt of each question."""
        return [build(question.text, instruction=self.instruction) for question in questions]

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer per question; never a source. `seconds` includes the making of the prompt."""
        began = time.perf_counter()
        chats = self.chats(questions)
        making = (time.perf_counter() - began) / max(1, len(questions))
        written = self.model.generate(chats, self.max_new_tokens)
        return [
            Answer(
                *(question.question_id, done.text, (), ()),
                Usage(done.prompt_tokens, done.new_tokens, done.seconds + making),
            )
            for question, done in zip(questions, written, strict=True)
        ]
