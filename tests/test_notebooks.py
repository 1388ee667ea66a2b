"""Every lesson runs once, in order, offline; its copy makes the deck, its home serves solution and exercise."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import notebooks
from twolevers import paths
from twolevers.learn.ledger import Ledger
from twolevers.lessons.registry import COURSE
from twolevers.publish import agenda, execute, slides

ROOT = paths.repository()
LESSONS = [ROOT / "notebooks" / f"{row.stem}.ipynb" for row in COURSE]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
AGAIN = ("01_two_levers", "12_both")  # adapters, answers, an index: every kind that is kept
GIB = 2.0  # what a free hosted notebook gives
# Lower ends of intervals in the ledger after a run, with room for other processors and number formats.
RESULTS = {
    "01_two_levers": {"rag - prompt": 0.10, "tuned - prompt": 0.10},
    "12_both": {"both - rag": 0.0, "both - tuned": 0.0},
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


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(notebooks.NOTEBOOK_SECONDS + 120)
@pytest.mark.parametrize("stem", [path.stem for path in LESSONS])
def test_a_lesson_runs_from_cold(stem, course):
    run = course.lesson(stem)
    assert run.failures == ()
    assert run.peak_gib <= GIB
    rows = [row for row in Ledger(course.home / "ledger.jsonl").newest() if row.lesson == stem and row.claim]
    for comparison, least in RESULTS.get(stem, {}).items():
        low = {row.arm: row.low for row in rows}[comparison]
        assert low > least, f"{comparison}: the interval begins at {low:.2f}; {least} is far below what was measured"


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(2 * notebooks.NOTEBOOK_SECONDS + 120)
@pytest.mark.parametrize("stem", AGAIN)
def test_a_lesson_run_again_finds_all_that_it_made(stem, course):
    """Nothing is trained, answered or indexed a second time."""
    course.lesson(stem)
    before = written(course.home / "cache")
    run = course.run(f"{stem} again", ROOT / "notebooks" / f"{stem}.ipynb")
    assert run.failures == ()
    assert run.peak_gib <= GIB
    assert written(course.home / "cache") == before


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(len(LESSONS) * notebooks.NOTEBOOK_SECONDS)
def test_every_deck_is_made_of_the_runs_that_were(course, tmp_path, monkeypatch):
    for lesson in LESSONS:
        assert course.lesson(lesson.stem).failures == ()
    monkeypatch.setenv("TWOLEVERS_HOME", str(course.home))
    monkeypatch.setattr(execute, "_run", lambda *_: pytest.fail("a lesson was run again for its deck"))
    pages = slides.build([], tmp_path)
    agendas = agenda.load(ROOT / "slides", LESSONS)
    assert [page.stem for page in pages] == [*(lesson.stem for lesson in LESSONS), *agendas]
    assert max(page.stat().st_size for page in pages) <= 8_000_000


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.model
def test_a_deck_of_a_lesson_that_was_not_run_runs_it(home_with_models, tmp_path):
    (page,) = slides.build(["00"], tmp_path)
    assert "You made no guess" not in page.read_text("utf-8")
    assert not (home_with_models / "progress").exists() and not (home_with_models / "ledger.jsonl").exists()
    assert [path.name[:14] for path in (home_with_models / "cache" / "executed").iterdir()] == ["00_start_here-"]


def written(folder):
    """Every file kept in a folder, but locks, with the moment it was written and its size."""
    kept = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {path.relative_to(folder): (path.stat().st_mtime_ns, path.stat().st_size) for path in kept}


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(2 * notebooks.NOTEBOOK_SECONDS + 120)
@pytest.mark.parametrize("solution", SOLUTIONS, ids=stem)
def test_the_solution_passes_and_the_untouched_exercise_fails_each_check_kindly(solution, course):
    """In the home that the lessons filled, as a learner has it who comes from the lesson; side by side."""
    exercise = ROOT / "exercises" / solution.name
    with ThreadPoolExecutor(1) as beside:
        untouched = beside.submit(notebooks.errors, exercise, course.home)
        run = course.run(f"{solution.stem} solution", solution)
    assert run.failures == ()
    raised = untouched.result()
    graded = [cell.id for cell in nbformat.read(exercise, as_version=4).cells if is_check(cell)]
    assert graded, "no cell is marked as a check (nbgrader: grade, not solution)"
    assert sorted(raised) == sorted(graded), "other cells fail than the checks, or a check passes untouched"
    for name, (kind, message) in raised.items():
        assert kind == "CheckFailed", f"{name}: {kind}: {message}"
        assert message.strip() and "\n" not in message.strip()


def is_check(cell):
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade")) and not marks.get("solution")


STATIC = {**os.environ, "TWOLEVERS_STATIC": "1"}
SHOWN = (
    "print('FIRST')\nprint('SECOND')",
    "from IPython.display import clear_output\nprint('CLEARED')\nclear_output()\nprint('LEFT')",
    "handle = display('BEFORE', display_id=True)\nhandle.update('AFTER')",
    "from twolevers.learn import predict\npredict('a', 'b', 'How many?', low=0, high=1)",
)


@pytest.mark.slow
def test_a_run_tells_time_memory_and_what_ran_past_its_budget_and_keeps_the_outputs(tmp_path):
    notebook = write(
        tmp_path / "fine.ipynb",
        new_markdown_cell("prose is not counted"),
        new_code_cell("import os, pathlib\npathlib.Path(os.environ['TWOLEVERS_HOME'], 'seen').write_text('x')"),
        new_code_cell("import time\nheld = bytearray(400_000_000)\nheld[::4096] = b'x' * len(held[::4096])"),
        new_code_cell("time.sleep(1)", metadata={"twolevers": {"seconds": 0.5}}),
        new_code_cell("1 + 1", metadata={"twolevers": {"seconds": 60}}),
        *map(new_code_cell, SHOWN),
    )
    (tmp_path / "home").mkdir()
    copy = tmp_path / "kept" / "copy.ipynb"
    run = notebooks.run(notebook, tmp_path / "home", copy=copy, environment=STATIC)
    assert run.failures == ()
    assert (tmp_path / "home" / "seen").exists()
    assert run.seconds > 1
    assert 0.37 < run.peak_gib < 1
    assert len(run.over_budget) == 1 and run.over_budget[0].startswith("cell 3: 1.")
    outputs = [cell.outputs for cell in nbformat.read(copy, as_version=4).cells[5:]]
    assert [len(each) for each in outputs] == [1, 1, 1, 1]
    assert outputs[0][0].text == "FIRST\nSECOND\n" and outputs[1][0].text == "LEFT\n"
    assert outputs[2][0].data["text/plain"] == "'AFTER'"
    kinds = outputs[3][0].data  # as on a deck; that a learner gets a widget was tried beside
    assert "Predict." in kinds["text/html"] and not [kind for kind in kinds if "widget" in kind]


@pytest.mark.slow
def test_a_run_names_the_cells_that_failed_and_why_cuts_the_network_and_keeps_nothing(tmp_path):
    connect = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=2)"
    tagged = new_code_cell("1 + 1", metadata={"tags": ["nbval-check-output"]}, execution_count=1)
    tagged.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "3"}, execution_count=1)]
    bare = new_code_cell("def predict(*_):\n    return 'no widget'\npredict('a')")
    cells = (new_code_cell("1"), new_code_cell("1 / 0"), new_code_cell(connect), tagged, bare)
    notebook, copy = write(tmp_path / "bad.ipynb", *cells), tmp_path / "copy.ipynb"
    failures = notebooks.run(notebook, tmp_path, copy=copy, environment=STATIC).failures
    assert failures[0] == "cell 2: ZeroDivisionError: division by zero"
    assert failures[1].startswith("cell 3: OSError") and "unreachable" in failures[1]
    assert failures[2].startswith("cell 4: ")
    assert "a learner gets no widget" in failures[3] and len(failures) == 4
    assert not copy.exists()


@pytest.mark.slow
def test_a_cell_that_hangs_and_a_notebook_that_hangs_are_ended(tmp_path):
    notebook = write(tmp_path / "slow.ipynb", new_code_cell("import time\ntime.sleep(300)"))
    run = notebooks.run(notebook, tmp_path, cell_seconds=2)
    assert run.failures and run.seconds < 300
    run = notebooks.run(notebook, tmp_path, seconds=8)
    assert run.failures and "no report" in run.failures[0] and run.seconds < 300


def test_errors_are_listed_by_cell(tmp_path):
    cells = [new_code_cell("1 / 0", id="a"), new_code_cell("x = 1", id="b"), new_code_cell("int('z')", id="c")]
    raised = notebooks.errors(write(tmp_path / "e.ipynb", *cells), tmp_path)
    assert {name: kind for name, (kind, _) in raised.items()} == {"a": "ZeroDivisionError", "c": "ValueError"}
