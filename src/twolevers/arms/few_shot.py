"""Arm `few_shot`: the untouched model with the same few solved examples before every question."""

from collections.abc import Sequence

from twolevers.arms.prompt import Prompt
from twolevers.arms.prompts import INSTRUCTION, build
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.models.language_model import Chat, LanguageModel
from twolevers.models.lora import Example


class FewShot(Prompt):
    """Shows the model solved examples as earlier turns of the conversation."""

    name = "few_shot"

    def __init__(
        self,
        model: LanguageModel,
        examples: Sequence[Example],
        instruction: str = INSTRUCTION,
        max_new_tokens: int = 24,
    ):
        super().__init__(model, instruction, max_new_tokens)
        self.examples = list(examples)

    @property
    def key(self) -> str:
        """Changes with the weights, the examples, the instruction or the limit."""
        return repr((super().key, self.examples))

    def chosen(self, questions: Sequence[Question]) -> list[list[Example]]:
        """The examples that each question is shown, in order."""
        return [self.examples for _ in questions]

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer per question; never a source. `seconds` leave out the choice of examples."""
        chats = [
            after(examples, build(question.text, instruction=self.instruction))
            for question, examples in zip(questions, self.chosen(questions), strict=True)
        ]
        written = self.model.generate(chats, self.max_new_tokens)
        return [
            Answer(question.question_id, done.text, (), (), Usage(done.prompt_tokens, done.new_tokens, done.seconds))
            for question, done in zip(questions, written, strict=True)
        ]


def after(examples: Sequence[Example], chat: Chat) -> Chat:
    """`chat` with the examples as earlier turns between its system turn and its question."""
    turns = [turn for one in examples for turn in (*one.chat[1:], {"role": "assistant", "content": one.answer})]
    return [chat[0], *turns, *chat[1:]]
