"""The advisor: from what a client needs and what was measured to an arm, with all that the answer hangs on.

Each arm gets a utility from 0 to 1 for each criterion: measured where the ledger has a row, else an assumption, and
labelled as one. The utilities are weighed by how much each criterion matters (a weighted sum, Keeney & Raiffa 1976).
Nobody knows weights exactly: they are drawn anew around those stated (Dirichlet), and the share of draws that an arm
wins is told, with the smallest change that would turn the ranking.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence

ARMS = ("prompt", "rag", "tuned", "both")
CRITERIA = ("quality", "freshness", "sources", "cost", "speed", "start")
DRAWS = 4_000
CONCENTRATION = 30.0  # of the Dirichlet: a weight of a fifth is drawn as 0.08 to 0.35, nineteen times of twenty
SPREAD = 0.15  # standard deviation of an assumption, on the scale from 0 to 1
CLOSE = 0.6  # share of draws below which the first arm does not stand apart
USEFUL = 0.5  # quality below which the first arm is no system yet
ENOUGH = 0.9  # quality from which a plain prompt needs no rival

# Metrics of the ledger that speak of a criterion, the nearest first; `quality` comes with the requirements.
METRICS = {
    "freshness": ("facts right after the last revision", "answers up to date"),
    "sources": ("citations right",),
    "speed": ("seconds per answer*",),
}
# What is taken where nothing was measured: (utility, why).
ASSUMED = {
    "quality": dict.fromkeys(ARMS, (0.5, "nothing measured for such a task")),
    "freshness": {
        "prompt": (0.0, "a model knows nothing newer than itself"),
        "rag": (1.0, "a new page is read at the next question"),
        "tuned": (0.2, "a new fact waits for the next training"),
        "both": (1.0, "a new page is read at the next question"),
    },
    "sources": {
        "prompt": (0.0, "no source to show"),
        "rag": (0.6, "passages can be shown beside the answer"),
        "tuned": (0.0, "no source to show"),
        "both": (0.8, "trained to name its passage"),
    },
    "cost": {
        "prompt": (1.0, "nothing to build"),
        "rag": (0.6, "an index to keep, longer prompts"),
        "tuned": (0.5, "a training to repeat, short prompts"),
        "both": (0.3, "index and training"),
    },
    "speed": {
        "prompt": (1.0, "a short prompt"),
        "rag": (0.7, "a search and a longer prompt"),
        "tuned": (1.0, "a short prompt"),
        "both": (0.7, "a search and a longer prompt"),
    },
    "start": {
        "prompt": (1.0, "an afternoon"),
        "rag": (0.7, "days"),
        "tuned": (0.4, "weeks, with pairs to collect"),
        "both": (0.2, "weeks, and an index"),
    },
}


@dataclass(frozen=True)
class Requirements:
    """What a client needs. `matters`: criterion to importance (any positive scale, at least one).

    `quality_from`: metrics of the ledger that speak of this task, the nearest first (`*` is any text);
    `latency_seconds`: the wait from which slower is worse.
    """

    matters: Mapping[str, float]
    quality_from: Sequence[str] = ("facts right",)
    latency_seconds: float = 3.0

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.matters) - set(CRITERIA)):
            raise UsageError(f"There is no criterion {unknown[0]!r}: use {', '.join(CRITERIA)}.")
        good = all(isinstance(value, int | float) and 0 <= value < math.inf for value in self.matters.values())
        if not good or sum(self.matters.values()) <= 0:
            raise UsageError("Say how much each criterion matters as numbers from 0 up, at least one above 0.")

    def weights(self) -> np.ndarray:
        """Importance of each of `CRITERIA`, adding up to 1."""
        stated = np.array([float(self.matters.get(name, 0)) for name in CRITERIA])
        return stated / stated.sum()


@dataclass(frozen=True)
class Cell:
    """One arm's utility for one criterion: 0 to 1, its standard deviation, and what it rests on."""

    arm: str
    criterion: str
    utility: float
    spread: float
    basis: str
    evidence: str = ""  # id of the ledger's row; empty: an assumption

    @property
    def measured(self) -> bool:
        """Whether a row of the ledger stands behind it."""
        return bool(self.evidence)


