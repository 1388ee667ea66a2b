"""Arm `rag`: retrieve passages, put them into the prompt, ask the untouched model."""

import time
from collections.abc import Sequence

from twolevers.arms.prompts import INSTRUCTION, build, cited
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.models.api import Chat, LanguageModel
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Retriever


class Rag:
    """Asks the model with the k best passages."""

    name = "rag"

    def __init__(
        self,
        model: LanguageModel,
        retriever: Retriever,
        k: int = 2,
        instruction: str = INSTRUCTION,
        max_new_tokens: int = 24,
    ):
        self.model, self.retriever, self.k = model, retriever, k
        self.instruction, self.max_new_tokens = instruction, max_new_tokens

    @property
    def key(self) -> str:
        """Changes with the weights, the search, its content, or the prompt."""
        return repr((self.model.key, self.retriever.key, self.k, self.instruction, self.max_new_tokens))

    def look_up(self, questions: Sequence[Question]) -> list[list[Passage]]:
        """Up to k passages for each question, best first."""
        return self.retriever.search([question.text for question in questions], self.k)

    def chat(self, question: Question, passages: Sequence[Passage]) -> Chat:
        """The prompt of one question."""
        return build(question.text, passages, self.instruction)

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer per question, with its sources; `seconds` includes the search."""
        began = time.perf_counter()
        found = self.look_up(questions)
        searching = (time.perf_counter() - began) / max(1, len(questions))
        chats = [self.chat(question, passages) for question, passages in zip(questions, found, strict=True)]
        written = self.model.generate(chats, self.max_new_tokens)
        answers = []
        for question, passages, done in zip(questions, found, written, strict=True):
            documents, quoted = cited(done.text, passages)
            sources = tuple(dict.fromkeys(passage.doc_id for passage in passages))
            usage = Usage(done.prompt_tokens, done.new_tokens, done.seconds + searching)
            answers.append(Answer(question.question_id, done.text, sources, documents, usage, quoted))
        return answers
