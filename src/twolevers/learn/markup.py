"""Small, safe HTML: everything is escaped first; then `code`, **strong**, *emphasis* and paragraphs are allowed."""

import re
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Html:
    """A finished piece of HTML with its plain-text form; the last line of a cell shows it."""

    html: str
    text: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def inline(text: str) -> str:
    """One line of HTML from markdown-light `text`; anything that is not markdown-light comes out as plain text."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(f"<code>{escape(part)}</code>" if i % 2 else _emphasis(part) for i, part in enumerate(parts))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of `text` (parted by blank lines) as inline HTML."""
    return [inline(part.strip()) for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]


def plain(text: str) -> str:
    """`text` without its markdown-light signs, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"`([^`]+)`|\*\*(.+?)\*\*", lambda m: m[1] or m[2], text)).strip()


def _emphasis(text: str) -> str:
    strong = re.sub(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", r"<strong>\1</strong>", escape(text), flags=re.S)
    return re.sub(r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?![\w*])", r"<em>\1</em>", strong)


def table_html(caption: str, columns: list[str], rows: list[list[str]], numeric: frozenset[int] = frozenset()) -> str:
    """An accessible table of plain texts: captioned, first column as row headers, `numeric` columns to the right.

    It stands in a region of its own that scrolls sideways, by keyboard too, where the page is too narrow.
    """

    def cell(tag: str, text: str, column: int, scope: str = "") -> str:
        side = "right" if column in numeric else "left"
        style = f"text-align:{side};padding:.35em .8em;font-variant-numeric:tabular-nums;vertical-align:top"
        return f"<{tag}{scope} style='{style}'>{escape(text)}</{tag}>"

    head = "".join(cell("th", name, i, " scope='col'") for i, name in enumerate(columns))
    body = "".join(
        "<tr>"
        + cell("th", row[0], 0, " scope='row'")
        + "".join(cell("td", text, i) for i, text in enumerate(row[1:], 1))
        + "</tr>"
        for row in rows
    )
    return (
        f"<div class='tl-table' role='region' tabindex='0' aria-label='{escape(caption)}' style='overflow-x:auto'>"
        "<table style='border-collapse:collapse;margin:.6em 0;font-size:inherit'>"
        f"<caption style='text-align:left;font-weight:600;padding:.3em 0;caption-side:top'>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
