"""JSON as people save it: lines, lists, one object of columns or of rows, SQuAD, objects one after another."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from twolevers.bakeoff.read.chats import is_chat
from twolevers.bakeoff.read.rows import Row, Table, Unused
from twolevers.errors import UsageError

LISTS = ("data", "questions", "examples", "rows", "items", "records", "train", "validation", "test", "dev")


def objects(text: str, name: str) -> Table:
    """The rows of a JSON file. A line or an entry that is no object is listed with the reason.

    Raises UsageError for a list that is no valid JSON, and for an object in which no rows can be found.
    """
    stripped = text.strip()
    try:
        whole = json.loads(stripped)
    except (ValueError, RecursionError) as error:
        if stripped.startswith("["):
            raise UsageError(f"{name} is no valid JSON list ({_short(error)}): mend it or write JSON Lines.") from error
        return _several(text, name)
    if isinstance(whole, list):
        whole = _headed(whole)
        return _table(((f"{name} entry {place}", value) for place, value in enumerate(whole, start=1)), name)
    if isinstance(whole, dict):
        return _table(_inside(whole, name), name)
    return _table([(f"{name} line 1", whole)], name)


def _headed(values: list[Any]) -> list[Any]:
    """Lists of cells below a list of names as objects, lists of messages as objects too; others as they are."""
    if values and all(map(is_chat, values)):
        return [{"messages": each} for each in values]
    lists = len(values) > 1 and all(isinstance(each, list) and len(each) == len(values[0]) for each in values)
    if lists and len(values[0]) > 1 and all(isinstance(name, str) and name for name in values[0]):
        return [_zipped(values[0], each) for each in values[1:]]
    return values


def _several(text: str, name: str) -> Table:
    """JSON Lines, or whole objects one after another over several lines each."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if lines and _parsed(lines[0][1]) is None and (found := list(_stream(text))):
        return _table(((f"{name} object {place}", value) for place, value in enumerate(found, start=1)), name)
    rows, unused = [], []
    for number, line in lines:
        where = f"{name} line {number}"
        try:
            rows.append((where, json.loads(line)))
        except (ValueError, RecursionError) as error:
            rows.append((where, None))
            unused.append(Unused(where, f"is no valid JSON ({_short(error)})"))
    return _table(rows, name, {each.where: each for each in unused})


def _stream(text: str) -> Iterator[Any]:
    """Objects one after another; none at all where something else stands between them."""
    decoder, place, found = json.JSONDecoder(), 0, []
    while rest := text[place:].lstrip(" \t\r\n,"):
        place = len(text) - len(rest)
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return
        found.append(value)
    yield from found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _table(numbered: Iterable[tuple[str, Any]], name: str, known: dict[str, Unused] | None = None) -> Table:
    columns: dict[str, None] = {}
    rows, unused = [], []
    for where, value in numbered:
        if known and where in known:
            unused.append(known[where])
        elif not isinstance(value, dict):
            unused.append(Unused(where, "is no JSON object with named fields"))
        else:
            columns |= dict.fromkeys(value)
            rows.append(Row(where, value))
    return Table(name, tuple(columns), tuple(rows), tuple(unused))


def _inside(whole: dict[str, Any], name: str) -> list[tuple[str, Any]]:
    """The rows that one object holds."""
    if isinstance(whole.get("columns"), list) and isinstance(whole.get("data"), list):  # pandas, split
        return _placed(name, [_zipped(whole["columns"], row) for row in whole["data"]])
    lists = {key: each for key, each in whole.items() if isinstance(each, list) and each and _rows(each)}
    if named := [key for key in lists if key.casefold() in LISTS] or (
        list(lists) if len(lists) == 1 == len(whole) else []
    ):
        inside = [each for key in named for each in lists[key]]
        return _placed(name, _squad(inside) or [each.get("row", each) for each in inside])
    if squad := _squad([whole]):
        return _placed(name, squad)
    values = list(whole.values())
    if values and all(isinstance(each, dict) for each in values):
        keys = list(values[0])
        if len(values) > 1 and keys and all(list(each) == keys for each in values) and _plain_keys(keys):
            return _placed(name, [_zipped(whole, [each[key] for each in values]) for key in keys])  # by column
        if _plain_keys(whole):
            return _placed(name, values)  # by row
    if (
        len(values) > 1
        and all(isinstance(each, list) and not is_chat(each) for each in values)
        and len({len(each) for each in values}) == 1
    ):
        return _placed(name, [_zipped(whole, row) for row in zip(*values, strict=True)])
    if len(values) > 1 or any(not isinstance(each, dict | list) or is_chat(each) for each in values):
        return [(f"{name} line 1", whole)]
    raise UsageError(
        f"{name} is one JSON object of no known form (it holds {', '.join(map(str, whole))[:80] or 'nothing'}): "
        "write a list of objects."
    )


def _rows(values: list[Any]) -> bool:
    return all(isinstance(each, dict) for each in values) and not is_chat(values)


def _plain_keys(keys: Iterable[str]) -> bool:
    """Whether these are numbers or ids of rows rather than names of fields."""
    return all(any(character.isdigit() for character in key) for key in keys)


def _placed(name: str, values: list[Any]) -> list[tuple[str, Any]]:
    return [(f"{name} entry {place}", value) for place, value in enumerate(values, start=1)]


def _zipped(names: Iterable[str], row: Any) -> Any:
    return dict(zip(map(str, names), row, strict=False)) if isinstance(row, list | tuple) else row


def _squad(articles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Questions of the form of SQuAD (articles, paragraphs, `qas`), each with its title and context."""
    found = []
    for article in articles:
        paragraphs = article.get("paragraphs")
        for paragraph in paragraphs if isinstance(paragraphs, list) else [article]:
            asked = paragraph.get("qas") if isinstance(paragraph, dict) else None
            for each in asked if isinstance(asked, list) else []:
                if isinstance(each, dict):
                    found.append({"title": article.get("title"), "context": paragraph.get("context"), **each})
    return found


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:80]
