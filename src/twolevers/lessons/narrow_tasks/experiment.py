"""Lesson 08: one narrow task. Messages to desks, by prompts, retrieved examples, linear classifiers and tuning.

Two budgets of labels a desk show where the ranking changes; every arm labels the same test messages. The larger budget
decides the claim. Each rival is the best of several on dev: prompts, examples shown, scoring, strength of the linear
arms.
"""

import random
from collections.abc import Iterator

import pandas as pd

from twolevers.arms.choosing import Choosing
from twolevers.arms.labelled import NEUTRAL, guide, training_pairs
from twolevers.arms.long_prompt import LongPrompt
from twolevers.arms.prompts import build
from twolevers.arms.protocol import Arm
from twolevers.arms.tuned import Tuned
from twolevers.cost.prices import rates
from twolevers.data.tickets import QUEUES, RULE
from twolevers.evaluate import macro
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.metrics import macro_f1
from twolevers.lessons.common import messages
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.messages import DESK, DESKS, INSTRUCTION, NAMES
from twolevers.lessons.common.reading import MACRO_F1
from twolevers.lessons.narrow_tasks import shown
from twolevers.lessons.narrow_tasks.shown import Showing
from twolevers.models.adapter import Recipe
from twolevers.models.api import Training

LESSON = "08_narrow_tasks"
FEW, MANY = 5, 25  # labels a desk
SEED = 8
MARGIN = 0.05  # the smallest difference in macro-F1 that would matter to us
RECIPES = {
    FEW: Recipe(layers=10, rank=16, learning_rate=2e-3, epochs=3, batch_size=8, seed=SEED),
    MANY: Recipe(layers=10, rank=16, learning_rate=2e-3, epochs=2, batch_size=8, seed=SEED),
}
LABELS = {
    "long_prompt": "long prompt",
    "retrieved_few_shot": "retrieved few-shot",
    "tfidf": "TF-IDF + linear",
    "linear": "embedding + linear",
    "tuned": "tuned",
}
PAIRED = {
    ("tuned", "long_prompt"): "C09",
    ("tuned", "retrieved_few_shot"): "C09",
    ("tuned", "tfidf"): "",
    ("tuned", "linear"): "",
}
PAIRED_FEW = {pair: "" for pair in PAIRED if "retrieved_few_shot" not in pair}  # which has the larger budget alone
UNTRAINED = 0  # `per_class` of the arm that uses no labels


def tested() -> pd.DataFrame:
    """The test messages: one of each scenario, none of which any training or choice has seen."""
    return messages.held_out("test", messages.TEST, SEED)


def chosen_on() -> pd.DataFrame:
    """The dev messages, on which prompts and settings are chosen."""
    return messages.held_out("dev", messages.DEV, SEED)


def labelled(per_class: int) -> pd.DataFrame:
    """The training messages of a budget; the smaller budget's are part of the larger's."""
    rows = messages.draw(per_class, SEED)
    for held in (tested(), chosen_on()):
        messages.check_leaks(rows, held)
    return rows


def prompts() -> dict[str, str]:
    """The prompts tried: name to instruction."""
    return {"names": NAMES, "guide": guide(QUEUES, what=DESK), "guide and rule": guide(QUEUES, RULE, DESK)}


def tried(bench: Workbench) -> pd.DataFrame:
    """Every prompt with plain and with calibrated likelihoods on the dev messages.

    Columns: prompt, scoring, tokens (of the prompt without a message), value (macro-F1).
    """
    dev, rows = chosen_on(), []
    for name, instruction in prompts().items():
        found = messages.likelihoods(Choosing(bench.model, DESKS), instruction, [*dev["text"], NEUTRAL])
        tokens = len(bench.model.encode(build("", instruction=instruction)))
        for scoring, table in (("plain", found[:-1]), ("calibrated", found[:-1] - found[-1])):
            said = [DESKS[place] for place in table.argmax(axis=1)]
            row = {"prompt": name, "scoring": scoring, "tokens": tokens}
            rows.append(row | {"value": macro_f1(dev["clean_queue"].tolist(), said)})
    return pd.DataFrame(rows)


def prompted(bench: Workbench, table: pd.DataFrame) -> LongPrompt:
    """The arm with the prompt and the scoring that did best on dev; of equal ones the first."""
    best = table.loc[table["value"].idxmax()]
    told = prompts()[best["prompt"]]
    against = build(NEUTRAL, instruction=told) if best["scoring"] == "calibrated" else None
    return LongPrompt(Choosing(bench.model, DESKS, against), told)


