"""Decks in a real browser, opened from a file: no requests, keys, fit, contrast, alt text, speaker notes, print."""

from pathlib import Path

import nbformat
import pytest
from lab import find_chromium, moving, serious_findings
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from notebooks import NOTEBOOK_SECONDS
from twolevers import paths
from twolevers.lessons.registry import COURSE
from twolevers.publish import pdf, slides
from twolevers.publish.execute import executed

ROOT = paths.repository()
# Looked at in every way, which takes a while; of the others only whether each slide fits.
LESSONS = ("00_start_here", "01_two_levers", "12_both")
REST = sorted({lesson.stem for lesson in COURSE} - {*LESSONS})
# The notebooks' tests have run the lessons; without them, the first test of a deck does.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(NOTEBOOK_SECONDS + 300)]
WIDTH, HEIGHT, FOOT = 1280, 720, 36  # a slide, and the strip at its foot that belongs to the furniture
FIGURE = """
from matplotlib import pyplot
from twolevers.learn import show
fig, ax = pyplot.subplots(figsize=(8, 4.5))
ax.barh(["prompt", "tuned", "rag"], [0.02, 0.41, 0.70])
show(fig, alt="Facts correct of 150: prompt 0.02, tuned 0.41, rag 0.70.")
"""
CODE = """
scores = {"prompt": 0.02, "tuned": 0.41, "rag": 0.70}
for arm, score in sorted(scores.items(), key=lambda pair: pair[1], reverse=True):  # the longest line, as a comment
    print(f"{arm:8} {score:.2f}")
"""
TABLE = """
import pandas as pd
from twolevers.learn import table
table(pd.DataFrame({"arm": ["prompt", "rag"], "facts_correct": [0.02, 0.7], "n": [150, 150]}), "Facts correct")
"""
QUIZ = f"""
from pathlib import Path
from twolevers.learn.bank import load_bank
from twolevers.learn.quiz import Quiz
Quiz("sample", load_bank("sample_quiz", Path({str(Path(__file__).parent)!r})))
"""


def on_slide(make, source, kind="slide", *tags):
    return make(source.strip(), metadata={"slideshow": {"slide_type": kind}, "tags": list(tags)})


def sample(path):
    """A lesson with a slide of each sort."""
    cells = [
        on_slide(new_markdown_cell, "# A sample lesson\n\nWhat does a deck look like?"),
        on_slide(new_markdown_cell, "Say **hello** to the room.", "notes"),
        on_slide(new_markdown_cell, "## Words\n\n- one\n- two with `code`\n- a [link](https://example.org)"),
        on_slide(new_markdown_cell, "> It comes second.", "fragment"),
        on_slide(new_markdown_cell, "## Code"),
        on_slide(new_code_cell, CODE, "-"),
        on_slide(new_markdown_cell, "## A figure"),
        on_slide(new_code_cell, FIGURE, "-", "deck-hide-input"),
        on_slide(new_markdown_cell, "RAG is ahead.", "-"),
        on_slide(new_markdown_cell, "## A table", "subslide"),
        on_slide(new_code_cell, TABLE, "-"),
        on_slide(new_markdown_cell, "## Quiz"),
        on_slide(new_code_cell, QUIZ, "-", "deck-hide-input"),
    ]
    minutes = {"minutes": {"read": 10, "run": 1, "exercise": 0}}
    metadata = {
        "twolevers": minutes,
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    }
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)


@pytest.fixture(scope="module", params=["sample", *LESSONS])
def deck(request, tmp_path_factory):
    """One deck as a file: the sample's, and those of some lessons, from the copies that their tests left."""
    out = tmp_path_factory.mktemp("deck") / f"{request.param}.html"
    if request.param == "sample":
        home, lesson = out.parent / "home", out.with_suffix(".ipynb")
        sample(lesson)
    else:
        course = request.getfixturevalue("course")
        assert course.lesson(request.param).failures == ()
        home, lesson = course.home, ROOT / "notebooks" / f"{request.param}.ipynb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWOLEVERS_HOME", str(home))
        notebook = executed(lesson)
    out.write_text(slides.render(notebook, request.param, ROOT / "slides"), encoding="utf-8")
    return out


@pytest.fixture
def shown(page, deck):
    """The deck, opened and settled, with a list of every request the page made."""
    return page, shown_in(page, deck)


