"""The decision record, as Markdown and HTML, with the headings of MADR 4 (Markdown Any Decision Records)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from twolevers.decide.stamp import Stamp, front_matter

TEMPLATE = "record.html.j2"


@dataclass(frozen=True)
class Option:
    """One way that was considered, with what speaks for and against it, each a sentence."""

    name: str
    good: Sequence[str] = ()
    bad: Sequence[str] = ()


@dataclass(frozen=True)
class Record:
    """What was decided, on which grounds, and what would change it; `stamp` is that for `twolevers recheck`."""

    title: str
    date: str
    status: str
    context: str
    drivers: Sequence[str]
    options: Sequence[Option]
    chosen: str
    because: str
    consequences: Sequence[str]
    confirmation: str
    more: Sequence[str]
    stamp: Stamp | None = None


def markdown(record: Record) -> str:
    """The record as Markdown. Texts are taken as they are, on one line each; escape what is not yours before."""
    listed = "\n".join(f"* {option.name}" for option in record.options)
    sides = "\n\n".join(
        "\n".join(
            [
                f"### {option.name}",
                "",
                *(f"* Good: {each}" for each in option.good),
                *(f"* Bad: {each}" for each in option.bad),
            ]
        )
        for option in record.options
    )
    return f"""{front_matter(record.status, record.date, record.stamp)}
# {record.title}

## Context and Problem Statement

{record.context}

## Decision Drivers

{_bullets(record.drivers)}

## Considered Options

{listed}

## Decision Outcome

Chosen option: **{record.chosen}**, because {record.because}

### Consequences

{_bullets(record.consequences)}

### Confirmation

{record.confirmation}

## Pros and Cons of the Options

{sides}

## More Information

{_bullets(record.more)}
"""


def html(record: Record) -> str:
    """The record as one HTML page without scripts or outside files; every text is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return pages.get_template(TEMPLATE).render(record=record)


def plain(text: str) -> str:
    """Somebody's words for `markdown`: on one line, signs that Markdown or HTML would read made harmless."""
    safe = re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))
    return re.sub(r"^(#|-|\+|\d+\.)", r"\\\1", safe)


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"* {line}" for line in lines) or "* none"
