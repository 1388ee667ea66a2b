"""Quiz items about the learner's own result: built from the newest rows of the ledger, the same for the same rows.

Two a lesson, one choice and one number, where the lesson has left a comparison of two arms on enough items. They are
no part of the bank: a room counts what all have in common, and these differ from machine to machine.
"""

import math
import random
import re
from collections.abc import Sequence

from twolevers.data.claims import foregone
from twolevers.evaluate.evidence import Evidence
from twolevers.learn.items import Figure, FigureRow, Item
from twolevers.learn.kinds import Mistake, Numeric, Option, Several, Single

PREFIX = "own-"
LEAST = 12  # items of a comparison that is worth a question
LONGEST = 80  # letters of an arm's name that an option can hold
MOST_ROWS = 5  # comparisons in one figure: more cannot be read
NO_SCORE = re.compile(r"log2|cost|price|second|token|lost|wrong|invented")  # where more is worse, or no share


def own_items(lesson: str, rows: Sequence[Evidence]) -> list[Item]:
    """A choice and a number about the lesson's comparisons among `rows` (the ledger's newest); none without one."""
    usable = [row for row in rows if row.lesson == lesson and _usable(row)]
    # A comparison that serves several claims is one comparison, as measured last.
    last = {(row.arm, row.metric): row for row in sorted(usable, key=lambda row: row.created)}
    known = [last[name] for name in dict.fromkeys((row.arm, row.metric) for row in usable)]
    if not known:
        return []
    drawn = random.Random(lesson)  # the lesson picks the questions, the measurement what is right
    row = drawn.choice(known)
    family = [one for one in known if (one.metric, one.model) == (row.metric, row.model)][:MOST_ROWS]
    decided = [one for one in family if _decided(one)]
    several = len(family) > 2 and 0 < len(decided) < len(family)
    choice = _which_are_decided(family) if several and drawn.random() < 0.5 else _what_it_says(row)
    counted = _whole(row) and abs(row.value * row.n) >= 2
    return [choice, _how_many(row) if counted and drawn.random() < 0.5 else _half_as_wide(row)]


def _usable(row: Evidence) -> bool:
    """A comparison of two arms in shares that either could have won, with an interval of some width."""
    numbers = (row.value, row.low, row.high)
    shares = all(math.isfinite(each) and -1 <= each <= 1 for each in numbers) and not NO_SCORE.search(row.metric)
    open_ = row.arm.replace(" - ", " > ") not in foregone(row.lesson, row.metric)
    return _named(row) and shares and open_ and row.n >= LEAST and row.high - row.low >= 0.01


def _named(row: Evidence) -> bool:
    """The row names two arms, in letters that can be shown."""
    a, _, b = row.arm.partition(" - ")
    whole = not re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", row.arm + row.metric)
    return a.strip() != b.strip() and all(0 < len(name.strip()) <= LONGEST for name in (a, b)) and whole


def _decided(row: Evidence) -> bool:
    return row.low > 0 or row.high < 0


def _whole(row: Evidence) -> bool:
    """The difference is one of whole items: each was right or wrong."""
    return abs(row.value * row.n - round(row.value * row.n)) < 1e-6


def _figure(rows: Sequence[Evidence]) -> Figure:
    shown = [FigureRow(label=_words(row), value=row.value, interval=(row.low, row.high)) for row in rows]
    low, high = min(0.0, *(row.low for row in rows)), max(0.0, *(row.high for row in rows))
    return Figure(title=f"From your ledger: difference in {rows[0].metric}", low=low, high=high, rows=shown)


def _words(row: Evidence) -> str:
    a, b = row.arm.split(" - ", 1)
    return f"{a} − {b}"


def _claims(row: Evidence) -> list[str]:
    return [row.claim] if row.claim else []


def _ahead_first(row: Evidence) -> tuple[str, str]:
    """The two arms, the one that did better first."""
    a, b = row.arm.split(" - ", 1)
    return (b, a) if row.value < 0 else (a, b)


