"""Decks from executed lessons: one HTML file each, which opens from a folder with no network."""

import copy
import re
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers import paths
from twolevers.errors import UsageError
from twolevers.publish import agenda, layout, quiz_slides
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


def build(names: list[str], out: Path, pdf: bool = False) -> list[Path]:
    """Write `out`/NAME.html for each name (of an empty list: every lesson and agenda), NAME.pdf too with `pdf`.

    A lesson is named by its stem or its number ("01"), an agenda as in slides/agendas.toml. Raises UsageError for an
    unknown name or a cell no deck can show, TwoLeversError when a lesson fails or no browser can print.
    """
    folder = paths.repository()
    lessons = sorted((folder / "notebooks").glob("*.ipynb"))
    agendas = agenda.load(folder / "slides", lessons)
    wanted = {name: _find(name, lessons, agendas) for name in names} or {
        **{path.stem: [path] for path in lessons},
        **{name: plan.lessons(lessons) for name, plan in agendas.items()},
    }
    ran = {path: executed(path) for path in dict.fromkeys(path for found in wanted.values() for path in found)}
    written = []
    for name, found in wanted.items():
        if name in agendas:
            deck = agenda.deck(agendas[name], [(path.stem, ran[path]) for path in found], deck_cells)
        else:
            name, deck = found[0].stem, deck_cells(ran[found[0]], found[0].stem)
        page = out / f"{name}.html"
        paths.write_atomically(page, render_cells(deck, name, folder / "slides"))
        written += [page, print_pdf(page)] if pdf else [page]
    return written


def render(notebook: "NotebookNode", stem: str, template: Path) -> str:
    """The deck of an executed lesson as one HTML page; `template` is the course's slides/ folder.

    Raises UsageError for a lesson without slides, and for a cell that a deck cannot show: an image without alternative
    text, a formula or an unknown slide type, naming the cell.
    """
    return render_cells(deck_cells(notebook, stem), stem, template)


def render_cells(deck: "NotebookNode", stem: str, template: Path) -> str:
    """The page of a deck's cells (see `deck_cells`)."""
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
    page, _ = exporter.from_notebook_node(deck, resources)
    return page


def _find(name: str, lessons: list[Path], agendas: dict[str, "agenda.Agenda"]) -> list[Path]:
    """The lessons that the deck `name` shows."""
    if name in agendas:
        return agendas[name].lessons(lessons)
    named = [path for path in lessons if path.stem == name or path.stem.split("_")[0] == name]
    if len(named) != 1:
        stems = ", ".join(path.stem for path in lessons) or "none yet"
        plans = f" The agendas are {', '.join(agendas)}." if agendas else ""
        raise UsageError(f"No lesson {name!r} in notebooks/: the lessons are {stems}.{plans}")
    return named


def deck_cells(notebook: "NotebookNode", stem: str) -> "NotebookNode":
    """A copy with the cells that have a slide type, their outputs reduced to what a page can show, laid out as slides.

    Its metadata hold `title` and `deck_minutes`, for the speaker's clock. Raises UsageError as `render` does.
    """
    deck = copy.deepcopy(notebook)
    deck.metadata.title = notebooks.title(notebook, stem)
    minutes = notebook.metadata.get("twolevers", {}).get("minutes", {})
    deck.metadata.deck_minutes = minutes.get("read", 0)
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
            taken.outputs = [still(output, where) for output in taken.outputs if is_shown(output)]
        deck.cells += _quiz_or_cell(taken)
    deck.cells = layout.parted(deck.cells)
    if minutes and deck.cells:
        deck.cells.insert(1, _timing(minutes))
    if not any(cell.metadata.slideshow.slide_type != "notes" for cell in deck.cells):
        raise UsageError(f"{stem}: no cell has a slide type: tag the cells of the deck (slides/README.md).")
    return deck


def _timing(minutes: dict[str, int]) -> "NotebookNode":
    """The first slide's note: how long what takes."""
    from nbformat.v4 import new_markdown_cell

    said = (
        f"Timing: {minutes['read']} minutes of talk, {minutes['run']} of running cells, "
        f"{minutes['exercise']} of exercise. A poll takes about a minute: type 1 to 9 for hands raised, 0 to clear."
    )
    return new_markdown_cell(said, id="timing", metadata={"slideshow": {"slide_type": "notes"}})


def is_shown(output: "NotebookNode") -> bool:
    """Whether a page can show it: no warnings, no scripts, no widget without a still form."""
    if output.output_type == "stream":
        return output.name == "stdout"
    data = output.get("data", {})
    return "text/html" in data or not {WIDGET, "application/javascript"} & set(data)


def still(output: "NotebookNode", where: str) -> "NotebookNode":
    """The output without its widget; raises UsageError for an image without alternative text."""
    data = output.get("data", {})
    data.pop(WIDGET, None)
    is_bare = any(kind.startswith("image/") for kind in data) and "text/html" not in data
    if is_bare or IMAGE_WITHOUT_ALT.search(data.get("text/html", "")):
        raise UsageError(f"{where}: a figure without alt text: show it with show(fig, alt=...).")
    return output


def _quiz_or_cell(cell: "NotebookNode") -> list["NotebookNode"]:
    """A quiz's cell as its slides; any other cell as it is."""
    pages = [output.data["text/html"] for output in cell.get("outputs", []) if "text/html" in output.get("data", {})]
    items = [item for page in pages for item in quiz_slides.items(page)]
    return quiz_slides.slides(cell, items) if items else [cell]
