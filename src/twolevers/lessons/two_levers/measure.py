"""Lesson 01 in one call: facts right by RAG and by the tuned model."""

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.two_levers import experiment


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    return experiment.evidence(bench, experiment.run(bench, experiment.train(bench)))
