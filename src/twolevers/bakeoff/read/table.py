"""Tables as people have them: CSV, a workbook, JSON Lines or a JSON form, as rows with their numbers."""

from collections.abc import Mapping
from pathlib import Path

from twolevers.bakeoff.read.decode import decoded
from twolevers.bakeoff.read.delimited import LONGEST, delimited
from twolevers.bakeoff.read.kinds import WORKBOOK, refuse_other
from twolevers.bakeoff.read.objects import objects
from twolevers.bakeoff.read.rows import Row, Table, Unused
from twolevers.errors import UsageError

__all__ = ["LONGEST", "Row", "Table", "Unused", "guess", "pick", "read_bytes", "read_table"]

JSON = (".jsonl", ".ndjson", ".json")
SUFFIXES = (".csv", ".tsv", *JSON, ".xlsx", ".xlsm")
MOST_BYTES = 500_000_000


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
    """Read a CSV, TSV, XLSX, JSONL or JSON file. Rows that cannot be used are listed with the reason.

    Raises UsageError when the file cannot be read at all, is of another kind, or holds no row.
    """
    from twolevers.bakeoff.read.workbook import workbook

    data = read_bytes(path)
    if refuse_other(data, path.name, WORKBOOK):
        found = workbook(data, path.name)
    else:
        text = decoded(data, path.name)
        is_json = path.suffix.casefold() in JSON or text.text.lstrip()[:1] in ("{", "[")
        found = (objects if is_json else delimited)(text.text, path.name)
        if text.guessed:
            found = Table(found.name, found.columns, found.rows, (*found.unused, guess(path.name, text.guessed)))
    if not found.rows:
        first = next((each for each in found.unused if not each.used), None)
        why = f" ({first.where}: {first.reason})" if first else ""
        raise UsageError(f"{path.name} holds no usable row{why}: give a header line and rows, or JSON objects.")
    return found


def guess(where: str, encoding: str) -> Unused:
    """The remark on a file whose encoding was guessed."""
    return Unused(where, f"was read as {encoding}, a guess: save it as UTF-8 if letters look wrong", used=True)


def pick(table: Table, aliases: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """For each wanted name the table's column that stands for it, by `aliases` in order; absent ones are left out.

    Case, spaces and punctuation in column names do not count.
    """
    plain = {plain_name(column): column for column in reversed(table.columns)}
    found = {}
    for name, spellings in aliases.items():
        hits = [plain[plain_name(each)] for each in (name, *spellings) if plain_name(each) in plain]
        if hits and hits[0] not in found.values():
            found[name] = hits[0]
    return found


def plain_name(column: str) -> str:
    """A column's name without case, spaces and punctuation."""
    return "".join(character for character in column.casefold() if character.isalnum())
