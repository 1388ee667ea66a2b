"""Decks as files: which cells they take, what they refuse, when a lesson is run again. (Browser: tests/browser.)"""

import shutil

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from twolevers import paths
from twolevers.errors import TwoLeversError, UsageError
from twolevers.learn.bank import load_bank
from twolevers.learn.markup import plain, table_html
from twolevers.learn.static import quiz_html
from twolevers.publish import execute, pdf, slides

ROOT = paths.repository()


def cell(make, source, kind=None, tags=(), outputs=(), name=None):
    metadata = ({"slideshow": {"slide_type": kind}} if kind else {}) | ({"tags": list(tags)} if tags else {})
    made = make(source, metadata=metadata, **({"id": name} if name else {}))
    if outputs:
        made.outputs = list(outputs)
    return made


def html(source, **others):
    return new_output("display_data", data={"text/html": source, "text/plain": "plain"} | others)


def deck(*cells):
    notebook = new_notebook(cells=list(cells), metadata={"language_info": {"name": "python"}})
    return slides.render(notebook, "01_sample", ROOT / "slides")


TITLE = cell(new_markdown_cell, "# A <b>sample</b> & more", "slide")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course folder with the real template, an empty home, and `course(name, *cells)` that writes a lesson."""
    for folder in ("notebooks", "datasets"):
        (tmp_path / folder).mkdir()
    shutil.copytree(ROOT / "slides", tmp_path / "slides", ignore=shutil.ignore_patterns("_build", "agendas.toml"))
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path / "home"))

    def lesson(name, *cells):
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=list(cells)), path)
        return path

    return lesson


def test_only_cells_with_a_slide_type_are_taken():
    page = deck(
        TITLE,
        cell(new_markdown_cell, "UNTAGGED"),
        cell(new_markdown_cell, "SKIPPED", "skip"),
        cell(new_markdown_cell, "CONTINUED", "-"),
        cell(new_markdown_cell, "LATER", "fragment"),
        cell(new_markdown_cell, "WHISPERED", "notes"),
        cell(new_markdown_cell, "BELOW", "subslide"),
    )
    assert "UNTAGGED" not in page and "SKIPPED" not in page
    assert page.index("CONTINUED") < page.index('<div class="fragment"') < page.index("LATER")
    assert page.index('<aside class="notes">') < page.index("WHISPERED") < page.index("BELOW")
    assert page.count("</section>") == 3  # one slide, of two that stand below each other


def test_the_page_asks_for_nothing_and_says_its_language_and_title():
    page = deck(TITLE)
    assert '<html lang="en">' in page
    assert "<title>A &lt;b&gt;sample&lt;/b&gt; &amp; more · Two Levers</title>" in page
    read = BeautifulSoup(page, "html.parser")
    assert read.select("link, script[src], iframe, base") == []
    styles = "".join(style.get_text() for style in read.select("style"))
    assert "@import" not in styles and "url(http" not in styles


def test_tags_hide_the_code_or_its_output():
    output = new_output("stream", text="PRINTED\n")
    assert "SECRET" in deck(TITLE, cell(new_code_cell, "SECRET = 1", "-"))
    page = deck(TITLE, cell(new_code_cell, "SECRET = 1", "-", ["deck-hide-input"], [output]))
    assert "SECRET" not in page and "PRINTED" in page
    page = deck(TITLE, cell(new_code_cell, "SECRET = 1", "-", ["deck-hide-output"], [output]))
    assert "SECRET" in page and "PRINTED" not in page


def test_warnings_scripts_and_bare_widgets_are_left_out_and_a_still_form_is_kept():
    bare = new_output("display_data", data={slides.WIDGET: {"model_id": "MODEL"}, "text/plain": "BARE"})
    outputs = [
        new_output("stream", name="stderr", text="WARNING"),
        new_output("display_data", data={"application/javascript": "SCRIPT"}),
        bare,
        html("<p>STILL</p>", **{slides.WIDGET: {"model_id": "MODEL"}}),
    ]
    page = deck(TITLE, cell(new_code_cell, "1", "-", outputs=outputs))
    assert "STILL" in page
    assert not [word for word in ("WARNING", "SCRIPT", "BARE", "MODEL") if word in page]


BANK = load_bank("sample_quiz", ROOT / "tests" / "browser")


def quiz_deck():
    quiz = html(quiz_html(BANK, answers=True))
    asked = cell(new_code_cell, "quiz()", "-", outputs=[quiz], name="quiz")
    return BeautifulSoup(deck(TITLE, cell(new_markdown_cell, "## Quiz", "slide"), asked), "html.parser")


def test_a_quiz_asks_on_one_slide_and_answers_on_the_next():
    page = quiz_deck()
    slides_below = page.select_one(".slides > section:last-of-type").select("section")
    asked = [i for i, one in enumerate(slides_below) if one.select_one(".tl-poll")]
    assert len(asked) == len(BANK.items)
    for place, item in zip(asked, BANK.items, strict=True):
        question, answer = slides_below[place], slides_below[place + 1]
        assert question.select("details, .tl-answer") == [], "the answer is not on the slide that asks"
        assert question.select_one(".tl-poll")["data-item"] == answer.select_one(".tl-answer")["data-item"]
        for line in item.solution():
            assert plain(line.text)[:20] not in question.get_text(" ", strip=True)
    said = " ".join(page.get_text(" ", strip=True).split())
    assert all(" ".join(plain(line.text).split()) in said for item in BANK.items for line in item.solution())


def test_options_are_counted_only_where_there_are_options_and_the_speaker_is_told_the_answer():
    page = quiz_deck()
    polled = {poll["data-polled"]: poll for poll in page.select(".tl-poll")}
    assert polled["true"].select("ol.tl-options > li") and not polled["false"].select(".tl-options")
    notes = [note.get_text(" ", strip=True) for note in page.select("aside.notes")]
    assert any("Right: B" in note for note in notes), notes


def test_a_long_table_goes_on_below_with_its_head_and_no_row_is_lost():
    rows = [[f"row {i}", "word " * 30] for i in range(12)]
    table = html(table_html("Many rows", ["name", "text"], rows))
    read = BeautifulSoup(
        deck(TITLE, cell(new_markdown_cell, "## Rows", "slide"), cell(new_code_cell, "", "-", outputs=[table])),
        "html.parser",
    )
    tables = read.select("table")
    assert len(tables) > 1 and all(one.select("thead th") for one in tables)
    assert [row.th.get_text() for one in tables for row in one.select("tbody tr")] == [row[0] for row in rows]
    assert [one.caption.get_text() for one in tables] == [
        f"Many rows ({i} of {len(tables)})" for i in range(1, len(tables) + 1)
    ]
    assert [one.get_text() for one in read.select("h2")] == ["Rows"] * len(tables)


def test_a_figure_under_much_text_stands_on_a_slide_of_its_own():
    figure = html('<figure><img alt="What is seen here." src="data:,"></figure>')
    words = cell(new_markdown_cell, "## Figure\n\n" + "many words " * 40, "slide")
    alone = deck(TITLE, cell(new_markdown_cell, "## Figure", "slide"), cell(new_code_cell, "", "-", outputs=[figure]))
    below = deck(TITLE, words, cell(new_code_cell, "", "-", outputs=[figure]))
    assert below.count("<section>") == alone.count("<section>") + 1


def test_a_text_is_parted_at_its_blocks_and_a_heading_stays_with_what_follows():
    blocks = "".join(f"<p><strong>Part {i}</strong></p><p>{'word ' * 90}</p><p> </p>" for i in range(4))
    read = BeautifulSoup(
        deck(TITLE, cell(new_code_cell, "", "slide", ["deck-hide-input"], [html(f"<div>{blocks}</div>")])),
        "html.parser",
    )
    pages = [page for page in read.select("section section") if page.select("p strong")]
    assert len(pages) > 1
    for page in pages:
        assert not page.select("p")[-1].find("strong"), "no heading ends a slide"


def test_a_long_text_whose_line_breaks_count_goes_on_below():
    lines = [f"line {number}: &lt;b&gt;" for number in range(20)]
    text = "<div style='white-space:pre-wrap'>" + "\n".join(lines) + "</div>"
    page = deck(
        TITLE,
        cell(new_markdown_cell, "## A record\n\nOne line.", "slide"),
        cell(new_code_cell, "x", "-", outputs=[html(text)]),
    )
    parts = [part.get_text() for part in BeautifulSoup(page, "html.parser").select(".slides [style*=pre-wrap]")]
    assert len(parts) == 2 and "\n".join(parts).split("\n") == [
        line.replace("&lt;", "<").replace("&gt;", ">") for line in lines
    ]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (cell(new_markdown_cell, "x", "sldie", name="bad"), "slide type 'sldie'"),
        (cell(new_markdown_cell, r"so $\frac{1}{2}$", "-", name="bad"), "cannot show formulas"),
        (cell(new_markdown_cell, "$$x$$", "-", name="bad"), "cannot show formulas"),
        (cell(new_code_cell, "f", "-", outputs=[html('<img src="data:,">')], name="bad"), "without alt text"),
        (cell(new_code_cell, "f", "-", outputs=[html('<img alt="" src="data:,">')], name="bad"), "without alt text"),
        (
            cell(new_code_cell, "f", "-", outputs=[new_output("display_data", data={"image/png": "aa"})], name="bad"),
            "without alt text",
        ),
    ],
)
def test_what_no_deck_can_show_is_refused_by_cell(bad, said):
    with pytest.raises(UsageError, match=said) as raised:
        deck(TITLE, bad)
    assert str(raised.value).startswith("01_sample, cell 2 (id bad): ")


def test_the_speaker_gets_the_minutes_as_a_note_and_as_a_clock():
    notebook = new_notebook(cells=[TITLE], metadata={"language_info": {"name": "python"}})
    notebook.metadata.twolevers = {"minutes": {"read": 15, "run": 3, "exercise": 25}}
    page = slides.render(notebook, "01_sample", ROOT / "slides")
    assert 'data-minutes="15"' in page and "Timing: 15 minutes of talk" in page


def test_prices_are_no_formula_and_a_lesson_without_slides_is_refused():
    assert "$5" in deck(TITLE, cell(new_markdown_cell, "from $5 to $10", "-"))
    with pytest.raises(UsageError, match="no cell has a slide type"):
        deck(cell(new_markdown_cell, "prose"), cell(new_markdown_cell, "aside", "notes"))


def test_lessons_are_named_by_stem_or_number(course, tmp_path):
    course("01_first", TITLE)
    course("02_second", TITLE)
    names = [path.name for path in slides.build(["02", "01_first"], tmp_path / "out")]
    assert names == ["02_second.html", "01_first.html"]
    assert len(slides.build([], tmp_path / "out")) == 2
    assert not (tmp_path / "slides" / "agendas.toml").exists()
    with pytest.raises(UsageError, match=r"No lesson '03' in notebooks/: the lessons are 01_first, 02_second\."):
        slides.build(["03"], tmp_path / "out")


def test_a_lesson_runs_once_until_it_changes_and_leaves_the_learners_home_alone(course, tmp_path, monkeypatch):
    count = tmp_path / "count"
    monkeypatch.setenv("COUNT", str(count))
    source = """
