"""The site as files: what its pages hold, where links lead, what the search finds. (Browser: tests/browser.)"""

import json

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from twolevers import paths
from twolevers.errors import UsageError
from twolevers.learn.bank import load_bank
from twolevers.learn.static import quiz_html
from twolevers.publish import site
from twolevers.publish.site.lesson import lesson_body, prose
from twolevers.publish.site.quizzes import quiz_page

ROOT = paths.repository()
BANK = load_bank("sample_quiz", ROOT / "tests" / "browser")


def lesson(*cells):
    return new_notebook(cells=list(cells), metadata={"twolevers": {"minutes": {"read": 5, "run": 1, "exercise": 2}}})


def html(source):
    return new_output("display_data", data={"text/html": source, "text/plain": "plain"})


def test_links_lead_to_pages_and_what_is_only_in_the_course_is_no_link():
    body = prose("[a](01_two_levers.ipynb) [b](../exercises/01_two_levers.ipynb) [c](https://example.org) [d](#x)")
    assert [link.get("href") for link in BeautifulSoup(body, "html.parser").select("a")] == [
        "01_two_levers.html", None, "https://example.org", "#x",
    ]  # fmt: skip


def test_notes_for_instructors_warnings_and_widgets_are_left_out():
    notes = new_markdown_cell("WHISPERED", metadata={"slideshow": {"slide_type": "notes"}})
    code = new_code_cell("x = 1", outputs=[new_output("stream", name="stderr", text="WARNING"), html("<p>SEEN</p>")])
    body = lesson_body(lesson(notes, code), "01_x", None)
    assert "SEEN" in body and "WHISPERED" not in body and "WARNING" not in body


def test_text_output_is_escaped_and_a_figure_needs_its_text():
    printed = new_code_cell("x", outputs=[new_output("stream", name="stdout", text="<script>1</script>")])
    assert "<script>" not in lesson_body(lesson(printed), "01_x", None)
    with pytest.raises(UsageError, match=r"01_x, cell 1 \(id .*\): a figure without alt text"):
        lesson_body(lesson(new_code_cell("x", outputs=[html('<img src="data:,">')])), "01_x", None)


def test_a_quiz_takes_the_place_of_its_still_form_which_stays_for_a_browser_without_scripts():
    body = lesson_body(lesson(new_code_cell("quiz()", outputs=[html(quiz_html(BANK, answers=True))])), "01_x", BANK)
    read = BeautifulSoup(body, "html.parser")
    data = json.loads(read.select_one(".quiz script").string)
    assert [item["id"] for item in data["items"]] == [item.id for item in BANK.items] == [*data["keys"]]
    assert read.select_one(".quiz-still").get_text().count("Answer") == len(BANK.items)


def test_the_quizs_data_cannot_end_its_script():
    bank = BANK.model_copy(update={"title": "</script><script>alert(1)"})
    assert "</script><script>alert" not in quiz_page(bank)


def test_the_search_knows_each_heading_with_its_address_and_plain_text():
    page = site.Page("lessons/x.html", "X & Y", prose("# X & Y\n\nfirst *words*\n\n## A `part`\n\nmore <b>words</b>"))
    assert site.entries(page) == [
        {"page": "X & Y", "heading": "X & Y", "url": "lessons/x.html#x-amp-y", "text": "first words"},
        {"page": "X & Y", "heading": "A part", "url": "lessons/x.html#a-part", "text": "more words"},
    ]


def test_every_link_of_the_site_leads_somewhere(tmp_path):
    stems = ("00_start_here", "01_two_levers", "02_changing_data")
    from twolevers.publish.notebook import read

    run = {ROOT / "notebooks" / f"{stem}.ipynb": read(ROOT / "notebooks" / f"{stem}.ipynb") for stem in stems}
    pages = site.build(tmp_path, run)
    assert pages[0] == tmp_path / "index.html"
    for path in pages:
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        ids = [one["id"] for one in page.select("[id]")]
        assert len(ids) == len(set(ids)), path.name
        for address in [one.get("href") or one.get("src") for one in page.select("[href], script[src]")]:
            target, _, part = address.partition("#")
            if target.startswith("http") or (
                target.endswith(".html") and target[:2].isdigit() and target[:-5] not in stems
            ):
                continue
            assert not target or (path.parent / target).is_file(), (path.name, address)
            assert not (part and not target) or part in ids, (path.name, address)
