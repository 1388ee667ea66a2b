"""Arm `rag` with worked examples: solved questions with passages of their own stand before the one asked."""

from collections.abc import Sequence

from twolevers.arms.few_shot import after
from twolevers.arms.linear import digest
from twolevers.arms.prompts import INSTRUCTION
from twolevers.arms.rag import Rag
from twolevers.data.records import Question
from twolevers.models.api import Chat, Example, LanguageModel
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Retriever


class WorkedRag(Rag):
    """Shows the model solved examples, each with its passages, as earlier turns; then retrieves and asks."""

    def __init__(
        self,
        model: LanguageModel,
        retriever: Retriever,
        k: int,
        examples: Sequence[Example],
        instruction: str = INSTRUCTION,
        max_new_tokens: int = 24,
    ):
        super().__init__(model, retriever, k, instruction, max_new_tokens)
        self.examples = list(examples)

    @property
    def key(self) -> str:
        """Changes with what `Rag` depends on, or the examples."""
        return repr((super().key, digest(self.examples)))

    def chat(self, question: Question, passages: Sequence[Passage]) -> Chat:
        """The prompt of one question, the examples first."""
        return after(self.examples, super().chat(question, passages))
