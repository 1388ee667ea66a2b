"""What all benches share: which sides take part, interleaved runs, and rows of ratios."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any

from benchmarks import EXTRA
from benchmarks.worker import Run, Side, Worker
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.statistics import compare

REPEATS = 3
PAUSE = 0.3  # seconds between runs: threads that spin while they wait for work go to sleep
COLUMNS = (
    *("bench", "case", "peer", "ours", "theirs", "unit", "ratio", "ratio_min", "ratio_max", "repeats"),
    *("quality_ours", "quality_theirs", "quality_difference", "low", "high", "n"),
    *("identical_ours", "identical_theirs", "note"),
)


@dataclass(frozen=True)
class Options:
    """How a bench is run: repeats, the peers asked for by name (none: all that are installed), where to report."""

    repeats: int = REPEATS
    peers: tuple[str, ...] = ()
    report: Callable[[str], object] = print


def chosen(sides: Sequence[Side], options: Options) -> list[Side]:
    """The peers that take part. One that is not installed is named in a printed line and left out.

    Asked for by name it raises TwoLeversError with the extra to install; an unknown name raises UsageError.
    """
    names = {side.name.casefold(): side for side in sides}
    if unknown := [name for name in options.peers if name.casefold() not in names]:
        known = ", ".join(side.name for side in sides)
        raise UsageError(f"No peer {unknown[0]!r} in this bench: choose from {known}.")
    wanted = [names[name.casefold()] for name in options.peers] or list(sides)
    taking_part = []
    for side in wanted:
        if not (missing := [module for module in side.needs if find_spec(module) is None]):
            taking_part.append(side)
        elif options.peers:
            raise TwoLeversError(f"{side.name} is not installed ({missing[0]} is missing): {EXTRA}.")
        else:
            options.report(f"{side.name}: not installed, left out ({EXTRA}).")
    return taking_part


def race(
    ours: Sequence[Side], peers: Sequence[Side], warm_up: Any, rounds: Sequence[Any], options: Options
) -> dict[str, list[Run]]:
    """Each round's work by every side in turn, all in one run: runs by name of side, one a round.

    The order is turned round each time, so that a drift of the machine favours nobody. A peer that fails is left
    out with a printed line, or raises when it was asked for by name; one of ours always raises.
    """
    runs: dict[str, list[Run]] = {}
    with ExitStack() as stack:
        workers: list[Worker] = []
        for side in (*ours, *peers):
            worker = stack.enter_context(Worker(side))
            options.report(f"{side.name}: loading and warming up")
            try:
                worker.ready()
                worker.run(warm_up)
            except TwoLeversError as error:
                if side in ours or options.peers:
                    raise
                options.report(f"{error} Left out.")
                continue
            workers.append(worker)
            runs[side.name] = []
        for number, work in enumerate(rounds):
            for worker in workers if number % 2 == 0 else reversed(workers):
                time.sleep(PAUSE)
                done = worker.run(work)
                runs[worker.side.name].append(done)
                options.report(f"repeat {number + 1} of {len(rounds)}  {worker.side.name}: {done.seconds:.2f} s")
    return runs


def row(
    bench: str, case: str, peer: str, ours: Sequence[float], theirs: Sequence[float], unit: str, **more: Any
) -> dict[str, Any]:
    """One row: medians of both sides, and the median, least and largest of the ratios taken repeat by repeat.

    `ratio` > 1 means that we are ahead: ours / theirs for a rate (a unit "…/s"), theirs / ours for seconds or bytes.
    """
    ratios = [a / b if unit.endswith("/s") else b / a for a, b in zip(ours, theirs, strict=True)]
    found = {"bench": bench, "case": case, "peer": peer, "ours": median(ours), "theirs": median(theirs), "unit": unit}
    found |= {"ratio": median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios), "repeats": len(ratios)}
    return found | more


def quality(ours: Sequence[float], theirs: Sequence[float], clusters: Sequence[str]) -> dict[str, float]:
    """The row's columns on quality: both means and the paired difference ours − theirs with its 95 % interval."""
    found = compare(ours, theirs, clusters)
    return {
        "quality_ours": found.a,
        "quality_theirs": found.b,
        "quality_difference": found.difference,
        "low": found.interval.low,
        "high": found.interval.high,
        "n": found.n,
    }
