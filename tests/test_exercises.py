"""Exercises come from solutions and nothing of the solution survives in them."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from twolevers import paths
from twolevers.errors import UsageError
from twolevers.publish import exercises
from twolevers.publish.notebook import read

ANSWER = "def best(scores):\n    # BEGIN SOLUTION\n    return max(scores, key=scores.get)\n    # END SOLUTION"
ROOT = paths.repository()
STEMS = sorted(path.stem for path in (ROOT / "solutions").glob("*.ipynb"))


def grading(grade_id, solution=False, grade=False):
    return {
        "nbgrader": {
            "schema_version": 3,
            "grade_id": grade_id,
            "solution": solution,
            "grade": grade,
            "locked": not solution,
            "task": False,
            **({"points": 1} if grade else {}),
        }
    }


def solution_notebook():
    cells = [
        new_markdown_cell("# Exercise\nDefine `best`.", id="intro"),
        new_code_cell(ANSWER, id="task-1", metadata=grading("best", solution=True), execution_count=3),
        new_code_cell(
            'assert best({"a": 1, "b": 2}) == "b"\n'
            '# BEGIN HIDDEN TESTS\nassert best({"c": 3}) == "c"\n# END HIDDEN TESTS',
            id="check-1",
            metadata=grading("check-best", grade=True),
            outputs=[new_output("stream", text="well done")],
        ),
        new_markdown_cell("Why: `max` takes a key.", id="why", metadata={"tags": ["solution-only"]}),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


@pytest.fixture
def course(tmp_path):
    """A course of one solution; `course.save(notebook)` replaces it."""
    (tmp_path / "solutions").mkdir()

    def save(notebook, name="01_sample.ipynb"):
        nbformat.write(notebook, tmp_path / "solutions" / name)
        return tmp_path

    save(solution_notebook())
    return tmp_path, save


def test_the_answer_the_hidden_tests_and_the_outputs_are_gone(course):
    root, _ = course
    (path,) = exercises.build(root)
    assert path == root / "exercises" / "01_sample.ipynb"
    cells = {cell.id: cell for cell in read(path).cells}
    assert list(cells) == ["intro", "task-1", "check-1"]  # ids kept, the solution-only cell removed
    assert cells["task-1"].source == "def best(scores):\n    # YOUR CODE HERE\n    ..."
    assert cells["task-1"].execution_count is None
    assert cells["check-1"].source == 'assert best({"a": 1, "b": 2}) == "b"'
    assert cells["check-1"].outputs == []
    assert cells["check-1"].metadata.editable is False and cells["task-1"].metadata.deletable is False


def test_the_same_solution_gives_the_same_bytes_and_leaves_a_right_file_alone(course):
    root, _ = course
    (path,) = exercises.build(root)
    before = path.read_bytes(), path.stat().st_mtime_ns
    exercises.build(root)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert b"\r" not in before[0] and before[0].endswith(b"}\n")


def test_check_names_what_is_missing_changed_or_without_a_solution(course):
    root, save = course
    assert exercises.check(root) == ["exercises/01_sample.ipynb is missing: run `twolevers exercises`."]
    exercises.build(root)
    assert exercises.check(root) == []
    changed = solution_notebook()
    changed.cells[0].source = "# Exercise\nDefine `best` well."
    save(changed)
    (root / "exercises" / "99_stray.ipynb").write_bytes((root / "exercises" / "01_sample.ipynb").read_bytes())
    assert exercises.check(root) == [
        "exercises/01_sample.ipynb differs from its solution: run `twolevers exercises`.",
        "exercises/99_stray.ipynb has no solution: write one or remove it.",
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 3  # SOLUTION", "would leave the answer"),
        ("x = 3  # solution", "would leave the answer"),
        ("# BEGIN SOLUTION:\nx = 3\n# END SOLUTION", "would leave the answer"),
        ("#BEGIN SOLUTION\nx = 3\n# END SOLUTION", "would leave the answer"),
        ("# BEGIN SOLUTION\nx = 3", "without 'END SOLUTION'"),
        ("x = 3\n# END SOLUTION", "without its partner"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\nx = 3\n# END SOLUTION", "without its partner"),
        ("# BEGIN SOLUTION\n# END HIDDEN TESTS", "without its partner"),
        ("# BEGIN HIDDEN TESTS\nx = 3", "without 'END HIDDEN TESTS'"),
    ],
)
def test_a_solution_that_would_leak_is_refused_by_file_and_cell(course, source, said):
    root, save = course
    notebook = solution_notebook()
    notebook.cells[1].source = source
    save(notebook)
    with pytest.raises(UsageError) as raised:
        exercises.build(root)
    message = str(raised.value)
    assert said in message and message.startswith("solutions/01_sample.ipynb, cell 2 (id task-1): ")
    assert "\n" not in message and not (root / "exercises").exists()
    assert exercises.check(root) == [message]


@pytest.mark.parametrize("change", [{"grade_id": ""}, {"grade_id": "check-best"}, {"schema_version": 9}])
def test_metadata_that_nbgrader_refuses_is_one_line(course, capfd, change):
    root, save = course
    notebook = solution_notebook()
    notebook.cells[1].metadata["nbgrader"].update(change)
    save(notebook)
    with pytest.raises(UsageError, match=r"solutions/01_sample.ipynb: nbgrader refuses it \(.+\)") as raised:
        exercises.build(root)
    assert "\n" not in str(raised.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("content", ["", "{", '{"cells": []}', '{"cells": [], "nbformat": 4, "nbformat_minor": 2}'])
def test_a_damaged_solution_is_one_line(course, content):
    root, _ = course
    (root / "solutions" / "01_sample.ipynb").write_text(content)
    with pytest.raises(UsageError, match=r"01_sample.ipynb") as raised:
        exercises.build(root)
    assert "\n" not in str(raised.value)


def test_the_courses_exercises_match_their_solutions():
    assert exercises.check(ROOT) == []


@pytest.mark.parametrize("stem", STEMS)
def test_no_line_of_a_solution_survives_in_its_exercise(stem):
    solved = read(ROOT / "solutions" / f"{stem}.ipynb")
    open_cells = {cell.id: cell.source for cell in read(ROOT / "exercises" / f"{stem}.ipynb").cells}
    regions = 0
    for cell in solved.cells:
        inside = False
        for line in cell.source.splitlines():
            if "BEGIN SOLUTION" in line or "END SOLUTION" in line:
                inside = "BEGIN" in line
                regions += inside
            elif inside and line.strip():
                assert line.strip() not in open_cells[cell.id], f"{stem}: {cell.id} still holds {line!r}"
    assert regions, f"{stem}: a solution without a '# BEGIN SOLUTION'"
    everything = "\n".join(open_cells.values())
    assert not any(word in everything for word in ("BEGIN ", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME"))
