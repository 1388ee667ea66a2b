"""The bench of several learners at once: its arithmetic, and one notebook for two learners."""

import os

import nbformat
import pytest

from benchmarks import room
from twolevers.errors import TwoLeversError


def test_what_is_extrapolated():
    assert room.carried(24, 1.57) == 12
    assert room.wait(12, 2, 73) == 438
    assert room.wait(1, 2, 73) == 73


@pytest.mark.skipif(os.name == "nt", reason="Linux and macOS")
def test_two_learners_run_a_notebook_at_once_each_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path / "home"))
    lesson = tmp_path / "lesson.ipynb"
    source = "import os, pathlib\npathlib.Path(os.environ['TWOLEVERS_HOME'], 'here').touch()"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), lesson)
    homes = [tmp_path / "one", tmp_path / "two"]
    for learner in room.together(lesson, homes):
        assert 0 < learner.processor_seconds < 60 and 0.01 < learner.peak_gib < 1 and learner.seconds > 0
    assert all((home / "here").exists() for home in homes)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), lesson)
    with pytest.raises(TwoLeversError, match="failed for 1 of 1"):
        room.together(lesson, homes[:1])
