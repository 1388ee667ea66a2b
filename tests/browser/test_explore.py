"""The cost map in a real JupyterLab: keyboard alone, values announced, figure redrawn, shortcuts, accessibility."""

import pytest
from lab import cell_count, restart_kernel, run_all, serious_findings, set_theme

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Made-up uses; no model runs.
MAP = """
from twolevers.cost.model import Use
from twolevers.cost.quantity import Quantity, Status
from twolevers.lessons.budget.explore import explore

def q(value, unit):
    return Quantity(value, unit, Status.MEASURED)

def use(arm, read, index, trained):
    times = [q(one, "s") for one in (0.05, 0.01, index, index / 20)]
    training = (q(1000 * trained, "token"), q(trained, "s"), q(0, "h"), q(0, "h"))
    return Use(arm, bool(trained), q(read, "token"), q(6, "token"), *times, *training, float(arm == "tuned"))

found = {"rag": use("rag", 180, 6.0, 0.0), "tuned": use("tuned", 60, 0.0, 60.0), "both": use("both", 180, 6.0, 25.0)}
explore(found, 40)
"""
REQUESTS, PREMIUM = "Requests a month", "Price of a tuned token over an untuned one"


# Keeps account of the timers that would tell of a busy kernel, 2 s after a question unless an answer clears them.
TIMERS = """() => {
  const { setTimeout: set, clearTimeout: clear } = window;
  window.asked = 0;
  window.unanswered = new Set();
  window.setTimeout = (what, wait, ...more) => {
    const timer = set(what, wait, ...more);
    if (wait === 2000) { window.asked++; window.unanswered.add(timer); }
    return timer;
  };
  window.clearTimeout = (timer) => { window.unanswered.delete(timer); clear(timer); };
}"""


@pytest.fixture
def page(desk):
    return desk.page


@pytest.fixture
def card(page, desk, lab):
    """The map, opened in a notebook of one cell."""
    desk.open(lab.notebook("explore.ipynb", [MAP]))
    page.wait_for_selector(".tl-card img[alt]")
    return page.locator(".tl-card")


def said(card):
    return card.locator("p[role=status]").first


def redrawn(page, card, before):
    """Wait for another picture than `before`; its address."""
    page.wait_for_function("old => document.querySelector('.tl-card img').src !== old", arg=before)
    return card.locator("img").get_attribute("src")


def test_the_arrow_keys_move_a_slider_and_the_map_follows(page, card, shots):
    shots(page, "map-before.png")
    slider, picture, words = (
        card.get_by_label(REQUESTS),
        card.locator("img").get_attribute("src"),
        said(card).inner_text(),
    )
    value = slider.get_attribute("aria-valuetext")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") != value, "announced at once, before Python has drawn"
    picture = redrawn(page, card, picture)
    after = said(card).inner_text()
    assert after != words and slider.get_attribute("aria-valuetext") in after, "the sentence names the slider's value"
    page.keyboard.press("End")
    redrawn(page, card, picture)
    assert "10,000,000 requests" in said(card).inner_text()
    assert slider.get_attribute("aria-valuetext") == "10,000,000"
    assert page.evaluate("document.activeElement.type") == "range", "the focus stays where the hand is"
    shots(page, "map-after.png")


def test_tab_goes_through_all_four_sliders_and_each_has_a_name_and_a_value(page, card):
    card.get_by_label(REQUESTS).focus()
    names = []
    for _ in range(4):
        names.append(page.evaluate("document.activeElement.labels[0].textContent"))
        assert page.evaluate("document.activeElement.getAttribute('aria-valuetext')")
        page.keyboard.press("Tab")
    assert len(set(names)) == 4 and names[0] == REQUESTS and PREMIUM in names


def test_the_alternative_text_follows_and_a_high_premium_makes_rag_win(page, card):
    before, picture = card.locator("img").get_attribute("alt"), card.locator("img").get_attribute("src")
    card.get_by_label(PREMIUM).focus()
    page.keyboard.press("End")
    redrawn(page, card, picture)
    after = card.locator("img").get_attribute("alt")
    assert after != before and "RAG costs least on 100%" in after and "tuned 8 × its price" in after
    assert "tuned is never cheaper than rag" in said(card).inner_text()


def test_a_place_turned_back_to_is_answered_and_nothing_waits(page, card):
    page.evaluate(TIMERS)
    card.get_by_label(REQUESTS).focus()
    for key in ("ArrowRight", "ArrowLeft"):  # within the pause before Python is asked: the same place again
        page.keyboard.press(key)
    page.wait_for_function("window.asked > 0 && window.unanswered.size === 0", timeout=30_000)
    assert not card.locator(".tl-notice").inner_text()


def test_lab_shortcuts_do_not_reach_the_notebook(page, card):
    before = cell_count(page)
    card.get_by_label(REQUESTS).focus()
    for key in ("b", "d", "d"):
        page.keyboard.press(key)
        assert cell_count(page) == before


def test_the_map_is_there_again_after_a_restart(page, card):
    restart_kernel(page)
    card.wait_for(state="detached")
    run_all(page)
    page.wait_for_selector(".tl-card img[alt]")
    assert card.get_by_label(PREMIUM).get_attribute("aria-valuetext") == "2"


def test_axe_finds_nothing_serious_in_either_theme(page, card, shots):
    page.set_viewport_size({"width": 1280, "height": 1600})
    for dark in (True, False):
        set_theme(page, dark)
        shots(page, f"map-{'dark' if dark else 'light'}.png")
        assert serious_findings(page, ".jp-Cell-outputArea", least=5) == []
