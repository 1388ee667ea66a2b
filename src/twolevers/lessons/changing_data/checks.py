"""Checks of exercise 02: answers told apart, your own row on updates, what a year did to a gap, what was left."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from twolevers.errors import UsageError
from twolevers.evaluate.statistics import Comparison, Interval, compare
from twolevers.evaluate.verdicts import Verdict, judge
from twolevers.learn.check import Step, check, equals, gives, has_keys, holds, is_a

if TYPE_CHECKING:
    import pandas as pd

    from twolevers.evaluate.evidence import Evidence

LESSON = "02_changing_data"
RIGHT, OLD, REFUSED, OTHER = "right", "old value", "refused", "another value"
ENDS = ("value", "low", "high")
PRODUCT = "Elda 2031"


def practice_scores() -> "pd.DataFrame":
    """Made-up scores for task 3: 40 products × 2 questions; columns product, rag_0, rag_12, tuned_0, tuned_12."""
    import pandas as pd

    rng = np.random.default_rng(945)
    ease = np.repeat(rng.normal(0, 1.5, 40), 2)  # the questions on one product rise and fall together
    level = {"rag_0": 1.2, "rag_12": 1.0, "tuned_0": 0.4, "tuned_12": -1.1}
    own = {name: np.repeat(rng.normal(0, 2.5, 40), 2) for name in level}
    chance = {name: 1 / (1 + np.exp(-(value + ease + own[name]))) for name, value in level.items()}
    columns = {name: rng.binomial(1, chance[name]) for name in level}
    return pd.DataFrame({"product": np.repeat([f"product {n}" for n in range(1, 41)], 2)} | columns)


def practice_places() -> list[tuple[str, str]]:
    """Made-up places of task 4, (id, text), after the page of the Elda 2031 was taken out of the index."""
    return [
        ("passage elda-2029#0", "The Elda 2029 weighs 2.2 kg."),
        ("passage elda-2029#1", "While the Elda 2031 makes 43 dB of noise, the Elda 2029 makes 47 dB."),
        ("passage velda-2031#0", "The Velda 2031 has a cord of 1.2 m."),
        ("kept answer 17", "The elda-2031 costs 61 crowns [1]."),
        ("kept answer 18", "It costs 48 crowns [2]."),
        ("training pair 5", "How heavy is the ELDA 2031? 2.7 kg"),
        ("training pair 6", "How heavy is the Elda 2029? 2.2 kg"),
    ]


def outcome(function: Callable[[str, Sequence[str], Sequence[str]], str]) -> None:
    """Task 1: `function(said, now, before)` sorts one answer; `now` is empty where the page is gone."""
    now, before = ["43 dB"], ["47 dB"]
    inside = "that looks for letters; 43 dB is not stated by 143 dB. answer_match reads whole values."
    unit = "1.2 kW and 1200 W are the same value; answer_match knows."
    moved = "it is what was true before, so an update would cure it."
    never = "it was never true, so no update would cure it; not every wrong answer is an old one."
    silent = "it states no value at all; is_refusal tells."
    gone = "nothing is true of a page that is gone; what was true before is an old value."
    known = (RIGHT, OLD, REFUSED, OTHER)
    unknown = (lambda said: said not in known, f"the four words are {', '.join(known)}.")
    cases = [
        (RIGHT, "It is 43 dB [1].", now, before, {OTHER: "43 dB is stated, and it is true now."}),
        (OLD, "47 dB", now, before, {OTHER: moved, RIGHT: moved}),
        (OTHER, "51 dB", now, before, {OLD: never}),
        (OTHER, "143 dB", now, before, {RIGHT: inside}),
        (RIGHT, "1.2 kW", ["1,200 W", "1200 W"], ["1,400 W"], {OTHER: unit}),
        (REFUSED, "Not in the documents.", now, before, {OTHER: silent, OLD: silent}),
        (OLD, "47 dB", [], before, {RIGHT: gone, OTHER: gone}),
        (REFUSED, "Not in the documents.", [], before, {RIGHT: "refusing is good here, and its word is refused."}),
    ]
    check(
        LESSON,
        "Task 1",
        function,
        *(gives(right, args=args, mistakes=[*said.items(), unknown]) for right, *args, said in cases),
        note="The counts of these four words tell where to look: at the updates, or at search and reading.",
    )


def own_row() -> "Evidence":
    """Task 2: the newest row of your ledger on what an update takes. UsageError before the lesson was run."""
    from twolevers.learn.ledger import Ledger

    found = [row for row in Ledger().find(claim="C15") if row.lesson == LESSON and row.metric.startswith("log2")]
    if not found:
        raise UsageError(
            "Your ledger has no row on updates yet: run notebooks/02_changing_data.ipynb to its end first."
        )
    return found[-1]


def own_ratio(answer: Mapping[str, float], row: "Evidence") -> None:
    """Task 2a: how many times as long training again took as a refresh, with its interval, from a log2 ratio."""
    right = {name: 2.0 ** getattr(row, name) for name in ENDS}
    ways = {
        "that is the row as it stands; its values are powers of two.": lambda value: value,
        "that takes e to the power; the row is a log2, so take two to it.": math.exp,
        "that takes ten to the power; the row is a log2, so take two to it.": lambda value: 10.0**value,
        "that is the square; take two to the power of the value.": lambda value: value**2,
        "that is turned round: how long a refresh takes, as a share of the training.": lambda value: 2.0**-value,
        "that doubles the value; each step of one doubles the ratio.": lambda value: 2.0 * value,
    }
    check(
        LESSON,
        "Task 2a",
        answer,
        has_keys(ENDS),
        equals(
            right,
            tolerance=0.01 * right["value"],
            mistakes=[(_close({name: way(getattr(row, name)) for name in ENDS}), said) for said, way in ways.items()],
            hint="The row's metric says log2.",
        ),
    )


def own_verdict(answer: str, row: "Evidence") -> None:
    """Task 2b: what the row says of the claim that training takes longer: one of the verdict words."""
    right = str(judge(Interval(row.low, row.high), expected="higher", margin=1.0))
    check(
        LESSON,
        "Task 2b",
        answer,
        is_a(str, hint="One of the four verdict words."),
        holds(lambda said: said in set(Verdict), f"the words are {', '.join(Verdict)}."),
        equals(
            right,
            mistakes=[
                ("supported", "Is the whole interval above the margin of 1, which is twice as long?"),
                ("qualified", "Qualified: above zero, but not wholly above the margin. Look at the low end again."),
                ("contradicted", "Contradicted needs the whole interval below zero."),
                ("too close to call", "That needs zero inside the interval. Is it?"),
            ],
        ),
        note="Your machine, your model, a few dozen facts: say so when you quote it.",
    )


def _close(wrong: Mapping[str, float]) -> Callable[[Mapping[str, float]], bool]:
    return lambda found: all(math.isclose(found[name], wrong[name], rel_tol=0.01) for name in ENDS)


def gap(answer: Comparison, scores: "pd.DataFrame") -> None:
    """Task 3: how much of the gap rag − tuned came about during the year, as one Comparison."""
    product = scores["product"]
    grown = [(scores[f"{arm}_12"] - scores[f"{arm}_0"]).tolist() for arm in ("rag", "tuned")]
    right = compare(*grown, product)
    wrong = [
        (compare(scores["rag_12"], scores["tuned_12"]).difference, "that is the whole gap at month 12."),
        (compare(scores["rag_0"], scores["tuned_0"]).difference, "that is the gap at month 0."),
        (-float(np.mean(grown[1])), "that is the fall of the tuned model alone; the other arm moved too."),
        (-right.difference, "the sign is turned round; the gap is rag − tuned, so what RAG gained comes first."),
    ]
    check(
        LESSON,
        "Task 3",
        answer,
        is_a(Comparison, hint="Pass each arm's change during the year to compare()."),
        *(_not_this(value, said) for value, said in wrong),
        holds(
            lambda found: _same(found.difference, right.difference),
            "the difference is not the expected one; take each arm's month 12 minus its month 0, then compare them.",
        ),
        holds(
            lambda found: found.clusters == product.nunique(),
            "the questions are taken as independent; two belong to each product, so pass the products as clusters.",
        ),
        note="What was there at month 0 belongs to the arms; only the rest belongs to the year.",
    )


def leftovers(function: Callable[[list[tuple[str, str]], str], list[str]]) -> None:
    """Task 4: `function(places, product)` gives the ids of the places whose text still names the product."""
    places = practice_places()
    right = ["passage elda-2029#1", "kept answer 17", "training pair 5"]
    spelt = "a name may be written elda-2031 or ELDA 2031; mentions() reads them alike."
    velda = "the Velda 2031 is another product; mentions() reads whole words."
    others = [name for name, _ in places if name not in right]
    mistakes = [
        ([], "nothing was found, and three places still name it; look at the texts, not at the ids."),
        (others, "those are the places that do not name it; turn the test round."),
        ([text for name, text in places if name in right], "return the ids, not the texts."),
        (lambda found: isinstance(found, list) and "passage velda-2031#0" in found, velda),
        (lambda found: isinstance(found, list) and set(found) < set(right), spelt),
    ]
    check(
        LESSON,
        "Task 4",
        function,
        gives(right, args=(places, PRODUCT), mistakes=mistakes, hint="Return the list of ids, in order."),
        gives([], args=(places[:1], PRODUCT), hint="This place names the Elda 2029 only."),
        gives(["passage velda-2031#0"], args=(places, "Velda 2031"), hint="Look for the product that was passed in."),
        note="Three places, three cures: edit and index again, throw away, train anew. One kept answer names nothing.",
    )


def _not_this(value: float, said: str) -> Step:
    return holds(lambda found: not _same(found.difference, value), said)


def _same(found: float, wanted: float) -> bool:
    return math.isclose(found, wanted, abs_tol=1e-9)
