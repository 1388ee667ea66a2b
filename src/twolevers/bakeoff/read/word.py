"""The visible text of a Word document in its order: controls, boxes, insertions, tables, notes, headers and footers."""

import io
from collections.abc import Iterator
from typing import Any

from twolevers.bakeoff.read.raised import raised
from twolevers.errors import UsageError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIPPED = {f"{_W}{name}" for name in ("del", "moveFrom", "instrText", "delText", "pPr", "tblPr", "sectPr", "sdtPr")}
_SKIPPED |= {f"{_W}{name}" for name in ("rPr", "footnoteRef", "endnoteRef")} | {f"{_MC}Fallback"}
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-", f"{_W}ptab": "\t"}
_PARTS = ("header", "footer", "footnotes", "endnotes")
CELL = " | "


def word(data: bytes, name: str) -> str:
    """The text of a DOCX: a block for each paragraph and each row of a table, each cell once.

    What was deleted or is hidden is left out, comments too. Headers come first, footers and notes last, each once.
    Raises UsageError for a file that is none.
    """
    from docx import Document

    try:
        package = Document(io.BytesIO(data))
        extra = _extra(package.part)
        header, foot = (
            [text for kind, text in extra if kind == "header"],
            [text for kind, text in extra if kind != "header"],
        )
        blocks = [*header, *_blocks(package.element.body), *foot]
    except Exception as error:  # a damaged archive raises nearly anything
        raise UsageError(f"{name} cannot be read as DOCX ({type(error).__name__}): save it anew.") from error
    return "\n\n".join(blocks)


def _extra(part: Any) -> list[tuple[str, str]]:
    """(kind, text) of headers, footers and notes, each text once."""
    from lxml import etree

    found: dict[str, str] = {}
    for relation in part.rels.values():
        kind = next((each for each in _PARTS if relation.reltype.endswith(f"/{each}")), "")
        if kind and not relation.is_external:
            root = etree.fromstring(relation.target_part.blob)
            for block in _blocks(root):
                found.setdefault(block, kind)
    return [(kind, text) for text, kind in found.items()]


def _blocks(parent: Any) -> Iterator[str]:
    """Paragraphs and rows within `parent`, in order; what only wraps them (controls, notes) is opened."""
    for child in parent:
        if child.tag == f"{_W}p":
            yield from _paragraph(child)
        elif child.tag == f"{_W}tbl":
            yield from _table(child)
        elif child.tag not in _SKIPPED and isinstance(child.tag, str):
            yield from _blocks(child)


def _paragraph(paragraph: Any) -> Iterator[str]:
    boxes: list[Any] = []
    text = "".join(_inline(paragraph, boxes)).strip()
    if text:
        yield text
    for box in boxes:
        yield from _blocks(box)


def _inline(parent: Any, boxes: list[Any]) -> Iterator[str]:
    """The text of runs; boxes of text that hang on the paragraph are put aside."""
    for child in parent:
        tag = child.tag
        if tag in _SKIPPED or not isinstance(tag, str):
            continue
        if tag == f"{_W}txbxContent":
            boxes.append(child)
        elif tag in (f"{_W}t", f"{_M}t"):
            yield raised(child.text or "") if _is_raised(parent) else child.text or ""
        elif tag in _SIGNS:
            yield _SIGNS[tag]
        elif tag in (f"{_M}sup", f"{_M}den"):
            yield (
                _above("".join(_inline(child, boxes))) if tag.endswith("sup") else f"/{''.join(_inline(child, boxes))}"
            )
        elif tag == f"{_W}sym":
            yield _symbol(child)
        elif not (tag == f"{_W}r" and _hidden(child)):
            yield from _inline(child, boxes)


def _hidden(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish")
    return mark is not None and mark.get(f"{_W}val", "true") not in ("false", "0", "off")


def _is_raised(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vertAlign")
    return mark is not None and mark.get(f"{_W}val") == "superscript"


def _above(text: str) -> str:
    """An exponent in plain text."""
    return raised(text) if raised(text) != text else f"^{text}"


def _symbol(element: Any) -> str:
    try:
        code = int(element.get(f"{_W}char", ""), 16)
    except ValueError:
        return ""
    return "" if 0xF000 <= code <= 0xF0FF else chr(code)  # a sign of a symbol font has no letter


def _table(table: Any) -> Iterator[str]:
    """A block for each row, then those of tables within its cells. A merged cell stands in its first row alone."""
    for row in table.iter(f"{_W}tr"):
        if next(row.iterancestors(f"{_W}tbl")) is not table or row.find(f"{_W}trPr/{_W}del") is not None:
            continue
        cells, inner = [], []
        for cell in row.iter(f"{_W}tc"):
            if next(cell.iterancestors(f"{_W}tr")) is not row or _continued(cell):
                continue
            own = [block for block in _cell_blocks(cell, inner) if block]
            cells.append(" ".join(" ".join(block.split()) for block in own))
        if any(cells):
            yield CELL.join(cells).rstrip(CELL)
        for each in inner:
            yield from _table(each)


def _cell_blocks(cell: Any, tables: list[Any]) -> Iterator[str]:
    for child in cell:
        if child.tag == f"{_W}tbl":
            tables.append(child)
        elif child.tag == f"{_W}p":
            yield from _paragraph(child)
        elif child.tag not in _SKIPPED and isinstance(child.tag, str):
            yield from _cell_blocks(child, tables)


def _continued(cell: Any) -> bool:
    merged = cell.find(f"{_W}tcPr/{_W}vMerge")
    return merged is not None and merged.get(f"{_W}val", "continue") == "continue"
