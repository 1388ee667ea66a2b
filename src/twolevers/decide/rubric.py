"""The rubric: five lines that a decision is read by, each met or not, each with the sentence that helps."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twolevers.decide.advisor import ARMS, ASSUMED
from twolevers.evaluate.evidence import Evidence

IDS = re.compile(r"\b[0-9a-f]{8}\b")
# Words that name a criterion in a justification.
WORDS = {
    "quality": ("right", "quality", "accura", "correct", "wrong", "error", "facts"),
    "freshness": ("fresh", "chang", "updat", "current", "new ", "stale", "today", "old "),
    "sources": ("source", "cite", "citation", "trace", "audit", "evidence for", "show where"),
    "cost": ("cost", "budget", "euro", "price", "cheap", "dear", "money", "€"),
    "speed": ("second", "fast", "slow", "latency", "wait", "speed"),
    "start": ("start", "weeks", "days", "live", "pairs", "label", "on hand", "effort"),
}
CONDITION = re.compile(r"\b(if|when|once|unless|should|as soon as|below|above|more than|less than)\b", re.IGNORECASE)
EXIT = re.compile(
    r"\b(exit|back|fall back|stop|switch|return|replace|remove|drop|end|undo|instead|go over|move to|retire|rever[ts])",
    re.IGNORECASE,
)
HEAVY = 4  # of 5: what is weighed so must be served
FAR = 0.25  # how far below the best arm, by the learner's weights and the advisor's assumptions, needs evidence
SCORED = 3  # criteria that the text must name; of these, the one that matters most


@dataclass(frozen=True)
class Line:
    """One line of the rubric: its name, whether it is met, and what to do or keep."""

    name: str
    met: bool
    says: str


@dataclass(frozen=True)
class Decision:
    """What the learner committed: weights (1 to 5), the arm, the texts, the cost in euros a month."""

    weights: Mapping[str, float]
    arm: str
    because: str
    would_change: str
    cost: float


def read(decision: Decision, budget: float, find: Callable[[str], Evidence | None]) -> list[Line]:
    """The five lines. `find` gives the ledger's row of an id, or None; `budget` is the client's, in euros a month."""
    return [
        _criteria(decision),
        _evidence(decision, find),
        _cost(decision, budget),
        _exit(decision),
        _consistent(decision, budget),
    ]


def cited(text: str) -> list[str]:
    """Ids of evidence that a text names, each once."""
    return list(dict.fromkeys(IDS.findall(text)))


def _named(text: str) -> list[str]:
    lowered = f" {IDS.sub(' ', text.casefold())} "
    return [name for name, words in WORDS.items() if any(word in lowered for word in words)]


def _criteria(decision: Decision) -> Line:
    named = _named(decision.because)
    heaviest = max(decision.weights, key=lambda name: decision.weights[name])
    most = [name for name, weight in decision.weights.items() if weight == decision.weights[heaviest]]
    if len(named) < SCORED:
        lacking = ", ".join(name for name in most if name not in named) or "the next most important ones"
        found = ", ".join(named) or "none"
        return Line("criteria named", False, f"Your text speaks of {found}. Name {SCORED} criteria: {lacking}.")
    if not set(named) & set(most):
        return Line("criteria named", False, f"You weigh {most[0]} highest, and the text never speaks of it.")
    return Line("criteria named", True, f"It speaks of {', '.join(named)}.")


def _evidence(decision: Decision, find: Callable[[str], Evidence | None]) -> Line:
    ids = cited(decision.because)
    if not ids:
        return Line("evidence cited", False, "No row of the ledger is cited: put a row's id (eight signs) in the text.")
    rows = {name: find(name) for name in ids}
    if unknown := [name for name, row in rows.items() if row is None]:
        return Line("evidence cited", False, f"{unknown[0]} is no row of your ledger: copy the id from the table.")
    about = [row for row in rows.values() if row is not None and decision.arm in re.split(r" - |, ", row.arm)]
    if not about:
        return Line("evidence cited", False, f"The rows you cite say nothing of {decision.arm}: cite one that does.")
    said = "; ".join(f"{row.id}: {row.arm}, {row.metric} {row.value:.2f} (n = {row.n})" for row in about)
    return Line("evidence cited", True, f"It rests on {said}.")


def _cost(decision: Decision, budget: float) -> Line:
    if not decision.cost > 0:
        return Line("cost stated", False, "State what it costs a month, people's hours included: nothing is free.")
    share = decision.cost / budget
    if share > 1:
        return Line("cost stated", True, f"{decision.cost:,.0f} euros a month, more than the {budget:,.0f} there are.")
    return Line("cost stated", True, f"{decision.cost:,.2f} euros a month, {100 * share:.0f} % of the budget.")


def _exit(decision: Decision) -> Line:
    text = decision.would_change
    if not CONDITION.search(text):
        return Line("risk and exit named", False, "Say what would change your mind as a condition: if …, below ….")
    if not re.search(r"\d", text):
        return Line("risk and exit named", False, "Give the condition a number, so that one can tell when it is met.")
    if not EXIT.search(text) and not any(re.search(rf"\b{arm}\b", text, re.IGNORECASE) for arm in ARMS):
        return Line("risk and exit named", False, "Say what you would do then: go back to what, switch to which arm?")
    return Line("risk and exit named", True, "There is a condition, a number and a way out.")


def _consistent(decision: Decision, budget: float) -> Line:
    return Line("consistent", not (fault := _fault(decision, budget)), fault or "Weights, pick, text and cost agree.")


def _fault(decision: Decision, budget: float) -> str:
    """What does not go together, or ""."""
    arm, weights = decision.arm, decision.weights
    if decision.cost > budget:
        return "The cost is above the client's budget: cut it, or say who pays the rest."
    if arm in ("prompt", "tuned") and weights.get("sources", 0) >= HEAVY:
        return f"You weigh sources {weights['sources']:.0f} of 5, and {arm} shows none."
    if arm in ("prompt", "tuned") and weights.get("freshness", 0) >= HEAVY:
        return f"You weigh freshness {weights['freshness']:.0f} of 5, and {arm} learns nothing between trainings."
    scores = {name: _assumed(weights, name) for name in ARMS}
    best = max(scores, key=lambda name: scores[name])
    if arm in scores and scores[arm] < scores[best] - FAR and not cited(decision.because):
        return f"By your own weights {best} fits better, and no evidence is cited against it."
    return ""


def _assumed(weights: Mapping[str, float], arm: str) -> float:
    """The arm's utility by the advisor's assumptions, with these weights."""
    total = sum(weights.values())
    return sum(weight * ASSUMED[name][arm][0] for name, weight in weights.items()) / total if total else 0.0
