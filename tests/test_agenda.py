"""Agendas: minutes that add up, decks in order, faults named."""

from itertools import pairwise

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from twolevers import paths
from twolevers.errors import UsageError
from twolevers.publish import agenda, slides
from twolevers.publish.notebook import read

ROOT = paths.repository()
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST = {"90-minutes": 90, "half-day": 210, "full-day": 420}


def lesson(title, minutes):
    cells = [new_markdown_cell(f"# {title}", id="top", metadata={"slideshow": {"slide_type": "slide"}})]
    return new_notebook(cells=cells, metadata={"twolevers": {"minutes": minutes}})


def test_the_agendas_of_the_course_fit_their_time_by_the_lessons_own_minutes():
    plans = agenda.load(ROOT / "slides", LESSONS)
    stated = {path.stem: read(path).metadata.twolevers.minutes for path in LESSONS}
    assert {*plans} == {*LONGEST}
    for name, plan in plans.items():
        times = agenda.schedule(plan, stated)
        total = sum(length for _, length in times)
        assert LONGEST[name] * 0.9 <= total <= LONGEST[name], (name, total)
        assert all(after[0] == before[0] + before[1] for before, after in pairwise(times))


def test_a_part_takes_what_is_done_in_the_room():
    stated = {"read": 10, "run": 4, "exercise": 30}
    assert agenda.Part("a").minutes(stated) == 10
    assert agenda.Part("a", runs=True).minutes(stated) == 14
    assert agenda.Part("a", runs=True, exercises=True).minutes(stated) == 44
    assert agenda.Part(pause=15).minutes({}) == 15


def test_a_deck_shows_the_plan_the_lessons_in_order_and_the_pauses():
    plan = agenda.Agenda("A morning", (agenda.Part("b", runs=True), agenda.Part(pause=20), agenda.Part("a")))
    made = {
        "a": lesson("First", {"read": 5, "run": 1, "exercise": 9}),
        "b": lesson("Second", {"read": 50, "run": 2, "exercise": 9}),
    }
    deck = agenda.deck(plan, [("b", made["b"]), ("a", made["a"])], slides.deck_cells)
    nbformat.validate(deck)
    page = slides.render_cells(deck, "morning", ROOT / "slides")
    assert "1:17 hours, 2 lessons" in page and 'data-minutes="77"' in page and "On again at 1:12." in page
    first, second = page.index("<h1>Second") if "<h1>Second" in page else page.index(">Second<"), page.rindex(">First<")
    assert first < page.index("20 minutes") < second


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x]\ntitle = 'T'\nparts = [{ lesson = 'nowhere' }]", "x, part 1: no lesson 'nowhere'"),
        ("[x]\ntitle = 'T'\nparts = [{ lesson = '00_start_here', pause = 5 }]", "part 1: give either"),
        ("[x]\ntitle = 'T'\nparts = [{ lessen = '00_start_here' }]", "unknown lessen"),
        ("[x]\nparts = [{ pause = 5 }]", "needs a title"),
        ("[x", "not TOML"),
    ],
)
def test_a_faulty_agenda_is_one_line(tmp_path, text, said):
    (tmp_path / "agendas.toml").write_text(text)
    with pytest.raises(UsageError, match=said) as raised:
        agenda.load(tmp_path, LESSONS)
    assert "\n" not in str(raised.value)


def test_an_unknown_name_lists_lessons_and_agendas(tmp_path):
    with pytest.raises(UsageError, match="The agendas are 90-minutes, half-day, full-day"):
        slides.build(["nowhere"], tmp_path)
