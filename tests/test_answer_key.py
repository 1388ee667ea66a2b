"""The key holds every answer, lies where neither git nor site nor bundle takes it, and shows no more than the marks."""

import subprocess

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from twolevers import paths
from twolevers.learn.bank import load_bank
from twolevers.lessons.registry import LESSONS
from twolevers.publish import answer_key

ROOT = paths.repository()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return answer_key.build(tmp_path_factory.mktemp("key")).read_text("utf-8")


@pytest.mark.parametrize("row", LESSONS, ids=lambda row: row.stem)
def test_every_quiz_and_every_solution_is_there(page, row):
    part = page.split(f"<h2>{row.title}</h2>")[1].split("<h2>")[0]
    assert part.count("tl-static") == len(load_bank(row.stem).items)
    assert part.count("<details open>") == len(load_bank(row.stem).items)
    marked = (ROOT / "solutions" / f"{row.stem}.ipynb").read_text("utf-8").count("# BEGIN SOLUTION")
    assert 0 < part.count("<pre>") <= marked


def test_it_needs_nothing_from_elsewhere(page):
    assert "<script" not in page and "<link" not in page and "src=" not in page


def test_code_is_escaped_and_only_what_is_marked_is_shown():
    cells = [
        new_markdown_cell("## Task 1: <b>\n\nLong text of the task."),
        new_code_cell("given = 1\n# BEGIN SOLUTION\nif a < b:\n    pass\n# END SOLUTION\nafter = 2"),
        new_code_cell("check(given)"),
        new_markdown_cell("A remark.", metadata={"tags": ["solution-only"]}),
    ]
    shown = answer_key.solutions_html(new_notebook(cells=cells))
    assert "<h4>Task 1: &lt;b&gt;</h4>" in shown and "if a &lt; b:\n    pass</pre>" in shown and "A remark." in shown
    assert not any(word in shown for word in ("given", "after", "Long text"))


def test_git_does_not_take_it():
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    path = f"slides/_build/{answer_key.FOLDER}/answer-key.html"
    assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0
