"""The parts of the bundle: what goes in, what stays out, and who may install it. The whole is tried by hand."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from twolevers import paths
from twolevers.errors import TwoLeversError
from twolevers.publish import bundle, install

ROOT = paths.repository()


@pytest.fixture
def course(tmp_path):
    """A small course with the remains of work in it."""
    root = tmp_path / "course"
    files = [*bundle.FILES, "notebooks/01_a.ipynb", "src/twolevers/x.py", "slides/_build/01_a.html"]
    files += ["datasets/t.csv", "exercises/01_a.ipynb", "solutions/01_a.ipynb", "slides/guide.md"]
    left = ["src/twolevers/__pycache__/x.pyc", "slides/_build/answers/answer-key.html", "src/twolevers.egg-info/PKG"]
    left += ["notebooks/.ipynb_checkpoints/01_a.ipynb", "notebooks/decisions/mine.md", ".venv/bin/python", ".git/HEAD"]
    for name in files + left:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root, {*files}


def test_the_archive_holds_course_decks_wheels_installer_and_note(course, tmp_path):
    root, files = course
    wheel = tmp_path / "one-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    bundle.pack(tmp_path / "b.zip", root, [wheel], install.this_machine())
    with zipfile.ZipFile(tmp_path / "b.zip") as file:
        names = {name.removeprefix("two-levers/") for name in file.namelist()}
        note = json.loads(file.read("two-levers/bundle.json"))
        assert file.testzip() is None
    assert names == files | {"wheels/one-1.0-py3-none-any.whl", "install.py", "bundle.json"}
    assert note == install.this_machine()


def test_every_file_and_folder_that_it_names_is_in_the_course():
    assert all((ROOT / name).is_file() for name in bundle.FILES)
    assert all((ROOT / name).is_dir() for name in bundle.FOLDERS)


def test_it_asks_for_what_builds_the_course_and_for_this_very_torch():
    needed = bundle.requirements(ROOT)
    assert f"torch=={version('torch')}" in needed
    assert any(one.startswith("setuptools") for one in needed) and any(one.startswith("jupyterlab") for one in needed)


def test_without_a_network_one_line_and_no_archive(monkeypatch, tmp_path):
    # `--no-index` from the environment: pip then looks nowhere.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(TwoLeversError, match="connect to the network") as raised:
        bundle.build(tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_another_machine_is_refused_in_one_line():
    here = {"system": "Linux", "machine": "x86_64", "python": "3.11"}
    assert install.misfit(here, dict(here)) == ""
    said = install.misfit({**here, "python": "3.12"}, here)
    assert "for system Linux, machine x86_64, python 3.12; this is" in said and "\n" not in said


@pytest.mark.parametrize(
    ("note", "said"), [(None, "unpack the whole bundle"), ('{"system": "Plan 9"}', "This bundle is for system Plan 9")]
)
def test_the_installer_runs_on_a_bare_python_and_stops_before_it_does_harm(tmp_path, note, said):
    (tmp_path / "install.py").write_bytes(Path(install.__file__).read_bytes())
    if note:
        (tmp_path / "bundle.json").write_text(note)
    done = subprocess.run(
        [sys.executable, "-I", "-S", tmp_path / "install.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / ".venv").exists()


@pytest.mark.skipif(not shutil.which("make"), reason="no make on this machine")
def test_make_takes_what_the_installer_set_up_for_ready(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "__file__", str(tmp_path / "install.py"))
    (tmp_path / "bundle.json").write_text(json.dumps(install.this_machine()))
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    for name in ("pyproject.toml", "constraints.txt", ".venv/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(install.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0))
    install.main()
    monkeypatch.undo()
    planned = subprocess.run(["make", "-n", "lab"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "pip" not in planned and "twolevers lab" in planned
