"""Style: which of the named rules a text keeps. Whether its facts are right is another question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from twolevers.evaluate.metrics import token_f1

if TYPE_CHECKING:
    from twolevers.arms.protocol import Answer
    from twolevers.data.records import Question


class Rule(Protocol):
    """A rule that code can check."""

    name: str

    def kept(self, text: str) -> bool:
        """Whether `text` keeps it."""


@dataclass(frozen=True)
class Style:
    """Columns: `correct` (every rule is kept), `rules_kept` (their share), `token_f1` (likeness to the reply given).

    `given`: the reply that a person gave, by question id.
    """

    rules: Sequence[Rule]
    given: Mapping[str, str]
    columns: ClassVar[tuple[str, ...]] = ("correct", "rules_kept", "token_f1")

    def __call__(self, question: "Question", answer: "Answer") -> dict[str, Any]:
        """The three scores of one answer."""
        kept = sum(rule.kept(answer.text) for rule in self.rules)
        likeness = token_f1(answer.text, self.given[question.question_id])
        return {"correct": kept == len(self.rules), "rules_kept": kept / len(self.rules), "token_f1": likeness}
