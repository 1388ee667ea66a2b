"""A capstone brief: one YAML file in datasets/briefs, its data in the folder of the same name.

`Brief` is the schema. `load_brief` checks file and data; an error names the file, the line and the field.
"""

import csv
import io
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twolevers import paths
from twolevers.data.records import Document, Question
from twolevers.data.validate import read_jsonl, read_text
from twolevers.errors import UsageError
from twolevers.evaluate.scorers.goal import Form, Goal
from twolevers.lessons.capstone.case import Case, Pair

Text = Annotated[str, Field(min_length=1)]
Criterion = Literal["quality", "freshness", "sources", "cost", "speed", "start"]
CRITERIA: dict[Criterion, str] = {
    "quality": "right answers for this task",
    "freshness": "new facts are in the answers soon",
    "sources": "an answer can be traced to its source",
    "cost": "money a month, all in",
    "speed": "the wait for an answer",
    "start": "days until the first version is live",
}
COLUMNS = ("item_id", "split", "entity", "text", "answers", "doc_id", "target")


class Strict(BaseModel):
    """A part of the file in which a misspelt field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Facts(Strict):
    """The figures of the page."""

    questions_a_month: Annotated[float, Field(gt=0)]
    changes_a_month: Annotated[float, Field(ge=0)]
    budget_a_month: Annotated[float, Field(gt=0)]  # euros
    latency_seconds: Annotated[float, Field(gt=0)]
    risk: Text
    on_hand: Text


class FormRule(Strict):
    """See `lessons.capstone.case.Form`."""

    said: Text
    starts: str = ""
    ends: str = ""
    holds: str = ""
    lacks: str = ""
    words: Annotated[int, Field(gt=0)] | None = None


class GoalPart(Strict):
    """See `lessons.capstone.case.Goal`; `words` says it to the learner."""

    words: Text
    fact: bool = True
    exact: bool = False
    source: Literal["none", "shown", "cited"] = "none"
    form: list[FormRule] = []
    tokens: Annotated[int, Field(gt=0)] | None = None


class Brief(Strict):
    """One page, the goal, what the arms are told, and how much each criterion matters to the client (1 to 5)."""

    title: Text
    client: Text
    page: Annotated[str, Field(min_length=300, max_length=3000)]
    facts: Facts
    red_herring: Text
    task: Literal["questions", "replies", "labels"]
    goal: GoalPart
    instructions: Annotated[list[Text], Field(min_length=1)]
    readings: list[Text] = []
    labels: list[Text] = []
    refusal: str = ""
    max_new_tokens: Annotated[int, Field(gt=0, le=200)] = 24
    matters: dict[Criterion, Annotated[int, Field(ge=1, le=5)]]
    quality_from: Annotated[list[Text], Field(min_length=1)]  # metrics of the ledger that speak of this task


def folder() -> Path:
    """Where the briefs are."""
    return paths.datasets() / "briefs"


def names(where: Path | None = None) -> list[str]:
    """The briefs, by name."""
    return sorted(path.stem for path in (where or folder()).glob("*.yaml"))


def load_brief(name: str, where: Path | None = None) -> Brief:
    """The brief of this name. UsageError: no such brief, or file, line and field of what is wrong."""
    where = where or folder()
    path = where / f"{name}.yaml"
    if name not in names(where):
        raise UsageError(f"There is no brief {name!r}: choose one of {', '.join(names(where)) or 'none yet'}.")
    text = read_text(path)
    try:
        content, lines = yaml.safe_load(text), _lines(yaml.compose(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: not YAML ({getattr(error, 'problem', error)}); mend that line.") from None
    try:
        return Brief.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = tuple(first["loc"])
        line = next((lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines), 1)
        field = ".".join(map(str, place)) or "the file"
        raise UsageError(f"{path}, line {line}, field {field}: {first['msg']}.") from None


def load_case(name: str, where: Path | None = None) -> Case:
    """The brief with its data as a case for the contest. UsageError when data are missing or do not fit."""
    where = where or folder()
    brief = load_brief(name, where)
    items, pages = where / name / "items.csv", where / name / "documents.jsonl"
    if not items.exists():
        raise UsageError(f"{items}: this brief has no data; add items.csv with the columns {', '.join(COLUMNS)}.")
    documents = (
        [_document(row, pages, number) for number, row in enumerate(read_jsonl(pages), 1)] if pages.exists() else []
    )
    if documents and not brief.readings:
        raise UsageError(f"{where / name}.yaml, field readings: a brief with documents needs one.")
    by_split: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    for split, pair in _pairs(items, brief, {document.doc_id for document in documents}):
        by_split[split].append(pair)
    rules = tuple(Form(**rule.model_dump()) for rule in brief.goal.form)
    goal = Goal(brief.goal.fact, brief.goal.exact, brief.goal.source, rules, brief.goal.tokens)
    return Case(
        name=name,
        task=brief.task,
        documents=tuple(documents),
        taught=tuple(by_split["train"]),
        dev=tuple(by_split["dev"]),
        tested=tuple(by_split["test"]),
        goal=goal,
        instructions=tuple(brief.instructions),
        readings=tuple(brief.readings),
        labels=tuple(brief.labels),
        refusal=brief.refusal,
        max_new_tokens=brief.max_new_tokens,
    )


def _document(row: Any, path: Path, number: int) -> Document:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in ("doc_id", "title", "text")):
        raise UsageError(f"{path}, line {number}: a document needs the texts doc_id, title and text.")
    return Document(row["doc_id"], row["title"], row["text"], "page", row["doc_id"], None, {}, "all")


def _pairs(path: Path, brief: Brief, documents: set[str]) -> list[tuple[str, Pair]]:
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
        raise UsageError(f"{path}, line 1: missing column(s) {', '.join(missing)}.")
    found = []
    for row in reader:
        line = f"{path}, line {reader.line_num}"
        try:
            answers = tuple(json.loads(row["answers"]))
        except (json.JSONDecodeError, TypeError):
            raise UsageError(f'{line}, field answers: must be a JSON list such as ["3 kg"].') from None
        if row["split"] not in ("train", "dev", "test"):
            raise UsageError(f"{line}, field split: must be train, dev or test, not {row['split']!r}.")
        if row["doc_id"] and row["doc_id"] not in documents:
            raise UsageError(f"{line}, field doc_id: no document {row['doc_id']!r} in documents.jsonl.")
        if brief.labels and row["target"] not in brief.labels:
            raise UsageError(f"{line}, field target: {row['target']!r} is none of the brief's labels.")
        sources = (row["doc_id"],) if row["doc_id"] else ()
        question = Question(row["item_id"], row["text"], answers, brief.task, sources, row["entity"], "", row["split"])
        found.append((row["split"], Pair(question, row["target"])))
    return found


def _lines(node: yaml.Node | None, place: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], int]:
    """The line of every field, by its path."""
    found = {place: node.start_mark.line + 1} if node else {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found |= _lines(value, (*place, key.value)) | {(*place, key.value): key.start_mark.line + 1}
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            found |= _lines(value, (*place, number))
    return found
