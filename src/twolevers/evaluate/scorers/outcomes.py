"""Facts that change: is the answer true now, was it true before, or neither?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from twolevers.evaluate.metrics import answer_match, is_refusal

if TYPE_CHECKING:
    from twolevers.arms.protocol import Answer
    from twolevers.data.records import Question

RIGHT, OLD, REFUSED, OTHER = "right", "old value", "refused", "another value"
OUTCOMES = (RIGHT, OLD, REFUSED, OTHER)


@dataclass(frozen=True)
class Outcomes:
    """Columns: `correct` (what the question accepts is stated), `outcome` (one of `OUTCOMES`) and `refused`.

    `before`: earlier values by question id.
    """

    before: Mapping[str, Sequence[str]]
    columns: ClassVar[tuple[str, ...]] = ("correct", "outcome", "refused")

    def __call__(self, question: "Question", answer: "Answer") -> dict[str, Any]:
        """The three scores of one answer."""
        found = outcome(answer.text, question.answers, self.before[question.question_id])
        return {"correct": found == RIGHT, "outcome": found, "refused": is_refusal(answer.text)}


def outcome(said: str, now: Sequence[str], before: Sequence[str]) -> str:
    """One of `OUTCOMES`: `said` states what is true `now`, what was true `before`, nothing, or something else."""
    if answer_match(said, now):
        return RIGHT
    if answer_match(said, before):
        return OLD
    return REFUSED if is_refusal(said) else OTHER
