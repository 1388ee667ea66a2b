"""A quiz for a page without Python: what the widget shows, and a key by which the page itself grades (grade.js)."""

import json
from typing import Any

from twolevers.learn.assets import script
from twolevers.learn.bank import Bank
from twolevers.learn.items import Item
from twolevers.learn.kinds import Matching, Numeric, Ordering, ShortText
from twolevers.learn.markup import inline
from twolevers.learn.quiz import page_of
from twolevers.learn.static import quiz_html
from twolevers.learn.typed import normal, shuffled

QUIZ = "<div class='quiz'>"


def quiz_page(bank: Bank) -> str:
    """The quiz as HTML: its data, and its still form for a browser without scripts."""
    data = {"title": bank.title, "items": [page_of(item) for item in bank.items]}
    data["keys"] = {item.id: key(item) for item in bank.items}
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    still = f"<div class='quiz-still'>{quiz_html(bank, answers=True)}</div>"
    return f"{QUIZ}<script type='application/json'>{text}</script>{still}</div>"


def key(item: Item) -> dict[str, Any]:
    """What grade.js needs to grade `item` as `item.grade` does; texts are HTML already."""
    solution = [
        {"right": line.right, "chosen": inline(line.chosen), "text": inline(line.text), "option": line.option}
        for line in item.solution()
    ]
    made: dict[str, Any] = {"kind": item.kind, "hint": inline(item.hint), "solution": solution}
    if isinstance(item, Numeric):
        texts = {name: inline(getattr(item, name)) for name in ("explanation", "near", "far")}
        mistakes = [{"value": one.value, "why": inline(one.explanation)} for one in item.mistakes]
        numbers = {name: getattr(item, name) for name in ("value", "tolerance", "unit", "near_within")}
        return made | texts | numbers | {"mistakes": mistakes}
    if isinstance(item, Ordering):
        steps = [{"text": inline(step.text), "misplaced": inline(step.misplaced)} for step in item.steps]
        return made | {"steps": steps, "order": shuffled(item.id, len(steps))}
    if isinstance(item, Matching):
        names = ("left", "right", "explanation", "confused")
        pairs = [{name: inline(getattr(pair, name)) for name in names} for pair in item.pairs]
        return made | {"pairs": pairs, "order": shuffled(item.id, len(pairs))}
    if isinstance(item, ShortText):
        mistakes = [{"accept": [*map(normal, one.accept)], "why": inline(one.explanation)} for one in item.mistakes]
        texts = {"explanation": inline(item.explanation), "otherwise": inline(item.otherwise)}
        return made | texts | {"accept": [*map(normal, item.accept)], "mistakes": mistakes}
    options = [{"text": inline(one.text), "right": one.correct, "why": inline(one.explanation)} for one in item.options]
    return made | {"options": options}


def scripts(grader: str) -> str:
    """The widget's scripts and the grader as one plain script: a page from a folder may import no module."""
    widget = script("dom.js", "quiz.js").replace("export default { render };", "")
    return f"(() => {{\n{widget}\n{grader}\n}})();\n"
