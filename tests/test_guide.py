"""The guide's sums are those of the lessons, its checkpoints are headings of the notebooks, and it stays short."""

import re

import pytest

from twolevers import paths
from twolevers.errors import UsageError
from twolevers.lessons.registry import COURSE, lesson
from twolevers.publish import agenda, guide
from twolevers.publish.notebook import read

ROOT = paths.repository()
TEXT = (ROOT / "slides" / "guide.md").read_text("utf-8")
PARTS = {stem: body for stem, body in re.findall(r"^### (\d\d_\w+)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)}
AGENDAS = agenda.load(ROOT / "slides", sorted((ROOT / "notebooks").glob("*.ipynb")))
STEMS = [row.stem for row in COURSE]


def test_what_is_computed_is_up_to_date():
    assert guide.refreshed(TEXT) == TEXT, "run `make guide`"


def test_every_agenda_stands_in_the_guide_with_a_sum_that_adds_up():
    tables = dict(re.findall(r"<!-- agenda ([\w-]+) -->\n(.*?)<!-- end -->", TEXT, re.DOTALL))
    assert {*tables} == {*AGENDAS}
    for text in tables.values():
        rows = re.findall(r"^\| (\d+):(\d\d) \|.*\| (\d+) \|$", text, re.MULTILINE)
        starts, lengths = [int(h) * 60 + int(m) for h, m, _ in rows], [int(n) for *_, n in rows]
        total = int(re.search(r"In all (\d+) minutes", text)[1])
        assert starts == [sum(lengths[:i]) for i in range(len(lengths))]
        assert total == sum(lengths)
        for saved, left in re.findall(r"saves (\d+) minutes, (\d+) are left", text):
            total -= int(saved)
            assert total == int(left) > 0


def test_cuts_save_what_they_leave_out():
    plan = agenda.Agenda("T", (agenda.Part("01_two_levers", runs=True, exercises=True),))
    minutes = lesson("01_two_levers").minutes
    stated = guide.stated_minutes()
    assert guide.saves(plan, agenda.Cut("01_two_levers"), stated) == sum(vars(minutes).values())
    assert guide.saves(plan, agenda.Cut("01_two_levers", exercise=True), stated) == minutes.exercise


@pytest.mark.parametrize("cut", ["{ lesson = '02_changing_data' }", "{ lesson = '00_start_here', exercise = true }"])
def test_a_cut_of_what_is_not_there_is_one_line(tmp_path, cut):
    parts = "[{ lesson = '00_start_here' }]"
    (tmp_path / "agendas.toml").write_text(f"[x]\ntitle = 'T'\nparts = {parts}\ncuts = [{cut}]\n")
    with pytest.raises(UsageError, match="x, cut 1: the agenda has no such lesson or exercise"):
        agenda.load(tmp_path, sorted((ROOT / "notebooks").glob("*.ipynb")))


def test_a_mark_that_names_no_agenda_is_refused():
    with pytest.raises(UsageError, match="no agenda 'week'"):
        guide.refreshed("<!-- agenda week -->\n<!-- end -->")


def test_every_lesson_has_its_part_in_order():
    assert [*PARTS] == STEMS


@pytest.mark.parametrize("stem", STEMS)
def test_a_part_is_whole_and_short_and_its_checkpoint_is_a_heading(stem):
    body = PARTS[stem]
    assert len(body.splitlines()) <= 25
    for word in ("Goal", "Script", "Where rooms get stuck", "Discuss", "Rejoin"):
        assert f"**{word}" in body, word
    headings = [
        line.lstrip("# ")
        for cell in read(ROOT / "notebooks" / f"{stem}.ipynb").cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]
    checkpoint = " ".join(re.search(r'\*\*Rejoin\*\* at "([^"]+)"', body)[1].split())
    assert checkpoint in headings


def test_pages_that_the_guide_links_to_are_there():
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / "slides" / link).is_file(), link
