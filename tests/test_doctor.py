"""Each check says yes or what to do, and the estimate follows from the measured step."""

import importlib.util
import json
import webbrowser
from types import SimpleNamespace

import pytest

from twolevers import doctor
from twolevers.doctor import Check, Report
from twolevers.lessons.registry import COURSE


@pytest.fixture
def quick(monkeypatch):
    """No timing: for tests of the checks alone."""
    monkeypatch.setattr(doctor, "_matmul", lambda: {"matmul_float32_gflops": 1.0, "matmul_bfloat16_gflops": 1.0})


def state(report: Report, name: str) -> Check:
    return next(check for check in report.checks if check.name == name)


def test_missing_models_fail_with_the_remedy(quick, home):
    report = doctor.examine()
    assert not report.healthy
    check = state(report, "SmolLM2-135M-Instruct")
    assert (check.state, check.found) == ("fail", "not ready")
    assert "run `twolevers models`" in check.remedy
    assert "forward_seconds" not in report.timing


def test_a_report_is_plain_json(quick, home):
    report = doctor.examine().as_dict()
    assert json.loads(json.dumps(report)) == {**report, "checks": list(report["checks"])}
    assert report["ok"] is False


@pytest.mark.parametrize(
    ("version", "expected"), [((3, 10), "fail"), ((3, 11), "ok"), ((3, 13), "ok"), ((3, 14), "fail")]
)
def test_python(monkeypatch, version, expected):
    monkeypatch.setattr(doctor.sys, "version_info", (*version, 0))
    check = doctor._python()
    assert check.state == expected
    assert ("Install Python 3.11 to 3.13" in check.remedy) is (expected == "fail")


@pytest.mark.parametrize(("free", "expected"), [(1.5e9, "fail"), (8e9, "ok")])
def test_memory(monkeypatch, free, expected):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=free, total=16e9))
    assert doctor._memory().state == expected


@pytest.mark.parametrize(("free", "expected"), [(1e9, "fail"), (50e9, "ok")])
def test_disk(home, monkeypatch, free, expected):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free))
    assert doctor._disk().state == expected


def test_a_home_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path / "file"))
    check = doctor._disk()
    assert check.state == "fail"
    assert "TWOLEVERS_HOME" in check.remedy


@pytest.mark.parametrize(("threads", "expected"), [("1", "note"), ("4", "ok"), ("none", "fail")])
def test_threads(monkeypatch, threads, expected):
    monkeypatch.setenv("TWOLEVERS_THREADS", threads)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: 3.0)
    assert doctor._threads().state == expected


def test_a_busy_processor_is_noted(home, monkeypatch):
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: 97.0)
    check = doctor._threads()
    assert check.state == "note"
    assert "97 %" in check.found


def test_jupyterlab_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jupyterlab" else object())
    check = doctor._jupyterlab()
    assert (check.state, check.found) == ("fail", "jupyterlab missing")


def test_no_browser_is_only_a_note(monkeypatch):
    def none(*arguments):
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none)
    assert doctor._browser().state == "note"


def test_notes_do_not_fail_the_report():
    assert Report((Check("a", "ok", ""), Check("b", "note", "")), {}).healthy
    assert not Report((Check("a", "ok", ""), Check("b", "fail", "", "do this")), {}).healthy


def test_every_failing_check_says_what_to_do(quick, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("TWOLEVERS_THREADS", "zero")
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=1.0, total=1.0))
    failing = [check for check in doctor.examine().checks if check.state == "fail"]
    assert len(failing) == 5
    assert all(check.remedy for check in failing)


@pytest.mark.model
def test_the_estimate_follows_from_the_measured_step(home_with_models):
    report = doctor.examine(verify_weights=False)
    seconds, minutes = report.timing["forward_seconds"], report.timing["course_minutes_estimate"]
    stated = sum(row.minutes.run for row in COURSE)
    assert minutes == pytest.approx(stated * seconds / doctor.REFERENCE_STEP_SECONDS, rel=0.02)
    assert state(report, "SmolLM2-135M-Instruct").state == "ok"
