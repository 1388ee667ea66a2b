"""What every quiz item has, whatever its kind: the question, its evidence, and what grading gives back."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from twolevers.learn.dots import Dot

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Incomplete(ValueError):
    """The answer cannot be graded (nothing chosen, not a number). It does not count as a try."""


@dataclass(frozen=True)
class Feedback:
    """One line of feedback: whether what was chosen is right, what was chosen (or ""), and why."""

    right: bool
    chosen: str
    text: str
    option: int | None = None  # position of the option on the page, where there is one


@dataclass(frozen=True)
class Grade:
    """An answer's grade and its feedback, which speaks only of what was chosen."""

    right: bool
    feedback: tuple[Feedback, ...]


class Strict(BaseModel):
    """Frozen, and a field nobody knows is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Table(Strict):
    """A small table of evidence; the first column heads its row."""

    caption: Text
    columns: Annotated[list[Text], Field(min_length=2)]
    rows: Annotated[list[list[str]], Field(min_length=1)]

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        for i, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"row {i + 1} has {len(row)} cells for {len(self.columns)} columns")
        return self


class FigureRow(Strict):
    """One value of a figure, with or without its interval."""

    label: Text
    value: float
    interval: tuple[float, float] | None = None

    def dot(self) -> Dot:
        """The row as it is drawn."""
        return Dot(self.label, self.value, self.interval)


class Figure(Strict):
    """Values with intervals on one axis: the evidence a question asks to be read."""

    title: Text
    low: float
    high: float
    rows: Annotated[list[FigureRow], Field(min_length=1)]
    unit: str = ""


class Item(Strict):
    """What every kind of item has."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    kind: str
    claims: list[Annotated[str, StringConstraints(pattern=r"^C\d\d$")]]
    difficulty: Literal[1, 2, 3]
    question: Text
    hint: Text
    evidence: bool = False
    table: Table | None = None
    figure: Figure | None = None

    instruction: ClassVar[str] = ""

    def page(self) -> dict[str, Any]:
        """What the page needs for its inputs. Never anything that gives the answer away."""
        raise NotImplementedError

    def grade(self, answer: Any) -> Grade:
        """Grade what the page sent (see each kind). Raises Incomplete."""
        raise NotImplementedError

    def solution(self) -> list[Feedback]:
        """All there is to say, for the static form and for a learner who asks for the answer."""
        raise NotImplementedError
