"""What a decision record holds for a machine: YAML front matter (as MADR 4 has it) with a mapping `twolevers`.

It says what the decision rests on (data, model, prices and evidence, each by hash, date or id) and what would end it.
YAML, for people read it too; one block at the top, for that is where every reader of Markdown looks for it.
"""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twolevers.errors import UsageError

SCHEMA = 1
KEY = "twolevers"
MOST = 2_000_000  # letters of a record that is read


class Strict(BaseModel):
    """A part of the block in which a misspelt field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Flip(Strict):
    """A condition that ends the decision, on a figure of results.json such as "arms/rag/accuracy".

    `less`: a second figure that is taken from it. It has come true where the figure is below `below`, above `above`, or
    is another text than `other_than`.
    """

    when: str
    figure: str
    less: str = ""
    below: float | None = None
    above: float | None = None
    other_than: str | None = None


class Price(Strict):
    """What 1,000 answers of the chosen arm cost one way (USD), by prices of that date."""

    what: str
    usd_per_1000: float
    date: str


class Model(Strict):
    """The model that was measured. `given`: how it was named in the call ("": the default); `sha256` of its weights."""

    name: str
    given: str = ""
    sha256: str = ""


class Stamp(Strict):
    """The block. `inputs`: the options that named the data, paths as seen from the record; `hash` names the data.

    `results` and `items`: files beside the record, with the figures and with a hash of each document and item. `flips`
    can be computed from the former; `for_people` cannot. `arm` is the one chosen ("": none).
    """

    schema_: Literal[1] = Field(SCHEMA, alias="schema")
    kind: Literal["bakeoff", "capstone"]
    version: str
    created: str
    task: str
    arm: str = ""
    hash: str
    inputs: dict[str, str | int] = {}
    results: str = ""
    items: str = ""
    model: Model
    prices: tuple[Price, ...] = ()
    evidence: tuple[str, ...] = ()
    flips: tuple[Flip, ...] = ()
    for_people: tuple[str, ...] = ()


def front_matter(status: str, date: str, stamp: Stamp | None) -> str:
    """The record's front matter, fences included."""
    content: dict[str, Any] = {"status": status, "date": date}
    if stamp:
        content[KEY] = {"schema": SCHEMA} | stamp.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=118)
    return f"---\n{text}---\n"


def read(record: Path) -> Stamp:
    """The block of a record. Raises UsageError, in one line, for a file that is no record or one of another version."""
    try:
        with record.open(encoding="utf-8-sig") as stream:
            text = stream.read(MOST)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"{record} cannot be read ({reason}): name a decision-record.md.") from None
    parts = text.split("\n---", 1)
    if not text.startswith("---\n") or len(parts) < 2:
        raise UsageError(f"{record} has no front matter: name a decision-record.md that a bake-off or lesson 14 wrote.")
    try:
        block = yaml.safe_load(parts[0].removeprefix("---"))
        found = block.get(KEY) if isinstance(block, dict) else None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" near line {line + 1}" if line is not None else ""
        raise UsageError(f"{record}: the front matter is no YAML{where}: mend it, or run the bake-off again.") from None
    if not isinstance(found, dict):
        if str(block.get("status") if isinstance(block, dict) else "").startswith("drill"):
            raise UsageError(f"{record} is a drill's, with a fault planted on purpose: it records no decision.")
        raise UsageError(
            f"{record} holds no evidence to check (no `{KEY}` in its front matter): it was written by hand."
        )
    if found.get("schema") != SCHEMA:
        raise UsageError(
            f"{record} was written by another version of the course (form {found.get('schema')!r}, this one reads "
            f"{SCHEMA}): update the course, or run the bake-off again. It was not changed."
        )
    try:
        return Stamp.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        field = "/".join(map(str, first["loc"]))
        raise UsageError(f"{record}: {KEY}/{field}: {first['msg']}: mend it, or run the bake-off again.") from None
