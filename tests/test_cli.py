"""The command line: exit codes, one line for a user's mistake, and light imports."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from twolevers import cli
from twolevers.errors import TwoLeversError, UsageError
from twolevers.models import weights

COMMANDS = ["lab", "doctor", "models", "exercises", "slides", "cache", "bench", "verdicts"]


def run(*arguments):
    return CliRunner().invoke(cli.app, arguments)


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["lab", "--port", "high"], ["lab", "--port", "70000"], ["slides"], ["models", "--what"]]
)
def test_a_wrong_call_exits_2(arguments):
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(("error", "code"), [(TwoLeversError, 1), (UsageError, 2)])
def test_a_fault_is_one_line_on_standard_error(monkeypatch, capsys, error, code):
    def fails(*arguments):
        raise error("The disk is on fire: put it out.")

    monkeypatch.setattr("twolevers.lab.start", fails)
    monkeypatch.setattr(sys, "argv", ["twolevers", "lab"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == code
    assert capsys.readouterr() == ("", "twolevers: The disk is on fire: put it out.\n")


def test_a_disk_fault_anywhere_is_one_line(monkeypatch, capsys, home):
    def fails(*arguments):
        raise OSError(errno.EROFS, "Read-only file system", "/mnt/home/jupyter")

    monkeypatch.setattr("twolevers.lab.start", fails)
    monkeypatch.setattr(sys, "argv", ["twolevers", "lab"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    line = capsys.readouterr().err
    assert line.startswith("twolevers: Cannot write /mnt/home/jupyter (Read-only file system): make room")
    assert line.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_control_c_ends_quietly_with_130(tmp_path):
    code = (
        # A suite run in the background hands down an interrupt that is ignored.
        "import signal, sys, time, twolevers.lab\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "twolevers.lab.start = lambda *arguments: (print('started', flush=True), time.sleep(60))\n"
        "sys.argv = ['twolevers', 'lab']\n"
        "from twolevers.cli import main; main()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.strip()) == (130, "")


def test_models_fetches_each_and_says_where(home, monkeypatch):
    monkeypatch.setattr(weights, "fetch", lambda model, report: home / model.name)
    result = run("models")
    assert result.exit_code == 0
    assert result.output.splitlines() == [f"{m.name}: ready in {home / m.name}" for m in weights.DEFAULTS]


def test_models_verify_lists_what_is_wrong_and_fetches_nothing(home):
    result = run("models", "--verify")
    assert result.exit_code == 1
    assert [line.split(" is not set up")[0] for line in result.output.splitlines()] == [
        model.name for model in weights.DEFAULTS
    ]
    assert not home.exists()


def test_doctor_exit_code_and_remedies(home, monkeypatch):
    from twolevers.doctor import Check, Report

    timing = {
        "matmul_float32_gflops": 200.0,
        "matmul_bfloat16_gflops": 800.0,
        "forward_seconds": 0.5,
        "course_minutes_estimate": 25.0,
    }
    bad = Report((Check("Python", "ok", "3.11"), Check("Disk", "fail", "full", "Make room.")), timing)
    monkeypatch.setattr("twolevers.doctor.examine", lambda: bad)
    result = run("doctor")
    assert result.exit_code == 1
    assert "To do: Disk: Make room." in result.output
    assert "Estimate" in result.output
    assert '"ok": false' in run("doctor", "--json").output
    monkeypatch.setattr("twolevers.doctor.examine", lambda: Report(bad.checks[:1], {**timing}))
    assert run("doctor").exit_code == 0


def test_exercises_that_are_stale_are_named(monkeypatch):
    monkeypatch.setattr("twolevers.publish.exercises.check", lambda root: ["01_two_levers", "12_both"])
    result = run("exercises", "--check")
    assert isinstance(result.exception, TwoLeversError)
    assert "01_two_levers, 12_both" in str(result.exception)
    monkeypatch.setattr("twolevers.publish.exercises.check", lambda root: [])
    assert run("exercises", "--check").exit_code == 0


def test_slides_are_built_for_the_lessons_named(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("twolevers.publish.slides.build", lambda *call: asked.append(call) or [tmp_path / "deck.html"])
    assert run("slides", "01_two_levers", "--out", str(tmp_path)).output.strip() == str(tmp_path / "deck.html")
    assert asked == [(["01_two_levers"], Path(tmp_path), False)]


def test_cache_is_measured_and_emptied_alone(home):
    (home / "cache" / "index").mkdir(parents=True)
    (home / "cache" / "index" / "part").write_bytes(b"x" * 2_000_000)
    (home / "progress").mkdir()
    assert "2.0 MB" in run("cache").output
    assert (home / "cache").exists()
    assert "2.0 MB removed" in run("cache", "--clear").output
    assert [path.name for path in home.iterdir()] == ["progress"]
