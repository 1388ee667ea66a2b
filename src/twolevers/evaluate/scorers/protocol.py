"""What a scorer gives, and several of them as one."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from twolevers.errors import UsageError

if TYPE_CHECKING:
    from twolevers.arms.protocol import Answer
    from twolevers.data.records import Question


class Scorer(Protocol):
    """Scores one answer. `columns` names the scores; `correct`, which arms are compared by, is one of them."""

    columns: tuple[str, ...]

    def __call__(self, question: "Question", answer: "Answer") -> dict[str, Any]:
        """A value for each of `columns`."""


@dataclass(frozen=True)
class Together:
    """Several scorers as one. No column may come from two of them: raises UsageError naming it."""

    parts: tuple[Scorer, ...]

    def __post_init__(self) -> None:
        twice = [name for name, times in Counter(self.columns).items() if times > 1]
        if twice:
            raise UsageError(f"Two scorers give the column {twice[0]!r}: leave one of them out.")

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the parts, in their order."""
        return tuple(name for part in self.parts for name in part.columns)

    def __call__(self, question: "Question", answer: "Answer") -> dict[str, Any]:
        """The scores of all parts."""
        return {name: value for part in self.parts for name, value in part(question, answer).items()}
