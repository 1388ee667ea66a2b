"""Progress on disk, and the one file that carries it elsewhere."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.evidence import Evidence
from twolevers.learn import progress_file
from twolevers.learn.ledger import Ledger
from twolevers.learn.progress import Progress, overview, started_lessons
from twolevers.learn.progress_file import export_progress, import_progress, newer, read_export

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


def solved(at, **more):
    return {"tries": 1, "right": True, "first": True, "item": "x", "at": at} | more


def opened(at, **more):
    return {"tries": 2, "right": False, "first": False, "item": "x", "at": at} | more


OLD, NEW = "2026-11-01T10:00:00+00:00", "2026-11-02T10:00:00+00:00"


@pytest.mark.parametrize(
    ("section", "ours", "theirs", "stays"),
    [
        ("quiz", opened(NEW), opened(OLD, tries=3), "ours"),
        ("quiz", opened(OLD), opened(NEW), "theirs"),
        ("quiz", opened(NEW), opened(NEW, tries=3), "ours"),
        ("quiz", opened(NEW), solved(OLD), "theirs"),
        ("quiz", solved(OLD), opened(NEW), "ours"),
        ("quiz", opened(NEW), solved(OLD, item="before it was rewritten"), "ours"),
        ("quiz", {"hinted": True, "at": NEW}, opened(OLD), "theirs"),
        ("predict", {"question": "?", "at": NEW}, {"first": 0.0, "guess": 0.0, "at": OLD}, "theirs"),
        ("predict", {"first": 0.2, "guess": 0.2, "at": NEW}, {"first": 0.1, "guess": 0.1, "at": OLD}, "ours"),
        ("check", {"tries": 3, "passed": True, "at": OLD}, {"tries": 4, "passed": False, "at": NEW}, "ours"),
        ("check", {"tries": 3, "passed": False, "at": OLD}, {"tries": 1, "passed": False, "at": NEW}, "theirs"),
    ],
)
def test_which_of_two_records_stays(section, ours, theirs, stays):
    assert newer(section, ours, theirs) == {"ours": ours, "theirs": theirs}[stays]


def row(hour=10, **changes):
    values = {"claim": "C18", "lesson": "12_both", "arm": "both - rag", "metric": "facts right", "value": 0.2}
    values |= {"low": 0.1, "high": 0.3, "n": 160, "seconds": 9.0, "model": "m", "data_hash": "d", "machine": "x"}
    return Evidence(**values | {"seed": 12, "created": f"2026-11-02T{hour:02}:00:00+00:00"} | changes)


def some_progress():
    Progress(LESSON).update("quiz", "a", lambda old: {"tries": 1, "right": True, "item": "x"})
    Progress(LESSON).update("predict", "share", lambda old: {"first": 0.4, "guess": 0.4})
    Progress("12_both").update("check", "Task 1", lambda old: {"tries": 2, "passed": True})
    Ledger().add(row(), row(hour=12, value=0.25))


def snapshot(home):
    return {path.name: path.read_bytes() for path in home.rglob("*") if path.is_file() and "lock" not in path.name}


@pytest.fixture
def exported(home, tmp_path):
    some_progress()
    assert "as Ada: 2 lessons, 2 ledger rows" in export_progress(tmp_path / "mine.json", "Ada").text
    return tmp_path / "mine.json"


@pytest.fixture
def other_home(exported, tmp_path, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path / "other"))
    return tmp_path / "other"


def test_one_file_carries_everything_to_another_machine(home, exported, other_home):
    assert "3 records and 2 ledger rows" in import_progress(exported).text
    for lesson in (LESSON, "12_both"):
        there, here = (json.loads((place / "progress" / f"{lesson}.json").read_text()) for place in (home, other_home))
        assert here == there
    assert Ledger().history() == [row(), row(hour=12, value=0.25)]
    before = snapshot(other_home)
    assert "Nothing new" in import_progress(exported).text
    assert snapshot(other_home) == before


def test_an_import_never_overwrites_newer_work(exported, other_home):
    Progress(LESSON).update("predict", "share", lambda old: {"first": 0.9, "guess": 0.9})
    Progress(LESSON).path.write_text(Progress(LESSON).path.read_text().replace("2026-", "2096-"))
    import_progress(exported)
    assert Progress(LESSON).get("predict", "share")["first"] == 0.9
    assert Progress(LESSON).get("quiz", "a")["right"] is True


def test_older_ledger_rows_do_not_become_the_newest(exported, other_home):
    Ledger().add(row(hour=11, value=0.15), row(hour=13, value=0.29))
    import_progress(exported)
    assert [one.value for one in Ledger().history()] == [0.2, 0.15, 0.25, 0.29]
    assert [one.value for one in Ledger().newest()] == [0.29]


def test_the_file_holds_a_nickname_and_nothing_else_about_the_person(exported, home, tmp_path):
    content = read_export(exported)
    assert content["nickname"] == "Ada"
    assert set(content) == {"kind", "schema", "nickname", "exported", "lessons", "ledger"}
    text = exported.read_text()
    assert str(tmp_path) not in text and str(Path.home()) not in text and platform.node() not in text


def test_a_folder_gets_the_usual_name_and_an_older_export_is_replaced(home, tmp_path):
    some_progress()
    export_progress(tmp_path)
    export_progress(tmp_path)
    assert read_export(tmp_path / "two-levers-progress.json")["nickname"] == ""


def test_no_other_file_is_overwritten(home, tmp_path):
    letter = tmp_path / "letter.json"
    letter.write_text("Dear all")
    with pytest.raises(UsageError, match="is no progress file: choose another name"):
        export_progress(letter)
    assert letter.read_text() == "Dear all"


@pytest.mark.parametrize("name", ["x" * 41, "Ada\x00", "\u202eadA"])
def test_a_nickname_is_short_and_plain(home, tmp_path, name):
    with pytest.raises(UsageError, match="nickname"):
        export_progress(tmp_path / "mine.json", name)
    assert not (tmp_path / "mine.json").exists()


def damaged(text, **changes):
    """An export with other content and the digest that fits it."""
    content = json.loads(text) | changes
    content.pop("digest")
    return json.dumps(content | {"digest": progress_file._digest(content)})


NOT_OURS = {
    "cut": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "no text": lambda text: "\0" * 100,
    "deep": lambda text: "[" * 99_999,
    "another kind": lambda text: '{"kind": "shopping list"}',
    "a list": lambda text: "[1]",
    "not a number": lambda text: text.replace("0.4", "NaN", 1),
    "one letter changed": lambda text: text.replace('"Ada"', '"Bob"'),
    "a version to come": lambda text: damaged(text, schema=2),
    "no lessons": lambda text: damaged(text, lessons=[]),
    "a lesson that leads elsewhere": lambda text: damaged(text, lessons={"../../x": {}}),
    "a lesson without sections": lambda text: damaged(text, lessons={"12_both": {}}),
    "a record without a time": lambda text: damaged(text, lessons={"12_both": EMPTY | {"quiz": {"a": {"tries": 1}}}}),
    "minutes that are none": lambda text: damaged(text, lessons={"12_both": EMPTY | {"active": ["noon"]}}),
    "a changed ledger row": lambda text: damaged(text, ledger=[row().to_dict() | {"value": 0.9}]),
    "a row that is none": lambda text: damaged(text, ledger=[7]),
}
EMPTY = {"quiz": {}, "predict": {}, "check": {}, "active": []}


@pytest.mark.parametrize("damage", NOT_OURS.values(), ids=NOT_OURS.keys())
def test_a_damaged_or_foreign_file_changes_nothing(exported, home, damage):
    exported.write_text(damage(exported.read_text()))
    before = snapshot(home)
    with pytest.raises(UsageError) as caught:
        import_progress(exported)
    assert "\n" not in str(caught.value) and str(exported) in str(caught.value)
    assert snapshot(home) == before


def test_a_file_that_is_not_there(home, tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        import_progress(tmp_path / "nowhere.json")
    with pytest.raises(TwoLeversError, match="cannot be written"):
        some_progress()
        (tmp_path / "file").write_text("")
        export_progress(tmp_path / "file" / "mine.json")


def test_minutes_of_work_are_kept_and_merged(exported, home):
    minutes = Progress(LESSON).active()
    assert minutes and all(minute.second == 0 for minute in minutes)
    before = Progress(LESSON).merge(
        {name: {} for name in ("quiz", "predict", "check")}, ["2026-11-01T10:00+00:00"], newer
    )
    assert before == 0
    assert len(Progress(LESSON).active()) == len(minutes) + 1


def test_a_file_from_before_minutes_were_kept_still_has_its_times(home):
    path = Progress(LESSON).path
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"schema": 1, "lesson": LESSON, "quiz": {"a": {"tries": 1, "at": OLD}}}))
    assert [minute.isoformat() for minute in Progress(LESSON).active()] == [OLD]
