"""The one prompt builder of all arms, so that no arm wins by its wording."""

import re
from collections.abc import Sequence

from twolevers.models.api import Chat
from twolevers.retrieval.chunking import Passage

INSTRUCTION = (
    "Use the passages to answer the question in a few words. Cite the passage like [1]. "
    "Without an answer in them, say: Not in the documents."
)
ASKED = "Question: "
REFUSAL = "Not in the documents."

_CITATION = re.compile(r"\[(\d{1,2})\]")


def build(question: str, passages: Sequence[Passage] = (), instruction: str = INSTRUCTION) -> Chat:
    """The chat that asks `question`: the same system turn with or without numbered passages before it."""
    numbered = [f"[{number}] {passage.searchable}" for number, passage in enumerate(passages, start=1)]
    content = "\n".join([*numbered, f"{ASKED}{question}"])
    return [{"role": "system", "content": instruction}, {"role": "user", "content": content}]


def question_of(chat: Chat) -> str:
    """The question of a chat without passages that `build` made."""
    return chat[-1]["content"].removeprefix(ASKED)


def cited(text: str, passages: Sequence[Passage]) -> tuple[tuple[str, ...], str]:
    """What an answer cites by numbers in brackets: the documents, each once, and the text of the passages.

    A number that no passage bears counts as a citation of nothing: it is kept as `?n`, so that it costs precision.
    """
    numbers = dict.fromkeys(int(number) for number in _CITATION.findall(text))
    named = {number: passages[number - 1] for number in numbers if 1 <= number <= len(passages)}
    documents = dict.fromkeys(named[number].doc_id if number in named else f"?{number}" for number in numbers)
    return tuple(documents), "\n".join(passage.searchable for passage in named.values())
