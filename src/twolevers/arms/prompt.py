"""Arm `prompt`: the untouched model with instructions only. What does it know by itself?"""

from collections.abc import Sequence

from twolevers.arms.prompts import INSTRUCTION, build
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.models.language_model import LanguageModel


class Prompt:
    """Asks the model with no passages."""

    name = "prompt"

    def __init__(self, model: LanguageModel, instruction: str = INSTRUCTION, max_new_tokens: int = 24):
        self.model, self.instruction, self.max_new_tokens = model, instruction, max_new_tokens

    @property
    def key(self) -> str:
        """Changes with the weights, the instruction or the limit."""
        return repr((self.model.key, self.instruction, self.max_new_tokens))

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer per question; never a source."""
        chats = [build(question.text, instruction=self.instruction) for question in questions]
        written = self.model.generate(chats, self.max_new_tokens)
        return [
            Answer(question.question_id, done.text, (), (), Usage(done.prompt_tokens, done.new_tokens, done.seconds))
            for question, done in zip(questions, written, strict=True)
        ]
