"""Texts cut to the tokens that a model can read in the time, so that no prompt is longer than its context."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from twolevers.data.records import Question
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Retriever

USUAL = 2_048  # tokens of a model that does not say
MOST, LEAST, A_MINUTE = 4_096, 1_024, 1_024  # tokens of a prompt: reading takes time, so that few minutes cut it short
SHARE = 4  # a passage may take this part of the context: two passages, the question and its answer, and room


def limit(model: Any, minutes: float) -> int:
    """Tokens of prompt and answer that are read at most: what the model reads, and what the time allows."""
    known = (getattr(model, "max_length", None), getattr(model.tokenizer, "model_max_length", None))
    said = next((int(each) for each in known if isinstance(each, int | float) and 0 < each < 10**7), USUAL)
    return min(said, MOST, max(LEAST, int(A_MINUTE * minutes)))


def cut(text: str, tokens: int, tokenizer: Any) -> str:
    """The beginning of `text` that takes at most `tokens`; the text itself where it takes no more."""
    if len(text.encode("utf-8", "ignore")) <= tokens:  # no token is shorter than a byte
        return text
    ids = tokenizer.encode(text, add_special_tokens=False)
    if len(ids) <= tokens:
        return text
    return tokenizer.decode(ids[:tokens], skip_special_tokens=True).rstrip("\ufffd ")


def shortened(
    questions: Sequence[Question], tokens: int, tokenizer: Any, what: str
) -> tuple[list[Question], tuple[str, ...]]:
    """The questions, each cut to `tokens`, and a sentence on it where any was."""
    made = [replace(question, text=cut(question.text, tokens, tokenizer)) for question in questions]
    times = sum(one.text != other.text for one, other in zip(made, questions, strict=True))
    if not times:
        return list(questions), ()
    said = f"{times} {what} are longer than {tokens} tokens, which fit into prompt and time: their beginning was read."
    return made, (said,)


@dataclass(frozen=True)
class Fitted:
    """Another search, its passages cut to `most` tokens each."""

    inner: Retriever
    tokenizer: Any
    most: int

    @property
    def name(self) -> str:
        """The inner search's name."""
        return self.inner.name

    @property
    def key(self) -> str:
        """The inner search's key and the length."""
        return f"{self.inner.key}-{self.most}"

    def search(self, queries: Sequence[str], k: int = 3) -> list[list[Passage]]:
        """What the inner search finds, cut."""
        found = self.inner.search(queries, k)
        return [[replace(each, text=cut(each.text, self.most, self.tokenizer)) for each in row] for row in found]
