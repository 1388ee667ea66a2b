"""A model that may only answer with one of given labels: it stands wherever an arm writes with a model."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from twolevers.models.api import Chat, Completion, LanguageModel


class Choosing:
    """Answers every chat with the label that the model finds likeliest, so that no label can be invented.

    With `against`, a prompt about nothing, each label's log-likelihood there is subtracted first (contextual
    calibration, arXiv 2102.09690): what the model prefers whatever the message says is no evidence.
    """

    def __init__(self, model: LanguageModel, labels: Sequence[str], against: Chat | None = None):
        self.model, self.labels, self.against = model, tuple(labels), against

    @property
    def key(self) -> str:
        """Changes with the weights, the labels or what is subtracted."""
        return repr((self.model.key, self.labels, self.against))

    def scores(self, chats: Sequence[Chat]) -> np.ndarray:
        """Log-likelihood of every label for every chat, (chats, labels)."""
        found = self.model.label_logprobs(chats, self.labels)
        return found if self.against is None else found - self.model.label_logprobs([self.against], self.labels)

    def generate(
        self, chats: Sequence[Chat], max_new_tokens: int = 0, tick: Callable[[int], None] | None = None
    ) -> list[Completion]:
        """The likeliest label of each chat, whatever its length. `seconds` is the row's share of the batch.

        A model that gives no probabilities writes the label; what it writes beside counts as it stands.
        """
        if not self.model.trains:
            room = 4 + 2 * max(len(self.model.tokenizer.encode(label)) for label in self.labels)
            found = self.model.generate(chats, room, tick)
            return [replace(done, text=named(done.text, self.labels)) for done in found]
        began = time.perf_counter()
        best = self.scores(chats).argmax(axis=1)
        seconds = (time.perf_counter() - began) / max(1, len(chats))
        written = {label: self.model.tokenizer.encode(label, add_special_tokens=False) for label in self.labels}
        if tick:
            tick(len(chats))
        return [
            Completion(label, len(self.model.encode(chat)), len(written[label]), seconds)
            for chat, label in zip(chats, (self.labels[place] for place in best), strict=True)
        ]


def named(text: str, labels: Sequence[str]) -> str:
    """The one label that a written answer names, whatever its case; the text itself where it names none or several."""
    found = [label for label in labels if re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE)]
    inner = {one for one in found for other in found if one != other and one.casefold() in other.casefold()}
    left = [label for label in found if label not in inner]
    return left[0] if len(left) == 1 else text
