"""The kinds of quiz item: what the bank must say, what the page may see before an answer, how an answer is graded."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from twolevers.learn.dots import number
from twolevers.learn.items import Feedback, Grade, Incomplete, Item, Strict, Text
from twolevers.learn.markup import plain
from twolevers.learn.typed import normal, parse_number, shuffled


class Option(Strict):
    """One choice, whether it is right, and why; a wrong one's explanation names the misconception."""

    text: Text
    explanation: Text
    correct: bool = False


class Mistake(Strict):
    """A wrong number that a known misconception leads to."""

    value: float
    explanation: Text


class _Choice(Item):
    options: Annotated[list[Option], Field(min_length=2)]

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        right = sum(option.correct for option in self.options)
        if not right:
            raise ValueError("options: no option is marked `correct: true`")
        if right > 1 and self.kind != "several":
            raise ValueError(f"options: {right} options are marked correct; a `{self.kind}` item has one")
        if len({option.text for option in self.options}) < len(self.options):
            raise ValueError("options: two options have the same text")
        return self

    def page(self) -> dict[str, Any]:
        """The options' texts."""
        return {"options": [option.text for option in self.options]}

    def grade(self, answer: list[int]) -> Grade:
        """`answer`: positions of the chosen options."""
        chosen = sorted(set(answer))
        if not chosen:
            raise Incomplete("Choose an answer first.")
        if not all(0 <= i < len(self.options) for i in chosen) or (self.kind != "several" and len(chosen) > 1):
            raise Incomplete("That choice does not fit this question: run the cell again.")
        feedback = [self._feedback(i) for i in chosen]
        missing = sum(option.correct for option in self.options) - sum(line.right for line in feedback)
        right = missing == 0 and all(line.right for line in feedback)
        if missing and self.kind == "several":
            more = "One right statement is" if missing == 1 else f"{missing} right statements are"
            feedback.append(Feedback(False, "", f"{more} still unticked."))
        return Grade(right, tuple(feedback))

    def solution(self) -> list[Feedback]:
        """Every option with its explanation."""
        return [self._feedback(i) for i in range(len(self.options))]

    def _feedback(self, i: int) -> Feedback:
        option = self.options[i]
        return Feedback(option.correct, option.text, option.explanation, i)


class Single(_Choice):
    """One option is right."""

    kind: Literal["single"]
    instruction: ClassVar[str] = "Choose one."


class Several(_Choice):
    """Any number of options, at least one, are right; the answer must hold them all and no other."""

    kind: Literal["several"]
    instruction: ClassVar[str] = "Choose all that hold."


class SpotTheFlaw(_Choice):
    """The options are the lines of an argument or a report; one of them has the flaw (`correct: true`)."""

    kind: Literal["spot_the_flaw"]
    instruction: ClassVar[str] = "Choose the line with the flaw."


class Numeric(Item):
    """A number within `tolerance` (absolute) of `value`; a percent sign divides by 100 unless the unit is %."""

    kind: Literal["numeric"]
    value: float
    tolerance: Annotated[float, Field(ge=0)]
    unit: str = ""
    explanation: Text
    near: Text
    far: Text
    near_within: float | None = None  # how far "near" reaches; three tolerances when not given
    mistakes: tuple[Mistake, ...] = ()
    instruction: ClassVar[str] = "Type a number."

    def page(self) -> dict[str, Any]:
        """The unit."""
        return {"unit": self.unit}

    def grade(self, answer: str) -> Grade:
        """`answer`: what was typed."""
        value = parse_number(answer, self.unit)
        said = number(value, self.unit)
        distance = abs(value - self.value)
        slack = self.tolerance + 1e-9 * abs(self.value)
        if distance <= slack:
            return Grade(True, (Feedback(True, said, self.explanation),))
        for mistake in self.mistakes:
            if abs(value - mistake.value) <= slack:
                return Grade(False, (Feedback(False, said, mistake.explanation),))
        near = 3 * self.tolerance if self.near_within is None else self.near_within
        return Grade(False, (Feedback(False, said, self.near if distance <= near else self.far),))

    def solution(self) -> list[Feedback]:
        """The value, then the known mistakes."""
        wrong = [Feedback(False, number(m.value, self.unit), m.explanation) for m in self.mistakes]
        return [Feedback(True, number(self.value, self.unit), self.explanation), *wrong]


