"""The answer key: each lesson's quiz with its answers and each exercise's solution, as one page to print.

`python -m twolevers.publish.answer_key` writes it to slides/_build/answers (`make answers`): it is not committed, and
neither site nor bundle takes it along.
"""

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers import paths
from twolevers.learn.bank import load_bank
from twolevers.learn.static import quiz_html
from twolevers.lessons.registry import COURSE, Lesson
from twolevers.publish.exercises import MARKER
from twolevers.publish.notebook import read

if TYPE_CHECKING:
    from nbformat import NotebookNode

FOLDER = "answers"
STYLE = """
body { font: 11pt/1.4 sans-serif; max-width: 45em; margin: 2em auto; padding: 0 1em; }
pre { background: #f4f4f4; padding: .6em; white-space: pre-wrap; }
table { border-collapse: collapse; } th, td { border: 1px solid #999; padding: .2em .5em; text-align: left; }
svg, img { max-width: 100%; } summary { display: none; }
@media print {
  @page { size: A4; margin: 12mm; }
  body { font-size: 8pt; line-height: 1.25; columns: 2; max-width: none; margin: 0; padding: 0; }
  h2 { border-top: 2px solid; padding-top: .3em; } h2, h3, h4 { break-after: avoid; }
  table, figure { break-inside: avoid; }
  p, ul { margin: .3em 0; } .tl-static { margin-bottom: .8em !important; }
  .tl-static > ul { display: none; } /* the answers name every choice again */
}
"""


def build(out: Path) -> Path:
    """Write `out`/answer-key.html and return its path. Raises UsageError for a bank or solution that cannot be read."""
    body = "\n".join(_lesson(row) for row in COURSE)
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Answer key · Two Levers</title>'
        f"<style>{STYLE}</style></head><body><h1>Answer key</h1><p>For instructors. Not part of the site.</p>"
        f"{body}</body></html>\n"
    )
    path = out / "answer-key.html"
    paths.write_atomically(path, page)
    return path


def _lesson(row: Lesson) -> str:
    parts = []
    if (paths.datasets() / "quizzes" / f"{row.stem}.yaml").is_file():
        # On paper nothing unfolds.
        quiz = quiz_html(load_bank(row.stem), answers=True)
        parts.append(f"<h3>Quiz</h3>{quiz.replace('<details>', '<details open>')}")
    solution = paths.repository() / "solutions" / f"{row.stem}.ipynb"
    if solution.is_file():
        parts.append(f"<h3>Exercise</h3>{solutions_html(read(solution))}")
    return f"<h2>{escape(row.title)}</h2>{''.join(parts)}" if parts else ""


def solutions_html(notebook: "NotebookNode") -> str:
    """Headings of the tasks, the lines between the solution marks, and the remarks that only a solution has."""
    from nbconvert.filters import markdown2html

    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = re.match(r"## (.+)", cell.source)
            if "solution-only" in cell.metadata.get("tags", []):
                parts.append(markdown2html(cell.source))
            elif heading:
                parts.append(f"<h4>{escape(heading[1])}</h4>")
        elif lines := _between_marks(cell.source):
            parts.append(f"<pre>{escape(lines)}</pre>")
    return "".join(parts)


def _between_marks(source: str) -> str:
    inside, lines = False, []
    for line in source.splitlines():
        if marker := MARKER.fullmatch(line):
            inside = marker.groups() == ("BEGIN", "SOLUTION")
        elif inside:
            lines.append(line)
    return "\n".join(lines)


if __name__ == "__main__":
    print(build(paths.repository() / "slides" / "_build" / FOLDER))
