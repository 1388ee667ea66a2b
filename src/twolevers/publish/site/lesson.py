"""A lesson as the body of a page: prose, code and recorded outputs; its quiz can be answered without Python."""

import re
from typing import TYPE_CHECKING

from twolevers.errors import UsageError
from twolevers.learn.bank import Bank
from twolevers.publish import quiz_slides
from twolevers.publish.site.quizzes import quiz_page
from twolevers.publish.slides import is_shown, still

if TYPE_CHECKING:
    from nbformat import NotebookNode

LINK = re.compile(r'href=(["\'])(?P<to>[^"\']+)\1')
HEADING = re.compile(r"<h([1-4])([^>]*)>(.*?)</h\1>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


def lesson_body(notebook: "NotebookNode", stem: str, bank: Bank | None) -> str:
    """The lesson's cells as HTML, without the notes for instructors; `bank` is its quiz.

    Raises UsageError for a figure without alternative text, naming the cell.
    """
    parts = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
            continue
        if cell.cell_type == "markdown":
            parts.append(prose(cell.source))
        elif cell.cell_type == "code":
            parts.append(_code(cell, f"{stem}, cell {number} (id {cell.id})", bank))
    return "\n".join(parts)


def prose(source: str) -> str:
    """Markdown as HTML: links lead to the site's pages, headings can be linked to."""
    from nbconvert.filters import markdown2html

    html = markdown2html(source).replace('<a class="anchor-link"', '<a hidden class="anchor-link"')
    html = re.sub(r'<a hidden class="anchor-link".*?</a>', "", html)
    html = LINK.sub(_page_link, html)
    return _scrolled(HEADING.sub(_anchored, html))


def anchor(heading: str) -> str:
    """The id of a heading, from its words."""
    return re.sub(r"[^a-z0-9]+", "-", TAG.sub("", heading).lower()).strip("-") or "part"


def _anchored(found: re.Match[str]) -> str:
    level, _, text = found.groups()
    return f'<h{level} id="{anchor(text)}">{text}</h{level}>'


def _page_link(found: re.Match[str]) -> str:
    """Lessons have pages; what is only in the course's folder is not linked from here."""
    to = found["to"]
    if match := re.fullmatch(r"(?:\.\./notebooks/)?([\w-]+)\.ipynb(#.*)?", to):
        return f'href="{match[1]}.html{match[2] or ""}"'
    return f'href="{to}"' if re.match(r"https?:|#|mailto:", to) else 'data-in-course="yes"'


def _code(cell: "NotebookNode", where: str, bank: Bank | None) -> str:
    from nbconvert.filters import Highlight2HTML

    source = _scrolled(Highlight2HTML()(cell.source, metadata=cell.metadata))
    outputs = [still(output, where) for output in cell.outputs if is_shown(output)]
    pages = [output.get("data", {}).get("text/html", "") for output in outputs]
    if bank and any(quiz_slides.items("".join(page)) for page in pages):
        return quiz_page(bank)
    return source + "".join(map(_output, outputs))


def _output(output: "NotebookNode") -> str:
    from nbconvert.filters import ansi2html

    if output.output_type == "error":
        raise UsageError("A lesson that failed has no page: run it again.")
    data = output.get("data", {})
    if html := "".join(data.get("text/html", "")):
        return f'<div class="output">{html}</div>'
    text = "".join(output.get("text", "") or data.get("text/plain", ""))
    return f'<div class="output">{_scrolled(f"<pre>{ansi2html(text)}</pre>")}</div>' if text else ""


def _scrolled(html: str) -> str:
    """Wide code and tables scroll by themselves, by keyboard too."""
    html = html.replace("<table>", '<div class="output" tabindex="0" role="region" aria-label="Table"><table>')
    html = html.replace("</table>", "</table></div>")
    return html.replace("<pre>", '<pre tabindex="0" role="region" aria-label="Code or text">')
