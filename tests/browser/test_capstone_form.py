"""A form in a real JupyterLab: by keyboard alone, kept through a restart, shortcuts, accessibility."""

import pytest
from lab import cell_count, restart_kernel, run_all, serious_findings, set_theme

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The capstone's steps, on a brief of the course; no model runs.
STEPS = """
from twolevers.decide import lesson
from twolevers.decide.capstone import Capstone

work = Capstone("price_desk")
if "score" not in work.done():
    work.score(dict(quality=5, freshness=5, sources=2, cost=3, speed=4, start=3))
lesson.pick(work)
"""
TEXTS = "lesson.justify(work)"


@pytest.fixture
def page(desk):
    return desk.page


@pytest.fixture
def cards(page, desk, lab):
    """The forms for pick and justification."""
    desk.open(lab.notebook("form.ipynb", [STEPS, TEXTS]))
    page.wait_for_function("document.querySelectorAll('.tl-card form').length === 2")
    return page.locator(".tl-card")


def test_a_step_is_taken_by_keyboard_and_said(page, cards, shots):
    pick, why = cards.nth(0), cards.nth(1)
    pick.get_by_label("rag").focus()
    page.keyboard.press("Space")
    pick.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.tl-card .tl-notice').textContent.startsWith('Kept')")
    why.get_by_label("Why?").focus()
    page.keyboard.type("bdd Prices change each day: bdd")  # letters that are shortcuts of the notebook
    before = cell_count(page)
    why.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.tl-card .tl-notice')[1].textContent.includes('a few words')")
    assert cell_count(page) == before
    shots(page, "form.png")


def test_what_was_kept_is_there_after_a_restart(page, cards):
    pick = cards.nth(0)
    pick.get_by_label("both").check()
    pick.get_by_role("button").click()
    page.wait_for_function("document.querySelector('.tl-card .tl-notice').textContent.startsWith('Kept')")
    restart_kernel(page)
    pick.wait_for(state="detached")
    run_all(page)
    page.wait_for_function("document.querySelectorAll('.tl-card form').length === 2")
    assert cards.nth(0).get_by_label("both").is_checked()


def test_axe_finds_nothing_serious_in_either_theme(page, cards, shots):
    page.set_viewport_size({"width": 1280, "height": 1200})
    for dark in (True, False):
        set_theme(page, dark)
        shots(page, f"form-{'dark' if dark else 'light'}.png")
        assert serious_findings(page, ".tl-card", least=10) == []
