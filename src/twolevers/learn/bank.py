"""The quiz bank: `datasets/quizzes/<lesson>.yaml`, read and checked. A bank that cannot be used gets one line why.

    title: Two levers
    items:
      - id: where-facts-live             # small letters, digits, hyphens; keep it when the wording changes
        kind: single                     # several, numeric, ordering, matching, short_text, spot_the_flaw: see kinds.py
        claims: [C01]
        difficulty: 1                    # 1 to 3
        evidence: false                  # true where a table or figure must be read
        question: Where did the fact come from?
        options:                         # every one says why; a wrong one names the misconception
          - {text: From the prompt, correct: true, explanation: The model reads the passage there.}
          - {text: From the weights, explanation: They did not change. Retrieval trains nothing.}
        hint: What was different before and after?

Any item may have a `table` (caption, columns, rows) or a `figure` (title, low, high, unit, rows of label, value and
interval). The last paragraph of `question` is the question itself; those before it, and the evidence, come first.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator

from twolevers.errors import UsageError
from twolevers.learn.items import Strict, Text
from twolevers.learn.kinds import AnyItem
from twolevers.paths import datasets


class Bank(Strict):
    """One lesson's quiz: a title and its items, each with an id of its own."""

    title: Text
    items: Annotated[list[AnyItem], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> "Bank":
        twice = [name for name, n in Counter(item.id for item in self.items).items() if n > 1]
        if twice:
            raise ValueError(f"two items have the id {twice[0]!r}; each needs its own")
        return self


def load_bank(lesson: str, folder: Path | None = None) -> Bank:
    """The quiz of `lesson` (a stem). Raises UsageError naming file, item and field, in one line."""
    folder = folder or datasets() / "quizzes"
    path = folder / f"{lesson}.yaml"
    where = f"{folder.parent.name}/{folder.name}/{path.name}"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder.glob("*.yaml"))) or "none yet"
        raise UsageError(f"{where}: there is no quiz of that name. There is: {known}.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{where}: {_malformed(error)}") from None
    if not content:
        raise UsageError(f"{where}: the file is empty; it needs `title:` and `items:`.")
    try:
        return Bank.model_validate(content)
    except ValidationError as error:
        raise UsageError(f"{where}: {_first(error, content)}") from None


def _malformed(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"not YAML at {place}: {problem}; a text holding a colon or a # needs quotes."


def _first(error: ValidationError, content: Any) -> str:
    """The first fault as "item, field: what is wrong", and how many more there are."""
    faults = error.errors(include_url=False)
    fault = faults[0]
    place = list(fault["loc"])
    said = ""
    if place[:1] == ["items"] and len(place) > 1:
        position, rest = place[1], place[2:]
        raw = content["items"][position]
        name = raw.get("id") if isinstance(raw, dict) else None
        said = f"item {name!r}" if name else f"item number {position + 1}"
        place = rest[1:] if rest and rest[0] == (raw.get("kind") if isinstance(raw, dict) else None) else rest
    field = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in place).lstrip(".")
    parts = [part for part in (said, field) if part]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{', '.join(parts)}{': ' if parts else ''}{_reason(fault)}{more}"


def _reason(fault: dict[str, Any]) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "missing":
        return "missing; it must be given"
    if kind == "string_too_short":
        return "empty; write something here"
    if kind == "extra_forbidden":
        return "not a known field; check its spelling"
    if kind == "union_tag_invalid":
        return f"kind {context['tag']!r} is not one of {context['expected_tags']}"
    if kind == "union_tag_not_found":
        return "has no `kind`"
    if kind == "value_error":
        return str(context["error"])
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]}"
