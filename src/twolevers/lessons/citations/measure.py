"""Lesson 03 in one call: answers whose citation a reader can follow."""

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.citations import experiment
from twolevers.lessons.common.bench import Workbench


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    tuned = bench.model.adapted(experiment.train_facts(bench).adapter)
    citing = bench.model.adapted(experiment.train_citing(bench).adapter)
    prompt = experiment.best_prompt(experiment.try_prompts(bench))
    return experiment.evidence(bench, experiment.run(bench, tuned, citing, prompt))
