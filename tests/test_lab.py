"""JupyterLab is started on the course, and a port in use is said in one line."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from test_progress_page import finish

from twolevers import lab
from twolevers.errors import UsageError
from twolevers.lessons import registry


@pytest.fixture
def started(monkeypatch):
    """What would replace this process: the call and its environment."""
    seen = {}
    monkeypatch.setattr(
        os, "execve", lambda path, arguments, environment: seen.update(arguments=arguments, **environment)
    )
    return seen


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    """Where the start page is written, and JupyterLab opens: a folder for the test."""
    (tmp_path / "course").mkdir()
    monkeypatch.setattr(lab, "repository", lambda: tmp_path / "course")
    return tmp_path / "course"


def test_starts_this_environments_jupyterlab_at_the_start_page(started, home, root):
    lab.start()
    assert started["arguments"][:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/START.md" in started["arguments"]
    assert "--no-browser" not in started["arguments"]
    assert started["JUPYTER_PREFER_ENV_PATH"] == "1"


def test_the_start_page_says_what_comes_next_with_minutes_and_a_link_to_each_lesson(started, home, root):
    lab.start()
    page = (root / "START.md").read_text(encoding="utf-8")
    assert "**0 of 15 lessons done.** Next: begin 01" in page
    for lesson in registry.COURSE:
        assert f"](notebooks/{lesson.stem}.ipynb) | " in page
        assert f"](exercises/{lesson.stem}.ipynb)" in page or lesson.stem == "00_start_here"
    finish("12_both")
    lab.start()
    page = (root / "START.md").read_text(encoding="utf-8")
    assert "**1 of 15 lessons done.**" in page and page.count("✓ done |") == 1


def test_a_course_that_cannot_be_written_opens_at_the_first_lesson(started, home, root):
    (root / "START.md").mkdir()
    lab.start()
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in started["arguments"]


def test_nothing_asks_for_news_and_the_users_settings_stay_theirs(started, home):
    lab.start()
    overrides = json.loads((home / "jupyter" / "overrides.json").read_text())
    assert overrides["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}
    assert f"--LabApp.app_settings_dir={home / 'jupyter'}" in started["arguments"]
    assert not any("user_settings_dir" in argument for argument in started["arguments"])


def test_a_learner_sees_whole_names_and_no_tools_for_assignments(started, home):
    lab.start()
    overrides = json.loads((home / "jupyter" / "overrides.json").read_text())
    assert overrides["@jupyterlab/filebrowser-extension:browser"]["showLastModifiedColumn"] is False
    page = json.loads((home / "jupyter" / "page_config.json").read_text())
    assert page == {"disabledExtensions": {"@jupyter/nbgrader": True}}


def test_the_terminal_says_what_comes_next(started, home, capsys):
    lab.start()
    said = capsys.readouterr().out
    row = registry.lesson("01_two_levers")
    times = f"read {row.minutes.read}, run {row.minutes.run}, exercise {row.minutes.exercise} min"
    assert f"0 of 15 lessons done. Next: begin {row.stem}: {row.question} ({times})" in said


def test_a_server_without_browser_on_a_named_port(started, home):
    port = free_port()
    lab.start(browser=False, port=port)
    assert {"--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"} <= set(started["arguments"])


def test_a_port_in_use_is_one_line(started, home):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UsageError, match=rf"^Port {port} is in use: name another, or leave `--port` out"):
            lab.start(port=port)
    assert started == {}


@pytest.mark.slow
def test_the_server_answers_with_our_settings_and_kernel(home):
    port = free_port()
    command = [sys.executable, "-m", "twolevers.cli", "lab", "--no-browser", "--port", str(port)]
    environment = {**os.environ, "JUPYTER_TOKEN": "test"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        setting = answer(port, "lab/api/settings/@jupyterlab/apputils-extension:notification")
        assert setting["schema"]["properties"]["fetchNews"]["default"] == "false"
        kernels = answer(port, "api/kernelspecs")
        assert kernels["default"] == "python3"
        resources = Path(sys.prefix, "share", "jupyter", "kernels", "python3")
        assert (resources / "kernel.json").exists()
    finally:
        server.terminate()
        server.wait(timeout=30)


def answer(port: int, path: str, patience: float = 60) -> dict:
    """The server's JSON, asked for until it is up."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers={"Authorization": "token test"})
    until = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)
