"""Arm `both`: an adapter trained to read retrieved passages, distractors among them, and to cite; plus retrieval.

The recipe is RAFT's (arXiv 2403.10131): most prompts hold the supporting passage, some hold distractors only.
"""

import random
import re
from collections.abc import Sequence

from twolevers.arms.prompts import INSTRUCTION, REFUSAL, build
from twolevers.arms.rag import Rag
from twolevers.data.records import Question
from twolevers.models.api import Example
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Retriever


class Both(Rag):
    """Retrieves, and asks a model that wears an adapter trained with retrieved passages."""

    name = "both"


def open_book(
    questions: Sequence[Question], retriever: Retriever, k: int = 2, *, without: float = 0.15, seed: int = 0
) -> list[Example]:
    """Training pairs with k retrieved passages in random order: the answer with the number of its passage.

    A share `without` of the questions loses its supporting passages; those, and the ones whose support was not
    found, are taught the refusal. Training thus never rewards an answer that the passages do not hold.
    """
    generator = random.Random(seed)
    found = retriever.search([question.text for question in questions], 2 * k)
    examples = []
    for question, passages in zip(questions, found, strict=True):
        drop = generator.random() < without
        kept = [passage for passage in passages if not (drop and supports(passage, question))][:k]
        generator.shuffle(kept)
        examples.append(cited_pair(question, kept, [passage for passage in kept if supports(passage, question)]))
    return examples


def cited_pair(
    question: Question, shown: Sequence[Passage], holding: Sequence[Passage], instruction: str = INSTRUCTION
) -> Example:
    """A training pair: the answer with the number of the first of `shown` that holds it; without one, the refusal."""
    numbers = [number for number, passage in enumerate(shown, start=1) if passage in holding]
    answer = f"{question.answers[0]} [{numbers[0]}]" if numbers else REFUSAL
    return Example(build(question.text, shown, instruction), answer)


def supports(passage: Passage, question: Question) -> bool:
    """Whether a passage is of a document that answers the question and states the answer as a whole value."""
    if passage.doc_id not in question.doc_ids:
        return False
    text = passage.searchable
    return any(re.search(rf"(?<![\w.,]){re.escape(answer)}(?!\w)", text, re.IGNORECASE) for answer in question.answers)
