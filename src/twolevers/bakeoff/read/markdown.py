"""A Markdown file's title, and its text without what a reader does not see."""

import itertools

import regex

_FRONT = regex.compile(r"\A\ufeff?\s*(---|\+\+\+)[ \t]*\n(.*?)\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", regex.DOTALL)
_JSON = regex.compile(r"\A(\s*)(\{\s*\n?\s*\"[^{}]*\})[ \t]*\n", regex.DOTALL)
_COMMENT = regex.compile(r"<!--.*?-->", regex.DOTALL)
_FENCE = regex.compile(r"(^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\2[`~]*[ \t]*$|\Z))", regex.DOTALL | regex.MULTILINE)
_NAMED = regex.compile(r"^title\s*[:=]\s*(.+)$", regex.MULTILINE | regex.IGNORECASE)
_H1 = regex.compile(r"<h1\b[^>]*>(.*?)</h1>", regex.DOTALL)
LOOK = 20_000  # characters that are searched for a title


def markdown(text: str) -> tuple[str, str]:
    """The text without comments (code keeps them), and its title: `title` of the front matter, else the first heading
    of the first level that is no part of code; "" without either.
    """
    front = _FRONT.match(text) or _JSON.match(text)
    title = _front_title(front[2]) if front else ""
    body = text[front.end() :] if front else text
    return "".join(_seen(text)), title or _heading(body[:LOOK])


def _seen(text: str) -> list[str]:
    """The text in parts, comments cut out of those that are no code."""
    found, place = [], 0
    for fence in _FENCE.finditer(text):
        found += [_COMMENT.sub("", text[place : fence.start()]), fence[0]]
        place = fence.end()
    return [*found, _COMMENT.sub("", text[place:])]


def _front_title(front: str) -> str:
    import yaml

    try:
        values = yaml.safe_load(front)
        found = values.get("title") if isinstance(values, dict) else None
    except (yaml.YAMLError, ValueError, RecursionError):
        found = None
    if found is None:  # TOML, or what YAML does not read
        match = _NAMED.search(front)
        found = match[1].strip().strip("\"'") if match else ""
    return " ".join(str(found).split())[:200] if isinstance(found, str | int | float) else ""


def _heading(text: str) -> str:
    from markdown_it import MarkdownIt

    for token, inside in itertools.pairwise([*MarkdownIt("commonmark").parse(text), None]):
        found = ""
        if token.type == "heading_open" and token.tag == "h1" and token.level == 0:
            found = "".join(child.content for child in inside.children or () if child.type in ("text", "code_inline"))
        elif token.type == "html_block" and (match := _H1.search(token.content)):
            found = regex.sub("<[^>]*>", "", match[1])
        if found.strip():
            return " ".join(found.split())[:200]
    return ""
