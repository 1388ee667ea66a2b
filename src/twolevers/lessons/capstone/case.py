"""A client's problem as the contest sees it: documents, pairs on hand, hidden items, and when an answer meets the goal.

`decide.brief` makes a case from a brief's file; nothing here knows briefs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from twolevers.data.records import Document, Question
from twolevers.evaluate.scorers.goal import CITATIONS, Goal, GoalMet
from twolevers.evaluate.scorers.protocol import Scorer

Task = Literal["questions", "replies", "labels"]


@dataclass(frozen=True)
class Pair:
    """A text with what is wanted of it: for questions the bare answer, for replies the whole line, else the label."""

    question: Question
    target: str


@dataclass(frozen=True)
class Case:
    """Everything a contest needs. Of `instructions` and `readings` (with passages) the best on `dev` is kept."""

    name: str
    task: Task
    documents: tuple[Document, ...]
    taught: tuple[Pair, ...]
    dev: tuple[Pair, ...]
    tested: tuple[Pair, ...]
    goal: Goal
    instructions: tuple[str, ...]
    readings: tuple[str, ...]
    labels: tuple[str, ...] = ()
    refusal: str = ""
    max_new_tokens: int = 24

    def scorer(self, pairs: Sequence[Pair], citations: Scorer = CITATIONS) -> GoalMet:
        """Scores answers to `pairs` by the client's goal; a label must be met to the letter."""
        goal = replace(self.goal, exact=True) if self.task == "labels" else self.goal
        targets = {pair.question.question_id: pair.target for pair in pairs}
        return GoalMet(goal, targets, citations)
