"""Lesson 07 in one call: rules of the house kept, and facts with them."""

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.style_and_tone import experiment


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    material = experiment.taught(bench)
    chosen = experiment.best(experiment.try_prompts(bench, material))
    trained = {size: experiment.train(bench, material, size) for size in experiment.SIZES}
    return experiment.evidence(bench, experiment.run(bench, chosen, material, trained))
