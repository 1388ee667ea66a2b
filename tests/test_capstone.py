"""The capstone's steps: in order, on disk at once, never lost; the rubric line by line; the record escaped."""

import json
import os
import subprocess
import sys

import pytest

from twolevers.decide import capstone, rubric
from twolevers.decide.brief import CRITERIA
from twolevers.decide.capstone import Capstone
from twolevers.decide.record import Option, Record, html, markdown, plain
from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence

WEIGHTS = {"quality": 5, "freshness": 4, "sources": 2, "cost": 3, "speed": 2, "start": 2}
WHY = "Facts must be right and fresh, and rag costs little to start: evidence {id} says so."
FLIP = "If fewer than 60 of 100 answers are right after a month, go back to the old desk."
ROW = Evidence(
    "", "12_both", "rag", "facts right", 0.6, 0.5, 0.7, 100, 1.0, "m", "d", "here", 1, "2026-11-28T00:00:00+00:00"
)


@pytest.fixture
def work(home):
    return Capstone("price_desk")


def through(work, upto="commit", why=None):
    steps = {
        "score": lambda: work.score(WEIGHTS),
        "pick": lambda: work.pick("rag"),
        "justify": lambda: work.justify(why or WHY.format(id=ROW.id)),
        "change": lambda: work.change(FLIP, 700),
        "commit": work.commit,
    }
    for step, take in steps.items():
        take()
        if step == upto:
            break
    return work


def test_steps_come_in_order(work):
    with pytest.raises(UsageError, match="score the criteria first"):
        work.pick("rag")
    through(work, "pick")
    assert work.done() == ("score", "pick")
    with pytest.raises(UsageError, match="write your justification first"):
        work.commit()
    with pytest.raises(UsageError, match="justification first"):
        work.decision()


def test_a_step_can_be_changed_until_the_commit_and_never_after(work):
    through(work)
    with pytest.raises(UsageError, match="was committed at"):
        work.pick("both")
    assert work.decision().arm == "rag"
    aside = work.start_over()
    assert aside.exists() and work.done() == ()


@pytest.mark.parametrize(
    ("take", "said"),
    [
        (lambda work: work.score({"quality": 5}), "Score each criterion"),
        (lambda work: work.score({**WEIGHTS, "quality": 6}), "quality"),
        (lambda work: through(work, "score").pick("linear"), "pick one of prompt"),
        (lambda work: through(work, "pick").justify("  "), "justification is empty"),
        (lambda work: through(work, "justify").change("", 5), "what would change your mind"),
        (lambda work: through(work, "justify").change(FLIP, float("nan")), "cost"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_lost(work, take, said):
    with pytest.raises(UsageError) as error:
        take(work)
    assert said in str(error.value) and "\n" not in str(error.value)
    assert work.done() == work.done()[: len(work.done())] and "commit" not in work.done()


def test_a_killed_kernel_loses_nothing(home):
    code = (
        "import os, signal; from twolevers.decide.capstone import Capstone; w = Capstone('price_desk'); "
        f"w.score({WEIGHTS!r}); w.pick('rag'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "TWOLEVERS_HOME": str(home)}, check=False)
    assert done.returncode == -9
    again = Capstone("price_desk")
    assert again.done() == ("score", "pick") and again.state()["pick"]["arm"] == "rag"


def test_work_of_another_version_is_refused_and_kept(work):
    through(work, "pick")
    content = json.loads(work.path.read_text())
    work.path.write_text(json.dumps(content | {"schema": 7}))
    for act in (work.done, lambda: work.pick("both")):
        with pytest.raises(UsageError, match="another version of the course"):
            act()
    assert json.loads(work.path.read_text())["schema"] == 7


def test_a_damaged_file_is_set_aside(work):
    through(work, "pick")
    work.path.write_text('{"schema": 1, "steps"')
    with pytest.warns(UserWarning, match="damaged; kept as"):
        assert work.done() == ()
    assert [path for path in work.path.parent.iterdir() if ".aside-" in path.name]


def test_an_instructor_locks_the_reveal(work, monkeypatch):
    through(work)
    capstone.lock("Heron")
    with pytest.raises(UsageError, match="locked the reveal"):
        work.open_reveal()
    with pytest.raises(UsageError, match="not your instructor's word"):
        capstone.unlock("stork")
    with pytest.raises(UsageError):
        work.keep("contest", {})
    capstone.unlock(" heron ")
    work.open_reveal()
    capstone.lock("crane")
    assert capstone.locked()


def find(name):
    return ROW if name == ROW.id else None


def decision(**changes):
    given = {"weights": WEIGHTS, "arm": "rag", "because": WHY.format(id=ROW.id), "would_change": FLIP, "cost": 700.0}
    return rubric.Decision(**(given | changes))


def met(**changes):
    return {line.name: line.met for line in rubric.read(decision(**changes), 1200, find)}


def test_a_good_decision_meets_every_line():
    assert all(met().values()), rubric.read(decision(), 1200, find)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"because": "I just like rag, the model and its ways of doing this work."}, "criteria named"),
        ({"because": "Rag: right facts, fresh, cheap, I am sure of it."}, "evidence cited"),
        ({"because": WHY.format(id="deadbeef")}, "evidence cited"),
        ({"arm": "tuned"}, "evidence cited"),
        ({"arm": "tuned"}, "consistent"),
        ({"cost": 0.0}, "cost stated"),
        ({"cost": 5000.0}, "consistent"),
        ({"would_change": "If it goes badly I shall go back."}, "risk and exit named"),
        ({"would_change": "Nothing will."}, "risk and exit named"),
        ({"would_change": "If fewer than 60 of 100 are right."}, "risk and exit named"),
    ],
)
def test_each_fault_has_its_line(changes, line):
    assert met(**changes)[line] is False


def test_an_id_that_is_not_in_the_ledger_is_named():
    lines = rubric.read(decision(because=WHY.format(id="deadbeef")), 1200, find)
    assert any("deadbeef is no row of your ledger" in line.says for line in lines)


def test_the_record_is_escaped_in_both_forms():
    evil = "<script>alert(1)</script> | [x](javascript:y) `z` **b**"
    made = Record(
        "T",
        "2026-11-28",
        "accepted",
        evil,
        [evil],
        [Option("rag", [evil], [evil])],
        "rag",
        plain(evil),
        [evil],
        evil,
        [],
    )
    page = html(made)
    assert "<script>" not in page and "&lt;script&gt;" in page and "http" not in page
    for heading in ("Decision Drivers", "Considered Options", "Decision Outcome", "Confirmation", "More Information"):
        assert f">{heading}</h" in page and f"# {heading}" in markdown(made)
    assert "because \\<script\\>" in markdown(made) and "because <script>" not in markdown(made)
    assert set(CRITERIA) == set(WEIGHTS)
