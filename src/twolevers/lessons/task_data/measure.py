"""Lesson 10 in one call: both learning curves."""

import pandas as pd

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.task_data import experiment


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    *_, tuned = experiment.grow(bench)
    return experiment.evidence(bench, pd.concat([tuned, experiment.linear()]))
