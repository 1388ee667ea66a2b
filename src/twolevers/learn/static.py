"""A quiz without a kernel: plain HTML for decks, sites and viewers, with or without the answers.

In a learner's notebook the answers stay in Python: a saved output holds the questions only. Whoever builds a deck or
a site executes the notebooks with `TWOLEVERS_STATIC=1`; then each quiz and guess leaves its static form alone, with
the answers in `<details>`, and no widget that would ask a page for scripts.
"""

import os
from html import escape

from twolevers.learn.bank import Bank
from twolevers.learn.dots import dots
from twolevers.learn.items import Feedback, Item
from twolevers.learn.markup import inline, paragraphs, plain, table_html


def building_pages() -> bool:
    """Whether this kernel runs for a deck or a site (`TWOLEVERS_STATIC=1`)."""
    return os.environ.get("TWOLEVERS_STATIC") == "1"


def evidence_html(item: Item) -> str:
    """The item's table and figure."""
    parts = []
    if item.table:
        parts.append(table_html(item.table.caption, item.table.columns, item.table.rows))
    if item.figure:
        figure = item.figure
        drawn = dots([row.dot() for row in figure.rows], figure.low, figure.high, figure.title, figure.unit)
        unit = f" ({figure.unit})" if figure.unit else ""
        parts.append(
            f"<figure style='margin:.5em 0'><figcaption>{escape(figure.title + unit)}</figcaption>{drawn}</figure>"
        )
    return "".join(parts)


def item_html(item: Item, number: int, answers: bool) -> str:
    """One item (a `div`: reveal.js takes a `section` for a slide); `answers` adds the solution, folded."""
    *lead, question = paragraphs(item.question)
    page = item.page()
    listed = page.get("options") or page.get("steps") or page.get("lefts") or []
    choices = "".join(f"<li>{inline(text)}</li>" for text in listed)
    partners = "".join(f"<li>{inline(text)}</li>" for text in page.get("rights", []))
    folded = f"<details><summary>Answer</summary>{feedback_html(item.solution())}</details>" if answers else ""
    return (
        f"<div class='tl-static' data-kind='{item.kind}' style='margin-bottom:1.5em'>"
        + "".join(f"<p>{text}</p>" for text in lead)
        + evidence_html(item)
        + f"<p><strong>{number}. {question}</strong> {item.instruction}</p>"
        + (f"<ul>{choices}</ul>" if choices else "")
        + (f"<p>Partners:</p><ul>{partners}</ul>" if partners else "")
        + f"{folded}</div>"
    )


def feedback_html(lines: list[Feedback]) -> str:
    """Feedback as a list; right and wrong differ by sign and word."""
    said = ""
    for line in lines:
        verdict = "✓ Right" if line.right else "✗ Not so"
        said += f"<li><strong>{verdict}: {inline(line.chosen.rstrip('.'))}.</strong> {inline(line.text)}</li>"
    return f"<ul style='list-style:none;padding-left:0'>{said}</ul>"


def quiz_html(bank: Bank, answers: bool) -> str:
    """The whole quiz."""
    note = "" if answers else "<p>Run this notebook to answer the questions.</p>"
    items = "".join(item_html(item, i, answers) for i, item in enumerate(bank.items, 1))
    title = f"Quiz: {escape(bank.title)}"
    return f"<div role='group' aria-label='{title}'><p><strong>{title}</strong></p>{note}{items}</div>"


def quiz_text(bank: Bank) -> str:
    """The questions as plain text."""
    questions = "\n".join(f"{i}. {plain(item.question)}" for i, item in enumerate(bank.items, 1))
    return f"Quiz: {bank.title}\n{questions}"
