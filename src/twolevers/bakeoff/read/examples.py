"""Somebody's examples, from a table: texts with labels, messages with replies; the reason for each row not used."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twolevers.bakeoff.read import names
from twolevers.bakeoff.read.answers import NotUnderstood, plain
from twolevers.bakeoff.read.chats import from_row
from twolevers.bakeoff.read.questions import named, some
from twolevers.bakeoff.read.rows import Row, Table, Unused
from twolevers.bakeoff.read.table import pick, read_table
from twolevers.errors import UsageError

LABELLED = {"text": names.TEXTS, "label": names.LABELS}
REPLIES = {"instruction": names.MESSAGES, "response": names.ANSWERED}
NAMED = ("label_text", "label_name", "label_names", "labelname")  # the label in words beside its number
BESIDE = ("input", "context")  # what an instruction is about (Alpaca, Dolly)


@dataclass(frozen=True)
class Pair:
    """One example: what comes in, and the label or the reply that should come out."""

    where: str
    text: str
    target: str


def read_labelled(path: Path) -> tuple[list[Pair], list[Unused]]:
    """Examples `text,label` of a classification, or chats whose last turn is the label.

    Raises UsageError without the columns, when no row can be used, and for a single label.
    """
    found, unused = _one_spelling(*_pairs(path, LABELLED, _labelled), Path(path).name)
    if len({pair.target for pair in found}) < 2:
        aside = next((f"; {each.where} {each.reason}" for each in unused if not each.used), "")
        raise UsageError(f"{Path(path).name} has only one label: a classification needs two or more{aside}.")
    return found, unused


def _one_spelling(found: list[Pair], unused: list[Unused], name: str) -> tuple[list[Pair], list[Unused]]:
    """Labels that differ in case alone as one, in the spelling that is commonest; said where there are any."""
    spelt: dict[str, Counter[str]] = {}
    for pair in found:
        spelt.setdefault(pair.target.casefold(), Counter())[pair.target] += 1
    several = [names for names in spelt.values() if len(names) > 1]
    if several:
        first = ", ".join(repr(each) for each in several[0])
        unused = [
            *unused,
            Unused(name, f"spells labels in more than one way ({first}): each is taken as one", used=True),
        ]
    return [replace(pair, target=spelt[pair.target.casefold()].most_common(1)[0][0]) for pair in found], unused


def read_replies(path: Path) -> tuple[list[Pair], list[Unused]]:
    """Examples `instruction,response`, with `input` (Alpaca), as chats or as preference pairs.

    Raises UsageError without the columns, and when no row can be used.
    """
    return _pairs(path, REPLIES, _reply)


Made = Callable[[Row, dict[str, str], Table], tuple[str, str]]


def _pairs(path: Path, aliases: dict[str, tuple[str, ...]], make: Made) -> tuple[list[Pair], list[Unused]]:
    table = read_table(Path(path))
    columns = pick(table, aliases)
    if "label" in columns and (word := next((each for each in table.columns if each.casefold() in NAMED), "")):
        columns["label"] = word
    unused, made = list(table.unused), []
    for row in table.rows:
        try:
            made.append((row.where, *make(row, columns, table)))
        except NotUnderstood as error:
            unused.append(Unused(row.where, str(error)))
    source, target = (columns.get(name, name) for name in aliases)
    found, seen = [], {}
    for where, text, wanted in made:
        key = " ".join(text.casefold().split())
        if not text or not wanted:
            unused.append(Unused(where, f"has no {source if not text else target}"))
        elif key in seen:
            before, earlier = seen[key]
            other = "" if before == wanted else f", with another {target}"
            unused.append(Unused(where, f"repeats {earlier}{other}"))
        else:
            seen[key] = wanted, where
            found.append(Pair(where, text, wanted))
    return some(found, unused, table), unused


def _labelled(row: Row, columns: dict[str, str], table: Table) -> tuple[str, str]:
    if "text" in columns and "label" in columns:
        return tuple(plain(row.values.get(columns[name])) for name in ("text", "label"))
    if chat := from_row(row.values):
        return chat
    raise _lacking(LABELLED, columns, table)


def _reply(row: Row, columns: dict[str, str], table: Table) -> tuple[str, str]:
    undesired = row.values.get("label")
    if {"prompt", "completion", "label"} <= set(row.values) and (
        undesired is False or plain(undesired).casefold() in names.NO
    ):
        raise NotUnderstood("is marked as not wanted (label false)")
    if chat := from_row(row.values):
        return chat
    if len(columns) < len(REPLIES):
        raise _lacking(REPLIES, columns, table)
    parts = [plain(row.values.get(columns["instruction"]))]
    for name in BESIDE:
        if name in row.values and name not in columns.values() and (more := plain(row.values[name])):
            parts.append(more)
    return "\n\n".join(filter(None, parts)), plain(row.values.get(columns["response"]))


def _lacking(aliases: dict[str, Any], columns: dict[str, str], table: Table) -> UsageError:
    name = next(name for name in aliases if name not in columns)
    return UsageError(f"{table.name} has no column {name!r} (found: {named(table)}): name one {name!r}.")
