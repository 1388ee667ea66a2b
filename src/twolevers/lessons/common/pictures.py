"""Pictures of how things work, as SVG: the RAG pipeline, LoRA, the lag of an index. Each with its text in words.

Drawn as the decision path is: letters of a size that a room can read, arms' colours, a white ground in either theme.
"""

from collections.abc import Mapping, Sequence
from html import escape

from twolevers.learn.markup import Html
from twolevers.lessons.common.style import ARM_STYLE, BLUE, EDGE, GREY, ORANGE

WIDTH, SIZE = 1152, 22
RAG, TUNED = ARM_STYLE["rag"].color, ARM_STYLE["tuned"].color


def rag_pipeline() -> Html:
    """Lesson 01: what is done once for the pages, and what is done for each question."""
    alt = (
        "The RAG pipeline in two rows. Once: pages are cut into passages, each becomes a vector, the vectors make the "
        "index. For each question: it becomes a vector, the index gives the nearest passages, these go into the prompt "
        "before the question, the model with its frozen weights answers."
    )
    once = (("Pages", "of the catalogue"), ("Passages", "a few sentences"), ("Vectors", "embed"), ("Index", "kept"))
    each = (("Question", "in their words"), ("Search", "nearest vectors"), ("Prompt", "passages first"))
    parts = [_text(10, 32, "Once, and again for each page that changes", GREY, bold=True)]
    parts += _row(once, 50, RAG)
    parts += [_text(10, 222, "For each question", GREY, bold=True)]
    parts += _row((*each, ("Model", "weights frozen")), 240, EDGE)
    parts += [_line(f"M{_left(3) + 120} 150 V180 H{_left(1) + 120} V232", RAG), _head(_left(1) + 120, 236, RAG)]
    parts += [_text(10, 372, "Not one weight changes: what it knows came with the prompt.", BLUE)]
    return _picture(parts, 390, alt)


def lora() -> Html:
    """Lesson 01: the frozen matrix and the two thin ones beside it."""
    alt = (
        "LoRA. The input goes two ways at once: through the large matrix W, which is frozen, and through two thin "
        "matrices, A down to the rank and B back up, which are trained. Both results are added. B begins at zero, so "
        "training begins at the untouched model."
    )
    parts = [
        *_box(10, 130, 170, 90, "Input", "one token", EDGE),
        *_box(400, 20, 300, 150, "W", "large, frozen", GREY),
        *_box(400, 230, 110, 90, "A", "down", TUNED),
        *_box(590, 230, 110, 90, "B", "up", TUNED),
        *_box(960, 130, 180, 90, "Output", "their sum", EDGE),
        _line("M184 165 H290 V95 H392", GREY),
        _head(396, 95, GREY, "right"),
        _line("M184 190 H290 V275 H392", TUNED),
        _head(396, 275, TUNED, "right"),
        _line("M514 275 H582", TUNED),
        _head(586, 275, TUNED, "right"),
        _text(550, 262, "rank", GREY, "middle"),
        _line("M704 95 H850 V165 H952", GREY),
        _line("M704 275 H850 V190 H952", TUNED),
        _head(956, 165, GREY, "right"),
        _head(956, 190, TUNED, "right"),
        _text(740, 262, "× α / r", EDGE),
        _text(400, 352, "Only A and B are trained. B begins at zero.", BLUE),
    ]
    return _picture(parts, 370, alt)


