"""The words of a web page as a reader sees them: a line for each block and table row, hidden parts left out."""

import warnings
from collections.abc import Iterator
from typing import Any

import regex

from twolevers.bakeoff.read.raised import raised

BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir"),
        *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p"),
        *("pre", "search", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", "button", "textarea"),
    }
)
ROWS = frozenset({"table", "tr", "thead", "tbody", "tfoot", "caption"})
UNSEEN = ("head", "title", "script", "style", "template", "noscript", "svg", "iframe", "object", "datalist", "del")
UNSEEN += ("video", "audio", "canvas", "frameset")  # what stands in them is for browsers that cannot show them
_HIDING = regex.compile(
    r"(?:^|[;{\s])(?:display\s*:\s*none\b|visibility\s*:\s*(?:hidden|collapse)\b|(?:opacity|font-size)\s*:\s*0(?:px|%|em)?\s*"
    r"(?:$|[;!}])|(?:left|top|text-indent)\s*:\s*-\d{4,}px)",
    regex.IGNORECASE,
)
_BLOCK = regex.compile(r"(?:^|[;\s])display\s*:\s*(?:block|flex|grid|list-item|table)\b", regex.IGNORECASE)
_RULE = regex.compile(r"([^{}@]+)\{([^{}]*)\}")
_KEPT = {ord("\n"): "\ue011", ord(" "): "\ue012"}  # of preformatted text, until white space is made single
_SHOWN = {0xE011: "\n", 0xE012: " "}
_DEEP = regex.compile(r"(?:<(?:div|span|table|ul|blockquote)\b[^>]*>\s*){100}", regex.IGNORECASE)
_GAPS = regex.compile(r"[ \t\r\n\f]+")
_BREAK, _CELL = "\ue010", " | "  # a break that white space within a block does not swallow


def page(text: str) -> tuple[str, str]:
    """The words of a page and its title: the one first heading of the page, else `<title>`, "" without either."""
    from bs4 import BeautifulSoup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a file may look like XML or like an address
        # Where end tags are left out, as HTML allows, cells and items would stand within one another.
        soup = BeautifulSoup(text, "lxml" if _unclosed(text) else "html.parser")
    headings = soup.find_all("h1")
    title = headings[0].get_text(" ") if len(headings) == 1 else soup.title.get_text(" ") if soup.title else ""
    _leave_out(soup)
    _number(soup)
    for power in soup.find_all("sup"):  # 10² is not 102
        power.string = raised(power.get_text())
    lines = "".join(_words(soup)).replace("\u00ad", "").split(_BREAK)
    blocks = [line for raw in lines if (line := _GAPS.sub(" ", raw).strip().removesuffix(" |").removeprefix("| "))]
    # A line of preformatted text keeps its own breaks.
    return "\n\n".join(block.translate(_SHOWN) for block in blocks), " ".join(title.split())[:200]


def _unclosed(text: str) -> bool:
    """Whether end tags of cells, rows or items are left out, in a page that is not too deep for the other parser."""
    return not _DEEP.search(text) and any(
        len(regex.findall(rf"<{tag}[\s>]", text, regex.IGNORECASE))
        > len(regex.findall(rf"</{tag}\s*>", text, regex.IGNORECASE))
        for tag in ("td", "th", "tr", "li", "dt", "dd")
    )


def _leave_out(soup: Any) -> None:
    """Remove what no reader sees: by element, attribute, inline style, or a rule of the page's own style sheet."""
    selectors = []
    for sheet in soup.find_all("style"):
        for names, body in _RULE.findall(
            regex.sub(r"(?s)/\*.*?\*/|@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", sheet.get_text())
        ):
            if _HIDING.search(body):
                selectors += [name.strip() for name in names.split(",")]
    hidden = list(soup(UNSEEN))
    hidden += [
        tag for tag in soup.find_all(True) if tag.has_attr("hidden") or _HIDING.search(str(tag.get("style", "")))
    ]
    hidden += [tag for tag in soup.find_all("dialog") if not tag.has_attr("open")]
    for selector in selectors:
        if regex.fullmatch(r"[\w.#-]+(?:[ >]+[\w.#-]+)*", selector) and selector not in ("html", "body"):
            hidden += soup.select(selector)
    for tag in hidden:
        if not tag.decomposed:
            tag.decompose()


def _words(root: Any) -> Iterator[str]:
    """Text in order, `_BREAK` around blocks, cells of a row joined; without recursion, since pages may be deep."""
    from bs4.element import Comment, Declaration, Doctype, NavigableString, ProcessingInstruction, Tag

    odd = (Comment, Declaration, Doctype, ProcessingInstruction)
    stack: list[tuple[Any, bool, bool]] = [(root, False, False)]  # node, within a cell, within preformatted text
    while stack:
        node, in_cell, in_pre = stack.pop()
        if isinstance(node, Tag):
            before, after = _around(node, in_cell)
            in_cell = _is_cell(node) if node.name in ("td", "th", "table") else in_cell
            in_pre = in_pre or node.name in ("pre", "textarea")
            inside = [(child, in_cell, in_pre) for child in node.children]
            stack += reversed([(before, False, False), *inside, (after, False, False)])
        elif not isinstance(node, NavigableString):
            yield node
        elif not isinstance(node, odd):
            yield node.translate(_KEPT) if in_pre else str(node)


def _around(tag: Any, in_cell: bool) -> tuple[str, str]:
    """What stands before and after a tag's content. Within a cell only a row breaks the line."""
    if tag.name in ("td", "th"):
        earlier = tag.find_previous(["td", "th", "tr"])
        return ("" if earlier is None or earlier.name == "tr" else _CELL), ""
    if tag.name == "br":
        return (" " if in_cell else _BREAK), ""
    if tag.name not in BLOCKS and not _BLOCK.search(str(tag.get("style", ""))):
        return "", ""
    if in_cell and tag.name not in ROWS:
        return " ", " "
    return (f"{_BREAK}{_mark(tag)} " if tag.name == "li" else _BREAK), _BREAK


def _mark(item: Any) -> str:
    """The number of an item of a numbered list, "-" of another."""
    return f"{item['value']}." if item.parent is not None and item.parent.name == "ol" else "-"


def _number(soup: Any) -> None:
    """Write into each item of a numbered list its number."""
    for listed in soup.find_all("ol"):
        place = int(start) - 1 if (start := str(listed.get("start", ""))).isdigit() else 0
        for item in listed.find_all("li", recursive=False):
            place = int(own) if (own := str(item.get("value", ""))).isdigit() else place + 1
            item["value"] = str(place)


def _is_cell(tag: Any) -> bool:
    """Whether a tag is a cell beside others. The only cell of a row is a frame around the page."""
    return (
        tag.name != "table"
        and (tag.find_next_sibling(["td", "th"]) or tag.find_previous_sibling(["td", "th"])) is not None
    )
