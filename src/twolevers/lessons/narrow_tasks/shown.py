"""Lesson 08: retrieved examples in the prompt, at their best: under which prompt, how many, how scored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from twolevers import cache
from twolevers.arms.choosing import Choosing
from twolevers.arms.labelled import training_pairs
from twolevers.arms.retrieved_few_shot import RetrievedFewShot
from twolevers.evaluate.metrics import macro_f1
from twolevers.lessons.common import messages
from twolevers.lessons.common.bench import Workbench
from twolevers.models.api import Chat, LanguageModel
from twolevers.models.embedders.cache import embed_once

FEWER, MORE = 2, 4  # examples in a prompt


class Centred(Choosing):
    """The likeliest label less what the model says on average over a batch of messages.

    Batch calibration (Zhou et al. 2023, arXiv 2309.17249): each message shows other examples, so that no single
    prompt without content can stand for them all, as contextual calibration would need. `prior`: log of the mean
    probability of each label.
    """

    def __init__(self, model: LanguageModel, labels: Sequence[str], prior: Sequence[float]):
        super().__init__(model, labels)
        self.prior = tuple(float(value) for value in prior)

    @property
    def key(self) -> str:
        """Changes with the weights, the labels or the prior."""
        return repr((super().key, self.prior))

    def scores(self, chats: Sequence[Chat]) -> np.ndarray:
        """Calibrated log-likelihood of every label for every chat, (chats, labels)."""
        return super().scores(chats) - np.array(self.prior)


@dataclass(frozen=True)
class Showing:
    """A prompt (its name and instruction), k examples, and the prior to subtract; empty where scored plainly."""

    prompt: str
    instruction: str
    k: int
    prior: tuple[float, ...] = ()


def arm(bench: Workbench, rows: pd.DataFrame, labels: Sequence[str], showing: Showing) -> RetrievedFewShot:
    """The arm over labelled messages (columns text, queue)."""
    texts = rows["text"].tolist()
    pool = training_pairs(texts, rows["queue"].tolist(), showing.instruction)
    model = Centred(bench.model, labels, showing.prior) if showing.prior else Choosing(bench.model, labels)
    vectors = bench.vectors(texts)
    return RetrievedFewShot(model, pool, bench.embedder, showing.k, showing.instruction, vectors=vectors)


def prior(scores: np.ndarray) -> tuple[float, ...]:
    """Log of the mean probability of each label over messages; `scores` are log-likelihoods (messages, labels)."""
    chances = scores - logsumexp(scores, axis=1, keepdims=True)
    return tuple((logsumexp(chances, axis=0) - np.log(len(scores))).tolist())


def tried(
    bench: Workbench, rows: pd.DataFrame, dev: pd.DataFrame, labels: Sequence[str], prompts: dict[str, str]
) -> dict[Showing, float]:
    """Macro-F1 on dev messages: each prompt with `FEWER` examples, then the best with `MORE`; plain and calibrated."""
    found: dict[Showing, float] = {}
    for name, instruction in prompts.items():
        found |= _both(bench, rows, dev, labels, Showing(name, instruction, FEWER))
    ahead = best(found)
    return found | _both(bench, rows, dev, labels, Showing(ahead.prompt, ahead.instruction, MORE))


def best(found: dict[Showing, float]) -> Showing:
    """The showing with the highest score, the first of equals."""
    return max(found, key=lambda showing: found[showing])


def trials(found: dict[Showing, float]) -> pd.DataFrame:
    """One row per showing tried."""
    rows = [
        {"prompt": one.prompt, "examples": one.k, "scoring": "calibrated" if one.prior else "plain", "macro-F1": value}
        for one, value in found.items()
    ]
    return pd.DataFrame(rows)


def _both(
    bench: Workbench, rows: pd.DataFrame, dev: pd.DataFrame, labels: Sequence[str], showing: Showing
) -> dict[Showing, float]:
    """A showing with plain and with calibrated scores; the model reads the messages once."""
    scores = embed_once(_Scored(arm(bench, rows, labels, showing), dev), dev["text"].tolist())
    centred = Showing(showing.prompt, showing.instruction, showing.k, prior(scores))
    truth = dev["clean_queue"].tolist()
    said = {showing: scores.argmax(axis=1), centred: (scores - np.array(centred.prior)).argmax(axis=1)}
    return {one: macro_f1(truth, [labels[place] for place in places]) for one, places in said.items()}


class _Scored:
    """Label likelihoods in the place of an embedder's vectors."""

    def __init__(self, shown: RetrievedFewShot, dev: pd.DataFrame):
        self.key = f"{cache.code('arms')} {shown.key}"
        self.embed = lambda texts: shown.model.scores(shown.chats(messages.asked(dev)))
