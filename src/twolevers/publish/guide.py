"""What slides/guide.md states by computation: each agenda's table, its sum and its cuts, each lesson's minutes.

They stand between marks; `python -m twolevers.publish.guide` writes them anew from agendas.toml and the registry.
"""

import re
from pathlib import Path

from twolevers import paths
from twolevers.errors import UsageError
from twolevers.lessons.registry import COURSE, lesson
from twolevers.publish import agenda
from twolevers.publish.notebook import read

HEADING = re.compile(r"#+ (.+)")
MARKED = re.compile(r"<!-- (agenda|minutes) ([\w-]+) -->\n.*?<!-- end -->", re.DOTALL)


def refreshed(text: str) -> str:
    """The guide with all that is computed computed anew; raises UsageError for a mark that names nothing."""
    root = paths.repository()
    agendas = agenda.load(root / "slides", sorted((root / "notebooks").glob("*.ipynb")))

    def written(found: re.Match[str]) -> str:
        kind, name = found.groups()
        if kind == "agenda" and name not in agendas:
            raise UsageError(f"slides/guide.md: no agenda {name!r}: they are {', '.join(agendas)}.")
        made = agenda_text(agendas[name]) if kind == "agenda" else minutes_text(name)
        return f"<!-- {kind} {name} -->\n{made}\n<!-- end -->"

    return MARKED.sub(written, text)


def agenda_text(plan: agenda.Agenda) -> str:
    """The agenda as a table in Markdown, its sum, and what each cut saves."""
    stated = stated_minutes()
    times = agenda.schedule(plan, stated)
    lines = ["", "| from | what | together | minutes |", "|---|---|---|--:|"]
    lines += [agenda.row(part, *time, _title(part)) for part, time in zip(plan.parts, times, strict=True)]
    lines += ["", f"**In all {total(plan, stated)} minutes.** When the room is slower, leave out, in this order:", ""]
    left = total(plan, stated)
    for number, cut in enumerate(plan.cuts, 1):
        saved = saves(plan, cut, stated)
        left -= saved
        what = f"the exercise of {lesson(cut.lesson).title} (for home)" if cut.exercise else lesson(cut.lesson).title
        lines.append(f"{number}. {what}: saves {saved} minutes, {left} are left.")
    return "\n".join([*lines, ""])


def saves(plan: agenda.Agenda, cut: agenda.Cut, stated: dict[str, dict[str, int]]) -> int:
    """Minutes that a cut saves."""
    minutes = stated[cut.lesson]
    part = next(part for part in plan.parts if part.lesson == cut.lesson)
    return minutes["exercise"] if cut.exercise else part.minutes(minutes)


def total(plan: agenda.Agenda, stated: dict[str, dict[str, int]]) -> int:
    """Minutes of an agenda."""
    return sum(length for _, length in agenda.schedule(plan, stated))


def stated_minutes() -> dict[str, dict[str, int]]:
    """Each lesson's minutes to read, run and do its exercise, by stem."""
    return {row.stem: vars(row.minutes) for row in COURSE}


def minutes_text(stem: str) -> str:
    """The line below a lesson's heading: its minutes, and under which heading its slowest cell stands."""
    minutes = lesson(stem).minutes
    heading, seconds = slowest(stem)
    said = f"*Talk {minutes.read}, run {minutes.run}, exercise {minutes.exercise} minutes."
    return f'{said} Slowest cell: under "{heading}", at most {seconds} s.*'


def slowest(stem: str) -> tuple[str, int]:
    """The heading above a lesson's slowest cell, and the seconds that its notebook allows it."""
    heading, found = "", []
    for cell in read(paths.repository() / "notebooks" / f"{stem}.ipynb").cells:
        if cell.cell_type == "markdown" and (match := HEADING.match(cell.source)):
            heading = match[1]
        found.append((heading, cell.metadata.get("twolevers", {}).get("seconds", 0)))
    return max(found, key=lambda one: one[1])


def _title(part: agenda.Part) -> str:
    return lesson(part.lesson).title if part.lesson else part.name


def _path() -> Path:
    return paths.repository() / "slides" / "guide.md"


if __name__ == "__main__":
    paths.write_atomically(_path(), refreshed(_path().read_text(encoding="utf-8")))
    print(_path())