@dataclass(frozen=True)
class Turn:
    """The smallest change that puts another arm first."""

    criterion: str
    now: float
    then: float
    arm: str


@dataclass(frozen=True)
class Advice:
    """`answer`: an arm, "try prompting first" or "not enough evidence". `wins`: the share of weightings each arm wins;
    `wins_in_doubt`: the same with each utility drawn within its uncertainty. `turn` is None when no weight turns it.
    """

    answer: str
    first: str
    utilities: dict[str, float]
    wins: dict[str, float]
    wins_in_doubt: dict[str, float]
    turn: Turn | None
    cells: tuple[Cell, ...]
    words: tuple[str, ...]


def advise(
    requirements: Requirements, evidence: Sequence[Evidence], arms: Sequence[str] = ARMS, seed: int = 0
) -> Advice:
    """What to try, and what the answer hangs on. The newest row counts; rows of other models than the newest do not."""
    if not set(arms) <= set(ARMS) or len(set(arms)) < 2:
        raise UsageError(f"The advisor compares two or more of {', '.join(ARMS)}, each once.")
    rows = [row for row in evidence if row.model == evidence[-1].model]
    cells = [_cell(requirements, rows, arms, arm, name) for name in CRITERIA for arm in arms]
    values = np.array([cell.utility for cell in cells]).reshape(len(CRITERIA), len(arms))
    spreads = np.array([cell.spread for cell in cells]).reshape(values.shape)
    weights = requirements.weights()
    generator = np.random.default_rng(seed)
    drawn = generator.dirichlet(np.maximum(CONCENTRATION * weights, 1e-6), size=DRAWS)
    noise = generator.normal(size=(DRAWS, *values.shape))
    doubted = np.clip(values + spreads * noise, 0, 1)
    total = weights @ values
    wins = _shares(drawn @ values, arms)
    in_doubt = _shares(np.einsum("dc,dca->da", drawn, doubted), arms)
    first = arms[int(total.argmax())]
    turn = _turn(weights, values, arms)
    utilities = dict(zip(arms, total.tolist(), strict=True))
    answer, why = _answer(cells, weights, first, in_doubt)
    found = Advice(answer, first, utilities, wins, in_doubt, turn, tuple(cells), ())
    return replace(found, words=tuple(_words(found, why)))


def _cell(requirements: Requirements, rows: Sequence[Evidence], arms: Sequence[str], arm: str, name: str) -> Cell:
    metrics = requirements.quality_from if name == "quality" else METRICS.get(name, ())
    row = _row(rows, metrics, arms).get(arm)
    if row is None:
        utility, why = ASSUMED[name][arm]
        return Cell(arm, name, utility, SPREAD, f"assumed: {why}")
    value, spread = row.value, (row.high - row.low) / 3.92 if row.low <= row.high else SPREAD
    if name == "speed":
        value, spread = min(1.0, requirements.latency_seconds / max(row.value, 1e-9)), 0.0
    said = f"{row.metric} {row.value:.2f} (n = {row.n}, {row.lesson})"
    return Cell(arm, name, float(np.clip(value, 0, 1)), spread, said, row.id)


def _row(rows: Sequence[Evidence], metrics: Sequence[str], arms: Sequence[str]) -> dict[str, Evidence]:
    """The newest row of each arm for the first metric and lesson that speak of two arms or more: like with like."""
    for metric in metrics:
        by_lesson: dict[tuple[str, str], dict[str, Evidence]] = {}
        for row in rows:
            if row.arm in arms and fnmatchcase(row.metric, metric) and not math.isnan(row.value):
                by_lesson.setdefault((row.lesson, row.metric), {})[row.arm] = row
        if whole := [found for found in by_lesson.values() if len(found) > 1]:
            return max(whole, key=len)
    return {}


