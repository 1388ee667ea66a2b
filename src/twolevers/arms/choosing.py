"""A model that may only answer with one of given labels: it stands wherever an arm writes with a model."""

import time
from collections.abc import Callable, Sequence

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
        """The likeliest label of each chat, whatever its length. `seconds` is the row's share of the batch."""
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
