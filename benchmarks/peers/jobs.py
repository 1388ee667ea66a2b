"""The work that both sides of a training race are given."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twolevers.models.adapter import Recipe
    from twolevers.models.api import Example

NEW_TOKENS = 24  # the most that an answer may have, for every engine


@dataclass(frozen=True)
class TrainJob:
    """One training: the pairs, and the recipe that every side uses: batch size, epochs, learning rate, rank, seed."""

    name: str
    examples: "list[Example]"
    recipe: "Recipe"
