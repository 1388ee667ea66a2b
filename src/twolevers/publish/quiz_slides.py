"""A quiz on slides: each item is asked on one slide, where the room is polled, and answered on the next."""

import copy
import re
from html import escape
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, Tag

from twolevers.publish import tables
from twolevers.publish.layout import ROOM, WHOLE, drawing_height, text_height

if TYPE_CHECKING:
    from nbformat import NotebookNode

POLLED = "single several spot_the_flaw"  # kinds with options to raise a hand for
LETTERS = "ABCDEFGHI"
HOW = "Ask for hands, option by option; type an option's number once for each hand (1 is A). 0 clears."
GAP = 14


def items(html: str) -> list[Tag]:
    """The quiz items in an output's static form, in order; empty for any other output."""
    return BeautifulSoup(html, "html.parser").select(".tl-static")


def slides(cell: "NotebookNode", found: list[Tag]) -> list["NotebookNode"]:
    """Cells for `found`: the question (its evidence before it where both do not fit), then the answer in its parts.

    Each is a slide below the quiz's heading, with a note for the speaker.
    """
    cells: list[NotebookNode] = []
    for number, item in enumerate(found):
        key = f"{cell.id}-{number}"
        asked = _question(item, key)
        questions = [_headed(asked)] if _fits(asked) else _evidence_first(asked)
        cells += [_cell(cell, page, f"{number}-q{part}") for part, page in enumerate(questions)]
        cells.append(_note(cell, item, f"{number}-note"))
        cells += [_cell(cell, page, f"{number}-a{part}") for part, page in enumerate(_answer(item, number, key))]
    return cells


def _cell(cell: "NotebookNode", html: str, place: str) -> "NotebookNode":
    from nbformat.v4 import new_output

    one = copy.deepcopy(cell)
    one.id = f"{cell.id}-{place}"
    one.outputs = [new_output("display_data", data={"text/html": html})]
    one.metadata.slideshow.slide_type = "subslide"
    one.metadata.deck = WHOLE
    return one


def _note(cell: "NotebookNode", item: Tag, place: str) -> "NotebookNode":
    """What the speaker should know before the answer is shown."""
    from nbformat.v4 import new_markdown_cell

    lines = item.select("details li")
    right = [LETTERS[i] for i, line in enumerate(lines) if _is_right(line)]
    polled = item.get("data-kind", "") in POLLED.split()
    said = f"Right: {', '.join(right)}. {HOW}" if polled else "Let pairs agree on an answer, then turn the page."
    return new_markdown_cell(
        f"Poll, 1 minute. {said}", id=f"{cell.id}-{place}", metadata={"slideshow": {"slide_type": "notes"}}
    )


def _question(item: Tag, key: str) -> str:
    """The slide that asks: all of the item but its answer, options lettered and ready to be counted."""
    page = copy.copy(item)
    for folded in page.select("details"):
        folded.decompose()
    polled = page.get("data-kind", "") in POLLED.split()
    if polled and (options := page.find("ul", recursive=False)):
        options.name = "ol"
        options["class"] = "tl-options"
    return f"<div class='tl-poll' data-item='{key}' data-polled='{str(polled).lower()}'>{page}</div>"


def _evidence_first(asked: str) -> list[str]:
    """The lead and the evidence on a slide of their own, with the question they are for; then the question alone."""
    page = BeautifulSoup(asked, "html.parser")
    static = page.select_one(".tl-static")
    question = static.find("strong", recursive=True).parent
    for strong in static.find_all("strong"):
        if re.match(r"\d+\. ", strong.get_text()):
            question = strong.parent
    before = list(question.find_previous_siblings())[::-1]
    if not before:
        return [_headed(asked)]
    for node in before:
        node.extract()
    first = "".join(map(str, before))
    evidence = f"<div class='tl-static'>{first}<p>{question.strong}</p></div>"
    fits = _fits(evidence)
    alone = _headed(evidence if fits else f"<div class='tl-static'>{first}</div>")
    return [alone, _headed(str(page))] if static.select("li") or not fits else [alone]


def _answer(item: Tag, number: int, key: str) -> list[str]:
    """The slides that answer: right lines first where they can be chosen, as many a slide as fit."""
    lines = item.select("details li")
    polled = item.get("data-kind", "") in POLLED.split()
    shown = []
    for place, line in enumerate(lines):
        letter = f"<span class='tl-letter'>{LETTERS[place]}</span> " if polled else ""
        shown.append((not _is_right(line), f"<li data-option='{place}'>{letter}{line.decode_contents()}</li>"))
    if polled:
        shown.sort(key=lambda pair: pair[0])
    pages, room = [[]], ROOM
    for _, line in shown:
        height = text_height(BeautifulSoup(line, "html.parser").get_text()) + GAP
        if pages[-1] and height > room:
            pages.append([])
            room = ROOM
        pages[-1].append(line)
        room -= height
    return [
        _headed(f"<ul class='tl-answer' data-item='{key}'>{''.join(page)}</ul>", f"{number + 1}. {title}")
        for page, title in zip(pages, ["Answer", *["Answer, continued"] * len(pages)], strict=False)
    ]


def _headed(html: str, title: str = "Quiz") -> str:
    return f"<h2>{escape(title)}</h2>{html}"


def _is_right(line: Tag) -> bool:
    return line.get_text().startswith("✓")


def _fits(page: str) -> bool:
    """Whether evidence and question fit on one slide at the deck's own type size."""
    read = BeautifulSoup(page, "html.parser")
    height = sum(text_height(node.get_text()) + GAP for node in read.select("p, li"))
    height += sum(map(tables.height, read.select("table")))
    return height + sum(drawing_height(figure) for figure in read.select("svg")) <= ROOM - GAP
