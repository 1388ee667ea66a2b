"""Workshops: which lessons, in which order, how long. Read from slides/agendas.toml; minutes come from the lessons."""

import copy
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.errors import UsageError

if TYPE_CHECKING:
    from nbformat import NotebookNode

NAME = "agendas.toml"
KEYS = {"lesson", "runs", "exercises", "pause", "name"}


@dataclass(frozen=True)
class Part:
    """A lesson (its talk; its run and its exercise where they are done in the room), or a pause of some minutes."""

    lesson: str = ""
    runs: bool = False
    exercises: bool = False
    pause: int = 0
    name: str = "Pause"

    def minutes(self, stated: dict[str, int]) -> int:
        """Minutes in the room, from the lesson's stated `read`, `run` and `exercise`."""
        if not self.lesson:
            return self.pause
        talk, run, exercise = (stated.get(name, 0) for name in ("read", "run", "exercise"))
        return talk + run * self.runs + exercise * self.exercises


@dataclass(frozen=True)
class Cut:
    """What a slower room leaves out: a lesson of the agenda, or only its `exercise`."""

    lesson: str
    exercise: bool = False


@dataclass(frozen=True)
class Agenda:
    """A workshop's title and parts, and what a slower room leaves out, first things first."""

    title: str
    parts: tuple[Part, ...]
    cuts: tuple[Cut, ...] = ()

    def lessons(self, known: list[Path]) -> list[Path]:
        """Its lessons' notebooks, in order."""
        by_stem = {path.stem: path for path in known}
        return [by_stem[part.lesson] for part in self.parts if part.lesson]


def load(folder: Path, lessons: list[Path]) -> dict[str, Agenda]:
    """The agendas by name; none where there is no file. Raises UsageError for a part that cannot be used.

    An agenda with a lesson that this course lacks is left out when no lesson of it is there.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"slides/{NAME}: not TOML ({error}): correct it or restore it from git.") from None
    return {name: _agenda(name, given, {one.stem for one in lessons}) for name, given in content.items()}


def _agenda(name: str, given: dict[str, Any], stems: set[str]) -> Agenda:
    parts = []
    for number, raw in enumerate(given.get("parts", []), 1):
        where = f"slides/{NAME}, {name}, part {number}"
        if unknown := set(raw) - KEYS:
            raise UsageError(f"{where}: unknown {', '.join(sorted(unknown))}: use {', '.join(sorted(KEYS))}.")
        part = Part(**raw)
        if bool(part.lesson) == bool(part.pause):
            raise UsageError(f"{where}: give either a lesson or a pause in minutes.")
        if part.lesson and part.lesson not in stems:
            raise UsageError(f"{where}: no lesson {part.lesson!r} in notebooks/: correct its name.")
        parts.append(part)
    if not parts or not given.get("title"):
        raise UsageError(f"slides/{NAME}, {name}: it needs a title and parts.")
    cuts = tuple(_cut(f"slides/{NAME}, {name}, cut {i}", raw, parts) for i, raw in enumerate(given.get("cuts", []), 1))
    return Agenda(given["title"], tuple(parts), cuts)


def _cut(where: str, raw: dict[str, Any], parts: list[Part]) -> Cut:
    if unknown := set(raw) - {"lesson", "exercise"}:
        raise UsageError(f"{where}: unknown {', '.join(sorted(unknown))}: use exercise, lesson.")
    there = [part for part in parts if part.lesson and part.lesson == raw.get("lesson")]
    if not there or (raw.get("exercise") and not there[0].exercises):
        raise UsageError(f"{where}: the agenda has no such lesson or exercise to leave out: correct or remove it.")
    return Cut(**raw)


def schedule(plan: Agenda, minutes: dict[str, dict[str, int]]) -> list[tuple[int, int]]:
    """Start and length of each part, in minutes; `minutes` are the lessons' stated ones, by stem."""
    rows, start = [], 0
    for part in plan.parts:
        length = part.minutes(minutes.get(part.lesson, {}))
        rows.append((start, length))
        start += length
    return rows


def deck(
    plan: Agenda,
    lessons: list[tuple[str, "NotebookNode"]],
    cells_of: Callable[["NotebookNode", str], "NotebookNode"],
) -> "NotebookNode":
    """One deck of an agenda: its plan, then each lesson's slides (`cells_of` makes them), pauses between."""
    decks = {stem: cells_of(notebook, stem) for stem, notebook in lessons}
    stated = {stem: notebook.metadata.get("twolevers", {}).get("minutes", {}) for stem, notebook in lessons}
    times = schedule(plan, stated)
    whole = copy.deepcopy(next(iter(decks.values())))
    total = sum(length for _, length in times)
    whole.metadata.title, whole.metadata.deck_minutes = plan.title, total
    whole.cells = [
        _slide(f"# {plan.title}\n\n**{_clock(total)} hours, {len(decks)} lessons**", "agenda"),
        *_plan(plan, times, decks),
    ]
    for number, (part, (start, length)) in enumerate(zip(plan.parts, times, strict=True)):
        if part.lesson:
            for cell in copy.deepcopy(decks[part.lesson].cells):
                cell.id = f"{number}-{cell.id}"[:64]
                whole.cells.append(cell)
        else:
            until = "The end is" if start + length == total else "On again"
            said = f"# {part.name}\n\n**{length} minutes**\n\n{until} at {_clock(start + length)}."
            whole.cells.append(_slide(said, f"pause-{number}"))
    return whole


def _plan(plan: Agenda, times: list[tuple[int, int]], decks: dict[str, "NotebookNode"]) -> list["NotebookNode"]:
    """The plan as slides of at most nine rows."""
    rows = []
    for part, (start, length) in zip(plan.parts, times, strict=True):
        rows.append(row(part, start, length, decks[part.lesson].metadata.title if part.lesson else part.name))
    head = "| from | what | together | minutes |\n|---|---|---|--:|"
    pages = [rows[i : i + 9] for i in range(0, len(rows), 9)]
    return [_slide(f"## The plan\n\n{head}\n" + "\n".join(page), f"plan-{number}") for number, page in enumerate(pages)]


def row(part: Part, start: int, length: int, title: str) -> str:
    """A part's row in a table of start, title, what the room does together, and minutes."""
    doing = [name for name, done in (("run", part.runs), ("exercise", part.exercises)) if part.lesson and done]
    return f"| {_clock(start)} | {title} | {', '.join(doing) or '–'} | {length} |"


def _slide(source: str, name: str) -> "NotebookNode":
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(source, id=name, metadata={"slideshow": {"slide_type": "slide"}})


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
