"""Tables as people have them: CSV with any usual delimiter, JSON Lines or a JSON list, as rows with their numbers."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twolevers.bakeoff.decode import decode
from twolevers.errors import UsageError

DELIMITERS = (",", "\t", ";", "|")
SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json")
LOOK = 20  # rows that the choice of the delimiter looks at
LONGEST = 10_000_000  # characters of one cell
MOST_BYTES = 500_000_000


@dataclass(frozen=True)
class Unused:
    """Something in the input that is not used: where ("questions.csv row 7") and why."""

    where: str
    reason: str


@dataclass(frozen=True)
class Row:
    """A row with its number as an editor or spreadsheet counts it: the line in JSON Lines, the record in CSV."""

    where: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A file's usable rows in order, its column names, and what could not be read."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    unused: tuple[Unused, ...]


def read_bytes(path: Path) -> bytes:
    """The file's bytes. Raises UsageError, in one line, where it cannot be read or is too large."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES // 10**6} MB: split it.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror or type(error).__name__}): check the path."
        ) from error


def read_table(path: Path) -> Table:
    """Read a CSV, TSV, JSONL or JSON file. Rows that cannot be used are listed with the reason, never dropped silently.

    Raises UsageError when the file cannot be read at all or holds no row.
    """
    text = decode(read_bytes(path), path.name)
    found = _json(text, path.name) if _is_json(path, text) else _delimited(text, path.name)
    if not found.rows:
        why = f" ({found.unused[0].where}: {found.unused[0].reason})" if found.unused else ""
        raise UsageError(f"{path.name} holds no usable row{why}: give a header line and rows, or JSON objects.")
    return found


def pick(table: Table, aliases: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """For each wanted name the table's column that stands for it, by `aliases` in order; absent ones are left out.

    Case, spaces and punctuation in column names do not count.
    """
    plain = {_plain(column): column for column in reversed(table.columns)}
    found = {}
    for name, spellings in aliases.items():
        hits = [plain[_plain(each)] for each in (name, *spellings) if _plain(each) in plain]
        if hits and hits[0] not in found.values():
            found[name] = hits[0]
    return found


def _plain(column: str) -> str:
    return "".join(character for character in column.casefold() if character.isalnum())


def _is_json(path: Path, text: str) -> bool:
    return path.suffix.casefold() in (".jsonl", ".ndjson", ".json") or text.lstrip()[:1] in ("{", "[")


def _json(text: str, name: str) -> Table:
    stripped = text.lstrip()
    numbered: Iterator[tuple[int, Any]]
    if stripped.startswith("["):
        try:
            numbered = iter(list(enumerate(json.loads(stripped), start=1)))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{name} is no valid JSON list ({_short(error)}): mend it or write JSON Lines.") from error
        return _objects(numbered, name, "entry", lambda value: value)
    lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
    return _objects(lines, name, "line", json.loads)


def _objects(numbered: Iterator[tuple[int, Any]], name: str, kind: str, parse: Callable[[Any], Any]) -> Table:
    columns: dict[str, None] = {}
    rows, unused = [], []
    for number, raw in numbered:
        where = f"{name} {kind} {number}"
        try:
            value = parse(raw)
        except (ValueError, RecursionError) as error:
            unused.append(Unused(where, f"is no valid JSON ({_short(error)})"))
            continue
        if not isinstance(value, dict):
            unused.append(Unused(where, "is no JSON object with named fields"))
            continue
        columns |= dict.fromkeys(value)
        rows.append(Row(where, value))
    return Table(name, tuple(columns), tuple(rows), tuple(unused))


def _delimited(text: str, name: str) -> Table:
    delimiter = max(DELIMITERS, key=lambda each: _regularity(text, each))
    records = _records(text, delimiter)
    _, header, _ = next(records, (0, [], ""))
    columns = tuple(cell.strip() for cell in header)
    rows, unused = [], []
    for number, cells, fault in records:
        where = f"{name} row {number}"
        extra = [cell for cell in cells[len(columns) :] if cell.strip()]
        if fault:
            unused.append(Unused(where, fault))
        elif not any(cell.strip() for cell in cells):
            unused.append(Unused(where, "is blank"))
        elif extra:
            unused.append(Unused(where, f"has {len(cells)} cells where the header has {len(columns)}"))
        else:
            rows.append(Row(where, dict(zip(columns, cells, strict=False))))
    return Table(name, columns, tuple(rows), tuple(unused))


def _regularity(text: str, delimiter: str) -> tuple[float, int]:
    """How well `delimiter` fits: the share of the first rows with as many cells as the header; then how many cells."""
    widths = []
    for _, cells, _ in _records(text, delimiter):
        widths.append(len(cells))
        if len(widths) > LOOK:
            break
    if not widths or widths[0] < 2:
        return 0.0, 0
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Number, cells and fault ("" for none) of each record. A quote that never closes costs its own line alone."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = lines[:-1] if lines[-1] == "" else lines
    place = number = 0
    while place < len(lines):
        number += 1
        reader = csv.reader(_fed(lines, place), delimiter=delimiter, strict=False)
        before = csv.field_size_limit(LONGEST)
        try:
            cells, used = next(reader), reader.line_num
            open_quote = used > 1 and place + used >= len(lines) and _unclosed(lines[place:], delimiter)
        except csv.Error:
            cells, used, open_quote = [], 1, False
            yield number, [], f"has a cell of over {LONGEST:,} characters"
            place += 1
            continue
        finally:
            csv.field_size_limit(before)
        if open_quote:
            yield number, [], "opens a quotation mark that is never closed"
            used = 1
        else:
            yield number, cells, ""
        place += used


def _fed(lines: list[str], start: int) -> Iterator[str]:
    for place in range(start, len(lines)):
        yield lines[place] + "\n"


def _unclosed(lines: list[str], delimiter: str) -> bool:
    try:
        for _ in csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:80]
