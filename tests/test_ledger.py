import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate import journal
from twolevers.evaluate.evidence import Evidence, machine, now
from twolevers.learn.ledger import Ledger

ROW = Evidence(
    claim="C18",
    lesson="12_both",
    arm="rag",
    metric="accuracy",
    value=0.7,
    low=0.6,
    high=0.8,
    n=150,
    seconds=12.5,
    model="tiny",
    data_hash="abc",
    machine="one, 2 threads",
    seed=0,
    created="2026-11-02T10:00:00+00:00",
)

WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_ledger import ROW
from twolevers.learn.ledger import Ledger

ledger = Ledger(Path({path!r}))
for i in range({count}):
    ledger.add(replace(ROW, arm={arm!r}, n=i))
    print(i, flush=True)
"""


def start_writer(path, arm, count):
    code = WRITER.format(tests=os.path.dirname(__file__), path=str(path), arm=arm, count=count)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# Evidence


def test_evidence_survives_the_way_through_json():
    for row in (ROW, replace(ROW, claim="", seed=None, value=math.nan, low=math.nan, high=math.nan, n=0)):
        there = json.loads(json.dumps(row.to_dict(), allow_nan=False))
        assert Evidence.from_dict(there).to_dict() == row.to_dict()
    assert Evidence.from_dict(ROW.to_dict()) == ROW
    assert replace(ROW, value=np.float64(0.7), n=np.int64(150), seed=np.int32(0)) == ROW


def test_the_id_is_of_the_measurement_and_not_of_its_circumstances():
    assert len(ROW.id) == 8
    assert replace(ROW, seconds=99.0, created="2027-01-01T00:00:00+00:00", machine="another").id == ROW.id
    others = [replace(ROW, value=0.71), replace(ROW, arm="both"), replace(ROW, seed=1), replace(ROW, data_hash="abd")]
    assert len({row.id for row in [ROW, *others]}) == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"claim": "18"}, "claim must be a claim id such as C01, not '18'"),
        ({"lesson": "both"}, "lesson must be a stem"),
        ({"arm": ""}, "arm or metric must be a name"),
        ({"value": "0.7"}, "value must be a finite number"),
        ({"value": math.inf}, "value must be a finite number"),
        ({"low": 0.9}, "low must be at most high"),
        ({"n": -1}, "n must be zero or more"),
        ({"n": 1.5}, "n must be a whole number"),
        ({"seed": "one"}, "seed must be a whole number"),
        ({"seconds": -1.0}, "seconds must be zero or more"),
        ({"created": "2026-11-02T10:00:00"}, "created must be an ISO 8601 time with time zone"),
        ({"created": "yesterday"}, "created must be"),
        ({"model": None}, "model must be a text"),
    ],
)
def test_wrong_evidence_is_refused_in_one_line(change, message):
    with pytest.raises(UsageError, match=message) as caught:
        Evidence.from_dict({**ROW.to_dict(), **change})
    assert "\n" not in str(caught.value)


def test_a_row_changed_by_hand_or_cut_is_refused():
    with pytest.raises(UsageError, match="changed after it was measured"):
        Evidence.from_dict(ROW.to_dict() | {"value": 0.99, "high": 1.0})
    short = ROW.to_dict()
    del short["low"], short["n"]
    with pytest.raises(UsageError, match="without low, n"):
        Evidence.from_dict(short)


def test_the_machine_is_described_without_names_or_paths():
    text = machine()
    assert "threads" in text
    assert "GiB" in text
    assert "Python 3." in text
    names = {os.uname().nodename if hasattr(os, "uname") else "", os.environ.get("USER", ""), str(Path.home())}
    assert not any(name in text for name in names if len(name) > 3)
    assert now().endswith("+00:00")


# The ledger


def test_an_empty_ledger(home):
    ledger = Ledger()
    assert ledger.path == home / "ledger.jsonl"
    assert ledger.history() == []
    assert list(ledger.frame().columns)[:5] == ["id", "claim", "lesson", "arm", "metric"]
    assert ledger.find(claim="C01") == []
    ledger.add()
    assert not ledger.path.exists()


def test_the_newest_row_of_each_measurement_and_the_whole_history(home):
    ledger = Ledger()
    again = replace(ROW, value=0.75, created="2026-11-03T10:00:00+00:00")
    other = replace(ROW, arm="both", seed=None, low=math.nan, high=math.nan)
    ledger.add(ROW, other)
    ledger.add(again, replace(ROW, claim="C01"))
    assert [row.value for row in Ledger().find(claim="C18")] == [0.75, 0.7]
    frame = ledger.frame()
    assert frame["claim"].tolist() == ["C18", "C18", "C01"]
    assert frame["id"].tolist()[:2] == [again.id, other.id]
    assert frame["low"].isna().tolist() == [False, True, False]
    assert frame["seed"].isna().tolist() == [False, True, False]
    assert len(ledger.history_frame()) == 4
    assert ledger.cited(ROW.id) == ROW
    assert ledger.cited("00000000") is None


def test_two_processes_writing_at_once_lose_nothing(tmp_path):
    path = tmp_path / "ledger.jsonl"
    writers = [start_writer(path, arm, 200) for arm in ("rag", "tuned")]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors
    rows = Ledger(path).history()
    for arm in ("rag", "tuned"):
        assert [row.n for row in rows if row.arm == arm] == list(range(200))


def test_a_killed_writer_keeps_every_row_it_was_told_of(tmp_path):
    path = tmp_path / "ledger.jsonl"
    writer = start_writer(path, "rag", 100_000)
    told = [int(writer.stdout.readline()) for _ in range(30)]
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate(timeout=60)
    told += [int(line) for line in rest.split("\n")[:-1]]
    ledger = Ledger(path)
    ledger.add(replace(ROW, arm="after"))
    rows = [row for row in ledger.history() if row.arm == "rag"]
    assert [row.n for row in rows][: len(told)] == told
    assert ledger.history()[-1].arm == "after"


@pytest.mark.parametrize("cut", [1, 40, 150])
def test_a_ledger_cut_in_the_middle_of_a_row_is_set_aside_and_goes_on(tmp_path, cut):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.add(*(replace(ROW, n=i) for i in range(10)))
    whole = path.read_bytes()
    start = whole[:-1].rfind(b"\n") + 1
    path.write_bytes(whole[: start + cut])
    ledger.add(replace(ROW, n=99))  # written before anybody noticed: on a line of its own
    with pytest.warns(UserWarning, match=r"1 damaged line\(s\) moved to ledger.damaged-.*; 10 kept"):
        rows = ledger.history()
    assert [row.n for row in rows] == [*range(9), 99]
    (aside,) = tmp_path.glob("ledger.damaged-*.jsonl")
    assert aside.read_bytes() == whole[start : start + cut] + b"\n"
    assert [row.n for row in ledger.history()] == [*range(9), 99]  # no second warning


def test_every_kind_of_damage_is_set_aside_and_good_rows_are_kept_as_they_were(tmp_path):
    path = tmp_path / "ledger.jsonl"
    newer = ROW.to_dict() | {"field_of_a_later_version": 1}
    bad = [
        b"\x00\xff\xfe garbage",
        b"[1, 2]",
        b'{"claim": "C01"}',
        json.dumps(ROW.to_dict() | {"value": 0.99}).encode(),
    ]
    path.write_bytes(b"\n".join([bad[0], json.dumps(newer).encode(), *bad[1:], b""]))
    with pytest.warns(UserWarning, match=r"4 damaged line\(s\).*1 kept"):
        assert Ledger(path).history() == [ROW]
    assert [json.loads(line) for line in path.read_text().splitlines()] == [newer]
    (aside,) = tmp_path.glob("ledger.damaged-*.jsonl")
    assert len(aside.read_bytes().splitlines()) == 4


def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.add(ROW)
    before = ledger.path.read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal.os, "fsync", full)
    with pytest.raises(TwoLeversError, match="No space left on device") as caught:
        ledger.add(replace(ROW, n=7))
    assert "\n" not in str(caught.value)
    assert ledger.path.read_bytes() == before


READ_ONLY = """
import os, sys, tempfile, warnings
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_ledger import ROW
from twolevers.errors import TwoLeversError
from twolevers.learn.ledger import Ledger

