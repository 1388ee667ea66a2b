"""Quiz and guess in a real JupyterLab: keyboard, restoring, accessibility, both themes, no network."""

from pathlib import Path

import pytest
from lab import cell_count, restart_kernel, run_all, serious_findings, set_theme

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAMPLE = Path(__file__).parent
QUIZ = f"""
from pathlib import Path
from twolevers.learn.bank import load_bank
from twolevers.learn.quiz import Quiz
Quiz("{{lesson}}", load_bank("sample_quiz", Path({str(SAMPLE)!r})))
"""
PREDICT = """
from twolevers.learn import predict, predict_choice
predict("{lesson}", "rag", "What share of 40 questions will `rag` answer?", low=0, high=1, step=0.01)
"""
CHOICE = "predict_choice('{lesson}', 'winner', 'Which arm wins on unseen products?', ['rag', 'tuned', 'both'])"
REVEAL = "from twolevers.learn import reveal\nreveal('{lesson}', 'rag', 0.7, 0.55, 0.82)"
TABLE = """
import pandas as pd
from twolevers.learn import table
table(pd.DataFrame(dict(arm=["rag"], right=[0.7])), "By arm")
"""


@pytest.fixture
def page(desk):
    return desk.page


def notebook(lab, lesson, *cells):
    return lab.notebook(f"{lesson}.ipynb", [cell.format(lesson=lesson) for cell in cells])


