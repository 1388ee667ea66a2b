import json
import subprocess
import sys

import pytest

from twolevers.errors import TwoLeversError, UsageError
from twolevers.learn.progress import Progress, overview, started_lessons

LESSON = "01_two_levers"
WRITER = """
import sys
from twolevers.learn.progress import Progress
for i in range(25):
    Progress("01_two_levers").update("quiz", f"{sys.argv[1]}-{i}", lambda old: {"tries": 1})
    Progress("01_two_levers").update("check", "shared", lambda old: {"tries": (old or {}).get("tries", 0) + 1})
"""


def test_records_are_kept_by_section_and_key(home):
    progress = Progress(LESSON)
    assert progress.get("quiz", "a") is None
    stored = progress.update("quiz", "a", lambda old: {"tries": 1, "seen": old is None})
    assert stored["seen"] is True
    assert stored["at"].endswith("+00:00")
    assert Progress(LESSON).get("quiz", "a") == stored
    assert Progress(LESSON).get("predict", "a") is None


def test_two_kernels_write_at_once_and_nothing_is_lost(home):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, name]) for name in "ab"]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert len(Progress(LESSON).section("quiz")) == 50
    assert Progress(LESSON).get("check", "shared")["tries"] == 50


@pytest.mark.parametrize(
    "damage",
    [
        "",
        '{"schema": 1, "quiz": {"a"',
        "null",
        "[1]",
        '{"schema": 99}',
        '{"schema":1,"quiz":{"a":3}}',
        "[" * 9999,
        "\0",
    ],
)
def test_a_damaged_file_is_set_aside_and_kept(home, damage):
    progress = Progress(LESSON)
    progress.update("quiz", "a", lambda old: {"tries": 1})
    progress.path.write_text(damage)
    with pytest.warns(UserWarning, match="was damaged; kept as"):
        assert progress.get("quiz", "a") is None
    assert [path.read_text() for path in progress.path.parent.glob("*.damaged-*")] == [damage]
    progress.update("quiz", "b", lambda old: {"tries": 1})
    assert set(progress.section("quiz")) == {"b"}
    assert started_lessons() == [LESSON]


def test_what_cannot_be_stored_leaves_the_file_as_it_was(home):
    progress = Progress(LESSON)
    progress.update("quiz", "a", lambda old: {"tries": 1})
    before = progress.path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        progress.update("quiz", "a", lambda old: {"tries": float("nan")})
    assert progress.path.read_bytes() == before
    assert json.loads(before)["lesson"] == LESSON


def test_a_home_that_cannot_be_written_gets_one_line(home):
    home.write_text("a file where the folder should be")
    with pytest.raises(TwoLeversError, match="TWOLEVERS_HOME") as caught:
        Progress(LESSON).update("quiz", "a", lambda old: {})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x.json"])
def test_a_lesson_is_a_plain_stem(name):
    with pytest.raises(UsageError, match="is not a lesson"):
        Progress(name)


def test_overview_counts_by_lesson(home):
    assert overview().empty
    one = Progress("01_two_levers")
    one.update("quiz", "a", lambda old: {"first": True})
    one.update("quiz", "b", lambda old: {"first": False})
    one.update("predict", "asked only", lambda old: {"question": "?"})
    one.update("predict", "met", lambda old: {"first": 0.5, "within": True})
    Progress("12_both").update("check", "Task 1", lambda old: {"passed": True})
    frame = overview().set_index("lesson")
    assert list(frame.index) == ["01_two_levers", "12_both"]
    columns = ["quiz_answered", "quiz_right_first", "guesses", "guesses_within", "checks_passed"]
    assert frame.loc["01_two_levers", columns].to_list() == [2, 1, 1, 1, 0]
    assert frame.loc["12_both", "checks_passed"] == 1
