"""What a room lacks is named with its remedy, and a slow machine lengthens the runs, not the talk."""

import json

import pytest
from typer.testing import CliRunner

from twolevers import cli, doctor, doctor_room
from twolevers.doctor import REFERENCE_STEP_SECONDS, Check, Report
from twolevers.lessons.registry import lesson
from twolevers.publish import agenda, guide

PLAN = agenda.Agenda(
    "T",
    (agenda.Part("01_two_levers", runs=True, exercises=True), agenda.Part("12_both"), agenda.Part(pause=10)),
    (agenda.Cut("12_both"), agenda.Cut("01_two_levers", exercise=True)),
)
PLANS = {"short": PLAN}


@pytest.fixture
def healthy(monkeypatch):
    """A machine whose own checks are all fine, half as fast as the one that the minutes were set on."""
    checks = tuple(Check(model.name, "ok", "verified") for model in doctor.DEFAULTS)
    timing = {"matmul_float32_gflops": 1.0, "matmul_bfloat16_gflops": 1.0, "course_minutes_estimate": 9.0}
    report = Report(checks, {**timing, "forward_seconds": 2 * REFERENCE_STEP_SECONDS})
    monkeypatch.setattr(doctor, "examine", lambda: report)
    monkeypatch.delenv("TWOLEVERS_MODEL", raising=False)
    return report


def state(report, name):
    return next(check for check in report.checks if check.name == name)


def test_only_runs_grow_with_a_slower_machine():
    run = lesson("01_two_levers").minutes.run
    stated, here = doctor_room.minutes(PLAN, 3 * REFERENCE_STEP_SECONDS)
    assert stated == guide.total(PLAN, guide.stated_minutes())
    assert here == stated + 2 * run
    assert doctor_room.minutes(PLAN, REFERENCE_STEP_SECONDS / 4) == (stated, stated)


def test_a_late_agenda_names_just_the_cuts_that_it_needs():
    stated = guide.total(PLAN, guide.stated_minutes())
    assert doctor_room._agenda("a", stated, stated, PLAN).state == "ok"
    few = doctor_room._agenda("a", stated, stated + 12, PLAN)
    assert few.state == "note" and "12_both" in few.remedy and "exercise" not in few.remedy
    assert "the exercise of 01_two_levers" in doctor_room._agenda("a", stated, stated + 30, PLAN).remedy


def test_decks_and_paper(tmp_path, monkeypatch):
    assert doctor_room._decks(tmp_path, PLANS).state == "fail"
    for name in [*guide.stated_minutes(), *PLANS]:
        (tmp_path / f"{name}.html").write_text("")
    assert doctor_room._decks(tmp_path, PLANS).state == "ok"
    (tmp_path / "12_both.html").unlink()
    assert "no 12_both" in doctor_room._decks(tmp_path, PLANS).found
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "no Chromium" in doctor_room._paper(tmp_path).found
    (tmp_path / "short.pdf").write_bytes(b"")
    assert doctor_room._paper(tmp_path).state == "ok"


def test_the_network_is_needed_for_a_model_that_is_not_here(healthy, monkeypatch, tmp_path):
    assert doctor_room._network(healthy).state == "ok"
    monkeypatch.setenv("TWOLEVERS_MODEL", str(tmp_path))
    assert doctor_room._network(healthy).state == "ok"
    monkeypatch.setenv("TWOLEVERS_MODEL", "owner/model")
    assert doctor_room._network(healthy).state == "note"
    monkeypatch.delenv("TWOLEVERS_MODEL")
    missing = Report((Check(doctor.DEFAULTS[0].name, "fail", "not ready"),), {})
    assert doctor_room._network(missing).state == "fail"


def test_the_command_fails_until_the_decks_are_built(healthy, tmp_path, monkeypatch):
    monkeypatch.setattr(doctor_room, "DECKS", tmp_path)
    done = CliRunner().invoke(cli.app, ["doctor", "--room", "--json"])
    report = json.loads(done.stdout)
    assert done.exit_code == 1 and report["ok"] is False
    assert {*report["timing"]["agenda_minutes"]} == {"90-minutes", "half-day", "full-day"}
    said = CliRunner().invoke(cli.app, ["doctor", "--room"]).stdout
    assert "To do: Decks: `make slides`." in said
    assert "Decks" not in CliRunner().invoke(cli.app, ["doctor"]).stdout


def test_every_check_that_is_not_ok_says_what_to_do(healthy, tmp_path):
    report = doctor_room.examine(tmp_path)
    assert state(report, "Decks").remedy
    assert all(check.remedy for check in report.checks if check.state == "fail")
