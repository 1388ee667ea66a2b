"""Every lesson without a mouse: opened from the start page, its guesses committed, every item of its quiz answered.

What is pressed is what a learner presses. Two things are not as in a learner's room, for the sake of minutes: all
lessons share one kernel, and the models are not loaded in it; cells that answer with a model are passed by. The
notebooks' own tests run those.
"""

import json
import shutil

import pytest
from lab import Desk, load_lab

from twolevers import paths
from twolevers.learn.bank import load_bank
from twolevers.learn.progress_page import standings
from twolevers.learn.spacing import earlier
from twolevers.learn.start_panel import FILE, start_panel
from twolevers.lessons.registry import COURSE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTEBOOKS = paths.repository() / "notebooks"
STEMS = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
NO_MODELS = """
from twolevers.lessons.common.bench import Workbench
Workbench.load = classmethod(lambda *_: None)
"""
NOW = "window.jupyterapp.shell.currentWidget"
ACTIVE = f"{NOW}.content.activeCell"
FOCUS = """() => {
  const node = document.activeElement;
  const card = node.closest(".tl-card");
  const cards = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .tl-quiz .tl-card")];
  const sort = node.matches(".tl-main") ? "main" : node.closest(".tl-sure") ? "sure" : node.type;
  return { card: cards.indexOf(card), guess: Boolean(node.closest(".tl-guess")), sort, name: node.textContent };
}"""
DOWN = f"""(name) => {{
  const {{ widgets, activeCellIndex }} = {NOW}.content;
  const to = widgets.findIndex((cell) => cell.model.id === name);
  return widgets.slice(activeCellIndex + 1, to + 1).filter((cell) => !cell.inputHidden && !cell.isHidden).length;
}}"""  # steps to a cell: the arrow passes by what is folded away
SCORE = ".jp-NotebookPanel:not(.lm-mod-hidden) .tl-score"


@pytest.fixture(scope="module")
def opened(loaded, lab):
    """JupyterLab at the start page, and the lessons each bound to one kernel for all."""
    page, kernel = loaded
    folder = lab.work / "notebooks"
    folder.mkdir()
    (lab.work / FILE).write_text(start_panel(standings([])), encoding="utf-8")
    for stem in STEMS:
        shutil.copy(NOTEBOOKS / f"{stem}.ipynb", folder)
        bound = {"name": stem, "path": f"notebooks/{stem}.ipynb", "type": "notebook", "kernel": {"id": kernel}}
        lab.post("sessions", **bound)
    load_lab(page, lab, FILE)
    page.wait_for_selector(".jp-MarkdownViewer table a")
    desk = Desk(page, kernel)
    desk.execute(NO_MODELS)
    return desk


@pytest.fixture
def room(opened):
    """The start page of JupyterLab; afterwards the lesson that was opened is put away."""
    yield opened.page
    opened.clear(but=FILE)


def tab_until(page, found, most=60):
    """Press Tab until what has the focus is `found`; what it is."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if found(focus):
            return focus
    raise AssertionError(f"not reached by Tab, the last was {focus}")


def open_by_keyboard(page, stem):
    """Out of a quiz, back to the start page's tab, to the lesson's link, into the lesson."""
    page.keyboard.press("Escape")
    for _ in range(len(STEMS) + 1):
        if page.evaluate(f"{NOW}.context.path") == FILE:
            break
        before = page.evaluate(f"{NOW}.id")
        page.keyboard.press("Control+Shift+[")
        page.wait_for_function(f"before => {NOW}?.id !== before", arg=before)
    page.wait_for_selector(".jp-MarkdownViewer:visible table a")
    tab_until(page, lambda focus: focus["name"].startswith(f"{stem[:2]} "))
    page.keyboard.press("Enter")
    page.wait_for_function(f"stem => {NOW}?.context?.path === `notebooks/${{stem}}.ipynb`", arg=stem)
    page.evaluate(f"async () => {{ await {NOW}.context.ready; await {NOW}.sessionContext.ready; }}")
    page.wait_for_function(f"document.activeElement === {ACTIVE}.node")


def run_cell(page, name):
    """Walk down to a cell, run it and wait for its end; its error, if it has one."""
    for _ in range(page.evaluate(DOWN, name)):
        page.keyboard.press("ArrowDown")
    assert page.evaluate(f"{ACTIVE}.model.id") == name
    page.keyboard.press("Control+Enter")
    page.wait_for_function(f"{ACTIVE}.model.executionState === 'idle' && {ACTIVE}.model.executionCount > 0")
    return page.evaluate(
        f"{ACTIVE}.model.outputs.toJSON().filter(one => one.output_type === 'error').map(one => one.evalue)"
    )


def commit_guess(page):
    """Into the guess below the cell, a guess, and back to the cell."""
    page.wait_for_function(f"{ACTIVE}.node.querySelector('.tl-guess')")
    focus = tab_until(page, lambda focus: focus["guess"])
    page.keyboard.press("Space" if focus["sort"] == "radio" else "ArrowRight")
    tab_until(page, lambda focus: focus["guess"] and focus["sort"] == "main")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.textContent === 'Change my guess'")
    page.keyboard.press("Escape")
    assert page.evaluate(f"document.activeElement === {ACTIVE}.node"), "Escape leads back to the cell"


def answer_quiz(page, items):
    """Through the quiz from its first item to its last: something chosen or typed, and checked."""
    page.wait_for_function(f"{ACTIVE}.node.querySelector('.tl-quiz .tl-card')")
    for number in range(items):
        touched = ""
        while True:
            focus = tab_until(page, lambda focus, number=number: focus["card"] >= number)
            assert focus["card"] == number, f"item {number + 1} cannot be checked by keyboard"
            if focus["sort"] == "main":
                break
            if focus["sort"] in ("radio", "checkbox") and not touched:
                page.keyboard.press("Space")
                touched = focus["sort"]
            elif focus["sort"] == "text":
                page.keyboard.type("1")
            elif focus["sort"] == "select-one":
                page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_function(
            f"n => document.querySelector({SCORE!r}).textContent.startsWith(`${{n}} of `)", arg=number + 1
        )


@pytest.mark.parametrize("stem", STEMS)
def test_a_lesson_is_opened_run_and_answered_by_keyboard_alone(room, stem):
    cells = json.loads((NOTEBOOKS / f"{stem}.ipynb").read_text("utf-8"))["cells"]
    names = [cell["id"] for cell in cells if cell["cell_type"] == "code"]
    source = {cell["id"]: "".join(cell["source"]) for cell in cells}
    guesses = [name for name in names if "predict(" in source[name] or "predict_choice(" in source[name]]
    quizzes = [name for name in names if source[name].startswith("quiz(")]
    assert guesses and (quizzes or stem == STEMS[0])
    open_by_keyboard(room, stem)
    for name in names:
        if name == "imports" or name in guesses or name in quizzes:
            assert run_cell(room, name) == [], name
        if name in guesses:
            commit_guess(room)
        if name in quizzes:
            items = len(load_bank(stem).items) + len(earlier(stem))
            answer_quiz(room, items)
            assert room.locator(SCORE).inner_text().startswith(f"{items} of {items} answered")


def test_these_are_all_lessons():
    assert len(STEMS) == len(COURSE)
