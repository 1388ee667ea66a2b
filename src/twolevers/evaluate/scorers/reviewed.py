"""A scorer with a person beside it, whose word counts where they gave one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twolevers.arms.protocol import Answer
    from twolevers.data.records import Question
    from twolevers.evaluate.scorers.protocol import Scorer


@dataclass(frozen=True)
class Reviewed:
    """A scorer whose `correct` is a person's word where there is one; the word by itself is in the column `person`.

    `word` gives what the person said of an answer, None where nobody has decided.
    """

    scorer: "Scorer"
    word: "Callable[[Question, Answer], bool | None]"

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the scorer, and `person` (None where nobody has decided)."""
        return (*self.scorer.columns, "person")

    def __call__(self, question: "Question", answer: "Answer") -> dict[str, Any]:
        """The scores of one answer."""
        scores, word = self.scorer(question, answer), self.word(question, answer)
        return {**scores, "correct": scores["correct"] if word is None else word, "person": word}
