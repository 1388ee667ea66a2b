"""The room's page: what learners hand in is counted, what is damaged or forged is set aside, everything is escaped."""

import json
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from twolevers import cli
from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence
from twolevers.learn import predict, quiz, reveal
from twolevers.learn.ledger import Ledger
from twolevers.learn.progress_file import _digest, export_progress
from twolevers.learn.room import build, tally
from twolevers.learn.room.hand_in import read_room

LESSON, ITEM = "01_two_levers", "what-a-checksum-shows"  # option 0 is right


@pytest.fixture
def hand_in(tmp_path, monkeypatch):
    """`hand_in(name, answers, ...)` works through an item as a learner would and hands the file in; its path."""
    room = tmp_path / "room"

    def learner(name, answers=(), sure=None, guess=None, measured=None, value=0.5, file=None):
        monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path / f"home-{file or name}"))
        asked = quiz(LESSON)
        for answer in answers:
            asked._receive(None, {"type": "answer", "id": ITEM, "answer": [answer], "confidence": sure}, None)
        if guess is not None:
            shown = predict(LESSON, "rag", "Which <b>share</b>?", low=0, high=1)
            shown._receive(None, {"type": "commit", "value": str(guess)}, None)
            reveal(LESSON, "rag", measured, measured - 0.1, measured + 0.1)
        Ledger().add(
            Evidence("C01", LESSON, "rag", "facts", value, value - 0.1, value + 0.1, 40, 3.0, "tiny", "x", name,
                     0, datetime.now(UTC).isoformat())
        )  # fmt: skip
        room.mkdir(exist_ok=True)
        path = room / f"{file or name}.json"
        export_progress(path, name)
        return path

    learner.room = room
    return learner


def forge(path, change):
    """Change a file's content and make its digest fit again, as a forger would."""
    content = json.loads(path.read_text())
    content.pop("digest")
    change(content)
    path.write_text(json.dumps(content | {"digest": _digest(content)}))


def record(content):
    return content["lessons"][LESSON]["quiz"][ITEM]


def test_the_page_says_who_is_where_and_what_is_missed_with_the_misconception(hand_in):
    hand_in("Ada", [0], sure="high", guess=0.8, measured=0.6, value=0.6)
    hand_in("Bo", [1, 0], sure="high", guess=0.4, measured=0.7, value=0.7)
    hand_in("Cy", [1], sure="low")
    path, learners, aside = build(hand_in.room)
    assert (learners, aside) == (3, []) and path == hand_in.room / "room.html"
    text = " ".join(BeautifulSoup(path.read_text(), "html.parser").get_text(" ").split())
    assert "3 learners" in text and "2 of 3 missed it at first." in text
    assert (
        "1 still says: LoRA learned nothing, for the base weights are as before. The base is frozen on purpose" in text
    )
    assert "high 1 of 2 0.50" in text and "low 0 of 1 0.00" in text
    assert "The room's middle guess is 0.05 too low. Their machines measured 0.6 to 0.7." in text
    assert "C01 rag facts 3 0.6 0.5 to 0.7 3 to 3" in text


def test_where_somebody_is_follows_the_newest_work(hand_in):
    hand_in("Ada", [0])
    rows = tally.places(read_room(hand_in.room)[0])
    assert rows[0][:5] == ["Ada", LESSON, "1", "1", "0"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: record(c).update(answer=[1]), "graded otherwise than its answer deserves"),
        (lambda c: record(c).update(answer=[17]), "an answer that the question does not allow"),
        (lambda c: record(c).update(right=False), "right first time, and not right"),
        (lambda c: record(c).update(tries=10**9), "tries cannot be"),
        (lambda c: record(c).update(confidence="<b>"), "a record that no quiz writes"),
        (lambda c: c["lessons"][LESSON]["predict"]["rag"].update(first=1e300), "a number that is none"),
        (lambda c: c["lessons"][LESSON]["predict"]["rag"].update(measured=10**400), "a number that is none"),
        (lambda c: c.update(exported="2999-01-01T00:00:00+00:00"), "written in the future"),
        (lambda c: c["ledger"][0].update(value=0.99), "changed after it was measured"),
        (lambda c: c.update(nickname="\ud800"), "half a letter"),
    ],
)
def test_a_forged_file_is_set_aside_with_the_reason_and_the_others_count(hand_in, change, said):
    hand_in("Ada", [0])
    bad = hand_in("Mallory", [0], guess=0.5, measured=0.5)
    forge(bad, change)
    before = bad.read_bytes()
    _, learners, aside = build(hand_in.room)
    assert learners == 1 and [one.file for one in aside] == ["Mallory.json"] and said in aside[0].reason
    assert str(hand_in.room) not in aside[0].reason and "\n" not in aside[0].reason
    assert bad.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"kind": "other"}', b"\xff\xfe", b"[" * 5000])
def test_a_damaged_file_is_set_aside(hand_in, content):
    hand_in("Ada", [0])
    (hand_in.room / "broken.json").write_bytes(content)
    _, learners, aside = build(hand_in.room)
    assert learners == 1 and aside[0].file == "broken.json" and aside[0].reason


def test_a_changed_file_with_its_old_digest_is_set_aside(hand_in):
    path = hand_in("Ada", [1])
    path.write_text(path.read_text().replace('"right": false', '"right": true'))
    assert "changed or damaged" in build(hand_in.room)[2][0].reason


def test_the_newest_of_two_files_counts_and_the_nameless_are_not_mixed_up(hand_in):
    first = hand_in("Ada", [1])
    hand_in("Ada", [0], file="later")
    forge(first, lambda content: content.update(exported="2020-01-01T00:00:00+00:00"))
    hand_in("", [0], file="one")
    hand_in("", [0], file="two")
    room, aside = read_room(hand_in.room)
    assert len(room) == 3 and len({one.name for one in room}) == 3
    assert [one.file for one in aside] == ["Ada.json"] and "newer" in aside[0].reason


def test_what_a_learner_writes_is_text_on_the_page(hand_in):
    hand_in("<script>alert(1)</script>", [1], guess=0.5, measured=0.5, file="x")
    hand_in("Bo", [1])
    forge(hand_in.room / "Bo.json", lambda content: content["ledger"].clear())
    page = BeautifulSoup(build(hand_in.room)[0].read_text(), "html.parser")
    assert page.select("script, img, link, iframe") == [] and "<script>alert(1)</script>" in page.get_text()
    assert page.select("h3 b") == [] and "Which <b>share</b>?" in page.get_text()


def test_files_in_subfolders_count_links_do_not_and_an_empty_folder_is_one_line(hand_in, tmp_path):
    path = hand_in("Ada", [0])
    (hand_in.room / "stick").mkdir()
    moved = path.rename(hand_in.room / "stick" / path.name)
    (hand_in.room / "link.json").symlink_to(moved)
    _, learners, aside = build(hand_in.room)
    assert learners == 1 and aside[0].file == "link.json"
    for folder, said in ((tmp_path / "none", "is no folder"), (tmp_path, "No .json file")):
        if folder == tmp_path:
            folder = tmp_path / "empty"
            folder.mkdir()
        with pytest.raises(UsageError, match=said):
            build(folder)


def test_the_command_names_the_page_and_what_was_set_aside(hand_in):
    hand_in("Ada", [0])
    (hand_in.room / "broken.json").write_text("{")
    said = CliRunner().invoke(cli.app, ["room", str(hand_in.room)])
    assert said.exit_code == 0 and "1 learner" in said.output and "Set aside: broken.json:" in said.output
