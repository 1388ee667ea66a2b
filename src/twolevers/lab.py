"""Start JupyterLab on the course, with this environment's kernel and without touching the user's settings."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models.memory import KERNEL
from twolevers.paths import home, repository, write_atomically

FIRST_LESSON = "notebooks/00_start_here.ipynb"
# JupyterLab's first start asks to fetch news and looks for updates; nothing here needs the network.
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # Names of lessons in full, rather than cut for the sake of a date.
    "@jupyterlab/filebrowser-extension:browser": {"showLastModifiedColumn": False},
    # The start page, README and glossary are there to be read.
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
}
# Tools for whoever makes assignments: a learner would only wonder at them.
PAGE = {"disabledExtensions": {"@jupyter/nbgrader": True}}
STILL = "twolevers.publish.still"  # what a notebook shows without a kernel


def start(browser: bool = True, port: int | None = None) -> None:
    """Replace this process by JupyterLab at the start page, or at the first lesson where none can be written.

    `port` None lets Jupyter take 8888 or the next free one. Raises UsageError when a named port is taken.
    """
    if port is not None and not _is_free(port):
        raise UsageError(f"Port {port} is in use: name another, or leave `--port` out to get the next free one.")
    settings = home() / "jupyter"
    write_settings(settings)
    said, first = _standing(repository())
    print(said, flush=True)
    arguments = command(repository(), settings, browser, port, first)
    # The kernel called python3 must be this environment's, whatever the user has installed for themselves.
    environment = {**KERNEL, **os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    if os.name == "nt":  # exec on Windows would hand the prompt back while JupyterLab runs on
        raise SystemExit(subprocess.call(arguments, env=environment))
    os.execve(arguments[0], arguments, environment)


def _standing(root: Path) -> tuple[str, str]:
    """How far the learner is and what comes next, and the file to open: the start page, written to `root`."""
    from twolevers.learn.ledger import Ledger
    from twolevers.learn.next_step import next_step
    from twolevers.learn.progress_page import standings
    from twolevers.learn.start_panel import FILE, start_panel

    try:
        found = standings(Ledger().history())
        page = start_panel(found)
    except (TwoLeversError, OSError) as error:  # the lab opens whatever became of the progress
        return f"Your progress cannot be shown: {error}", FIRST_LESSON
    done = sum(one.done for one in found)
    said = f"{done} of {len(found)} lessons done. {next_step(found).text} Your page: end of {FIRST_LESSON}"
    try:
        write_atomically(root / FILE, page)
    except OSError:  # a course that several learners read
        return said, FIRST_LESSON
    return said, FILE


def write_settings(folder: Path) -> None:
    """Write the course's defaults for JupyterLab to `folder`; the user's own settings still come first."""
    for name, content in (("overrides.json", OVERRIDES), ("page_config.json", PAGE)):
        write_atomically(folder / name, json.dumps(content, indent=2) + "\n")


def command(root: Path, settings: Path, browser: bool, port: int | None, first: str = FIRST_LESSON) -> list[str]:
    """The call that starts JupyterLab in the folder `root`, at its file `first`, with the defaults in `settings`."""
    arguments = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    arguments += [f"--LabApp.default_url=/lab/tree/{first}", f"--LabApp.app_settings_dir={settings}"]
    arguments.append(f"--ServerApp.jpserver_extensions={STILL}=True")
    if not browser:
        arguments.append("--no-browser")
    if port is not None:
        arguments += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")  # containers run as root; the token still guards the server
    return arguments


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name != "nt":  # a port just left is free; on Windows this option would steal one in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
