"""Lesson 12 in one call: two ways of training, with and without retrieval."""

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.both import experiment
from twolevers.lessons.common.bench import Workbench


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    closed, opened = experiment.teach_closed_book(bench), experiment.teach_open_book(bench)
    return experiment.evidence(bench, experiment.run(bench, closed, opened))
