"""Exercise 10: three learning rates × two lengths on the real model, with the loss on training and on dev messages.

Small on purpose: few messages and the top layers alone, so that a laptop is done in seconds. The last fit is no lesson
result; it shows how the two losses part.
"""

from dataclasses import replace

import pandas as pd

from twolevers.arms.labelled import training_pairs
from twolevers.lessons.common import messages
from twolevers.lessons.common.messages import INSTRUCTION
from twolevers.lessons.task_data.experiment import RECIPE, SEED
from twolevers.models.api import Example, LanguageModel

RATES = (1e-4, 2e-3, 2e-2)
LENGTHS = (2, 6)  # epochs
TRAINED, HELD = 24, 24  # messages
LAYERS = 4


def pairs(split: str, n: int) -> list[Example]:
    """The first `n` messages of a split, each of another matter, with their desks."""
    rows = (
        messages.draw(n, SEED) if split == "train" else messages.held_out(split, 1, SEED).sample(n, random_state=SEED)
    )
    rows = rows.drop_duplicates("scenario").head(n)
    return training_pairs(rows["text"].tolist(), rows["queue"].tolist(), INSTRUCTION)


def trials(model: LanguageModel) -> pd.DataFrame:
    """One row per rate and length: learning_rate, epochs, train and dev (loss, nats a token of the name).

    A length is read off the run of the longest: the schedule is that of the longer run.
    """
    train, dev, rows = pairs("train", TRAINED), pairs("dev", HELD), []
    for rate in RATES:
        recipe = replace(RECIPE, layers=LAYERS, learning_rate=rate, epochs=max(LENGTHS))
        history = model.fit(train, recipe, dev).history
        for epochs in LENGTHS:
            done = history[epochs - 1]
            rows.append({"learning_rate": rate, "epochs": epochs, "train": done["loss"], "dev": done["held_out"]})
    return pd.DataFrame(rows)
