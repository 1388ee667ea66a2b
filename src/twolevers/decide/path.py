"""The decision path on one page: prompt → long prompt → RAG → tuning → both, each fork with the lessons behind it.

Drawn as SVG by code, with its text in words for whoever cannot see it. Where the ledger decides a fork's claims, the
verdict stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from twolevers.evaluate.evidence import Evidence
from twolevers.learn.markup import Html
from twolevers.learn.verdicts import assess
from twolevers.lessons.common.style import ARM_STYLE, BLUE, EDGE, GREY

# A slide's room, in its pixels, and letters that can be read from the back of a room: from 22 on.
WIDTH, STEP, BOX, SIZE = 1152, 110, 80, 22
TITLE = "Which lever? Go down only as far as you must."


@dataclass(frozen=True)
class Fork:
    """One station: the arm, what you do there, when you stay, why you would go on, the lessons and claims behind it."""

    arm: str
    name: str
    does: str
    stay: str
    on: str
    lessons: str
    claims: tuple[str, ...]


FORKS = (
    Fork(
        "prompt",
        "Prompt",
        "Write the best prompt you can, with examples. Measure it.",
        "It is good enough on your test set.",
        "It lacks knowledge, or form.",
        "lesson 13, clinic four",
        ("C23",),
    ),
    Fork(
        "long_prompt",
        "Long prompt",
        "Put all it must know or obey into the prompt.",
        "It fits, and few requests pay for it.",
        "It is too much, too dear, or changes.",
        "lesson 09",
        ("C10",),
    ),
    Fork(
        "rag",
        "RAG",
        "Retrieve the passages that hold the answer.",
        "Knowledge was the lack: facts, fresh and citable.",
        "It knows, and still answers in the wrong form.",
        "lessons 01 to 06",
        ("C03", "C05"),
    ),
    Fork(
        "tuned",
        "Tuning",
        "Train on pairs of your own task.",
        "Behaviour was the lack: style, or one narrow task.",
        "You need new facts and the form at once.",
        "lessons 07, 08 and 10",
        ("C08", "C09"),
    ),
    Fork(
        "both",
        "Both",
        "Train with retrieved passages, distractors among them; then retrieve.",
        "It beats RAG alone by what it costs you.",
        "",
        "lesson 12",
        ("C18",),
    ),
)


def decision_path(rows: Sequence[Evidence] = ()) -> Html:
    """The path; with the ledger's rows (`Ledger().history()`) their verdicts stand at the forks."""
    said = {one.claim: str(one.verdict) for one in assess(rows) if one.verdict is not None} if rows else {}
    return Html(f"<figure style='margin:.5em 0;max-width:{WIDTH}px'>{svg(said)}</figure>", words(said))


def words(verdicts: Mapping[str, str] | None = None) -> str:
    """The path in sentences: the alternative text."""
    lines = []
    for fork in FORKS:
        on = f" Go on when: {fork.on}" if fork.on else ""
        told = _verdicts(fork, verdicts or {})
        lines.append(f"{fork.name}: {fork.does} Stay when: {fork.stay}{on} Measured in {fork.lessons}{told}.")
    return f"{TITLE} " + " ".join(lines)


def svg(verdicts: Mapping[str, str] | None = None) -> str:
    """The picture. Colours are those of the arms in every figure; each station bears its number and name as well."""
    height = STEP * len(FORKS) - (STEP - BOX) + 8
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img' "
        f"aria-label='{escape(words(verdicts), quote=True)}' style='width:100%;height:auto;background:#fff' "
        "font-family='system-ui,sans-serif'>",
    ]
    for place, fork in enumerate(FORKS):
        parts += _station(place, fork, verdicts or {})
    return "".join([*parts, "</svg>"])


def _station(place: int, fork: Fork, verdicts: Mapping[str, str]) -> list[str]:
    top = 4 + STEP * place
    colour = ARM_STYLE[fork.arm].color
    told = f"{fork.lessons[:1].upper()}{fork.lessons[1:]}{_verdicts(fork, verdicts)}"
    parts = [
        f"<rect x='4' y='{top}' width='190' height='{BOX}' rx='8' fill='#fff' stroke='{colour}' stroke-width='6'/>",
        _text(99, top + 34, f"{place + 1}", SIZE, GREY, "middle"),
        _text(99, top + 62, fork.name, SIZE, EDGE, "middle", True),
        _text(214, top + 18, fork.does, SIZE, EDGE, bold=True),
        _text(214, top + 43, f"Stay when: {fork.stay}", SIZE, EDGE),
        _text(214, top + 68, told, SIZE, BLUE),
    ]
    if fork.on:
        foot = top + STEP - 4
        parts += [
            f"<path d='M99 {top + BOX + 4} V{foot - 2} M90 {foot - 10} L99 {foot} L108 {foot - 10}' "
            f"stroke='{EDGE}' stroke-width='3' fill='none'/>",
            _text(214, top + 93, f"Else: {fork.on}", SIZE, EDGE),
        ]
    return parts


def _text(x: int, y: int, text: str, size: int, fill: str, anchor: str = "start", bold: bool = False) -> str:
    weight = 700 if bold else 400
    style = f"font-size='{size}' font-weight='{weight}' fill='{fill}' text-anchor='{anchor}'"
    return f"<text x='{x}' y='{y}' {style}>{escape(text)}</text>"


def _verdicts(fork: Fork, verdicts: Mapping[str, str]) -> str:
    """What the ledger says of the fork's claims, as "; yours: C23 supported"."""
    own = [f"{claim} {verdicts[claim]}" for claim in fork.claims if claim in verdicts]
    return f"; yours: {', '.join(own)}" if own else ""
