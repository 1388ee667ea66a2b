"""Checks of exercise 02: answers told apart, what a refresh must do, what a year did to a gap, what a deletion left."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from twolevers.evaluate.statistics import Comparison, compare
from twolevers.learn.check import Step, check, gives, holds, is_a

if TYPE_CHECKING:
    import pandas as pd

LESSON = "02_changing_data"
RIGHT, OLD, REFUSED, OTHER = "right", "old value", "refused", "another value"
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


def changes(function: Callable[[dict[str, str], dict[str, str]], tuple[set[str], set[str]]]) -> None:
    """Task 2: `function(before, after)`, pages by id, gives the ids to index (again) and those to take out."""
    before = {"a": "The A costs 5 crowns.", "b": "The B is red.", "c": "The C is loud."}
    after = {"a": "The A costs 15 crowns.", "b": "The B is red.", "d": "The D is new."}
    mistakes = [
        (({"a"}, {"c"}), "d is new: it stood nowhere before and must be indexed too."),
        (({"d"}, {"c"}), "the text of a changed, though its id did not."),
        (
            ({"a", "b", "d"}, {"c"}),
            "b did not change; a refresh leaves such pages alone, or it takes as long as building.",
        ),
        (({"a", "d"}, set()), "c is gone from the pages and must be taken out, or it will go on being cited."),
        (({"a", "c", "d"}, {"c"}), "c is gone; there is no text left to index."),
        (({"a", "c", "d"}, set()), "c is gone; take it out, there is no text left to index."),
        (({"a", "d"}, {"a", "c"}), "a is indexed anew, which replaces its passages; take out only what is gone."),
        (({"c"}, {"a", "d"}), "the two sets are turned round: first what to index, then what to take out."),
    ]
    pair = "Return two sets of ids: to index, to take out."
    check(
        LESSON,
        "Task 2",
        function,
        gives(({"a", "d"}, {"c"}), args=(before, after), mistakes=mistakes, hint=pair),
        gives((set(), set()), args=(after, after), hint="Nothing changed here. " + pair),
        gives(
            ({"b"}, set()),
            args=({"b": "It is 43 dB."}, {"b": "It is 51 dB."}),
            mistakes=[((set(), set()), "the text changed and kept its length; compare the texts themselves.")],
            hint=pair,
        ),
        gives((set(after), set()), args=({}, after), hint="This index is empty yet. " + pair),
        note="Everything else in the index stays as it is: a refresh grows with the change, not with the collection.",
    )


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
