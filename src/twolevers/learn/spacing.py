"""Items that come again: one of an earlier lesson in each quiz, and a mixed quiz over all lessons at the end.

Spaced and mixed practice is kept longer than practice in one block (Rohrer and Taylor 2007; Cepeda et al. 2006). The
draw hangs on the lesson alone, so all learners meet the same items. They are no part of the bank: rooms, decks and site
have each item once, in its own lesson.
"""

import random
from collections.abc import Sequence

from twolevers.learn.bank import Bank, load_bank
from twolevers.learn.items import Item
from twolevers.paths import datasets

PREFIX = "again-"
BACK = 2  # lessons between an item and its return, where there are so many
MIXED = "14_capstone"  # the lesson whose second quiz is mixed


def earlier(lesson: str) -> list[Item]:
    """One item on evidence from an earlier lesson, as a list; empty in the first lesson and where `mixed` follows."""
    before = [stem for stem in _stems() if stem < lesson]
    if not before or lesson == MIXED:
        return []
    source = before[-min(BACK, len(before))]
    return [_again(source, random.Random(lesson).choice(_fit(source)))]


def mixed(lesson: str = MIXED) -> Bank:
    """A quiz of one item from each lesson before `lesson`, mixed; none that an earlier quiz shows again."""
    stems = _stems()
    shown = {item.id for stem in stems if stem < lesson for item in earlier(stem)}
    drawn = random.Random(lesson)
    items = []
    for stem in (stem for stem in stems if stem < lesson):
        left = [item for item in _fit(stem) if PREFIX + item.id not in shown]
        items.append(_again(stem, drawn.choice(left)))
    drawn.shuffle(items)
    return Bank(title="All lessons, mixed", items=items)


def _stems() -> Sequence[str]:
    return sorted(path.stem for path in (datasets() / "quizzes").glob("*.yaml"))


def _fit(lesson: str) -> list[Item]:
    """Items on evidence that are not the easiest and that stand alone: what is worth reading twice."""
    hard = [item for item in load_bank(lesson).items if item.evidence and item.difficulty > 1]
    return [item for item in hard if not item.question.startswith("The same")]


def _again(lesson: str, item: Item) -> Item:
    number, _, name = lesson.partition("_")
    lead = f"*From lesson {number}, {name.replace('_', ' ')}.*"
    return item.model_copy(update={"id": PREFIX + item.id, "question": f"{lead}\n\n{item.question}"})
