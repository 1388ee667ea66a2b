"""The first page of `twolevers lab`: how far the learner is, what comes next, and every lesson with its minutes.

It is Markdown, which JupyterLab shows as a page with links that open notebooks: no extension of ours has to be built.
"""

from collections.abc import Sequence

from twolevers.learn.next_step import Standing, next_step, stated
from twolevers.learn.progress_page import START

FILE = "START.md"
LEGEND = (
    "This page is written when the lab starts; the end of lesson 00 shows the same as of now. Keys: Tab and Enter open "
    "a lesson, Shift + Enter runs a cell, Ctrl + Enter runs it and stays, Tab goes into a quiz, Escape leads back."
)


def start_panel(found: Sequence[Standing]) -> str:
    """The page in Markdown; its links count from the course's folder."""
    done = sum(one.done for one in found)
    rows = [_row(START, "–"), *(_row(one.lesson, _state(one)) for one in found)]
    return "\n".join(
        [
            "# Two Levers: start",
            "",
            f"**{done} of {len(found)} lessons done.** {_plain(next_step(found).text)}",
            "",
            "| lesson | read | run | practise | | state |",
            "|:--|--:|--:|--:|:--|:--|",
            *rows,
            "",
            f"Minutes each. {LEGEND}",
            "",
            "[Glossary](slides/glossary.md) · [How the course works](README.md)",
            "",
        ]
    )


def _row(lesson: str, state: str) -> str:
    title, minutes = stated(lesson)
    number = lesson.split("_")[0]
    name = f"[{number} {_plain(title)}](notebooks/{lesson}.ipynb)"
    read, run, practise = (minutes.get(part, 0) for part in ("read", "run", "exercise"))
    exercise = f"[exercise {number}](exercises/{lesson}.ipynb)" if practise else ""
    return f"| {name} | {read} | {run} | {practise} | {exercise} | {state} |"


def _state(one: Standing) -> str:
    if one.done:
        return "✓ done"
    parts = [f"quiz {one.answered} of {one.items}"] * bool(one.items)
    parts += [f"tasks {one.passed} of {one.tasks}"] * bool(one.tasks)
    return "started: " + ", ".join(parts) if one.started else "–"


def _plain(text: str) -> str:
    """Text of a table's cell: signs that Markdown would read are kept as signs."""
    return "".join(f"\\{sign}" if sign in "\\|[]_*`<" else sign for sign in text)