def index_lag() -> Html:
    """Lesson 05: a change, the wait for the next poll, the refresh, and what a cache adds."""
    alt = (
        "A line of time. A price changes just after a poll. It waits for the next poll, then the refresh takes its "
        "seconds, then a cache still hands out the finished answer. Only after all three is the customer told the "
        "new price. The longest lag is their sum."
    )
    ends = (150, 560, 700, 960)
    spans = (("wait for the next poll", RAG), ("refresh", ORANGE), ("cache", GREY))
    parts = [_line("M20 150 H1130", EDGE), _head(1134, 150, EDGE, "right")]
    for (said, colour), left, right in zip(spans, ends, ends[1:], strict=False):
        parts.append(_frame(left, 126, right - left, 48, colour))
        parts.append(_text((left + right) // 2, 158, said, EDGE, "middle"))
    marks = ((150, "the price changes", "start"), (560, "poll", "middle"), (960, "the customer is told", "middle"))
    parts += [_text(x, 100, said, EDGE, anchor, bold=True) for x, said, anchor in marks]
    parts += [_text(60, 210, "last poll", GREY, "middle"), _line("M60 130 V170", GREY)]
    parts += [_line("M150 230 H960", BLUE), _head(964, 230, BLUE, "right")]
    parts += [_text(555, 268, "lag: promise the longest, not the mean", BLUE, "middle")]
    return _picture(parts, 290, alt)


def open_book_pair() -> Html:
    """Lesson 12: one training pair of the adapter that reads: instruction, passages with distractors, the answer."""
    alt = (
        "A training pair of the adapter that learns to read. The prompt holds an instruction, then passages in a drawn "
        "order: a distractor about a sibling product, and the passage that holds the answer; then the question. The "
        "answer to be learned is the value and the number of the right passage. Where no passage holds the answer, "
        "the answer to be learned is a refusal."
    )
    both = ARM_STYLE["both"].color
    rows = (
        ("Instruction", "answer from the passages, cite like [1]", GREY),
        ("Passage [1]: a distractor", "the sibling of another year, with its own weight", ORANGE),
        ("Passage [2]: the support", "the product that is asked about", BLUE),
        ("Question", "how heavy is it?", EDGE),
    )
    parts = [_text(10, 32, "The prompt: read, never trained", GREY, bold=True)]
    for place, (name, said, colour) in enumerate(rows):
        parts += _box(10, 50 + 96 * place, 690, 84, name, said, colour)
    parts += [_text(790, 32, "The answer: trained", both, bold=True)]
    parts += _box(790, 242, 350, 84, "2.7 kg [2]", "value and source", both)
    parts += [_line("M704 284 H778", EDGE), _head(784, 284, EDGE, "right")]
    parts += [_text(790, 370, "Order drawn for each pair.", EDGE)]
    parts += [_text(790, 402, "No support: learn to refuse.", EDGE)]
    return _picture(parts, 446, alt)


def two_by_two(scores: Mapping[str, float]) -> Html:
    """Lesson 12: what the weights learned × what the prompt holds, with each arm's share of facts right (`scores`)."""
    columns = ("weights untouched", "learned the facts", "learned to read")
    grid = (("no passages", ("prompt", "tuned", "")), ("passages", ("rag", "stacked", "both")))
    parts = [_text(250 + 300 * place + 140, 34, name, GREY, "middle", bold=True) for place, name in enumerate(columns)]
    for row, (held, arms) in enumerate(grid):
        top = 54 + 130 * row
        parts.append(_text(10, top + 64, held, GREY, bold=True))
        for place, arm in enumerate(arms):
            if arm:
                said = f"{scores[arm]:.2f} of facts right" if arm in scores else "not measured"
                parts += _box(250 + 300 * place, top, 280, 110, ARM_STYLE[arm].label, said, ARM_STYLE[arm].color)
    told = "; ".join(f"{arm} {value:.2f}" for arm, value in scores.items() if arm in ARM_STYLE)
    alt = (
        "The factorial as a table. Columns: weights untouched, learned the facts, learned to read. Rows: no passages "
        f"in the prompt, passages in it. Share of facts right: {told or 'not measured'}."
    )
    return _picture(parts, 310, alt)


def _picture(parts: Sequence[str], height: int, alt: str) -> Html:
    drawn = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img' "
        f"aria-label='{escape(alt, quote=True)}' style='width:100%;height:auto;background:#fff' "
        f"font-family='system-ui,sans-serif'>{''.join(parts)}</svg>"
    )
    return Html(f"<figure style='margin:.5em 0;max-width:{WIDTH}px'>{drawn}</figure>", alt)


def _left(place: int) -> int:
    return 10 + 296 * place


def _row(boxes: Sequence[tuple[str, str]], top: int, colour: str) -> list[str]:
    """Boxes from left to right with arrows between them."""
    parts = []
    for place, (name, said) in enumerate(boxes):
        parts += _box(_left(place), top, 240, 96, name, said, colour)
        if place + 1 < len(boxes):
            start, end = _left(place) + 244, _left(place + 1) - 4
            parts += [_line(f"M{start} {top + 48} H{end - 4}", EDGE), _head(end, top + 48, EDGE, "right")]
    return parts


def _box(x: int, y: int, width: int, height: int, name: str, said: str, colour: str) -> list[str]:
    middle = y + height // 2
    return [
        _frame(x, y, width, height, colour),
        _text(x + width // 2, middle - 6, name, EDGE, "middle", bold=True),
        _text(x + width // 2, middle + 24, said, EDGE, "middle"),
    ]


def _frame(x: int, y: int, width: int, height: int, colour: str) -> str:
    size = f"x='{x}' y='{y}' width='{width}' height='{height}'"
    return f"<rect {size} rx='8' fill='#fff' stroke='{colour}' stroke-width='6'/>"


def _line(path: str, colour: str) -> str:
    return f"<path d='{path}' stroke='{colour}' stroke-width='3' fill='none'/>"


def _head(x: int, y: int, colour: str, way: str = "down") -> str:
    """An arrow's head that ends at (x, y)."""
    back = ((x - 12, y - 8), (x - 12, y + 8)) if way == "right" else ((x - 8, y - 12), (x + 8, y - 12))
    points = " ".join(f"{left},{top}" for left, top in ((x, y), *back))
    return f"<polygon points='{points}' fill='{colour}'/>"


def _text(x: int, y: int, text: str, fill: str, anchor: str = "start", bold: bool = False) -> str:
    style = f"font-size='{SIZE}' font-weight='{700 if bold else 400}' fill='{fill}' text-anchor='{anchor}'"
    return f"<text x='{x}' y='{y}' {style}>{escape(text)}</text>"
