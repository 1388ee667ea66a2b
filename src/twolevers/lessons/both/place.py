"""Exercise 12, task 3: does it matter where in the prompt the support stands? Asked of the real, untouched model."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.both import supports
from twolevers.arms.prompts import build
from twolevers.data.records import Question
from twolevers.evaluate.metrics import answer_match
from twolevers.learn.check import check, equals, gives, has_keys, with_given
from twolevers.lessons.common.bench import PASSAGE_WORDS, Workbench
from twolevers.retrieval.chunking import Passage, chunk

if TYPE_CHECKING:
    from collections.abc import Mapping

LESSON = "12_both"
QUESTIONS, DISTRACTORS, SEED = 10, 2, 12  # few, so that both orders take seconds; no verdict
Placed = Callable[[Passage, Sequence[Passage], bool], list[Passage]]


def placed(function: Placed) -> None:
    """Task 3a: `function(support, distractors, first)`, the passages in order; distractors keep theirs."""
    check(
        LESSON,
        "Task 3a",
        function,
        gives(
            ["S", "a", "b"],
            args=("S", ["a", "b"], True),
            mistakes=[
                (["a", "b", "S"], "that is the order for `first` = False."),
                (["S", ["a", "b"]], "the distractors are a list within the list; put them in one by one with *."),
                (["a", "S", "b"], "the support stands in the middle; put it in front."),
                (["S"], "the distractors are gone; the model must choose among passages."),
            ],
        ),
        gives(
            ["a", "b", "S"],
            args=("S", ["a", "b"], False),
            mistakes=[
                (["S", "a", "b"], "the support stands in front though `first` is False."),
                (["b", "a", "S"], "keep the distractors in their order, or two things change at once."),
            ],
        ),
        note="All else is alike, so a difference can only come from the place.",
    )


def ask(function: Placed, bench: Workbench | None = None) -> pd.DataFrame | None:
    """Dev questions put to the untouched model with the support first and last: question, first, last (1 or 0).

    Nothing, and a line that says so, as long as the function is not written.
    """
    parts = function("S", ["a", "b"], True)
    if not isinstance(parts, list | tuple) or not all(isinstance(one, str) for one in parts):
        print("placed() gives no list of passages yet: write it, then run this cell again.")
        return None
    bench = bench or Workbench.load()
    pages = {page.doc_id: page for page in bench.documents}
    asked = []
    for question in bench.held_out("dev", 4 * QUESTIONS, SEED):
        page = pages[question.doc_ids[0]]
        siblings = [one for one in bench.documents if one.line == page.line and one.doc_id != page.doc_id]
        support = [one for one in chunk([page], PASSAGE_WORDS) if supports(one, question)]
        others = [chunk([one], PASSAGE_WORDS)[0] for one in siblings[:DISTRACTORS]]  # no search: this takes seconds
        if support and len(others) == DISTRACTORS:
            asked.append((question, support[0], others))
    rows: dict[str, list] = {"question": [question.text for question, _, _ in asked[:QUESTIONS]]}
    for name, first in (("first", True), ("last", False)):
        chats = [build(one.text, function(support, others, first)) for one, support, others in asked[:QUESTIONS]]
        said = bench.model.generate(chats, max_new_tokens=24)
        rows[name] = [_right(answer.text, one) for answer, (one, _, _) in zip(said, asked, strict=False)]
    return pd.DataFrame(rows)


@with_given
def discordant(answer: "Mapping[str, int]", found: pd.DataFrame) -> None:
    """Task 3b: numbers of questions that are right with the support first only, and with it last only."""
    first, last = found["first"] == 1, found["last"] == 1
    right = {"first only": int((first & ~last).sum()), "last only": int((last & ~first).sum())}
    n = len(found)
    ways = [
        (
            {"first only": int(first.sum()), "last only": int(last.sum())},
            "Those are all that are right in each order; leave out what is right in both.",
        ),
        ({"first only": right["last only"], "last only": right["first only"]}, "The two are exchanged."),
        ({name: value / n for name, value in right.items()}, "Those are shares; numbers of questions are asked for."),
        (
            {"first only": int((~first).sum()), "last only": int((~last).sum())},
            "Those are the wrong ones of each order.",
        ),
    ]
    check(
        LESSON,
        "Task 3b",
        answer,
        has_keys(right, hint="Make a dictionary from each key to a number of questions."),
        equals(right, mistakes=[(wrong, said) for wrong, said in ways if wrong != right]),
        note="Only these questions speak of the place. McNemar's test uses nothing else; so few decide nothing.",
    )


def _right(text: str, question: Question) -> int:
    return int(answer_match(text, question.answers, entity=question.entity))
