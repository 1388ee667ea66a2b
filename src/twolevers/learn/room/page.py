"""The room as one page that needs nothing but itself."""

from datetime import UTC, datetime
from pathlib import Path

from twolevers.learn.dots import Dot, dots, number
from twolevers.learn.markup import inline, paragraphs, table_html
from twolevers.learn.room import tally
from twolevers.learn.room.hand_in import Aside, Learner, read_room
from twolevers.paths import write_atomically

NAME = "room.html"


def build(folder: Path, out: Path | None = None) -> tuple[Path, int, list[Aside]]:
    """Write the page of the files in `folder` to `out` (room.html in it); its path, learners and files set aside.

    Raises UsageError when there is no such folder or nothing in it.
    """
    room, aside = read_room(folder)
    path = out or folder / NAME
    write_atomically(path, page(room, aside))
    return path, len(room), aside


def page(room: list[Learner], aside: list[Aside]) -> str:
    """The page as HTML; every text from a file is escaped."""
    from jinja2 import Environment, FileSystemLoader

    template = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True).get_template("room.html.j2")
    missed = [
        {"lesson": one.lesson, "asked": [*paragraphs(one.question)], "missed": one.missed, "answered": one.answered,
         "beliefs": [(n, inline(chosen), inline(why)) for n, chosen, why in one.misconceptions]}
        for one in tally.missed(room)
    ]  # fmt: skip
    return template.render(
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        learners=len(room),
        places=_table("Where everybody is", PLACES, tally.places(room), {2, 3, 4}),
        missed=missed,
        sureness=_table("How sure, how often right first time", SURENESS, tally.sureness(room)),
        guesses=[_guess(one) for one in tally.guesses(room)],
        machines=_table("Measured by several, largest spread first", MACHINES, tally.machines(room), {4, 5}),
        aside=_table("Set aside", ["file", "reason"], [[one.file, one.reason] for one in aside]),
    )


PLACES = ["learner", "last at", "quiz answered", "right first time", "checks passed", "last seen (UTC)"]
SURENESS = ["they said", "right first time", "share, 95 % interval"]
MACHINES = ["lesson", "claim", "arm", "metric", "learners", "mean", "lowest to highest", "seconds"]


def _table(caption: str, columns: list[str], rows: list[list[str]], numeric: set[int] = frozenset()) -> str:
    return table_html(caption, columns, rows, frozenset(numeric)) if rows else ""


def _guess(one: tally.Guessed) -> dict[str, str]:
    """The room's guesses against what its machines measured, drawn and in words."""
    guess, measured = one.middle
    rows = [
        Dot(f"Median of {len(one.guesses)}", guess, (min(one.guesses), max(one.guesses)), guess=True),
        Dot(f"Measured by {len(one.measured)}", measured, (min(one.measured), max(one.measured))),
    ]
    off = number(abs(guess - measured), one.unit)
    way = "as measured" if guess == measured else f"{off} {'too high' if guess > measured else 'too low'}"
    span = f"{number(min(one.measured))} to {number(max(one.measured), one.unit)}"
    return {
        "lesson": one.lesson,
        "question": inline(one.question),
        "drawn": dots(rows, *one.scale, one.question, one.unit),
        "said": f"The room's middle guess is {way}. Their machines measured {span}.",
    }
