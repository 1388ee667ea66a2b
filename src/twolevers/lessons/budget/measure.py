"""Lesson 06 in one call: set-up, one answer and the time until live."""

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.budget import claims, experiment, times
from twolevers.lessons.common.bench import Workbench


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    closed, opened = experiment.train(bench)
    frame = experiment.measure(bench, closed, opened)
    found = experiment.uses(frame, closed, opened, times.time_index(bench))
    return claims.evidence(bench, frame, found, claims.comparisons(frame, found))
