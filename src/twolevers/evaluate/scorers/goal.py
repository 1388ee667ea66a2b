"""A client's goal: an answer is right when it meets every part of it: fact, form, source and size."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from twolevers.evaluate.scorers.citations import Citations
from twolevers.evaluate.scorers.facts import Facts

if TYPE_CHECKING:
    from twolevers.arms.protocol import Answer
    from twolevers.data.records import Question
    from twolevers.evaluate.scorers.protocol import Scorer

CITATIONS = Citations()


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
class GoalMet:
    """Columns: `correct` (the whole goal is met), `parts_met` (share of its parts), `stated`, `refused`, citations.

    `parts_met` tells prompts apart of which none meets the goal whole; `stated` is what `Facts` calls right.
    `targets`: what is wanted to the letter, by question id. `citations` gives `retrieved` and `cited_right`.
    """

    goal: Goal
    targets: Mapping[str, str]
    citations: "Scorer" = CITATIONS

    @property
    def columns(self) -> tuple[str, ...]:
        """The four scores of the goal, and those of `citations`."""
        return ("correct", "parts_met", "stated", "refused", *self.citations.columns)

    def __call__(self, question: "Question", answer: "Answer") -> dict[str, Any]:
        """The scores of one answer."""
        facts, cited = Facts()(question, answer), self.citations(question, answer)
        parts = self._parts(question, answer, facts["correct"], cited)
        share = sum(parts) / len(parts) if parts else 1.0
        own = {"correct": all(parts), "parts_met": share, "stated": facts["correct"], "refused": facts["refused"]}
        return {**own, **cited}

    def _parts(
        self, question: "Question", answer: "Answer", stated: bool, cited: Mapping[str, bool | None]
    ) -> list[bool]:
        """Whether each part of the goal is met."""
        goal, parts = self.goal, []
        if goal.exact:
            parts.append(answer.text.split() == self.targets[question.question_id].split())
        elif goal.fact:
            parts.append(stated)
        if question.answers and goal.source != "none":
            parts.append(bool(cited["retrieved" if goal.source == "shown" else "cited_right"]))
        if goal.tokens is not None:
            parts.append(answer.usage.prompt_tokens <= goal.tokens)
        return parts + [rule.kept(answer.text, question.entity) for rule in goal.form]
