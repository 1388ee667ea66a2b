"""Fixtures for all tests: a home of their own, the real models, and a run with the network cut."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CUT_NETWORK = Path(__file__).with_name("cut_network.py")


def pytest_configure(config):
    config.addinivalue_line("markers", "model: loads the real language model or embedder")
    config.addinivalue_line("markers", "browser: drives JupyterLab or a page in headless Chromium")
    config.addinivalue_line("markers", "slow: takes more than ten seconds")


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty home for models, cache, progress and ledger; the learner's own stays untouched."""
    for variable in ("TWOLEVERS_MODEL", "TWOLEVERS_THREADS"):
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
