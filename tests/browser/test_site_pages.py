"""The site opened from a folder: no requests, search, keyboard, phone, both themes, quizzes graded as Python grades."""

import itertools

import pytest
from lab import cut_off, moving, serious_findings
from nbformat.v4 import new_output

from twolevers import paths
from twolevers.learn.bank import load_bank
from twolevers.learn.items import Incomplete
from twolevers.learn.kinds import Matching, Numeric, Ordering, ShortText
from twolevers.learn.static import quiz_html
from twolevers.publish import site
from twolevers.publish.notebook import read
from twolevers.publish.site.quizzes import key

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = paths.repository()
LESSONS = ("00_start_here", "01_two_levers", "14_capstone")
BANKS = sorted(path.stem for path in (ROOT / "datasets" / "quizzes").glob("*.yaml"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The site of some lessons, with their quizzes and without other outputs: nothing is run."""
    run = {}
    for stem in LESSONS:
        path = ROOT / "notebooks" / f"{stem}.ipynb"
        run[path] = read(path)
        for cell in run[path].cells:
            if cell.cell_type == "code" and cell.source.startswith("quiz("):
                cell.outputs = [
                    new_output("display_data", data={"text/html": quiz_html(load_bank(stem), answers=True)})
                ]
    out = tmp_path_factory.mktemp("site")
    return site.build(out, run)


@pytest.fixture
def opened(page, pages):
    """`opened(name)` shows a page of the site; nothing but files may be asked for, and no script may fail."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(f"script error: {error}"))

    def show(name):
        page.goto(next(path for path in pages if path.name == name).as_uri())
        return page

    yield show
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_no_page_has_a_serious_finding_in_either_theme(opened, pages, shots):
    for path in pages:
        page = opened(path.name)
        for theme in ("light", "dark"):
            page.evaluate("theme => document.documentElement.setAttribute('theme', theme)", theme)
            # Buttons fade into the other theme's colours: halfway their contrast is nobody's.
            page.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished))")
            assert serious_findings(page, "body", least=8) == [], (path.name, theme)
            shots(page, f"site-{path.stem}-{theme}.png", full_page=path.stem in ("index", "glossary"))


def test_a_phone_shows_every_page_without_scrolling_sideways(opened, pages, shots):
    for path in pages:
        page = opened(path.name)
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path.name
        shots(page, f"site-{path.stem}-phone.png")


def test_what_is_searched_for_is_found_and_opened_by_keyboard(opened, shots):
    page = opened("01_two_levers.html")
    page.keyboard.press("/")
    page.keyboard.type("mcnemar")
    assert "place" in page.locator("#search-said").inner_text()
    shots(page, "site-search.png")
    page.keyboard.press("Enter")  # to the first result
    page.keyboard.press("Enter")  # opens it
    page.wait_for_url("**/glossary.html#mcnemar-s-test")
    page.keyboard.press("/")
    page.keyboard.type("<b>nowhere")
    assert page.locator("#search-said").inner_text() == "0 places found."


def test_the_theme_follows_the_system_and_the_button_is_kept(opened):
    page = opened("index.html")
    page.emulate_media(color_scheme="dark")
    page.reload()
    assert page.evaluate("document.documentElement.getAttribute('theme')") == "dark"
    page.locator("#theme").press("Enter")
    page = opened("glossary.html")
    assert page.evaluate("document.documentElement.getAttribute('theme')") == "light"


def test_a_quiz_is_answered_without_python_by_keyboard(opened, shots):
    page = opened("01_two_levers.html")
    card = page.locator(".tl-quiz .tl-card").first
    card.locator("input[type=radio]").nth(1).focus()
    page.keyboard.press("Space")
    card.get_by_role("button", name="Check").press("Enter")
    assert "✗ Not so." in card.inner_text() and "The base is frozen on purpose" in card.inner_text()
    card.locator("input[type=radio]").nth(1).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert "Right after 2 tries" in card.inner_text()
    assert page.locator(".tl-score").inner_text().startswith("1 of ")
    shots(card, "site-quiz.png")


def test_at_200_per_cent_no_page_scrolls_sideways_and_nothing_is_cut(opened, pages, shots):
    for path in pages:
        page = opened(path.name)
        page.set_viewport_size({"width": 640, "height": 500})  # what a window of 1280 x 1000 holds at 200 %
        assert cut_off(page) == [], path.name
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, path.name
        shots(page, f"site-{path.stem}-200.png")


def test_nothing_moves_where_motion_is_reduced(opened, pages):
    page = opened("01_two_levers.html")
    assert moving(page), "the buttons of a quiz fade for everybody else"
    page.emulate_media(reduced_motion="reduce")
    for path in pages:
        assert moving(opened(path.name)) == [], path.name


def test_every_image_says_what_it_shows(opened, pages):
    for path in pages:
        texts = opened(path.name).evaluate("[...document.images].map((image) => image.alt)")
        assert all(len(text) >= 20 and "No description" not in text for text in texts), path.name


def answers(item):
    """Answers of every sort to an item: right, wrong in each known way, and none."""
    if isinstance(item, Numeric):
        near = [
            item.value,
            item.value + 2 * item.tolerance + 1e-6,
            item.value * 100 + 7,
            *(m.value for m in item.mistakes),
        ]
        return [*(f"{value:.10g}" for value in near), "12 %", "1,5", "", "much", "1,234.5"]
    if isinstance(item, ShortText):
        return [item.accept[0], f" The {item.accept[0].upper()}! ", *(m.accept[0] for m in item.mistakes), "?", "else"]
    if isinstance(item, Ordering):
        return [list(order) for order in itertools.islice(itertools.permutations(range(len(item.steps))), 800)]
    if isinstance(item, Matching):
        orders = itertools.islice(itertools.permutations(range(len(item.pairs))), 800)
        return [*map(list, orders), [None] * len(item.pairs)]
    n = len(item.options)
    most = n if item.kind == "several" else 1
    return [list(chosen) for k in range(most + 1) for chosen in itertools.combinations(range(n), k)]


def graded(item, answer):
    try:
        grade = item.grade(answer)
    except Incomplete:
        return None
    return [grade.right, [line.right for line in grade.feedback], [line.option for line in grade.feedback]]


@pytest.mark.parametrize("stem", BANKS)
def test_the_page_grades_as_python_does(opened, stem):
    page = opened("01_two_levers.html")
    for item in load_bank(stem).items:
        tried = answers(item)
        said = page.evaluate(
            """([key, answers]) => answers.map((answer) => {
                 const found = window.TwoLeversQuiz.grade(key, answer);
                 return found.note
                   ? null
                   : [found.right, found.lines.map((line) => line.right), found.lines.map((line) => line.option)];
               })""",
            [key(item), tried],
        )
        assert said == [graded(item, answer) for answer in tried], item.id
        solution = next(answer for answer in tried if graded(item, answer) and graded(item, answer)[0])
        assert solution is not None