class Step(Strict):
    """One step of an ordering: why it stands here, and what placing it elsewhere gets wrong."""

    text: Text
    explanation: Text
    misplaced: Text


class Ordering(Item):
    """Steps listed in the right order; the page shows them shuffled."""

    kind: Literal["ordering"]
    steps: Annotated[list[Step], Field(min_length=3)]
    instruction: ClassVar[str] = "Move the steps into order."

    def page(self) -> dict[str, Any]:
        """The steps' texts, shuffled."""
        return {"steps": [self.steps[i].text for i in shuffled(self.id, len(self.steps))]}

    def grade(self, answer: list[int]) -> Grade:
        """`answer`: positions on the page, in the learner's order."""
        order = shuffled(self.id, len(self.steps))
        if sorted(answer) != list(range(len(order))):
            raise Incomplete("Put every step in its place first.")
        for place, shown in enumerate(answer):
            if order[shown] != place:
                step = self.steps[order[shown]]
                said = f"In place {place + 1}: {step.text}"
                return Grade(False, (Feedback(False, said, step.misplaced),))
        return Grade(True, tuple(self.solution()))

    def solution(self) -> list[Feedback]:
        """The steps in order."""
        return [Feedback(True, f"{i}. {step.text}", step.explanation) for i, step in enumerate(self.steps, 1)]


class Pair(Strict):
    """Two things that belong together: why, and what confusing `left` with another gets wrong."""

    left: Text
    right: Text
    explanation: Text
    confused: Text


class Matching(Item):
    """Pairs; the page shows the right-hand sides shuffled."""

    kind: Literal["matching"]
    pairs: Annotated[list[Pair], Field(min_length=2)]
    instruction: ClassVar[str] = "Choose a partner for each."

    def page(self) -> dict[str, Any]:
        """Left sides in order, right sides shuffled."""
        order = shuffled(self.id, len(self.pairs))
        return {
            "lefts": [pair.left for pair in self.pairs],
            "rights": [plain(self.pairs[i].right) for i in order],
        }

    def grade(self, answer: list[int | None]) -> Grade:
        """`answer`: for each left side, the position on the page of its right side."""
        order = shuffled(self.id, len(self.pairs))
        if len(answer) != len(order) or not all(i in range(len(order)) for i in answer):
            raise Incomplete("Choose a partner for each first.")
        lines = [
            Feedback(
                order[shown] == i,
                f"{pair.left} – {self.pairs[order[shown]].right}",
                pair.explanation if order[shown] == i else pair.confused,
            )
            for i, (pair, shown) in enumerate(zip(self.pairs, answer, strict=True))
        ]
        return Grade(all(line.right for line in lines), tuple(lines))

    def solution(self) -> list[Feedback]:
        """The pairs."""
        return [Feedback(True, f"{pair.left} – {pair.right}", pair.explanation) for pair in self.pairs]


class WrongText(Strict):
    """Wrong words that a known misconception leads to."""

    accept: Annotated[list[Text], Field(min_length=1)]
    explanation: Text


class ShortText(Item):
    """A word or a few; compared without case, punctuation or articles."""

    kind: Literal["short_text"]
    accept: Annotated[list[Text], Field(min_length=1)]
    explanation: Text
    otherwise: Text
    mistakes: tuple[WrongText, ...] = ()
    instruction: ClassVar[str] = "Type a word or a few."

    def page(self) -> dict[str, Any]:
        """Nothing beyond the question."""
        return {}

    def grade(self, answer: str) -> Grade:
        """`answer`: what was typed."""
        said = answer.strip()[:200]
        words = normal(said)
        if not words:
            raise Incomplete("Type an answer first.")
        if words in map(normal, self.accept):
            return Grade(True, (Feedback(True, said, self.explanation),))
        known = (m.explanation for m in self.mistakes if words in map(normal, m.accept))
        return Grade(False, (Feedback(False, said, next(known, self.otherwise)),))

    def solution(self) -> list[Feedback]:
        """The first accepted answer, then the known mistakes."""
        wrong = [Feedback(False, m.accept[0], m.explanation) for m in self.mistakes]
        return [Feedback(True, self.accept[0], self.explanation), *wrong]


AnyItem = Annotated[
    Single | Several | SpotTheFlaw | Numeric | Ordering | Matching | ShortText, Field(discriminator="kind")
]
