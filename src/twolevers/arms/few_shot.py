"""Arm `few_shot`: the untouched model with the same few solved examples before every question."""

from collections.abc import Sequence
from functools import cached_property

from twolevers.arms.choosing import Choosing
from twolevers.arms.linear import digest
from twolevers.arms.prompt import Prompt
from twolevers.arms.prompts import INSTRUCTION
from twolevers.data.records import Question
from twolevers.models.api import Chat, Example, LanguageModel


class FewShot(Prompt):
    """Shows the model solved examples as earlier turns of the conversation."""

    name = "few_shot"

    def __init__(
        self,
        model: LanguageModel | Choosing,
        examples: Sequence[Example],
        instruction: str = INSTRUCTION,
        max_new_tokens: int = 24,
    ):
        super().__init__(model, instruction, max_new_tokens)
        self.examples = list(examples)

    @property
    def key(self) -> str:
        """Changes with the weights, the examples, the instruction or the limit."""
        return repr((super().key, self._shown))

    @cached_property
    def _shown(self) -> str:
        return digest(self.examples)

    def chosen(self, questions: Sequence[Question]) -> list[list[Example]]:
        """The examples that each question is shown, in order."""
        return [self.examples for _ in questions]

    def chats(self, questions: Sequence[Question]) -> list[Chat]:
        """The prompt of each question, its examples as earlier turns."""
        bare = super().chats(questions)
        return [after(examples, chat) for examples, chat in zip(self.chosen(questions), bare, strict=True)]


def after(examples: Sequence[Example], chat: Chat) -> Chat:
    """`chat` with the examples as earlier turns between its system turn and its question."""
    turns = [turn for one in examples for turn in (*one.chat[1:], {"role": "assistant", "content": one.answer})]
    return [chat[0], *turns, *chat[1:]]
