"""One exercise goes round with nbgrader as it is: release, fetch, submit, collect, autograde, feedback."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from twolevers import paths

ROOT = paths.repository()
STEM = "02_changing_data"  # needs no model
COURSE = "two-levers"


@pytest.fixture
def nbgrader(tmp_path):
    """`nbgrader(folder, command, ...)`: run it as one user, with folders and an exchange of this test's own."""
    config = tmp_path / "nbgrader_config.py"
    config.write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = {COURSE!r}\n"
        f"c.CourseDirectory.root = {str(tmp_path / 'course')!r}\nc.Exchange.root = {str(tmp_path / 'exchange')!r}\n"
        f"c.Exchange.cache = {str(tmp_path / 'cache')!r}\n"
    )
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)  # nbgrader wants it writable for all
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    environment |= {"TWOLEVERS_HOME": str(tmp_path / "home"), "JUPYTER_PREFER_ENV_PATH": "1"}
    # nbgrader calls alembic by name, as in an environment that is activated.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    def run(folder, *arguments):
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "nbgrader", *arguments, "--config", str(config)]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stderr

    return run


def solved(path, but):
    """Put the solutions into the learner's copy, but for one task, which stays unanswered."""
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in nbformat.read(ROOT / "solutions" / f"{STEM}.ipynb", 4).cells
        if "nbgrader" in cell.metadata
    }
    mine = nbformat.read(path, 4)
    for cell in mine.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name and cell.metadata.nbgrader.solution and name != but:
            cell.source = answers[name]
    nbformat.write(mine, path)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="nbgrader's exchange is for Unix")
def test_an_exercise_is_released_collected_graded_and_given_back(nbgrader, tmp_path):
    teacher, learner = tmp_path / "course", tmp_path / "learner"
    (teacher / "source" / STEM).mkdir(parents=True)
    (teacher / "source" / STEM / f"{STEM}.ipynb").write_bytes((ROOT / "solutions" / f"{STEM}.ipynb").read_bytes())
    nbgrader(teacher, "generate_assignment", STEM)
    released = (teacher / "release" / STEM / f"{STEM}.ipynb").read_text("utf-8")
    assert "BEGIN SOLUTION" not in released and "to_index = {name" not in released
    nbgrader(teacher, "release_assignment", STEM)

    nbgrader(learner, "fetch_assignment", STEM)
    solved(learner / STEM / f"{STEM}.ipynb", but="task-2")
    nbgrader(learner, "submit", STEM)

    nbgrader(teacher, "collect", STEM)
    nbgrader(teacher, "autograde", STEM)
    assert scores(teacher / "gradebook.db") == {"check-1": 1, "check-2": 0, "check-3": 1, "check-4": 1}
    nbgrader(teacher, "generate_feedback", STEM)
    nbgrader(teacher, "release_feedback", STEM)
    nbgrader(learner, "fetch_feedback", STEM)
    [page] = (learner / STEM / "feedback").rglob("*.html")
    assert "check-2" in page.read_text("utf-8")


def scores(database):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{database}") as book:
        [submission] = book.assignment_submissions(STEM)
        return {grade.name: grade.score for grade in submission.notebooks[0].grades}
