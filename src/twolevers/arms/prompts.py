"""The one prompt builder of all arms, so that no arm wins by its wording."""

import re
from collections.abc import Sequence

from twolevers.models.language_model import Chat
from twolevers.retrieval.chunking import Passage

INSTRUCTION = (
    "You answer customers of Norvik & Tarn. Answer with the fact alone, in a few words. "
    "If passages are given, use only them and name the passage, for example: 43 dB [2]. "
    "If they do not say it, answer: Not in the documents."
)
REFUSAL = "Not in the documents."

_CITATION = re.compile(r"\[(\d{1,2})\]")


def build(question: str, passages: Sequence[Passage] = (), instruction: str = INSTRUCTION) -> Chat:
    """The chat that asks `question`: the same system turn with or without numbered passages before it."""
    numbered = [f"[{number}] {passage.searchable}" for number, passage in enumerate(passages, start=1)]
    content = "\n".join([*numbered, f"Question: {question}"])
    return [{"role": "system", "content": instruction}, {"role": "user", "content": content}]


def cited(text: str, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Documents of the passages whose numbers an answer names in brackets, in order, each once.

    A number that no passage bears counts as a citation of nothing: it is kept as `?n`, so that it costs precision.
    """
    named = []
    for number in map(int, _CITATION.findall(text)):
        named.append(passages[number - 1].doc_id if 1 <= number <= len(passages) else f"?{number}")
    return tuple(dict.fromkeys(named))
