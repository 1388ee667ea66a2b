"""What a table is once it is read: rows with their places, and what could not be used."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Unused:
    """Something in the input that is not used: where ("questions.csv row 7") and why.

    `used`: it is used all the same, and this is only a remark on how it was read.
    """

    where: str
    reason: str
    used: bool = False


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


def columns_of(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each once, in order."""
    return tuple(dict.fromkeys(names))


def values_of(columns: Sequence[str], cells: Sequence[Any]) -> dict[str, Any]:
    """The cells by column; of columns with one name all that are filled, as a list where they are several."""
    filled: dict[str, list[Any]] = {}
    for column, cell in zip(columns, cells, strict=False):
        held = filled.setdefault(column, [])
        if cell is not None and str(cell).strip():
            held.append(cell)
    twice = (
        {column for column in columns if list(columns).count(column) > 1} if len(set(columns)) < len(columns) else ()
    )
    single = dict(zip(columns, cells, strict=False))
    return {
        column: (held if len(held) > 1 else held[0] if held else "") if column in twice else single[column]
        for column, held in filled.items()
    }


def apart(read: Iterable[Unused]) -> tuple[tuple[Unused, ...], tuple[str, ...]]:
    """What is not used, and in sentences the remarks on what is."""
    read = list(read)
    return (
        tuple(each for each in read if not each.used),
        tuple(f"{each.where} {each.reason}." for each in read if each.used),
    )
