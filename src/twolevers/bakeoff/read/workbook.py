"""Workbooks (.xlsx) as tables: the first sheet with rows, cells as a person sees them."""

from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import regex

from twolevers.bakeoff.read.rows import Row, Table, Unused, columns_of, values_of
from twolevers.errors import UsageError

ABOVE = 8  # lines among which the header is looked for


def workbook(data: bytes, name: str) -> Table:
    """The rows of the first visible sheet that has a header and a row; other filled sheets are listed as not used.

    Lines of one cell above a header of several are a title and left aside.

    A formula counts by the value that was saved with it. Raises UsageError for a damaged or locked file.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(BytesIO(data), data_only=True, read_only=False)
    except Exception as error:  # a damaged archive raises nearly anything
        raise UsageError(f"{name} cannot be read as a workbook ({type(error).__name__}): save it as CSV.") from error
    found: Table | None = None
    more = []
    for sheet in sorted(book.worksheets, key=lambda each: each.sheet_state != "visible"):
        table = _sheet(sheet, name)
        if not table.rows:
            continue
        if found is None:
            found = table
        else:
            other = "another sheet than the first" if sheet.sheet_state == "visible" else "a hidden sheet"
            more.append(Unused(f"{name} sheet {sheet.title!r}", f"is {other}: save it apart"))
    if found is None:
        return Table(name, (), (), ())
    return Table(name, found.columns, found.rows, (*found.unused, *more))


def _sheet(sheet: Any, name: str) -> Table:
    numbered = [(number, row) for number, row in enumerate(sheet.iter_rows(), start=1)]
    filled = [(number, [_text(cell) for cell in row]) for number, row in numbered]
    filled = [(number, cells) for number, cells in filled if any(str(cell).strip() for cell in cells)]
    if not filled:
        return Table(name, (), (), ())
    rows = []
    unused = []
    while len(filled) > 1 and _width(filled[0][1]) == 1 and any(_width(cells) > 1 for _, cells in filled[1:ABOVE]):
        unused.append(Unused(f"{name} row {filled.pop(0)[0]}", "stands above the header"))
    (_, header), *body = filled
    columns = [str(cell).strip() for cell in header]
    for number, cells in body:
        where = f"{name} row {number}"
        if any(str(cell).strip() for column, cell in zip(columns, cells, strict=False) if not column):
            unused.append(Unused(where, "has a cell in a column without a name"))
            continue
        values = values_of(columns, cells)
        values.pop("", None)
        rows.append(Row(where, values))
    return Table(name, columns_of(filter(None, columns)), tuple(rows), tuple(unused))


def _width(cells: list[Any]) -> int:
    return sum(bool(str(cell).strip()) for cell in cells)


def _text(cell: Any) -> Any:
    """The cell's value with the sign, the per cent or the date that its format shows; truth values stay."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, int | float):
        shape = cell.number_format or ""
        if "%" in shape:
            return f"{100 * value:.10g}%"
        number = str(value) if isinstance(value, int) else f"{value:.12g}"
        if zeros := regex.fullmatch("0{2,}", shape):  # a code such as 007
            return number.zfill(len(zeros[0]))
        if sign := regex.search("[€$£¥]", regex.sub(r"\[\$?([^\]-]*)[^\]]*\]", r"\1", shape)):
            return f"{number} {sign[0]}"
        return number
    return str(value)
