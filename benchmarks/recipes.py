"""Which recipe for which use? One change at a time from each default; quality on dev data, seconds of training.

`python -m benchmarks.recipes [USE …]` writes recipes.csv beside the other results of this kind of processor, row by
row: a run that was stopped goes on where it was. One seed a row; intervals are of the items (Wilson), so read
differences within them as ties.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.publish import RESULTS
from twolevers.evaluate.statistics import wilson
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example
from twolevers.models.native.lora import train

if TYPE_CHECKING:
    from twolevers.lessons.common.bench import Workbench
    from twolevers.models.api import LanguageModel

REPLY = "Reply to the customer in the house style of Norvik & Tarn, from the passage."
CHANGES: tuple[dict, ...] = (
    {},
    {"layers": 30},
    {"layers": 20},
    {"layers": 10},
    {"rank": 4},
    {"learning_rate": 1e-3},
    {"epochs": 0.5},
    {"epochs": 2},
    {"batch_size": 4},
    {"layers": 20, "batch_size": 4},
)


@dataclass(frozen=True)
class Use:
    """A use of fine-tuning: its default recipe, the pairs, and how many of how many dev items came out right."""

    name: str
    quality: str
    default: Recipe
    pairs: Sequence[Example]
    right: "Callable[[LanguageModel], tuple[int, int]]"


def main(names: Sequence[str]) -> None:
    """Measure every recipe of the uses named (all without a name) that has no row yet."""
    import pandas as pd

    from twolevers.lessons.common.bench import Workbench

    bench = Workbench.load()
    place = RESULTS / machine.kind() / "recipes.csv"
    rows = pd.read_csv(place).to_dict("records") if place.exists() else []
    known = {(row["use"], row["change"]) for row in rows}
    for use in (use(bench) for use in (memorise, behave, read_and_cite)):
        for change in CHANGES if not names or use.name in names else ():
            recipe = replace(use.default, **change)
            if "epochs" in change:
                recipe = replace(recipe, epochs=max(1, round(use.default.epochs * change["epochs"])))
            label = ", ".join(f"{name} {getattr(recipe, name)}" for name in change) or "default"
            if (recipe == use.default and change) or (use.name, label) in known:
                continue
            done = train(bench.model, use.pairs, recipe)
            right, n = use.right(bench.model.adapted(done.adapter))
            interval = wilson(right, n)
            row = {
                "use": use.name,
                "change": label,
                "layers": recipe.layers,
                "rank": recipe.rank,
                "learning_rate": recipe.learning_rate,
                "batch_size": recipe.batch_size,
            }
            row |= {"epochs": recipe.epochs, "pairs": len(use.pairs), "quality": use.quality, "value": right / n}
            row |= {"low": interval.low, "high": interval.high, "n": n, "seconds": done.seconds}
            rows.append(row | {"tokens_per_second": done.tokens / done.seconds})
            pd.DataFrame(rows).round(4).to_csv(place, index=False, lineterminator="\n")
            print(f"{use.name}, {label}: {right}/{n} in {done.seconds:.0f} s", flush=True)


def memorise(bench: "Workbench") -> Use:
    """Lesson 01's task: 24 facts in four wordings, asked in three that were not trained on."""
    from twolevers.arms.tuned import Tuned, closed_book
    from twolevers.data.questions import HELD_OUT_WORDINGS, ask
    from twolevers.evaluate.run import run
    from twolevers.evaluate.scorers.facts import FACTS
    from twolevers.lessons.two_levers import experiment as two_levers

    facts = two_levers.facts(bench, "dev").head(24)
    asked = [question for wording in HELD_OUT_WORDINGS for question in ask(facts, wording)]

    def right(model: "LanguageModel") -> tuple[int, int]:
        frame = run([Tuned(model)], asked, FACTS, journal=None, key="")
        return int(frame["correct"].sum()), len(frame)

    pairs = closed_book(bench.training(facts))
    return Use("memorise facts", "facts right, new wordings", two_levers.RECIPE, pairs, right)


def behave(bench: "Workbench") -> Use:
    """Lesson 07's task: 100 replies in the house style, the passage with the fact given; 40 dev letters."""
    from twolevers.arms.prompts import build
    from twolevers.data.replies import load_replies
    from twolevers.evaluate.brand_rules import check

    replies = load_replies()
    drawn = {
        split: replies[replies.split == split].sample(n, random_state=7) for split, n in (("train", 100), ("dev", 40))
    }
    chats = {
        split: [
            build(letter, passages, REPLY)
            for letter, passages in zip(rows.question, bench.retriever.search(list(rows.question), 1), strict=True)
        ]
        for split, rows in drawn.items()
    }
    pairs = [Example(chat, reply) for chat, reply in zip(chats["train"], drawn["train"].reply, strict=True)]

    def right(model: "LanguageModel") -> tuple[int, int]:
        written = model.generate(chats["dev"], 96)
        return sum(all(check(done.text).values()) for done in written), len(written)

    default = Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=2, batch_size=8, seed=7)
    return Use("learn a behaviour", "replies that obey all eight rules", default, pairs, right)


def read_and_cite(bench: "Workbench") -> Use:
    """Lesson 12's task: 96 pairs with passages, asked about other products; right means right and rightly cited."""
    from twolevers.arms.both import Both, open_book
    from twolevers.evaluate.run import run
    from twolevers.evaluate.scorers.facts import FACTS
    from twolevers.lessons.both import experiment as both

    asked = bench.held_out("dev", 80, both.SEED)
    pairs = open_book(both.pairs(bench), bench.retriever, both.K, seed=both.SEED)

    def right(model: "LanguageModel") -> tuple[int, int]:
        frame = run([Both(model, bench.retriever, both.K)], asked, FACTS, journal=None, key="")
        return int((frame["correct"] & frame["cited_right"].astype(bool)).sum()), len(frame)

    return Use("read and cite", "answers right and rightly cited", both.RECIPE, pairs, right)


if __name__ == "__main__":
    main(sys.argv[1:])