def train(bench: Workbench, per_class: int) -> Training:
    """Tune on a budget's messages: message in, desk's name out."""
    rows = labelled(per_class)
    pairs = training_pairs(rows["text"].tolist(), rows["queue"].tolist(), INSTRUCTION)
    return bench.train(f"on {len(pairs)} messages", pairs, RECIPES[per_class])


def tried_shown(bench: Workbench) -> dict[Showing, float]:
    """How examples of the larger budget are best shown: see `shown.tried`. The longest prompt is left out."""
    told = {name: text for name, text in prompts().items() if name != "guide and rule"}
    return shown.tried(bench, labelled(MANY), chosen_on(), DESKS, told)


def arms(bench: Workbench, per_class: int, training: Training, showing: Showing) -> Iterator[Arm]:
    """The arms that use labels, with one budget of them; examples in the prompt with the larger budget alone."""
    rows = labelled(per_class)
    texts, queues = rows["text"].tolist(), rows["queue"].tolist()
    if per_class == MANY:
        yield shown.arm(bench, rows, DESKS, showing)
    yield from messages.linear_arms(bench, texts, queues, chosen_on())
    yield Tuned(Choosing(bench.model.adapted(training.adapter), DESKS), INSTRUCTION)


def run(bench: Workbench, trainings: dict[int, Training], table: pd.DataFrame, showing: Showing) -> pd.DataFrame:
    """Every arm's label for every test message, one row each (`evaluate.run`), with `true` and `per_class`."""
    test = tested()
    frames = [messages.answered(bench, prompted(bench, table), test).assign(per_class=UNTRAINED)]
    for per_class, training in trainings.items():
        for arm in arms(bench, per_class, training, showing):
            frames.append(messages.answered(bench, arm, test).assign(per_class=per_class))
    return pd.concat(frames, ignore_index=True)


def shuffled(bench: Workbench) -> pd.DataFrame:
    """The negative control: the linear arms on the larger budget with its labels dealt out anew at random.

    They must fall to chance; whatever stands above it has seen the test. Columns as `macro.scores`.
    """
    rows = labelled(MANY)
    queues = random.Random(SEED).sample(rows["queue"].tolist(), len(rows))
    frames = [
        messages.answered(bench, arm, tested())
        for arm in messages.linear_arms(bench, rows["text"].tolist(), queues, chosen_on())
    ]
    return macro.scores(pd.concat(frames, ignore_index=True), seed=SEED)


def at(frame: pd.DataFrame, per_class: int) -> pd.DataFrame:
    """The rows of one budget, with the arms that need no labels."""
    return frame[frame["per_class"].isin((UNTRAINED, per_class))]


def contest(per_class: int) -> Contest:
    """What is planned for a budget: the larger one decides, the smaller says in its metric that it is the smaller."""
    few = per_class == FEW
    metric, pairs = (f"{MACRO_F1}, {FEW} labels a {DESK}", PAIRED_FEW) if few else (MACRO_F1, PAIRED)
    return Contest(LESSON, metric, pairs, MARGIN, SEED, MACRO_F1, lambda frame: at(frame, per_class), draws=SEED)


def costs(frame: pd.DataFrame, trainings: dict[int, Training]) -> pd.DataFrame:
    """What each arm takes at the larger budget: quality, tokens, machine time, dollars on the rented machine.

    Columns: arm, macro-F1, prompt_tokens, ms a message, USD for 100,000, training s. Time is a message's share of a
    batch, measured here; dollars are that time at the dated price of two rented cores.
    """
    hour = rates()["vm"].value
    table = macro.scores(at(frame, MANY), seed=SEED)
    rows = [
        {
            "arm": LABELS[row.arm],
            MACRO_F1: row.value,
            "prompt tokens": round(row.prompt_tokens),
            "ms a message": 1000 * row.seconds,
            "USD for 100,000": 100_000 * row.seconds * hour / 3600,
            "training, s": trainings[MANY].seconds if row.arm == "tuned" else None,
        }
        for row in table.itertuples()
    ]
    return pd.DataFrame(rows)


def evidence(bench: Workbench, frame: pd.DataFrame) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    return [*contest(MANY).evidence(bench, frame), *contest(FEW).evidence(bench, frame)]
