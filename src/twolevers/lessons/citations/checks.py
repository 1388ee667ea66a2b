"""Checks of exercise 03: from number to page, precision and recall, what a passage confirms, whence answers come."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.evaluate.statistics import wilson
from twolevers.learn.check import check, gives, has_keys, holds, is_a, with_given

if TYPE_CHECKING:
    import pandas as pd

LESSON = "03_citations"
PAGES = ["Elda 2030", "Elda 2031", "Returns"]
Statement = tuple[set[int], set[int]]
"""The passages that a statement cites, and those that support it."""

STATEMENTS: list[Statement] = [({1, 2, 3}, {2}), ({1}, {1}), (set(), {2, 3}), ({2}, {2, 3}), ({3}, set())]
SIBLINGS = "The Elda 2030 weighs 3.1 kg, but the Elda 2031 weighs 2.7 kg. The Elda 2031 makes 143 dB."
PRACTICE = {"A": (60, 48, 45), "B": (60, 40, 4), "C": (60, 7, 5)}  # questions, right with the page, of these lost
YOURS, OWN = "yours", 20  # the learner's own bot, and the questions it is asked
Counts = Callable[["pd.DataFrame"], tuple[int, int]]
"""Of a bot's rows: how many, of how many."""


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


def own_answers() -> "pd.DataFrame":
    """Task 4: `practice_answers`, and the course's model with retrieval asked as often, as bot "yours".

    Its page is taken out of what the search found. About half a minute, once.
    """
    import pandas as pd

    from twolevers.lessons.citations.experiment import K, first_wording
    from twolevers.lessons.common.bench import Workbench
    from twolevers.lessons.common.moving_facts import read_found

    bench = Workbench.load()
    questions = first_wording(bench)[:OWN]
    found = bench.retriever.search([question.text for question in questions], 4 * K)
    gone = [
        [one for one in row if one.doc_id not in asked.doc_ids] for row, asked in zip(found, questions, strict=True)
    ]
    right = {
        name: read_found(bench, questions, [row[:K] for row in rows])["correct"].astype(int).tolist()
        for name, rows in (("with_page", found), ("without_page", gone))
    }
    return pd.concat([practice_answers(), pd.DataFrame({"bot": YOURS, **right})], ignore_index=True)


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


@with_given
def lost(answer: Mapping[str, Sequence[float]], frame: "pd.DataFrame") -> None:
    """Task 4a: of each bot's answers that are right with the page, the share lost without it, with its interval."""
    expected = _shares(frame, lambda rows: (_gone(rows), _right(rows)))
    lines = {
        "you divide by all questions; an answer that was never right cannot be lost.": (
            lambda rows: (_gone(rows), len(rows))
        ),
        "that is the share kept; the share lost is wanted.": lambda rows: (_right(rows) - _gone(rows), _right(rows)),
        "that is the share wrong without the page, whatever it was with the page.": (
            lambda rows: (int((rows["without_page"] == 0).sum()), len(rows))
        ),
        "that is the difference of two shares of all questions; look at the answers that were right with the page.": (
            lambda rows: (max(0, _right(rows) - int(rows["without_page"].sum())), len(rows))
        ),
    }
    check(
        LESSON,
        "Task 4a",
        answer,
        has_keys(expected, hint="Make a dictionary from each bot to (share, low, high)."),
        holds(
            lambda found: all(not np.isscalar(one) and len(one) == 3 for one in found.values()),
            "each value should be (share, low, high).",
        ),
        *(
            holds(lambda found, count=count: not _alike(found, _shares(frame, count)), says)
            for says, count in lines.items()
            if not _alike(_shares(frame, count), expected)
        ),
        holds(
            lambda found: all(_close(found[bot][0], expected[bot][0]) for bot in expected),
            "a share is not the expected one; keep the rows with with_page 1, then count without_page 0.",
        ),
        holds(
            lambda found: _alike(found, expected),
            "the shares are right, the intervals are not; wilson(lost, right with the page) takes two counts.",
        ),
        note="Taking the source away shows what an answer rested on. No source line can.",
    )


@with_given
def sure(answer: Sequence[str], frame: "pd.DataFrame") -> None:
    """Task 4b: the bots of which the interval shows that most right answers rest on the pages."""
    low = {bot: found[1] for bot, found in _shares(frame, lambda rows: (_gone(rows), _right(rows))).items()}
    own = [
        holds(
            lambda found, begins=begins: (YOURS in found) == (begins > 0.5),
            f"your own bot's interval begins at {begins:.2f}; does all of it lie above one half?",
        )
        for bot, begins in low.items()
        if bot == YOURS
    ]
    check(
        LESSON,
        "Task 4b",
        answer,
        is_a(list, set, tuple, hint="List the bots' names; [] where the data show it of none."),
        holds(lambda found: set(found) <= set(low), f"the bots are {_names(low)}."),
        holds(lambda found: "B" not in found, "B keeps nearly all of its right answers without the page."),
        holds(lambda found: "C" not in found, "C's interval reaches below one half; few right answers show little."),
        holds(lambda found: "A" in found, "one bot's whole interval lies above one half."),
        *own,
        note="C may well rest on its pages, too. Ask it more questions before you say so.",
    )


def _right(rows: "pd.DataFrame") -> int:
    return int(rows["with_page"].sum())


def _gone(rows: "pd.DataFrame") -> int:
    return int(((rows["with_page"] == 1) & (rows["without_page"] == 0)).sum())


def _shares(frame: "pd.DataFrame", count: Counts) -> dict[str, tuple[float, float, float]]:
    """(share, low, high) of every bot that was ever right with its page, from two counts of its rows."""
    found = {}
    for bot, rows in frame.groupby("bot"):
        if _right(rows):
            successes, n = count(rows)
            interval = wilson(successes, n)
            found[str(bot)] = (successes / n, interval.low, interval.high)
    return found


def _names(bots: Mapping[str, Any]) -> str:
    *others, last = sorted(bots)
    return f"{', '.join(others)} and {last}"


def _close(found: Any, wanted: float) -> bool:
    return found is not None and math.isclose(found, wanted, abs_tol=1e-3)


def _alike(found: Mapping[str, Sequence[float]], wanted: Mapping[str, Sequence[float]]) -> bool:
    return all(all(map(_close, found[name], wanted[name])) for name in wanted)
