"""The sentences of a bake-off's report that say how it was measured and where it ends."""

from typing import Any

from twolevers.bakeoff.larger import said
from twolevers.bakeoff.recommend import fit
from twolevers.bakeoff.tasks.kinds import Kind


def threshold(arms: dict[str, dict[str, Any]], good_enough: float) -> str:
    """Which arms are right often enough, by the share that was named for it."""
    share = f"{100 * good_enough:.0f} %"
    by = {answer: [name for name, row in arms.items() if fit(row, good_enough) is answer] for answer in (True, None)}
    said = f"Right {share} of the time is taken for good enough (--good-enough {good_enough:g}). "
    if by[True]:
        return f"{said}At or above it: {', '.join(by[True])}."
    if by[None]:
        return f"{said}No arm is shown to reach it; it lies within the interval of {', '.join(by[None])}."
    return f"{said}No arm reaches it."


def method(results: dict[str, Any], kind: Kind) -> list[str]:
    """How the items were divided, scored and compared."""
    data = results["data"]
    return [
        *kind.method,
        f"{data['tested']} {kind.items} in {data['test_groups']} groups were tested{_learned(data)}.",
        "Intervals of arms: Wilson, widened by those groups. Differences: paired, bootstrap over whole "
        "groups, at the level of the family; p by Holm.",
        f"Model {results['model']}; {results['machine']['description']}; data {data['hash']}.",
    ]


def _learned(data: dict[str, Any]) -> str:
    pairs = data["training_pairs"]
    return f"; the arms that train learned from {pairs} pairs, none of them of the test" if pairs else ""


def limits(results: dict[str, Any]) -> list[str]:
    """What the test does not show, in the order in which it was found."""
    notes = list(results["notes"])
    if left := results["plan"]["left_out"]:
        notes.append(f"Left out for time: {'; '.join(left)}. More --minutes bring them in.")
    if results["plan"]["seeds"] == 1 and results["data"]["training_pairs"]:
        notes.append("One training seed: what another seed would change was not measured (--seeds 3 does).")
    notes.append(said(results["larger"]))
    notes.append("Times are of this machine: one request alone by the clock, throughput in batches.")
    return notes
