"""Decks from executed lessons: one HTML file each, which opens from a folder with no network."""

import copy
import re
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers import paths
from twolevers.errors import UsageError
from twolevers.publish import notebook as notebooks
from twolevers.publish.execute import executed
from twolevers.publish.pdf import print_pdf

if TYPE_CHECKING:
    from nbformat import NotebookNode

ON_DECK = ("slide", "subslide", "fragment", "notes", "-")
WIDGET = "application/vnd.jupyter.widget-view+json"
# A deck carries no formula renderer; a price ("$5") is no formula.
FORMULA = re.compile(r"\$\$|\\\(|\\\[|\$[^$\n]*\\[a-z]+[^$\n]*\$")
IMAGE_WITHOUT_ALT = re.compile(r"<img(?![^>]*\balt=[\"'][^\"'])[^>]*>", re.IGNORECASE)


def build(lessons: list[str], out: Path, pdf: bool = False) -> list[Path]:
    """Write `out`/LESSON.html for each lesson (of an empty list: all), LESSON.pdf too with `pdf`.

    A lesson is named by its stem or its number ("01"). Raises UsageError for an unknown lesson or
    a cell no deck can show, TwoLeversError when a lesson fails or no browser can print.
    """
    folder = paths.repository()
    written = []
    for lesson in _find(lessons, folder / "notebooks"):
        page = out / f"{lesson.stem}.html"
        paths.write_atomically(page, render(executed(lesson), lesson.stem, folder / "slides"))
        written.append(page)
        if pdf:
            written.append(print_pdf(page))
    return written


def render(notebook: "NotebookNode", stem: str, template: Path) -> str:
    """The deck of an executed notebook as one HTML page, by the nbconvert template in `template`/deck.

    Only cells with a slide type are taken. Raises UsageError when there is none, and for a figure without alt
    text, a formula or an unknown slide type, naming the cell.
    """
    from nbconvert.exporters import SlidesExporter
    from traitlets.config import Config

    config = Config()
    config.CoalesceStreamsPreprocessor.enabled = True  # a slow loop's lines come one by one
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_input_tags = {"deck-hide-input"}
    config.TagRemovePreprocessor.remove_all_outputs_tags = {"deck-hide-output"}
    exporter = SlidesExporter(
        config=config,
        template_name="deck",
        extra_template_basedirs=[str(template)],
        extra_template_paths=[str(template)],
        embed_images=True,
        exclude_anchor_links=True,
    )
    resources = {"metadata": {"name": stem, "path": str(template.parent / "notebooks")}}
    page, _ = exporter.from_notebook_node(_deck_cells(notebook, stem), resources)
    return page


def _find(lessons: list[str], folder: Path) -> list[Path]:
    known = sorted(folder.glob("*.ipynb"))
    found = []
    for name in lessons:
        named = [path for path in known if path.stem == name or path.stem.split("_")[0] == name]
        if len(named) != 1:
            stems = ", ".join(path.stem for path in known) or "none yet"
            raise UsageError(f"No lesson {name!r} in notebooks/: the lessons are {stems}.")
        found += named
    return found or known


def _deck_cells(notebook: "NotebookNode", stem: str) -> "NotebookNode":
    """A copy with the cells that have a slide type, their outputs reduced to what a page can show."""
    deck = copy.deepcopy(notebook)
    deck.metadata.title = notebooks.title(notebook, stem)
    deck.cells = []
    for number, cell in enumerate(notebook.cells, start=1):
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "skip")
        if kind == "skip":
            continue
        where = f"{stem}, cell {number} (id {cell.id})"
        if kind not in ON_DECK:
            raise UsageError(f"{where}: slide type {kind!r}: use one of {', '.join(ON_DECK)} or skip.")
        if cell.cell_type == "markdown" and FORMULA.search(cell.source):
            raise UsageError(f"{where}: a deck cannot show formulas: say it in words or tag the cell 'skip'.")
        taken = copy.deepcopy(cell)
        if cell.cell_type == "code":
            taken.outputs = [_still(output, where) for output in taken.outputs if _is_shown(output)]
        deck.cells += _one_item_a_slide(taken)
    if not any(cell.metadata.slideshow.slide_type != "notes" for cell in deck.cells):
        raise UsageError(f"{stem}: no cell has a slide type: tag the cells of the deck (slides/README.md).")
    return deck


def _is_shown(output: "NotebookNode") -> bool:
    """Whether a page can show it: no warnings, no scripts, no widget without a still form."""
    if output.output_type == "stream":
        return output.name == "stdout"
    data = output.get("data", {})
    return "text/html" in data or not {WIDGET, "application/javascript"} & set(data)


def _still(output: "NotebookNode", where: str) -> "NotebookNode":
    data = output.get("data", {})
    data.pop(WIDGET, None)
    is_bare = any(kind.startswith("image/") for kind in data) and "text/html" not in data
    if is_bare or IMAGE_WITHOUT_ALT.search(data.get("text/html", "")):
        raise UsageError(f"{where}: a figure without alt text: show it with show(fig, alt=...).")
    return output


def _one_item_a_slide(cell: "NotebookNode") -> list["NotebookNode"]:
    """A quiz's cell as one cell for each item, each on a slide of its own; any other cell as it is."""
    from bs4 import BeautifulSoup

    pages = [output.data["text/html"] for output in cell.get("outputs", []) if "text/html" in output.get("data", {})]
    items = [item for page in pages for item in BeautifulSoup(page, "html.parser").select(".tl-static")]
    cells = []
    for number, item in enumerate(items):
        one = copy.deepcopy(cell)
        one.id = f"{cell.id}-{number}"
        heading = "<h2>Quiz</h2>" if cells else ""
        one.outputs = one.outputs[:1]
        one.outputs[0].data = {"text/html": heading + str(item)}
        if cells:
            one.metadata.slideshow.slide_type = "subslide"
        cells.append(one)
    return cells or [cell]
