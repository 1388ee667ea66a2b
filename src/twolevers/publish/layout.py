"""What fits on a slide, estimated from the text: outputs that are too long are parted, figures get their own slide.

Estimates only decide where to part; `slides/deck/static/deck.js` measures each slide and shrinks what still stands out.
Pixels are those of the theme: a slide of 1280 × 720 with text of 32 px.
"""

import copy
import math
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, Tag

from twolevers.publish import tables as table_parts

if TYPE_CHECKING:
    from nbformat import NotebookNode

WIDTH = 1152  # of a slide's text
ROOM = 540  # height below the heading
TEXT, LINE, GAP = 32, 1.35, 24
LETTER = 0.54  # mean width of a letter, in type sizes
WHOLE = "whole"  # metadata.deck of a cell that is laid out already
FIGURE = 440  # a figure lower than this is not read from the last row
DRAWING = 960  # width of a quiz's small drawings


def text_height(text: str, size: float = TEXT, width: float = WIDTH) -> float:
    """Height in px of a paragraph of `text` set in `size` px on lines of `width` px."""
    return max(1, math.ceil(len(text) * LETTER * size / width)) * LINE * size


def parted(cells: list["NotebookNode"]) -> list["NotebookNode"]:
    """The deck's cells, with outputs that do not fit moved or parted onto slides below."""
    placed, room, heading = [], float(ROOM), ""
    for cell in cells:
        kind = cell.metadata.slideshow.slide_type
        if kind in ("slide", "subslide"):
            room = float(ROOM)
        if kind == "notes" or cell.metadata.get("deck") == WHOLE:
            placed.append(cell)
        elif cell.cell_type == "markdown":
            heading = next((line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")), heading)
            room -= sum(text_height(part) + 14 for part in cell.source.split("\n\n") if not part.startswith("#"))
            placed.append(cell)
        else:
            pages, room = _pages(cell, room, heading)
            placed += pages
    return placed


def _pages(cell: "NotebookNode", room: float, heading: str) -> tuple[list["NotebookNode"], float]:
    """The cell as one for each slide it takes, and the room that is left on the last."""
    tags = cell.metadata.get("tags", [])
    if "deck-hide-input" not in tags:
        room -= _code_height(cell.source, 15)
    pages, here = [], copy.deepcopy(cell)
    here.outputs = []
    for output in [] if "deck-hide-output" in tags else cell.outputs:
        html = output.get("data", {}).get("text/html")
        pieces = _pieces(html, room) if html else [("", _code_height(_text(output), 20))]
        for piece, height in pieces:
            if height > room and (room < ROOM or here.outputs):
                pages.append(here)
                here = _below(cell, len(pages), heading)
                room = float(ROOM)
            shown = copy.deepcopy(output)
            if html:
                shown.data = {"text/html": piece}
            here.outputs.append(shown)
            room -= height + GAP
    return [*pages, here], room


def _below(cell: "NotebookNode", number: int, heading: str) -> "NotebookNode":
    """An empty continuation of the cell: a slide below, under the same heading, without the code."""
    from nbformat.v4 import new_output

    one = copy.deepcopy(cell)
    one.id = f"{cell.id}-{number}"
    one.metadata.slideshow.slide_type = "subslide"
    one.metadata.tags = sorted({*cell.metadata.get("tags", []), "deck-hide-input"})
    title = BeautifulSoup(heading, "html.parser").get_text()
    one.outputs = [new_output("display_data", data={"text/html": f"<h2>{title}</h2>"})] if title else []
    return one


def _text(output: "NotebookNode") -> str:
    return str(output.get("text", "") or output.get("data", {}).get("text/plain", ""))


def _code_height(text: str, smallest: float) -> float:
    """Height of code or printed text, which is set as large as its longest line allows (theme.css)."""
    lines = text.splitlines() or [""]
    size = min(26, max(smallest, WIDTH / 0.61 / max(1, *map(len, lines))))
    return 40 + 1.4 * size * len(lines)


def _pieces(html: str, room: float) -> list[tuple[str, float]]:
    """`html` in pieces that fit, each with its height: rows of a table, blocks or lines of a text, a figure whole."""
    read = BeautifulSoup(html, "html.parser")
    if read.find(["img", "svg"]):
        return [(html, FIGURE)]
    if lines := _lines(read):
        return lines
    tables = read.find_all("table")
    if len(tables) == 1 and not [p for p in read.find_all("p") if not p.find_parent("table")]:
        return table_parts.pieces(read, room)
    blocks = _blocks(read)
    heights = [_height(block) for block in blocks]
    if sum(heights) <= max(room, 0) or len(blocks) < 2:
        return [(html, sum(heights))]
    pieces, left = [], room
    for block, height in zip(blocks, heights, strict=True):
        if pieces and height <= left:
            pieces[-1] = (pieces[-1][0] + block, pieces[-1][1] + height)
        else:
            left = ROOM if pieces or height > room else room
            pieces.append((block, height))
        left -= height
    return pieces


def _lines(read: BeautifulSoup) -> list[tuple[str, float]]:
    """Plain text whose line breaks count, on as many slides as it takes, about evenly; [] for anything else."""
    tags = read.find_all()
    if len(tags) != 1 or "pre-wrap" not in tags[0].get("style", ""):
        return []
    lines = tags[0].get_text().splitlines()
    heights = [text_height(line) for line in lines]
    share = math.ceil(len(lines) / max(1, math.ceil(sum(heights) / ROOM)))
    pieces = []
    for start in range(0, len(lines), share):
        page = copy.copy(read)
        page.find().string = "\n".join(lines[start : start + share])
        pieces.append((str(page), sum(heights[start : start + share])))
    return pieces


def _blocks(read: BeautifulSoup) -> list[str]:
    """The parts of a text that may stand on slides of their own, out of the boxes that hold all of them.

    A heading stays with what follows; what says nothing is left out.
    """
    blocks = read.find_all(recursive=False)
    while len(blocks) == 1 and blocks[0].name in ("div", "article", "section"):
        blocks = blocks[0].find_all(recursive=False)
    parts, heading = [], ""
    for block in blocks:
        text = block.get_text().strip()
        if text and text == "".join(one.get_text() for one in block.find_all(["strong", "em"])).strip():
            heading += str(block)
        elif text:
            parts.append(heading + str(block))
            heading = ""
    return [*parts, heading] if heading else parts


def drawing_height(svg: Tag) -> float:
    """Height of a quiz's drawing as the theme shows it."""
    *_, width, height = map(float, (svg.get("viewbox") or svg.get("viewBox") or "0 0 3 1").split())
    return DRAWING * height / width + 40


def _height(html: str) -> float:
    block = BeautifulSoup(html, "html.parser")
    if table := block.find("table"):
        return table_parts.height(table)
    parts = block.find_all(["p", "li", "h2", "h3", "h4", "dt", "dd", "summary"]) or [block]
    return sum(text_height(part.get_text()) + 14 for part in parts)
