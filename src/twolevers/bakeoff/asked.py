"""Somebody's questions and examples, from a table: what is used, and what is not, with the reason for each row."""

import ast
import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twolevers.bakeoff.table import Row, Table, Unused, pick, read_table
from twolevers.data.records import Question
from twolevers.errors import UsageError

QUESTIONS = {
    "question": ("query", "prompt", "ask", "text"),
    "answers": ("answer", "gold", "reference", "expected", "target", "response"),
    "doc_id": ("document_id", "docid", "doc", "source", "doc_ids", "document"),
    "answerable": ("is_answerable", "answerable?"),
    "id": ("question_id", "qid"),
}
LABELLED = {"text": ("utterance", "message", "query", "sentence", "input"), "label": ("intent", "category", "class")}
REPLIES = {
    "instruction": ("question", "prompt", "input", "query", "message"),
    "response": ("reply", "answer", "output", "completion", "target"),
}
YES, NO = {"true", "yes", "y", "1", "1.0"}, {"false", "no", "n", "0", "0.0"}


@dataclass(frozen=True)
class Pair:
    """One example: what comes in, and the label or the reply that should come out."""

    where: str
    text: str
    target: str


def read_questions(path: Path, documents: Collection[str] = ()) -> tuple[list[Question], list[Unused]]:
    """Questions with their accepted answers. `documents`: the ids there are, so that a wrong one is told.

    A question without an answer must be marked: `answerable` false, or an empty list of answers. Raises UsageError
    without a column for question and answer, or when no row can be used.
    """
    table = read_table(Path(path))
    columns = _needed(table, QUESTIONS, ("question",))
    if "answers" not in columns and "answerable" not in columns:
        raise UsageError(f"{table.name} has no column for the answers (found: {_names(table)}): name one 'answer'.")
    unused, found, seen, ids = list(table.unused), [], {}, set[str]()
    for row in table.rows:
        values = {name: row.values.get(column) for name, column in columns.items()}
        question = _question(row, values, len(found), documents)
        if isinstance(question, Question):
            key = " ".join(question.text.casefold().split())
            if key in seen:
                unused.append(Unused(row.where, f"asks the same as {seen[key]}"))
                continue
            seen[key] = row.where
            if question.question_id in ids:
                question = replace(question, question_id=f"{question.question_id} ({row.where})")
            ids.add(question.question_id)
            found.append(question)
        else:
            unused.append(Unused(row.where, question))
    return _some(found, unused, table), unused


def read_labelled(path: Path) -> tuple[list[Pair], list[Unused]]:
    """Examples `text,label` of a classification. Raises UsageError as `read_questions`, and for a single label."""
    found, unused = _pairs(path, LABELLED)
    if len({pair.target for pair in found}) < 2:
        raise UsageError(f"{Path(path).name} has only one label: a classification needs two or more.")
    return found, unused


def read_replies(path: Path) -> tuple[list[Pair], list[Unused]]:
    """Examples `instruction,response`. Raises UsageError as `read_questions`."""
    return _pairs(path, REPLIES)


def _pairs(path: Path, aliases: dict[str, tuple[str, ...]]) -> tuple[list[Pair], list[Unused]]:
    table = read_table(Path(path))
    columns = _needed(table, aliases, tuple(aliases))
    source, target = (columns[name] for name in aliases)
    unused, found, seen = list(table.unused), [], {}
    for row in table.rows:
        text, wanted = _text(row.values.get(source)), _text(row.values.get(target))
        key = " ".join(text.casefold().split())
        if not text or not wanted:
            unused.append(Unused(row.where, f"has no {source if not text else target}"))
        elif key in seen:
            before, earlier = seen[key]
            other = "" if before == wanted else f", with another {target}"
            unused.append(Unused(row.where, f"repeats {earlier}{other}"))
        else:
            seen[key] = wanted, row.where
            found.append(Pair(row.where, text, wanted))
    return _some(found, unused, table), unused


def _question(row: Row, values: dict[str, Any], place: int, documents: Collection[str]) -> Question | str:
    """The question of a row, or why there is none."""
    text = _text(values.get("question"))
    if not text:
        return "has no question"
    answers = _answers(values.get("answers"))
    answerable = _answerable(values.get("answerable"))
    if answerable is None and "answerable" in values and _text(values["answerable"]):
        return f"says {_text(values['answerable'])[:30]!r} where answerable is true or false"
    if answers is None:
        if answerable is not False:
            return "has no answer; where there is none, mark it: answerable false"
        answers = ()
    if answerable and not answers:
        return "is marked answerable and has no answer"
    if answerable is False and answers:
        return "is marked not answerable and has an answer"
    sources = _answers(values.get("doc_id")) or ()
    if documents and (missing := [source for source in sources if source not in documents]):
        return f"names the document {missing[0][:60]!r}, which is not there"
    name = _text(values.get("id")) or f"q{place + 1}"
    kind = "question" if answers else "unanswerable"
    return Question(name, text, answers, kind, sources, sources[0] if sources else name, "", "")


def _answers(value: Any) -> tuple[str, ...] | None:
    """Accepted answers of a cell: one text, a list (also written as JSON or Python), a mapping with a list `text`.

    None for an empty cell; an empty tuple for an empty list, which says that there is no answer.
    """
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        value = _literal(value.strip())
    if isinstance(value, dict):
        value = value.get("text", value.get("answers", []))
    if isinstance(value, list | tuple):
        texts = [_text(each.get("text") if isinstance(each, dict) else each) for each in value]
        return tuple(dict.fromkeys(text for text in texts if text))
    text = _text(value)
    return (text,) if text else None


def _literal(text: str) -> Any:
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return text


def _answerable(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = _text(value).casefold()
    return True if word in YES else False if word in NO else None


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").strip()
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)


def _needed(table: Table, aliases: dict[str, tuple[str, ...]], needed: Sequence[str]) -> dict[str, str]:
    columns = pick(table, aliases)
    for name in needed:
        if name not in columns:
            raise UsageError(f"{table.name} has no column {name!r} (found: {_names(table)}): name one {name!r}.")
    return columns


def _names(table: Table) -> str:
    return ", ".join(table.columns)[:200] or "none"


def _some(found: list, unused: list[Unused], table: Table) -> list:
    if not found:
        raise UsageError(f"{table.name} holds no row that can be used ({unused[0].where} {unused[0].reason}).")
    return found
