"""What a learner sees in JupyterLab: no notes for instructors, no tools for assignments, results without a kernel."""

import shutil

import pytest
from lab import open_notebook

from twolevers import paths
from twolevers.publish.still import WIDGET

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = [
    """
from pathlib import Path
from twolevers.learn.bank import load_bank
from twolevers.learn.quiz import Quiz
Quiz("reopened", load_bank("sample_quiz", Path({folder!r})))
""".format(folder=str(paths.repository() / "tests" / "browser")),
    "from twolevers.learn import predict\npredict('reopened', 'share', 'What share will it be?', low=0, high=1)",
    "print('a result that was measured')",
]


def test_a_notebook_opened_again_shows_results_and_still_quizzes_and_says_how_to_go_on(page, lab, shots):
    name = lab.notebook("reopened.ipynb", CELLS)
    open_notebook(page, lab, name)
    page.wait_for_selector(".tl-quiz .tl-card")
    page.wait_for_selector("text=a result that was measured")
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert page.locator(".tl-quiz .tl-card").count(), "the open notebook keeps its widgets"
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    open_notebook(page, lab, name, run=False)
    page.wait_for_selector("text=a result that was measured")
    page.wait_for_selector("text=From the passages put into the prompt")
    assert page.locator("text=To go on here, run this cell").count() == 2
    # A widget without a model says "model not found", but only after a while: there is none that could.
    kept = page.evaluate(
        "[...window.jupyterapp.shell.currentWidget.content.model.cells].map((cell) => cell.outputs.toJSON()).flat()"
    )
    assert len(kept) >= len(CELLS) and not any(WIDGET in output.get("data", {}) for output in kept)
    assert "model not found" not in page.content() and "Loading widget" not in page.content()
    shots(page, "reopened.png")


def test_a_lesson_shows_no_notes_for_instructors_no_assignment_tools_and_whole_names(page, lab, shots):
    for lesson in (paths.repository() / "notebooks").glob("*.ipynb"):
        shutil.copy(lesson, lab.work / lesson.name)
    open_notebook(page, lab, "13_common_mistakes.ipynb", run=False)
    page.wait_for_selector(".jp-MarkdownOutput >> text=After this lesson you can")
    assert not page.locator(".jp-MarkdownOutput:visible >> text=For instructors").count()
    page.locator(".jp-DirListing-itemText >> text=13_common_mistakes.ipynb").wait_for()
    cut = page.evaluate(
        "[...document.querySelectorAll('.jp-DirListing-itemText span')]"
        ".filter((name) => name.scrollWidth > name.clientWidth + 1).map((name) => name.textContent)"
    )
    assert cut == []
    shots(page, "lesson.png")
    for tool in ("Validate", "Create Assignment", "Formgrader", "Assignment List"):
        assert page.locator(f"text={tool}").count() == 0, tool
