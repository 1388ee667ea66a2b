"""The check that runs before a training: has it seen its own test?"""

from collections.abc import Sequence

from twolevers.data.records import Question
from twolevers.errors import TwoLeversError


def check_leaks(training: Sequence[Question], tested: Sequence[Question], *, unseen: bool) -> None:
    """Stop before a training that has seen its own test: raises TwoLeversError naming the first leak.

    No tested wording may be trained on; with `unseen` no tested product may be either.
    """
    words = {question.text.casefold() for question in training}
    entities = {question.entity for question in training} if unseen else set()
    for question in tested:
        if question.text.casefold() in words:
            raise TwoLeversError(f"Leak: the test question {question.text!r} is also a training question.")
        if question.entity in entities:
            raise TwoLeversError(f"Leak: the tested product {question.entity!r} also occurs in the training questions.")
