"""Checks of exercise 03: from number to page, precision and recall, what a passage confirms, whence answers come."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.evaluate.statistics import wilson
from twolevers.learn.check import check, gives, has_keys, holds, is_a

if TYPE_CHECKING:
    import pandas as pd

LESSON = "03_citations"
PAGES = ["Elda 2030", "Elda 2031", "Returns"]
Statement = tuple[set[int], set[int]]
"""The passages that a statement cites, and those that support it."""

STATEMENTS: list[Statement] = [({1, 2, 3}, {2}), ({1}, {1}), (set(), {2, 3}), ({2}, {2, 3}), ({3}, set())]
SIBLINGS = "The Elda 2030 weighs 3.1 kg, but the Elda 2031 weighs 2.7 kg. The Elda 2031 makes 143 dB."
PRACTICE = {"A": (60, 48, 45), "B": (60, 40, 4), "C": (60, 7, 5)}  # questions, right with the page, of these lost


def clauses(text: str) -> list[str]:
    """The sentences of `text`, cut again before "but" and "while": each says something of one product."""
    return [part for part in re.split(r"(?<=[.!?])\s+|,?\s+(?=(?:but|while) )", text) if part]


def practice_answers() -> "pd.DataFrame":
    """Made-up answers for task 4: columns bot, with_page and without_page (1 right, 0 wrong), one question a row."""
    import pandas as pd

    rows = []
    for bot, (n, right, lost) in PRACTICE.items():
        kept = right - lost
        without = [0] * lost + [1] * kept + [1, 0] * 2 + [0] * (n - right - 4)
        rows += zip([bot] * n, [1] * right + [0] * (n - right), without, strict=True)
    frame = pd.DataFrame(rows, columns=["bot", "with_page", "without_page"])
    return frame.sample(frac=1, random_state=3).reset_index(drop=True)


def source_pages(function: Callable[[str, list[str]], list[str]]) -> None:
    """Task 1: `function(answer, pages)` gives the pages that the numbers in brackets stand for."""
    name_too = (lambda found: len(found) > 1, "only numbers in brackets cite; others are values or parts of names.")
    no_page = "a number that no page bears is an invention, not nothing; keep it as '?7'."
    last = "[0] must not reach the last page; numbers start at 1, and Python counts from the end below 0."
    check(
        LESSON,
        "Task 1",
        function,
        gives(
            ["Elda 2031"],
            args=("2.7 kg [2]", PAGES),
            mistakes=[
                (["Returns"], "the prompt numbers its passages from 1, and a list from 0."),
                ("Elda 2031", "return a list of pages; an answer may cite several."),
                (["2"], "that is the number; look up the page that it stands for."),
                name_too,
            ],
        ),
        gives(
            ["Elda 2031"],
            args=("The Elda 2031 weighs 2.7 kg [2].", PAGES),
            mistakes=[name_too],
        ),
        gives(
            ["Returns", "Elda 2030"],
            args=("19 days [3][1]", PAGES),
            mistakes=[
                (["Elda 2030", "Returns"], "keep the order in which the answer cites them."),
                (lambda found: len(found) == 1, "the answer cites two passages; find every bracket."),
            ],
        ),
        gives(
            ["Elda 2030"],
            args=("3.1 kg [1], really [1]", PAGES),
            mistakes=[(["Elda 2030", "Elda 2030"], "a page cited twice is one source; keep it once.")],
        ),
        gives([], args=("3.1 kg", PAGES), mistakes=[(PAGES, "without a number nothing is cited.")]),
        gives(["?7"], args=("43 dB [7]", PAGES), mistakes=[([], no_page)], hint=f"Else {no_page}"),
        gives(["?0"], args=("43 dB [0]", PAGES), mistakes=[(["Returns"], last), ([], no_page)]),
        note="A number is a promise of the model. Whether the page keeps it comes next.",
    )


def precision_and_recall(function: Callable[[Sequence[Statement]], tuple[float | None, float | None]]) -> None:
    """Task 2: `function(statements)` gives citation precision and recall; None where there is nothing to divide by."""

    def pair(precision: float, recall: float) -> Callable[[Any], bool]:
        return lambda found: _close(found[0], precision) and _close(found[1], recall)

    def first(value: float) -> Callable[[Any], bool]:
        return lambda found: _close(found[0], value)

    def second(value: float) -> Callable[[Any], bool]:
        return lambda found: _close(found[1], value)

    check(
        LESSON,
        "Task 2",
        function,
        gives(
            (0.5, 0.6),
            args=(STATEMENTS,),
            tolerance=0.001,
            mistakes=[
                (lambda found: not isinstance(found, tuple | list) or len(found) != 2, "return precision, recall."),
                (pair(0.6, 0.5), "the two are the other way round; precision comes first."),
                (first(7 / 12), "count all citations together; a mean over statements gives each statement one vote."),
                (first(0.75), "precision counts citations, and you counted statements that cite."),
                (second(0.75), "a statement without a citation counts against recall; divide by all statements."),
                (second(0.5), "recall counts statements, and you counted supporting passages."),
                (second(0.4), "one supporting citation is enough for recall; useless ones cost precision."),
            ],
            hint="Six citations, of which three support; five statements, of which three are supported.",
        ),
        gives(
            (None, 0.0),
            args=([(set(), {1}), (set(), set())],),
            mistakes=[
                ((0.0, 0.0), "no citation was made, so none was wrong: precision is None, not zero."),
                ((1.0, 0.0), "no citation was made, so none was right: precision is None, not one."),
            ],
            hint="Nothing is cited here: precision has nothing to divide by.",
        ),
        gives((None, None), args=([],), hint="Without statements neither measure is defined."),
        note="Cite everything, and recall is safe; cite almost nothing, and precision is. Report both.",
    )


def confirms(function: Callable[[str, str, str], bool]) -> None:
    """Task 3: `function(product, value, text)`: does some clause of the text say this value of this product?"""
    value_only = "the value stands there, but of another product; the clause must name the product too."
    apart = "product and value both stand in the text, but in different clauses."
    part = "43 dB is only a part of 143 dB; ask mentions(), which reads whole values."
    check(
        LESSON,
        "Task 3",
        function,
        gives(
            True,
            args=("Elda 2031", "2.7 kg", SIBLINGS),
            mistakes=[(False, "one clause says just this; do you ask for `any` clause, or for all?")],
            hint="True or False is wanted.",
        ),
        gives(False, args=("Elda 2029", "2.7 kg", SIBLINGS), mistakes=[(True, value_only)]),
        gives(False, args=("Elda 2031", "3.1 kg", SIBLINGS), mistakes=[(True, apart)]),
        gives(False, args=("Elda 2031", "43 dB", SIBLINGS), mistakes=[(True, part)]),
        gives(
            True,
            args=("Elda 2031", "2.7 kilograms", SIBLINGS),
            mistakes=[(False, "kilograms and kg are one unit; mentions() knows that, `in` does not.")],
        ),
        gives(
            True,
            args=("elda-2030", "3.1kg", SIBLINGS),
            mistakes=[(False, "the same name in another spelling; compare with mentions().")],
        ),
        note="This is the step that no model took part in. It can stand behind any of the source lines.",
    )


def lost(answer: Mapping[str, Sequence[float]], frame: "pd.DataFrame") -> None:
    """Task 4a: of each bot's answers that are right with the page, the share lost without it, with its interval."""

    def shares(count: Callable[[int, int, int], tuple[int, int]]) -> dict[str, tuple[float, float, float]]:
        found = {}
        for bot, numbers in PRACTICE.items():
            successes, n = count(*numbers)
            interval = wilson(successes, n)
            found[bot] = (successes / n, interval.low, interval.high)
        return found

    expected = shares(lambda n, right, gone: (gone, right))
    check(
        LESSON,
        "Task 4a",
        answer,
        has_keys(PRACTICE, hint="Make a dictionary from each bot to (share, low, high)."),
        holds(
            lambda found: all(not np.isscalar(one) and len(one) == 3 for one in found.values()),
            "each value should be (share, low, high).",
        ),
        holds(
            lambda found: not _alike(found, shares(lambda n, right, gone: (gone, n))),
            "you divide by all questions; an answer that was never right cannot be lost.",
        ),
        holds(
            lambda found: not _alike(found, shares(lambda n, right, gone: (right - gone, right))),
            "that is the share kept; the share lost is wanted.",
        ),
        holds(
            lambda found: not _alike(found, shares(lambda n, right, gone: (n - (right - gone) - 2, n))),
            "that is the share wrong without the page, whatever it was with the page.",
        ),
        holds(
            lambda found: not _alike(found, shares(lambda n, right, gone: (max(gone - 2, 0), n))),
            "that is the difference of two shares of all questions; look at the answers that were right with the page.",
        ),
        holds(
            lambda found: all(_close(found[bot][0], expected[bot][0]) for bot in PRACTICE),
            "a share is not the expected one; keep the rows with with_page 1, then count without_page 0.",
        ),
        holds(
            lambda found: _alike(found, expected),
            "the shares are right, the intervals are not; wilson(lost, right with the page) takes two counts.",
        ),
        note="Taking the source away shows what an answer rested on. No source line can.",
    )


def sure(answer: Sequence[str]) -> None:
    """Task 4b: the bots of which the interval shows that most right answers rest on the pages."""
    check(
        LESSON,
        "Task 4b",
        answer,
        is_a(list, set, tuple, hint="List the bots' names; [] where the data show it of none."),
        holds(lambda found: set(found) <= set(PRACTICE), "the bots are A, B and C."),
        holds(lambda found: "B" not in found, "B keeps nearly all of its right answers without the page."),
        holds(lambda found: "C" not in found, "C's interval reaches below one half; few right answers show little."),
        holds(lambda found: "A" in found, "one bot's whole interval lies above one half."),
        note="C may well rest on its pages, too. Ask it more questions before you say so.",
    )


def _close(found: Any, wanted: float) -> bool:
    return found is not None and math.isclose(found, wanted, abs_tol=1e-3)


def _alike(found: Mapping[str, Sequence[float]], wanted: Mapping[str, Sequence[float]]) -> bool:
    return all(all(map(_close, found[name], wanted[name])) for name in wanted)