import os, pathlib
assert os.environ["TWOLEVERS_STATIC"] == "1" and pathlib.Path.cwd().name == "notebooks"
(pathlib.Path(os.environ["TWOLEVERS_HOME"]) / "touched").write_text("x")
with open(os.environ["COUNT"], "a") as runs:
    runs.write("x")
"""
    lesson = course("01_first", TITLE, cell(new_code_cell, source, "-"))
    execute.executed(lesson)
    execute.executed(lesson)
    assert count.read_text() == "x"
    course("01_first", TITLE, cell(new_code_cell, source + "# changed", "-"))
    execute.executed(lesson)
    (tmp_path / "datasets" / "table.csv").write_text("a\n1\n")
    execute.executed(lesson)
    assert count.read_text() == "xxx"
    kept = [path.relative_to(tmp_path / "home").as_posix() for path in (tmp_path / "home").rglob("*.*")]
    assert len(kept) == 1 and kept[0].startswith("cache/executed/01_first-")


def test_a_lesson_that_fails_is_one_line_with_its_cell_and_is_not_kept(course, tmp_path):
    lesson = course("01_first", TITLE, cell(new_code_cell, "1 / 0", "-", name="broken"))
    with pytest.raises(TwoLeversError) as raised:
        slides.build([], tmp_path / "out")
    assert str(raised.value) == f"{lesson.name}, cell 2 (id broken): ZeroDivisionError: division by zero"
    assert not (tmp_path / "out").exists() and not list((tmp_path / "home").rglob("*.ipynb"))


def test_models_are_shared_with_a_scratch_home(course, tmp_path):
    weights = tmp_path / "home" / "models" / "tiny" / "weights"
    weights.parent.mkdir(parents=True)
    weights.write_text("w")
    environment = execute.scratch_environment(tmp_path / "scratch")
    assert environment["TWOLEVERS_HOME"] == str(tmp_path / "scratch")
    assert (tmp_path / "scratch" / "models" / "tiny" / "weights").read_text() == "w"


def test_printing_without_a_browser_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TwoLeversError, match=r"No Chromium to print 01\.html with: install it"):
        pdf.print_pdf(tmp_path / "01.html")