folder = Path(tempfile.mkdtemp())
ledger = Ledger(folder / "ledger.jsonl")
ledger.add(ROW)
with open(ledger.path, "a") as stream:
    stream.write("half a li")
(folder / "ledger.jsonl.lock").unlink(missing_ok=True)
ledger.path.chmod(0o444)
folder.chmod(0o555)
if os.getuid() == 0:
    os.setuid(65534)  # to the administrator no folder is read-only
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert ledger.history() == [ROW]
print(caught[0].message)
try:
    ledger.add(ROW)
except TwoLeversError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs a system with user ids")
def test_a_read_only_folder_can_be_read_and_says_in_one_line_that_it_cannot_be_written():
    code = READ_ONLY.format(tests=os.path.dirname(__file__))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    reading, writing = done.stdout.splitlines()
    assert "1 damaged line(s) left in place" in reading
    assert "cannot be written (Permission denied): check its folder's permissions" in writing


def test_a_locked_ledger_says_so(tmp_path, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr(journal, "_WAIT", 0.1)
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with FileLock(f"{ledger.path}.lock"), pytest.raises(TwoLeversError, match="locked by another program"):
        ledger.add(ROW)


def test_numbers_and_nesting_past_every_bound_are_set_aside(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.add(ROW)
    huge = ROW.to_dict() | {"n": 10**400}
    with ledger.path.open("a") as stream:
        stream.write(json.dumps(huge) + "\n" + "[" * 100_000 + "\n")
    with pytest.warns(UserWarning, match="2 damaged"):
        assert ledger.history() == [ROW]
