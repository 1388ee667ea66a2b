"""Lesson 02 in one call: a year of revisions, and what an update takes."""

from twolevers.data.revisions import MONTHS
from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.changing_data import experiment, replay
from twolevers.lessons.common.bench import Workbench


def measure(bench: Workbench) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    store, refreshes = replay.replay(bench)
    first, again = experiment.train(bench, 0), experiment.train(bench, MONTHS)
    frame = experiment.run(bench, store, first, again)
    updating = float(refreshes["seconds"].sum()) + again.seconds
    return experiment.evidence(bench, frame, replay.ratio(refreshes, again), updating)
