"""What an answer's sources are worth: found, cited, and whether a reader who follows the citation finds the answer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from twolevers.evaluate.metrics import citation_scores, mentions

if TYPE_CHECKING:
    from twolevers.arms.protocol import Answer
    from twolevers.data.records import Question


@dataclass(frozen=True)
class Citations:
    """Columns:

    - `citation_precision`, `citation_recall` (`citation_scores`; NaN where nothing answers);
    - `cited_right`: the answer cites, only documents of the question, and the passages cited state an accepted answer
      (None where nothing answers, or the question names no document);
    - `retrieved`: whether any source is a document of the question (None where it has none).
    """

    columns: ClassVar[tuple[str, ...]] = ("citation_precision", "citation_recall", "cited_right", "retrieved")

    def __call__(self, question: "Question", answer: "Answer") -> dict[str, Any]:
        """The four scores of one answer."""
        supporting = question.doc_ids if question.answers else ()
        cited, named = tuple(answer.cited), set(question.doc_ids)
        precision, recall, _, _ = citation_scores([cited if supporting else ()], [supporting])
        return {
            "citation_precision": precision[0],
            "citation_recall": recall[0],
            "cited_right": _cited_right(question, answer) if supporting else None,
            "retrieved": bool(set(answer.sources) & named) if named else None,
        }


def _cited_right(question: "Question", answer: "Answer") -> bool:
    cited = set(answer.cited)
    return bool(cited) and cited <= set(question.doc_ids) and any(mentions(answer.quoted, a) for a in question.answers)
