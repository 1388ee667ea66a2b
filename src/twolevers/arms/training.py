"""Adapters that arms wear: trained once for a model, its examples and a recipe, then found again."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm.auto import tqdm

from twolevers import cache
from twolevers.errors import TwoLeversError
from twolevers.models.adapter import Adapter, Recipe
from twolevers.models.api import Example, LanguageModel, Training
from twolevers.paths import write_atomically

RECORD = "training.json"


def train(
    model: LanguageModel,
    label: str,
    examples: Sequence[Example],
    recipe: Recipe,
    held_out: Sequence[Example] = (),
    tick: Callable[[int], object] | None = None,
) -> Training:
    """Train an adapter, or find the one that the same model, examples and recipe gave before.

    Seconds and history are those of the real training; they are kept with the adapter. `label` names it on the
    progress bar. `tick(rows)` is called after each batch; what it raises ends the training, and nothing is kept.
    """
    content = (cache.code("models"), model.key, recipe, list(examples), list(held_out))
    folder = cache.place("adapters", *content)
    with cache.locked(folder):
        if kept := _kept(folder):
            return kept
        with tqdm(total=len(examples) * recipe.epochs, desc=f"training {label}", unit="example") as bar:

            def advance(rows: int) -> None:
                bar.update(rows)
                if tick:
                    tick(rows)

            done = model.fit(examples, recipe, held_out, tick=advance)
        done.adapter.save(folder)
        record = {"history": done.history, "seconds": done.seconds, "tokens": done.tokens}
        write_atomically(folder / RECORD, json.dumps(record | {"adapter": done.adapter.key}))
    return done


def _kept(folder: Path) -> Training | None:
    """The training kept in `folder`: its record is written last, so without one there is none."""
    record = folder / RECORD
    if not record.exists():
        return None
    try:
        kept = json.loads(record.read_text(encoding="utf-8"))
        adapter = Adapter.load(folder)
        if adapter.key == kept.pop("adapter"):
            return Training(adapter, **kept)
    except (TwoLeversError, ValueError, TypeError, KeyError, AttributeError):
        pass
    cache.damaged("The adapter", folder)
    return None
