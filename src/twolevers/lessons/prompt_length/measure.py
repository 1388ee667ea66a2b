"""Lesson 09 in one call: the guide in the prompt against the style in an adapter."""

from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.prompt_length import distil, experiment
from twolevers.lessons.style_and_tone import experiment as style_and_tone


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    material = style_and_tone.taught(bench)
    distilled = distil.train(bench, distil.write(bench, material))
    trained = style_and_tone.train(bench, material)
    return experiment.evidence(bench, experiment.run(bench, material, distilled, trained))