def _what_it_says(row: Evidence) -> Single:
    a, b = _ahead_first(row)
    decided = _decided(row)
    ahead = Option(
        text=f"{a} did better than {b} here, and by more than chance explains.",
        correct=decided,
        explanation="Right. The interval lies wholly on one side of zero."
        if decided
        else "The interval holds zero: a difference of nothing, or the other way round, fits the measurement as well.",
    )
    open_ = Option(
        text=f"With {row.n} items nobody can say which of the two is better.",
        correct=not decided,
        explanation="Right. Zero lies within the interval: more items are needed, or the two are close."
        if not decided
        else "The interval leaves zero out, so the direction is settled for these items and this model.",
    )
    same = Option(
        text=f"{a} and {b} are equally good.",
        explanation="No interval shows that two arms are equal. A narrow one around zero shows that they are close.",
    )
    always = Option(
        text=f"{a} will do better than {b} with a larger model too.",
        explanation="Another model is another measurement. Lesson 11 shows which results turned round with size.",
    )
    options = [ahead, open_, same, always]
    random.Random(row.lesson + row.arm).shuffle(options)
    return Single(
        id=f"{PREFIX}what-it-says",
        kind="single",
        claims=_claims(row),
        difficulty=2,
        evidence=True,
        question=f"This is what you measured, on {row.n} items.\n\nWhich sentence does it allow?",
        figure=_figure([row]),
        options=options,
        hint="Look where zero lies, and ask of which model and which items the row speaks.",
    )


def _which_are_decided(rows: Sequence[Evidence]) -> Several:
    def option(row: Evidence) -> Option:
        why = (
            "Right. Its interval lies wholly on one side of zero."
            if _decided(row)
            else "Its interval holds zero: these items cannot tell who is ahead, wherever the point lies."
        )
        return Option(text=_words(row), correct=_decided(row), explanation=why)

    return Several(
        id=f"{PREFIX}which-are-decided",
        kind="several",
        claims=sorted({row.claim for row in rows if row.claim}),
        difficulty=1,
        evidence=True,
        question="These are the comparisons that you measured.\n\nWhich of them are decided, one way or the other?",
        figure=_figure(rows),
        options=[option(row) for row in rows],
        hint="The point says how large the difference was; the bar says what else fits.",
    )


def _how_many(row: Evidence) -> Numeric:
    a, b = _ahead_first(row)
    value, share = round(abs(row.value) * row.n), abs(row.value)
    points = Mistake(
        value=round(share * 100), explanation="Those are points of a hundred. The items asked are another number."
    )
    return Numeric(
        id=f"{PREFIX}how-many-items",
        kind="numeric",
        claims=_claims(row),
        difficulty=1,
        evidence=True,
        question=f"You asked both arms the same {row.n} items.\n\nOn how many more of them did {a} score than {b}?",
        figure=_figure([row]),
        value=value,
        tolerance=0.5 if row.n <= 60 else round(0.006 * row.n, 2),  # what is read off two decimals
        explanation=f"Right: {share:.2f} × {row.n} is {value}. A share hides how few items carry it.",
        near="Close: multiply the difference by the number of items, and round.",
        far="The difference is a share of the items: multiply it by their number.",
        mistakes=() if points.value == value else (points,),
        hint="A difference of 0.10 on 50 items is five items.",
    )


def _half_as_wide(row: Evidence) -> Numeric:
    value = 4 * row.n
    mistakes = (
        Mistake(value=2 * row.n, explanation="Twice as many make it narrower by 1.4 only, the root of two."),
        Mistake(value=3 * row.n, explanation="Those are the items to add. Asked is how many there must be in all."),
    )
    return Numeric(
        id=f"{PREFIX}half-as-wide",
        kind="numeric",
        claims=_claims(row),
        difficulty=2,
        evidence=True,
        question=f"You measured this on {row.n} items.\n\nAbout how many items in all make the bar half as wide?",
        figure=_figure([row]),
        value=value,
        tolerance=round(0.1 * value, 1),
        explanation=f"Right: four times {row.n}. The width goes with one over the root of the number of items.",
        near="Close, but think of a square: half the width needs four times the items.",
        far="The width goes with one over the root of the number of items.",
        mistakes=mistakes,
        hint="Twice as precise is not twice as much work.",
    )
