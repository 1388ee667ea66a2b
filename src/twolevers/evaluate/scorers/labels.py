"""Labels: right as a whole or not at all."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from twolevers.arms.protocol import Answer
    from twolevers.data.records import Question


@dataclass(frozen=True)
class Labels:
    """Columns: `correct` (the very label) and `true` (the right one)."""

    columns: ClassVar[tuple[str, ...]] = ("correct", "true")

    def __call__(self, question: "Question", answer: "Answer") -> dict[str, Any]:
        """The two scores of one answer; the label is the question's first accepted answer."""
        true = question.answers[0]
        return {"correct": answer.text == true, "true": true}
