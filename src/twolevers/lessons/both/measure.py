"""Lesson 12 in one call: two ways of training, with and without retrieval, each arm in its best prompt."""

import pandas as pd

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.both import experiment
from twolevers.lessons.common.bench import Workbench


def contest(bench: Workbench) -> pd.DataFrame:
    """The lesson's contest: every arm's answers (see `experiment.run`)."""
    closed, opened = experiment.train_closed_book(bench), experiment.train_open_book(bench)
    chosen = experiment.choose(experiment.try_rag(bench), experiment.try_stacked(bench, closed))
    return experiment.run(bench, closed, opened, chosen)


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    return experiment.evidence(bench, contest(bench))