def _shares(scores: np.ndarray, arms: Sequence[str]) -> dict[str, float]:
    """The share of rows (draws, arms) in which each arm is first."""
    first = np.bincount(scores.argmax(axis=1), minlength=len(arms)) / len(scores)
    return dict(zip(arms, first.tolist(), strict=True))


def _turn(weights: np.ndarray, values: np.ndarray, arms: Sequence[str]) -> Turn | None:
    """The smallest move of one weight, the others keeping their proportions, at which another arm draws level.

    With weight w of a criterion moved by t towards it (w + t (1 − w), the others times 1 − t) a lead d becomes
    (1 − t) d + t g, where g is the lead on that criterion alone.
    """
    total = weights @ values
    best = int(total.argmax())
    turns = []
    for other in range(len(arms)):
        lead = total[best] - total[other]
        for place, weight in enumerate(weights):
            gap = values[place, best] - values[place, other]
            if other == best or abs(lead - gap) < 1e-12:
                continue
            moved = lead / (lead - gap)
            then = weight + moved * (1 - weight)
            if -1e-9 <= then <= 1 and moved < 1:
                turns.append(
                    (abs(then - weight), Turn(CRITERIA[place], float(weight), float(max(then, 0)), arms[other]))
                )
    return min(turns, key=lambda turn: turn[0])[1] if turns else None


def _answer(cells: Sequence[Cell], weights: np.ndarray, first: str, wins: Mapping[str, float]) -> tuple[str, str]:
    quality = {cell.arm: cell for cell in cells if cell.criterion == "quality"}
    plain = quality.get("prompt")
    known = sorted(arm for arm, cell in quality.items() if cell.measured)
    if not known:
        return "not enough evidence", "no arm was measured on such a task"
    if plain is not None and not plain.measured:
        return "try prompting first", "a plain prompt was never measured on such a task, and costs an afternoon"
    best = max(quality[arm].utility for arm in known)
    if plain is not None and (plain.utility >= ENOUGH or plain.utility >= best):
        return "try prompting first", f"a plain prompt already gets {plain.utility:.2f} of them right"
    if first not in known:
        return "not enough evidence", f"{first} comes first on assumptions; it was never measured on such a task"
    if wins[first] < CLOSE:
        second = max((arm for arm in wins if arm != first), key=lambda arm: wins[arm])
        return "not enough evidence", f"{first} and {second} are too close to call"
    return first, f"it is first in {100 * wins[first]:.0f} % of the weightings, doubts included"


def _words(advice: Advice, why: str) -> list[str]:
    assumed = [cell for cell in advice.cells if not cell.measured]
    ranked = sorted(advice.wins, key=lambda arm: -advice.wins[arm])
    lines = [f"{advice.answer[:1].upper()}{advice.answer[1:]}: {why}."]
    lines.append("Weightings won: " + ", ".join(f"{arm} {100 * advice.wins[arm]:.0f} %" for arm in ranked) + ".")
    if turn := advice.turn:
        verb = "rose" if turn.then > turn.now else "fell"
        lines.append(
            f"{turn.arm} would draw level with {advice.first} if the weight of {turn.criterion} {verb} from "
            f"{100 * turn.now:.0f} to {100 * turn.then:.0f} %."
        )
    else:
        lines.append(f"No single weight, however moved, puts another arm before {advice.first}.")
    quality = next(cell for cell in advice.cells if cell.criterion == "quality" and cell.arm == advice.first)
    if quality.measured and quality.utility < USEFUL:
        lines.append(f"But {advice.first} is right in {quality.utility:.2f} only: first is not good enough to build.")
    lines.append(f"{len(assumed)} of {len(advice.cells)} figures are assumptions; the table names them.")
    return [spelt(line) for line in lines]


def spelt(words: str) -> str:
    """With RAG in capitals, as people write it; the arm's own name is in small letters."""
    return re.sub(r"\b[Rr]ag\b", "RAG", words)
