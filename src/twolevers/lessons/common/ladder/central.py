"""How a lesson declares its central contest, so that any model can be asked it and any recording scored.

Each lesson with one has a module `ladder` with a function `central()`; nothing is registered elsewhere.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pandas as pd

from twolevers.arms.protocol import Arm
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.lessons import registry
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.contest import Contest
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example, Training

N = 100  # items that are asked where nobody says how many
DEPTH, WIDTH = 30, 576  # of the course's own model, for which the lessons' recipes were chosen


@dataclass(frozen=True)
class Shape:
    """Layers and hidden size of a model."""

    depth: int
    width: int


@dataclass
class Asked:
    """One model in one contest: what its arms are made from.

    `seed`: of every training, in place of the lesson's own. `trained`: a row for each training and choice, for the
    recording. `before`: seconds of trainings that were found in the cache.
    """

    bench: Workbench
    questions: Sequence[Question]
    shape: Shape
    seed: int | None = None
    trained: list[dict[str, Any]] = field(default_factory=list)
    before: float = 0.0

    def train(self, label: str, examples: Sequence[Example], recipe: Recipe) -> Training:
        """Train by the lesson's recipe, fitted to this model's shape (see `fitted`).

        Raises UsageError where `seed` is the lesson's own: it would be recorded twice.
        """
        used = fitted(recipe, self.shape)
        if self.seed is not None:
            if self.seed == used.seed:
                raise UsageError(f"{self.seed} is the lesson's own training seed: give another --seed.")
            used = replace(used, seed=self.seed)
        began = time.perf_counter()
        done = self.bench.train(label, examples, used)
        self.before += max(0.0, done.seconds - (time.perf_counter() - began))
        row = {
            "layers": used.layers,
            "rank": used.rank,
            "learning_rate": used.learning_rate,
            "epochs": used.epochs,
            "batch_size": used.batch_size,
        }
        row |= {"seed": used.seed, "examples": len(examples), "tokens": done.tokens}
        self.trained.append(row | {"seconds": round(done.seconds, 1)})
        return done


def fitted(recipe: Recipe, shape: Shape) -> Recipe:
    """The recipe for another size: the same share of the layers, from the top; half the rate where it is wider.

    Half: in trials on models of 0.5 and 1.5 billion weights 1e-3 learned well where the lessons take 2e-3.
    """
    layers = max(1, round(recipe.layers * shape.depth / DEPTH))
    return replace(
        recipe, layers=layers, learning_rate=recipe.learning_rate / 2 if shape.width > WIDTH else recipe.learning_rate
    )


@dataclass(frozen=True)
class Central:
    """A lesson's central contest.

    `contest`: the pairs that either side can win, with metric and margin; which claims they decide stands in
    datasets/comparisons.csv. `questions(n)`: the items, of which fewer are the first of more. `arms`: by name, made one
    at a time. `finish(frame, questions)`: adds to a scored frame what the contest's score needs; the frame has the
    columns of `evaluate.run` by `FACTS` and `quoted`, the questions are those of its rows. `trained`: the arms that
    another training seed may change.
    """

    contest: Contest
    questions: Callable[[int], list[Question]]
    arms: Mapping[str, Callable[[Asked], Arm]]
    finish: Callable[[pd.DataFrame, Sequence[Question]], pd.DataFrame] = lambda frame, questions: frame
    trained: tuple[str, ...] = ()

    @property
    def lesson(self) -> str:
        """The lesson's stem."""
        return self.contest.lesson


def stems() -> list[str]:
    """The lessons that have a central contest, in order."""
    return [row.stem for row in registry.LESSONS if find_spec(f"twolevers.lessons.{row.name}.ladder")]


def central(stem: str) -> Central:
    """The central contest of a lesson."""
    return import_module(f"twolevers.lessons.{registry.lesson(stem).name}.ladder").central()


def chosen(words: str) -> list[str]:
    """Stems for "01,08" (numbers or stems, with commas); all where nothing is said. UsageError for one without."""
    there = stems()
    wanted = [word.strip() for word in words.split(",") if word.strip()]
    found = []
    for word in wanted:
        fits = [stem for stem in there if word in (stem, stem.partition("_")[0])]
        if not fits:
            numbers = ", ".join(stem.partition("_")[0] for stem in there)
            raise UsageError(f"No lesson {word!r} on the ladder: use --lessons with some of {numbers}.")
        found += fits
    return sorted(set(found)) or there
