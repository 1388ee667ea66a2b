"""Every lesson and solution runs alone, offline, twice; every untouched exercise fails its checks, kindly."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import notebooks
from twolevers import paths
from twolevers.decide.capstone import Capstone
from twolevers.learn.ledger import Ledger

ROOT = paths.repository()
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
GIB = 2.0  # what a free hosted notebook gives
# Lessons still over it, with what they may take until they are brought down; not to be added to.
OVER = {"04_large_collections": 2.6, "13_common_mistakes": 2.3}
# Lower ends of intervals in the ledger after a run, with room for other processors and number formats.
RESULTS = {
    "01_two_levers": {"rag - prompt": 0.10, "tuned - prompt": 0.10},
    "12_both": {"both - rag": 0.0, "both - stacked": 0.25},
    "02_changing_data": {"rag - tuned": 0.05},
    "03_citations": {"rag - tuned": 0.25},
    "07_style_and_tone": {"tuned - prompt": 0.4},
    "08_narrow_tasks": {"tuned - long_prompt": 0.2},
}


def stem(path: Path) -> str:
    return path.stem


def write(path, *cells):
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)
    return path


@pytest.fixture(scope="module")
def summary(request):
    """`summary(label, run)`: a line each, printed at the end whether or not all went well."""
    lines = []
    yield lambda label, run: lines.append(f"{label:32} {run}")
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and lines:
        reporter.write_line("")
        for line in ["Notebooks (time, peak memory of the kernel):", *lines]:
            reporter.write_line(line)


@pytest.fixture(scope="module")
def course_home(models, tmp_path_factory):
    """One home for all lessons in order, as a learner has it: a later lesson finds the adapters of earlier ones."""
    home = tmp_path_factory.mktemp("course")
    (home / "models").symlink_to(models, target_is_directory=True)
    return home


def commit(home, monkeypatch):
    """The five steps of lesson 14 for the brief that its notebook names: without them no contest is run."""
    monkeypatch.setenv("TWOLEVERS_HOME", str(home))
    work = Capstone("price_desk")
    if "commit" not in work.done():
        work.score({"quality": 5, "freshness": 5, "sources": 2, "cost": 3, "speed": 4, "start": 3})
        work.pick("rag")
        work.justify("Prices must be right and fresh each morning, within the budget; no evidence is cited.")
        work.change("If fewer than 50 of 100 answers are right, go back to the telephone.", 400)
        work.commit()


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(2 * notebooks.NOTEBOOK_SECONDS + 120)
@pytest.mark.parametrize("lesson", LESSONS, ids=stem)
def test_a_lesson_runs_from_cold_and_again(lesson, course_home, summary, monkeypatch):
    if lesson.stem == "14_capstone":
        commit(course_home, monkeypatch)
    for state in ("cold", "warm"):
        run = notebooks.run(lesson, course_home)
        summary(f"{lesson.stem} {state}", run)
        assert run.failures == ()
        assert run.peak_gib <= OVER.get(lesson.stem, GIB)
    rows = [row for row in Ledger(course_home / "ledger.jsonl").newest() if row.lesson == lesson.stem and row.claim]
    for comparison, least in RESULTS.get(lesson.stem, {}).items():
        low = {row.arm: row.low for row in rows}[comparison]
        assert low > least, f"{comparison}: the interval begins at {low:.2f}; {least} is far below what was measured"


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(2 * notebooks.NOTEBOOK_SECONDS + 120)
@pytest.mark.parametrize("solution", SOLUTIONS, ids=stem)
def test_the_solution_passes_and_the_untouched_exercise_fails_each_check_kindly(solution, home_with_models, summary):
    run = notebooks.run(solution, home_with_models)
    summary(f"{solution.stem} solution", run)
    assert run.failures == ()
    exercise = ROOT / "exercises" / solution.name
    raised = notebooks.errors(exercise, home_with_models)
    graded = [cell.id for cell in nbformat.read(exercise, as_version=4).cells if is_check(cell)]
    assert graded, "no cell is marked as a check (nbgrader: grade, not solution)"
    assert sorted(raised) == sorted(graded), "other cells fail than the checks, or a check passes untouched"
    for name, (kind, message) in raised.items():
        assert kind == "CheckFailed", f"{name}: {kind}: {message}"
        assert message.strip() and "\n" not in message.strip()


def is_check(cell):
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade")) and not marks.get("solution")


def test_a_run_tells_time_memory_and_what_ran_past_its_budget(tmp_path):
    notebook = write(
        tmp_path / "fine.ipynb",
        new_markdown_cell("prose is not counted"),
        new_code_cell("import os, pathlib\npathlib.Path(os.environ['TWOLEVERS_HOME'], 'seen').write_text('x')"),
        new_code_cell("import time\nheld = bytearray(400_000_000)\nheld[::4096] = b'x' * len(held[::4096])"),
        new_code_cell("time.sleep(1)", metadata={"twolevers": {"seconds": 0.5}}),
        new_code_cell("1 + 1", metadata={"twolevers": {"seconds": 60}}),
    )
    (tmp_path / "home").mkdir()
    run = notebooks.run(notebook, tmp_path / "home")
    assert run.failures == ()
    assert (tmp_path / "home" / "seen").exists()
    assert 1 < run.seconds < 120
    assert 0.37 < run.peak_gib < 1
    assert len(run.over_budget) == 1 and run.over_budget[0].startswith("cell 3: 1.")


def test_a_run_names_the_cell_that_failed_and_cuts_the_network(tmp_path):
    connect = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=2)"
    notebook = write(tmp_path / "bad.ipynb", new_code_cell("1"), new_code_cell("1 / 0"), new_code_cell(connect))
    first, second = notebooks.run(notebook, tmp_path).failures
    assert first == "cell 2: ZeroDivisionError: division by zero"
    assert second.startswith("cell 3: OSError") and "unreachable" in second


def test_a_tagged_output_is_compared(tmp_path):
    cell = new_code_cell("1 + 1", metadata={"tags": ["nbval-check-output"]}, execution_count=1)
    cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "3"}, execution_count=1)]
    assert len(notebooks.run(write(tmp_path / "off.ipynb", cell), tmp_path).failures) == 1


def test_a_cell_that_hangs_and_a_notebook_that_hangs_are_ended(tmp_path):
    notebook = write(tmp_path / "slow.ipynb", new_code_cell("import time\ntime.sleep(300)"))
    run = notebooks.run(notebook, tmp_path, cell_seconds=2)
    assert run.failures and run.seconds < 60
    run = notebooks.run(notebook, tmp_path, seconds=8)
    assert run.failures and "no report" in run.failures[0] and run.seconds < 60


def test_errors_are_listed_by_cell(tmp_path):
    cells = [new_code_cell("1 / 0", id="a"), new_code_cell("x = 1", id="b"), new_code_cell("int('z')", id="c")]
    raised = notebooks.errors(write(tmp_path / "e.ipynb", *cells), tmp_path)
    assert {name: kind for name, (kind, _) in raised.items()} == {"a": "ZeroDivisionError", "c": "ValueError"}
