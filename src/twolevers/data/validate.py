"""Read tables and check them row by row: an error names the file, the row, and what to do."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError

from twolevers.errors import UsageError

Row = TypeVar("Row", bound=BaseModel)


def parse_json(value: Any) -> Any:
    """A JSON cell of a CSV as Python; what is not text passes unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg})") from error


JsonStrings = Annotated[list[str], BeforeValidator(parse_json)]


def read_text(path: Path) -> str:
    """UTF-8 text of `path`, a byte order mark dropped. UsageError when there is no such file or it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; check the path.") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None


def read_csv(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """Rows of a CSV file with a header line. UsageError names the `columns` that are missing."""
    lines = [row for row in csv.reader(io.StringIO(read_text(path), newline="")) if row]
    header, *rows = lines or [[]]
    if missing := [name for name in columns if name not in header]:
        raise UsageError(f"{path}: missing column(s) {', '.join(missing)}; add them to the header line.")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise UsageError(
                f"{path}: row {number} has {len(row)} cells, the header {len(header)}; quote cells that hold a comma."
            )
    return [dict(zip(header, row, strict=True)) for row in rows]


def read_jsonl(path: Path) -> Iterator[Any]:
    """Objects of a JSON Lines file. UsageError names the line that is not JSON."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise UsageError(f"{path}: line {number} is not JSON ({error.msg}); write one object a line.") from None


def check_rows(path: Path, rows: Iterable[Any], model: type[Row], key: str) -> list[Row]:
    """Every row as a `model`, with `key` unique. Rows are counted from 1, a header line not included."""
    checked, seen = [], {}
    for number, row in enumerate(rows, start=1):
        try:
            record = model.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "row"
            reason = first["msg"].removeprefix("Value error, ")
            raise UsageError(f"{path}: row {number}, {where}: {reason}; mend this row.") from None
        identifier = getattr(record, key)
        if identifier in seen:
            raise UsageError(
                f"{path}: row {number}, {key}: {identifier} is also in row {seen[identifier]}; make it unique."
            )
        seen[identifier] = number
        checked.append(record)
    if not checked:
        raise UsageError(f"{path}: no rows; add at least one.")
    return checked