def tab_to(page, selector, most=40):
    """Press Tab until `selector` has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def first_card(page):
    page.wait_for_selector(".tl-quiz .tl-card")
    return page.locator(".tl-quiz .tl-card").first


def test_quiz_wrong_then_right_by_keyboard_alone_and_restored_after_a_restart(page, desk, lab, shots):
    desk.open(notebook(lab, "keyboard", QUIZ))
    card = first_card(page)
    assert "The weights did not change" not in page.content()  # nothing explained, so nothing given away
    page.locator(".tl-quiz .tl-score").evaluate("node => { node.tabIndex = -1; node.focus() }")
    tab_to(page, "input[type=radio]")
    page.keyboard.press("Space")
    tab_to(page, ".tl-sure input")
    page.keyboard.press("ArrowRight")  # from low to medium
    tab_to(page, ".tl-main")
    page.keyboard.press("Enter")
    card.locator(".tl-feedback >> text=The weights did not change").wait_for()
    assert "✗ not so" in card.inner_text()
    assert "Retrieval puts the page" not in page.content()
    shots(page, "quiz-wrong.png")

    tab_to(page, ".tl-button:not(.tl-main)")
    page.keyboard.press("Enter")
    card.locator(".tl-hint >> text=before and after").wait_for()
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.type") == "radio"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # Enter on a radio checks
    card.locator(".tl-feedback >> text=Retrieval puts the page").wait_for()
    assert "Right after 2 tries" in card.inner_text()
    assert page.locator(".tl-score").inner_text() == "1 of 7 answered, 0 right first time"
    shots(page, "quiz-right.png")

    restart_kernel(page)
    page.locator(".tl-quiz").wait_for(state="detached")
    run_all(page)
    card = first_card(page)
    assert "Right after 2 tries" in card.inner_text()
    assert card.locator("input[type=radio]").nth(1).is_checked()
    assert "Retrieval puts the page" in card.inner_text()
    assert page.locator(".tl-score").inner_text() == "1 of 7 answered, 0 right first time"


def test_lab_shortcuts_do_not_reach_the_notebook(page, desk, lab):
    desk.open(notebook(lab, "shortcuts", QUIZ, PREDICT))
    first_card(page)
    page.wait_for_selector(".tl-slider")
    before = cell_count(page)
    focusable = ".tl :is(input, button:not([hidden]), select)"
    kinds = page.eval_on_selector_all(focusable, "nodes => nodes.map(node => node.type)")
    for i in (kinds.index(kind) for kind in ("radio", "checkbox", "text", "select-one", "submit", "button", "range")):
        page.locator(focusable).nth(i).focus()
        for key in ("b", "d", "d"):  # looked at after each: b adds a cell, and d d would take that one away again
            page.keyboard.press(key)
            assert cell_count(page) == before, kinds[i]


def test_every_kind_can_be_answered_right(page, desk, lab, shots):
    desk.open(notebook(lab, "kinds", QUIZ))
    first_card(page)
    cards = page.locator(".tl-quiz .tl-card")
    page.get_by_label("From the passages put into the prompt").check()
    page.get_by_label("RAG beats closed book").check()
    page.get_by_label("a paired test is needed").check()
    cards.nth(2).get_by_label("Your answer").fill("70 %")
    wanted = ["Embed the question", "Search the store", "Build the prompt", "Generate the answer"]
    for place, text in enumerate(wanted):
        while cards.nth(3).locator(".tl-choice-text").all_inner_texts().index(text) > place:
            cards.nth(3).get_by_label(f"Move up: {text}").press("Enter")
    cards.nth(4).get_by_label("fine-tuning").select_option("the weights")
    cards.nth(4).get_by_label("RAG").select_option("the context")
    page.get_by_label("So the model knows the facts.").check()
    cards.nth(6).get_by_label("Your answer").fill("The context")
    for i in range(7):
        cards.nth(i).get_by_role("button", name="Check").click()
        cards.nth(i).locator("text=✓ Right first time").wait_for()
    assert page.locator(".tl-score").inner_text() == "7 of 7 answered, 7 right first time"
    shots(page.locator(".tl-quiz"), "all-kinds.png")


def test_a_guess_is_committed_kept_and_revealed(page, desk, lab, shots):
    desk.open(notebook(lab, "guess", PREDICT, CHOICE, REVEAL))
    page.wait_for_selector(".tl-slider")
    page.wait_for_selector("text=You made no guess")
    number, choice = page.locator(".tl-card").nth(0), page.locator(".tl-card").nth(1)
    number.get_by_role("button", name="Commit").click()
    number.locator("text=Type a number").wait_for()
    number.locator(".tl-slider").focus()
    page.keyboard.press("ArrowRight")
    tab_to(page, ".tl-main")
    page.keyboard.press("Enter")
    number.locator("text=Your guess: 0.51.").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Change my guess"
    page.keyboard.press("Enter")
    number.get_by_label("Your guess", exact=True).fill("0,9")
    page.keyboard.press("Enter")
    number.locator("text=Your first guess: 0.51 (changed to 0.9).").wait_for()
    choice.get_by_label("rag").check()
    choice.get_by_role("button", name="Commit").click()
    choice.locator("text=Your guess: rag.").wait_for()
    run_all(page)
    page.wait_for_selector("text=Your guess lies outside the interval, 0.19 too low")
    page.locator("text=Your first guess: 0.51 (changed to 0.9). Kept").wait_for()
    shots(page, "guess.png")


def test_a_kernel_that_was_restarted_is_named_where_the_answer_is_awaited(page, desk, lab):
    desk.open(notebook(lab, "stopped", QUIZ, PREDICT))
    card = first_card(page)
    page.wait_for_selector(".tl-slider")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    card.get_by_role("button", name="Check").click()
    card.locator("text=Python was stopped or restarted since").wait_for()
    page.get_by_role("button", name="Commit").click()
    page.locator(".tl-guess >> text=Python was stopped or restarted since").wait_for()


def test_axe_finds_nothing_serious_in_either_theme(page, desk, lab, shots):
    page.set_viewport_size({"width": 1280, "height": 4600})
    desk.open(notebook(lab, "axe", QUIZ, PREDICT, CHOICE, REVEAL, TABLE))
    first_card(page)
    page.wait_for_selector(".tl-table caption")
    cards = page.locator(".tl-quiz .tl-card")
    page.get_by_label("From the model's weights").check()
    page.get_by_label("Tuning and RAG are known").check()
    page.get_by_label("RAG beats closed book").check()
    for i in range(2):
        cards.nth(i).get_by_role("button", name="Check").click()
        cards.nth(i).get_by_role("button", name="Hint").click()
        cards.nth(i).locator(".tl-hint p").wait_for()
        cards.nth(i).locator(".tl-feedback p").first.wait_for()
    for dark in (True, False):
        set_theme(page, dark)
        shots(page, f"all-{'dark' if dark else 'light'}.png")
        assert serious_findings(page, ".jp-Cell-outputArea") == []
