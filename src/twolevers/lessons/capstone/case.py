"""A client's problem as the contest sees it: documents, pairs on hand, hidden items, and when an answer meets the goal.

`decide.brief` makes a case from a brief's file; nothing here knows briefs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from twolevers.data.records import Document, Question

Task = Literal["questions", "replies", "labels"]


@dataclass(frozen=True)
class Pair:
    """A text with what is wanted of it: for questions the bare answer, for replies the whole line, else the label."""

    question: Question
    target: str


@dataclass(frozen=True)
class Form:
    """One rule of form, as `said` to the model. `{entity}` stands for what the item is about, in small letters."""

    said: str
    starts: str = ""
    ends: str = ""
    holds: str = ""
    lacks: str = ""
    words: int | None = None

    def kept(self, text: str, entity: str) -> bool:
        """Whether a text keeps the rule; an empty one keeps none."""
        text = text.strip()
        parts = (part.replace("{entity}", entity.casefold()) for part in (self.starts, self.ends, self.holds))
        starts, ends, holds = parts
        return (
            bool(text)
            and text.startswith(starts)
            and text.endswith(ends)
            and holds in text
            and not (self.lacks and self.lacks in text)
            and (self.words is None or len(text.split()) <= self.words)
        )


@dataclass(frozen=True)
class Goal:
    """When an answer meets the client's goal: every part that is set must hold.

    `fact`: the accepted answer is stated (a question that nothing answers: refused). `exact`: the text is the target.
    `source`: a document of the question was put before the model and is shown ("shown"), or the answer names the
    right passage ("cited"). `tokens`: the prompt has no more.
    """

    fact: bool = True
    exact: bool = False
    source: Literal["none", "shown", "cited"] = "none"
    form: tuple[Form, ...] = ()
    tokens: int | None = None


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


def met(case: Case, frame: pd.DataFrame, pairs: Sequence[Pair]) -> pd.Series:
    """Whether each answer of `frame` (columns of `evaluate.run`) meets the goal; `pairs` are what was asked."""
    wanted = {pair.question.question_id: pair for pair in pairs}
    return pd.Series(
        [all(_parts(case, row, wanted[row.question_id])) for row in frame.itertuples()], frame.index, dtype=bool
    )


def share_met(case: Case, frame: pd.DataFrame, pairs: Sequence[Pair]) -> float:
    """The mean share of the goal's parts that the answers meet: tells prompts apart of which none meets it whole."""
    wanted = {pair.question.question_id: pair for pair in pairs}
    shares = []
    for row in frame.itertuples():
        parts = _parts(case, row, wanted[row.question_id])
        shares.append(sum(parts) / len(parts))
    return sum(shares) / len(shares) if shares else 0.0


def _parts(case: Case, row: Any, pair: Pair) -> list[bool]:
    """Whether each part of the goal is met."""
    goal, answers = case.goal, pair.question.answers
    parts = []
    if case.task == "labels" or goal.exact:
        parts.append(row.text.split() == pair.target.split())
    elif goal.fact:
        parts.append(bool(row.correct))
    if answers and goal.source == "shown":
        parts.append(not pd.isna(row.retrieved) and bool(row.retrieved))
    if answers and goal.source == "cited":
        parts.append(not pd.isna(row.cited_right) and bool(row.cited_right))
    if goal.tokens is not None:
        parts.append(row.prompt_tokens <= goal.tokens)
    return parts + [rule.kept(row.text, pair.question.entity) for rule in goal.form]
