"""Lesson 08 in one call: messages to desks, with two budgets of labels."""

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.narrow_tasks import experiment, shown


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    trained = {size: experiment.train(bench, size) for size in (experiment.FEW, experiment.MANY)}
    showing = shown.best(experiment.tried_shown(bench))
    return experiment.evidence(bench, experiment.run(bench, trained, experiment.tried(bench), showing))