def shown_in(page, deck):
    """Open a deck and let it settle; a list of every request the page makes."""
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: requests.append(f"script error: {error}"))
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.goto(deck.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    return requests


def each_slide(page):
    """Show every slide in turn, with all of its fragments."""
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(
            "n => { const at = Reveal.getIndices(Reveal.getSlides()[n]); Reveal.slide(at.h, at.v, 99) }", number
        )
        page.wait_for_function("n => Reveal.getSlidePastCount() === n", arg=number)
        yield number + 1


SIZES = ((1280, 720), (1920, 1080))
NOW = "section.present:not(.stack)"  # the slide that is shown
# Words of its own, not a drawing's: those lie on its shapes, and axe cannot tell their background.
HAS_WORDS = """slide => [...document.querySelector(slide).querySelectorAll("*")].some(node => !node.closest("svg")
  && [...node.childNodes].some(child => child.nodeType === Node.TEXT_NODE && child.textContent.trim()))"""
SMALLEST = 31.9  # px of words on a slide 1280 wide: 32, which are 24 pt, and the browser's rounding
FAULTS = """([width, height, foot, smallest]) => {
  const slide = Reveal.getCurrentSlide();
  const scale = Reveal.getScale();
  const seen = (node) => node.getBoundingClientRect().height > 0 && node.checkVisibility();
  const zoomed = (node) => (node ? zoomed(node.parentElement) * (Number(getComputedStyle(node).zoom) || 1) : 1);
  const outside = [...slide.querySelectorAll("*")].filter((node) => {
    const box = node.getBoundingClientRect();
    const floor = height - foot * scale;
    return seen(node) && (box.left < -1 || box.top < -1 || box.right > width + 1 || box.bottom > floor + 1);
  });
  const small = [...slide.querySelectorAll("p, li, dt, dd, td, th, caption, summary")].filter((node) => {
    const size = parseFloat(getComputedStyle(node).fontSize) * zoomed(node);
    return seen(node) && node.textContent.trim() && size < smallest;
  });
  const name = (what) => (node) => `${what} ${node.tagName}: ${node.textContent.slice(0, 60)}`;
  return [...outside.map(name("outside")), ...small.map(name("small"))];
}"""
EVERY = f"""(given) => Reveal.getSlides().flatMap((slide, number) => {{
  const at = Reveal.getIndices(slide);
  Reveal.slide(at.h, at.v, 99);
  return ({FAULTS})(given).map((fault) => `slide ${{number + 1}}: ${{fault}}`);
}})"""


def faults_of_fit(page, size):
    """What of the current slide lies outside it, in the furniture's strip, or is set too small to be read."""
    return page.evaluate(FAULTS, [*size, FOOT, SMALLEST])


def test_a_deck_is_one_file_of_at_most_8_mb_that_asks_for_nothing(shown, deck):
    page, requests = shown
    assert deck.stat().st_size <= 8_000_000
    assert len([*each_slide(page)]) > 1
    assert [url for url in requests if not url.startswith("data:")] == [deck.as_uri()]


def test_every_slide_fits_at_both_sizes_and_has_no_serious_finding(shown, shots):
    page, _ = shown
    faults = []
    for size in SIZES:
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        page.wait_for_function("width => Math.abs(Reveal.getScale() - width / 1280) < 0.01", arg=size[0])
        for number in each_slide(page):
            faults += [f"slide {number}, {size}: {fault}" for fault in faults_of_fit(page, size)]
            if size == SIZES[0]:
                # The whole page once; after that axe would look anew, and long, at what does not change.
                scope, least = ("body", 1) if number == 1 else (NOW, int(page.evaluate(HAS_WORDS, NOW)))
                faults += [f"slide {number}, axe: {finding}" for finding in serious_findings(page, scope, least)]
                shots(page, f"deck-{number:02}.png")
    assert faults == []


@pytest.mark.parametrize("stem", REST)
def test_every_slide_of_the_other_lessons_fits_at_both_sizes(page, course, stem, tmp_path, monkeypatch):
    assert course.lesson(stem).failures == ()
    monkeypatch.setenv("TWOLEVERS_HOME", str(course.home))
    (out,) = slides.build([stem], tmp_path)
    requests = shown_in(page, out)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("width => Math.abs(Reveal.getScale() - width / 1280) < 0.01", arg=width)
        assert page.evaluate(EVERY, [width, height, FOOT, SMALLEST]) == []
    assert [url for url in requests if not url.startswith("data:")] == [out.as_uri()]


def test_language_title_and_alternative_texts(shown):
    page, _ = shown
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title().endswith("· Two Levers") and not page.title().startswith("·")
    texts = page.evaluate("[...document.querySelectorAll('.slides img')].map((image) => image.alt)")
    assert all(len(text) >= 20 and "No description" not in text for text in texts)


def test_nothing_moves_where_motion_is_reduced(shown):
    page, _ = shown
    assert page.evaluate("Reveal.getConfig().transition") == "none"
    assert moving(page) == []


def test_keys_turn_pages(shown):
    page, _ = shown
    count = page.evaluate("Reveal.getTotalSlides()")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getSlidePastCount()") == 1
    page.keyboard.press("Home")
    for _ in range(count + page.locator(".fragment").count()):
        page.keyboard.press("Space")
    assert page.evaluate("Reveal.isLastSlide()")


def test_hands_are_counted_by_key_and_stand_beside_the_answer(shown, deck, shots):
    page, _ = shown
    if deck.stem != "sample":
        pytest.skip("asked of the sample alone")
    polls = [n for n in each_slide(page) if page.locator(f"{NOW} .tl-poll").count()]
    page.evaluate(
        "n => { const at = Reveal.getIndices(Reveal.getSlides()[n]); Reveal.slide(at.h, at.v) }", polls[0] - 1
    )
    for key in "2212":
        page.keyboard.press(key)
    page.keyboard.press("9")  # no such option
    assert page.locator(f"{NOW} .tl-hands").all_inner_texts()[:2] == ["1 hand", "3 hands"]
    assert page.locator("#deck-said").inner_text() == "B: 3"
    assert faults_of_fit(page, SIZES[0]) == []
    shots(page, "poll.png")
    page.keyboard.press("Space")
    right = page.locator(f"{NOW} .tl-answer li").first
    assert "✓ Right" in right.inner_text() and "3 hands" in right.inner_text()
    shots(page, "poll-answer.png")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("0")
    assert page.locator(".tl-hands:not(:empty)").count() == 0


def test_speaker_notes_are_kept_out_of_sight_and_shown_in_their_window(shown, deck):
    page, _ = shown
    if deck.stem != "sample":
        pytest.skip("asked of the sample alone")
    assert not page.locator("aside.notes").first.is_visible()
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    window = popup.value
    window.locator(".speaker-controls-notes:not(.hidden) >> text=Say hello to the room.").wait_for(timeout=15_000)
    window.locator(".pacing:visible, .speaker-controls-time:visible").first.wait_for()
    for _ in range(40):  # the speaker turns pages and counts hands from there
        if page.locator(f"{NOW} .tl-poll[data-polled='true']").count():
            break
        place = page.evaluate("JSON.stringify(Reveal.getIndices())")
        window.keyboard.press("Space")  # a message between windows: the next key waits until it has arrived
        page.wait_for_function("(place) => JSON.stringify(Reveal.getIndices()) !== place", arg=place, timeout=15_000)
    window.keyboard.press("1")
    page.locator(f"{NOW} .tl-hands:has-text('1 hand')").wait_for(timeout=5_000)


def test_a_deck_prints_one_page_a_slide(shown, deck):
    page, _ = shown
    count = page.evaluate("Reveal.getTotalSlides()")
    page.goto(f"{deck.as_uri()}?print-pdf")
    page.wait_for_function("document.querySelectorAll('.pdf-page').length > 0")
    assert page.locator(".pdf-page").count() == count
    margins = page.evaluate(
        """[...document.querySelectorAll(".pdf-page")].map((paper) => {
             const [first] = paper.querySelectorAll(":is(h1, h2, h3, p, svg, img, table)");
             return first.getBoundingClientRect().left - paper.getBoundingClientRect().left;
           })"""
    )
    assert min(margins) >= 40
    if deck.stem == "sample":
        if Path(find_chromium()).name not in pdf.BROWSERS:
            pytest.skip("the browser goes by a name of its own")
        assert pdf.print_pdf(deck).read_bytes().count(b"/Type /Page\n") == count
