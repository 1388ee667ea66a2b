"""What every arm gives: answers with their sources and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twolevers.data.records import Question


@dataclass(frozen=True)
class Usage:
    """What one answer took: tokens read and written, and seconds (the row's share of its batch)."""

    prompt_tokens: int
    new_tokens: int
    seconds: float


@dataclass(frozen=True)
class Answer:
    """One answer. `sources` are the documents put into the prompt, `cited` those that the answer names.

    `quoted` is the text of the passages that the answer names: what a reader finds who follows its citations.
    """

    question_id: str
    text: str
    sources: tuple[str, ...]
    cited: tuple[str, ...]
    usage: Usage
    quoted: str = ""


class Arm(Protocol):
    """One way to answer. `key` changes whenever the answers may change: it names cached answers."""

    name: str
    key: str

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer per question, in order."""
