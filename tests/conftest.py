"""Fixtures for all tests: a home of their own, the real models, and a run with the network cut."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import notebooks
from twolevers import paths
from twolevers.lessons.registry import COURSE

CUT_NETWORK = Path(__file__).with_name("cut_network.py")
EVERY_LESSON = "test_a_lesson_runs_from_cold["
RUNS = pytest.StashKey[dict[str, notebooks.Run]]()


def pytest_configure(config):
    config.addinivalue_line("markers", "model: loads the real language model or embedder")
    config.addinivalue_line("markers", "browser: drives JupyterLab or a page in headless Chromium")
    config.addinivalue_line("markers", "notebook: runs a lesson, a solution or an exercise as a whole")
    config.addinivalue_line("markers", "cuda: needs a GPU that PyTorch can use; skipped, with the reason, elsewhere")
    config.addinivalue_line("markers", "slow: takes more than ten seconds")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items):
    """Quick tests first, then the notebooks in order, then the browser, which shows what the notebooks left."""
    for item in items:
        if "models" in getattr(item, "fixturenames", ()):
            item.add_marker("model")
        if item.get_closest_marker("cuda") and not _gpu():
            item.add_marker(pytest.mark.skip(reason="this PyTorch finds no CUDA device"))
    items.sort(key=lambda item: next((n for n, name in ((2, "browser"), (1, "notebook")) if name in item.keywords), 0))


def _gpu() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(scope="module", autouse=True)
def imports_stay_out_of_the_collectors_way():
    """Every training and answering collects garbage, and would look each time at all that pytest has imported."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty home for models, cache, progress and ledger; the learner's own stays untouched."""
    for variable in ("TWOLEVERS_MODEL", "TWOLEVERS_MODELS", "TWOLEVERS_THREADS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder of the real models in the user's home; `make test` has put them there."""
    from twolevers.models import weights

    if problems := [line for model in weights.DEFAULTS for line in weights.verify(model, hashes=False)]:
        pytest.fail(f"These tests need the models, which `make test` fetches first. {problems[0]}", pytrace=False)
    return weights.LANGUAGE_MODEL.folder.parent.resolve()


@pytest.fixture(scope="session")
def course(models, tmp_path_factory, request):
    """The lessons, each run once in one home for all tests; what each took is printed at the end. See `Course`."""
    home = tmp_path_factory.mktemp("course")
    (home / "models").symlink_to(models, target_is_directory=True)
    course = notebooks.Course(home)
    request.config.stash[RUNS] = course.runs
    yield course
    course.close()


def pytest_terminal_summary(terminalreporter, config):
    """What each notebook took."""
    for number, (what, run) in enumerate(config.stash.get(RUNS, {}).items()):
        if not number:
            terminalreporter.write_line("Notebooks (time, peak memory of the kernel):")
        terminalreporter.write_line(f"{what:32} {run}")


@pytest.fixture(scope="session", autouse=True)
def lessons_run_beside_the_quick_tests(request):
    """Where all lessons will be needed, they begin at once; each has half of the cores then, and so have the tests."""
    stems = [item.callspec.params["stem"] for item in request.session.items if item.name.startswith(EVERY_LESSON)]
    if len(stems) == len(COURSE):
        request.getfixturevalue("course").begin(stems)
        os.environ["OMP_NUM_THREADS"] = str(max(1, paths.threads() // notebooks.LANES))


@pytest.fixture
def home_with_models(models, home) -> Path:
    """A home of its own that shares the real models."""
    home.mkdir()
    (home / "models").symlink_to(models, target_is_directory=True)
    return home


@pytest.fixture
def offline() -> Callable[..., subprocess.CompletedProcess]:
    """`offline("-m", "twolevers.cli", "doctor")`: run Python in a process that reaches nothing but this machine."""

    def run(*arguments: str, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, str(CUT_NETWORK), sys.executable, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env={**os.environ, **environment},
        )

    return run
