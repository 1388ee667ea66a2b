"""Facts: an answer is right when it states an accepted one and no rival to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from twolevers.evaluate.metrics import answer_match, is_refusal, mentions
from twolevers.evaluate.scorers.citations import Citations
from twolevers.evaluate.scorers.protocol import Together

if TYPE_CHECKING:
    from twolevers.arms.protocol import Answer
    from twolevers.data.records import Question


@dataclass(frozen=True)
class Facts:
    """Columns: `correct` (`answer_match`; for a question that nothing answers: refused) and `refused`."""

    columns: ClassVar[tuple[str, ...]] = ("correct", "refused")

    def __call__(self, question: "Question", answer: "Answer") -> dict[str, Any]:
        """The two scores of one answer."""
        refused = is_refusal(answer.text)
        if not question.answers:
            return {"correct": refused, "refused": refused}
        correct = answer_match(
            answer.text,
            question.answers,
            entity=question.entity,
            rivals=_rivals(question),
            question=question.text,
        )
        return {"correct": correct, "refused": refused}


FACTS = Together((Facts(), Citations()))  # what the lessons score by


def _rivals(question: "Question") -> list[str]:
    """The documents a "which of these" question names beside the right one."""
    right = {d for d in question.doc_ids if any(mentions(answer, d) for answer in question.answers)}
    return [d for d in question.doc_ids if d not in right] if right else []
