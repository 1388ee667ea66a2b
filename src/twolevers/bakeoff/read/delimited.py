"""CSV with any usual delimiter, as spreadsheets and people write it."""

import csv
from collections.abc import Iterator

from twolevers.bakeoff.read.rows import Row, Table, Unused, columns_of, values_of

DELIMITERS = (",", "\t", ";", "|")
LOOK = 20  # rows that the choice of the delimiter looks at
MOST_ABOVE = 8  # lines that may stand above the header
LONGEST = 10_000_000  # characters of one cell


def delimited(text: str, name: str) -> Table:
    """The rows of a CSV file: its first line names the columns, a line `sep=;` before it the delimiter.

    A column that is there twice holds all cells that are filled, as a list where there are several.
    """
    skipped, delimiter = 0, ""
    if text[:4].casefold() == "sep=" and text[4:6].strip('\r\n \t"') != text[4:6]:
        first, _, text = text.partition("\n")
        skipped, delimiter = 1, first[4:].strip('\r"')[:1]
    above = 0 if delimiter else _above(text)
    if above:
        text, skipped = text.split("\n", above)[above], skipped + above
    delimiter = delimiter or max(DELIMITERS, key=lambda each: _regularity(text, each))
    records = _records(text, delimiter)
    _, header, _ = next(records, (0, [], ""))
    columns = [cell.strip() for cell in header]
    rows, unused = [], []
    if above:
        unused.append(Unused(f"{name} row{'s 1 to' if above > 1 else ''} {above}", "stands above the header"))
    for number, cells, fault in records:
        where = f"{name} row {number + skipped}"
        extra = [cell for cell in cells[len(columns) :] if cell.strip()]
        if fault:
            unused.append(Unused(where, fault))
        elif not any(cell.strip() for cell in cells):
            unused.append(Unused(where, "is blank"))
        elif delimiter == "|" and not "".join(cells).strip(" :-"):
            continue  # the rule below the header of a Markdown table
        elif extra:
            unused.append(Unused(where, f"has {len(cells)} cells where the header has {len(columns)}"))
        else:
            rows.append(Row(where, values_of(columns, cells)))
    return Table(name, columns_of(columns), tuple(rows), tuple(unused))


def _above(text: str) -> int:
    """How many lines stand above the header: remarks, a title in words, and empty cells, before rows of several."""
    lines = text.split("\n", MOST_ABOVE + 2)[: MOST_ABOVE + 2]
    for place, line in enumerate(lines[:-1]):
        cells = [cell for cell in _cells(line) if cell]
        phrase = len(cells) == 1 and (" " in cells[0] or len(_cells(line)) > 1) and '"' not in line
        if not (line.startswith("#") or not cells or phrase):
            return place if len(cells) > 1 else 0
    return 0


def _cells(line: str) -> list[str]:
    delimiter = max(DELIMITERS, key=line.count)
    return [cell.strip() for cell in line.strip("\r").split(delimiter)]


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
