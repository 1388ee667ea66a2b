"""Arms that give a text one of several labels: by the likelihood of the labels, prompted, with examples, or tuned.

They take any texts and any label names; `arms/linear.py` has the classifiers that need no language model. An answer's
text is the label, so that these arms run wherever the others do.
"""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from twolevers.arms.linear import Embed, digest
from twolevers.arms.prompts import build
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.models.language_model import Chat, LanguageModel
from twolevers.models.likelihood import log_likelihoods
from twolevers.models.lora import Example

NEUTRAL = "N/A"  # a text without content, as in Zhao et al. 2021 (arXiv 2102.09690)


def as_questions(
    texts: Sequence[str], labels: Sequence[str], clusters: Sequence[str], names: Sequence[str]
) -> list[Question]:
    """Labelled texts as questions, so that `evaluate.run` can ask them: the answer is the label."""
    rows = zip(names, texts, labels, clusters, strict=True)
    return [Question(name, text, (label,), "label", (), cluster, "label", "") for name, text, label, cluster in rows]


def naming(labels: Sequence[str], what: str = "label") -> str:
    """The short instruction: answer with one of the names."""
    return f"Name the {what} for this message. The {what}s are {', '.join(labels)}."


def guide(descriptions: Mapping[str, str], rule: str = "", what: str = "label") -> str:
    """The long instruction: what each label is for, and a rule for cases between them."""
    lines = [f"{name}: {text}" for name, text in descriptions.items()]
    closing = f"Answer with the name of the {what} only."
    return "\n".join([f"Each message belongs to one {what}.", *lines, *filter(None, [rule]), closing])


def shown(instruction: str, examples: Sequence[tuple[str, str]], text: str) -> Chat:
    """The chat that asks for the label of `text` after worked `examples` (text, label) as earlier turns."""
    system, asked = build(text, instruction=instruction)
    turns = []
    for example, label in examples:
        turns += [build(example, instruction=instruction)[-1], {"role": "assistant", "content": label}]
    return [system, *turns, asked]


def training_pairs(texts: Sequence[str], labels: Sequence[str], instruction: str) -> list[Example]:
    """What a tuned arm learns from: each text asked as `Tuned` will ask it, answered with its label."""
    return [Example(build(text, instruction=instruction), label) for text, label in zip(texts, labels, strict=True)]


class ByLikelihood:
    """Gives each text the label that the model finds likeliest as its answer.

    `examples` (text, label) are shown before every text. With `neutral`, a text that says nothing, each label's
    log-likelihood there is subtracted first (contextual calibration, arXiv 2102.09690): what the model prefers
    whatever the message says is no evidence.
    """

    name = "prompt"

    def __init__(
        self,
        model: LanguageModel,
        labels: Sequence[str],
        instruction: str,
        examples: Sequence[tuple[str, str]] = (),
        neutral: str | None = None,
    ):
        self.model, self.labels, self.instruction = model, tuple(labels), instruction
        self.examples, self.neutral = tuple(examples), neutral

    @property
    def key(self) -> str:
        """Changes with the weights, the labels or the prompt."""
        return repr((self.model.key, self.labels, self.instruction, self.examples, self.neutral))

    def chats(self, texts: Sequence[str]) -> list[Chat]:
        """The prompt of each text."""
        return [shown(self.instruction, self.examples, text) for text in texts]

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Log-likelihood of every label for every text, (texts, labels), calibrated where a neutral text is given."""
        return self._score(self.chats(texts))

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """The likeliest label of each text. `seconds` is the question's share of the batch."""
        began = time.perf_counter()
        chats = self.chats([question.text for question in questions])
        best = self._score(chats).argmax(axis=1)
        seconds = (time.perf_counter() - began) / max(1, len(questions))
        answers = []
        for question, chat, place in zip(questions, chats, best, strict=True):
            label = self.labels[place]
            written = len(self.model.tokenizer.encode(label, add_special_tokens=False))
            usage = Usage(len(self.model.encode(chat)), written, seconds)
            answers.append(Answer(question.question_id, label, (), (), usage))
        return answers

    def _score(self, chats: Sequence[Chat]) -> np.ndarray:
        found = log_likelihoods(self.model, chats, self.labels)
        if self.neutral is None:
            return found
        return found - log_likelihoods(self.model, self.chats([self.neutral]), self.labels)


class LongPrompt(ByLikelihood):
    """The untouched model with all it needs to know in the prompt."""

    name = "long_prompt"


class TunedLabels(ByLikelihood):
    """A model that wears an adapter trained on `training_pairs` with the same instruction."""

    name = "tuned"


class RetrievedFewShot(ByLikelihood):
    """Shows the model the k labelled texts of `pool` most like the one asked about, the most similar last.

    `vectors` (pool, dimension) are those of the pool's texts where known.
    """

    name = "retrieved_few_shot"

    def __init__(
        self,
        model: LanguageModel,
        labels: Sequence[str],
        instruction: str,
        pool: Sequence[tuple[str, str]],
        embed: Embed,
        k: int = 4,
        vectors: np.ndarray | None = None,
    ):
        super().__init__(model, labels, instruction)
        if not 0 < k <= len(pool):
            raise UsageError(f"Retrieved few-shot needs 1 to {len(pool)} examples a prompt, not {k}.")
        self.pool, self.embed, self.k, self.vectors = tuple(pool), embed, k, vectors

    @property
    def key(self) -> str:
        """Changes with the weights, the labels, the prompt or the labelled texts."""
        return repr((super().key, digest(self.pool), self.k))

    def chats(self, texts: Sequence[str]) -> list[Chat]:
        """The prompt of each text, with its own examples."""
        near = self.embed(list(texts)) @ self._vectors.T
        # Stable, so that of equally similar texts the first is taken on every machine.
        found = np.argsort(-near, axis=1, kind="stable")[:, : self.k]
        picked = [[self.pool[place] for place in row[::-1]] for row in found]
        return [shown(self.instruction, examples, text) for examples, text in zip(picked, texts, strict=True)]

    @cached_property
    def _vectors(self) -> np.ndarray:
        return self.embed([text for text, _ in self.pool]) if self.vectors is None else self.vectors
