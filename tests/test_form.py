"""A form: what is sent is checked and kept, a fault is said in place, and without a kernel it shows what it asks."""

import pytest

from twolevers.errors import TwoLeversError, UsageError
from twolevers.learn.form import LONGEST, Field, Form

FIELDS = (Field("arm", "I would **build**", ("prompt", "rag")), Field("why", "Why?"), Field("cost", "Cost", rows=0))
GOOD = {"arm": "rag", "why": " it is <b>fresh</b> ", "cost": "12,5"}


def send(form, values):
    form._receive(form, {"type": "send", "values": values}, [])
    return form.notice


def test_what_is_sent_is_kept_as_checked_values():
    kept = []
    form = Form("Decide", FIELDS, lambda values: kept.append(values) or "Kept.")
    assert send(form, GOOD) == "Kept." and form.turn == 1
    assert kept == [{"arm": "rag", "why": "it is <b>fresh</b>", "cost": 12.5}]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (GOOD | {"arm": "linear"}, "Choose one: I would build"),
        (GOOD | {"arm": None}, "Choose one"),
        (GOOD | {"cost": "much"}, "Cost: write a number"),
        (GOOD | {"cost": ""}, "write a number"),
        (GOOD | {"why": "x" * (LONGEST + 1)}, "at most"),
        (None, "Nothing was sent"),
        ("arm", "Nothing was sent"),
    ],
)
def test_a_fault_is_said_in_one_line_and_nothing_is_kept(values, said):
    form = Form("Decide", FIELDS, lambda values: pytest.fail("kept"))
    assert said in send(form, values) and "\n" not in form.notice


@pytest.mark.parametrize("error", [UsageError, TwoLeversError])
def test_what_the_keeper_refuses_is_said(error):
    def refuse(_):
        raise error("That was committed.")

    form = Form("Decide", FIELDS, refuse)
    assert send(form, GOOD) == "That was committed."
    assert send(form, GOOD) and form.turn == 2, "the same answer must reach the page again"


def test_what_was_kept_before_comes_back():
    form = Form("Decide", FIELDS, lambda values: "", {"arm": "rag", "cost": 12.5})
    assert form.values == {"arm": "rag", "cost": "12.5"}


def test_without_a_kernel_the_questions_stand_escaped(monkeypatch):
    form = Form("<Decide>", FIELDS, lambda values: "")
    data, _ = form._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    page, _ = form._repr_mimebundle_()
    assert set(page) == {"text/html", "text/plain"}
    assert "&lt;Decide&gt;" in page["text/html"] and "prompt · rag" in page["text/plain"]
