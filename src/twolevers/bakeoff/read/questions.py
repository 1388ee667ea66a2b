"""Somebody's questions, from a table: what is used, and what is not, with the reason for each row."""

import unicodedata
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import regex

from twolevers.bakeoff.read import names
from twolevers.bakeoff.read.answers import NotUnderstood, accepted, literal, plain
from twolevers.bakeoff.read.chats import from_row, is_chat
from twolevers.bakeoff.read.choices import chosen
from twolevers.bakeoff.read.rows import Row, Table, Unused, columns_of
from twolevers.bakeoff.read.table import pick, plain_name, read_table
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.refusal import is_refusal

QUESTIONS = {
    "question": names.ASKED,
    "doc_id": ("document_id", "docid", "doc", "source", "doc_ids", "document"),
    "answerable": ("is_answerable", "answerable?", "has_answer"),
    "impossible": ("is_impossible", "unanswerable", "is_unanswerable", "no_answer"),
    "id": ("question_id", "qid"),
}
SEVERAL = regex.compile(r"\s*;\s+")  # between the accepted answers of a cell whose column is named in the plural


def read_questions(path: Path, documents: Collection[str] = ()) -> tuple[list[Question], list[Unused]]:
    """Questions with their accepted answers. `documents`: the ids there are, so that a wrong one is told.

    Of several columns that could hold the answers, one that names a reference comes first. A question without an
    answer must be marked: `answerable` false, `is_impossible` true, an empty list, or an answer such as "N/A". Raises
    UsageError without a column for question and answer, or when no row can be used.
    """
    table = read_table(Path(path))
    columns = pick(table, QUESTIONS)
    if _mapped(table, columns.get("question")):
        table = _spread(table)
        columns = pick(table, QUESTIONS)
    if "question" not in columns and any(is_chat(value) for row in table.rows[:1] for value in row.values.values()):
        table = _asked(table)
        columns = pick(table, QUESTIONS)
    if "question" not in columns:
        raise UsageError(f"{table.name} has no column 'question' (found: {named(table)}): name one 'question'.")
    answers, remarks = _answer_columns(table, columns)
    if not answers and not {"answerable", "impossible"} & set(columns) and not _options_there(table, columns):
        raise UsageError(f"{table.name} has no column for the answers (found: {named(table)}): name one 'answer'.")
    known = {unicodedata.normalize("NFC", each): each for each in documents}
    if known and "doc_id" in columns and not _names_any(table, columns["doc_id"], known):
        said = f"has a column {columns['doc_id']!r} that names none of the documents: it was left aside"
        remarks.append(Unused(table.name, said, used=True))
        del columns["doc_id"]
    unused, found, seen, ids, declined = [*table.unused, *remarks], [], {}, set[str](), 0
    for row in table.rows:
        values = {name: row.values.get(column) for name, column in columns.items()}
        values["answers"] = [
            _several(column, row.values[column]) for column in answers if row.values.get(column) not in (None, "")
        ]
        try:
            if is_chat(values.get("question")):
                values["question"] = _last(values["question"])
            if options := chosen(row.values, plain(values.get("question"))):
                values["question"], values["answers"] = options[0], [list(options[1])]
            question, gone = _question(values, len(found), known)
        except NotUnderstood as error:
            unused.append(Unused(row.where, str(error)))
            continue
        key = " ".join(question.text.casefold().split())
        if key in seen:
            unused.append(Unused(row.where, f"asks the same as {seen[key]}"))
            continue
        seen[key] = row.where
        declined += gone
        if question.question_id in ids:
            question = replace(question, question_id=f"{question.question_id} ({row.where})")
        ids.add(question.question_id)
        found.append(question)
    if declined:
        unused.append(
            Unused(
                table.name, f"has {declined} answers such as N/A or unknown: taken for nothing answers it", used=True
            )
        )
    return some(found, unused, table), unused


def _mapped(table: Table, column: str | None) -> bool:
    """Whether the questions stand in mappings: no column of theirs, or one of mappings."""
    first = table.rows[0].values
    held = [first.get(column)] if column else list(first.values())
    return any(isinstance(literal(each) if isinstance(each, str) else each, dict) for each in held)


def named(table: Table) -> str:
    """The table's column names, for a message."""
    return ", ".join(table.columns)[:200] or "none"


def some(found: list, unused: list[Unused], table: Table) -> list:
    """`found`. Raises UsageError where it is empty, with the first reason."""
    if not found:
        first = next((each for each in unused if not each.used), Unused("it", "is empty"))
        raise UsageError(f"{table.name} holds no row that can be used ({first.where} {first.reason}).")
    return found


def _options_there(table: Table, columns: dict[str, str]) -> bool:
    """Whether the first row has options, one of which is marked as right."""
    try:
        first = table.rows[0].values
        return bool(chosen(first, plain(first.get(columns["question"]))))
    except NotUnderstood:
        return False


def _names_any(table: Table, column: str, documents: dict[str, str]) -> bool:
    """Whether a column names a document at all; one of addresses or remarks says nothing about where answers stand."""
    for row in table.rows:
        try:
            named = accepted(row.values.get(column)) or ()
        except NotUnderstood:
            continue
        if any(unicodedata.normalize("NFC", each) in documents for each in named):
            return True
    return not any(row.values.get(column) for row in table.rows)


def _answer_columns(table: Table, columns: dict[str, str]) -> tuple[list[str], list[Unused]]:
    """The columns of the accepted answers (several for answer_1, answer_2), and a remark on a rival left aside."""
    free = {plain_name(column): column for column in reversed(table.columns) if column not in columns.values()}
    for known in (names.REFERENCES, names.SAID):
        if known is names.SAID and (true := [column for column in free.values() if _says_true(column, table)]):
            rivals = [
                free[key] for each in names.SAID[:5] if (key := plain_name(each)) in free and free[key] not in true
            ]
            said = f"has the reference in {true[0]!r}; {', '.join(map(repr, rivals))} was left aside"
            return true[:1], [Unused(table.name, said, used=True)] if rivals else []
        for name in known:
            stem = plain_name(name)
            numbered = [column for key, column in free.items() if regex.fullmatch(rf"{stem}\d{{1,2}}", key)]
            chosen = [free[stem]] if stem in free else []
            chosen += sorted(numbered, key=list(table.columns).index)
            if not chosen:
                continue
            rivals = [
                free[key] for each in names.SAID[:5] if (key := plain_name(each)) in free and free[key] not in chosen
            ]
            said = f"has the reference in {chosen[0]!r}; {', '.join(map(repr, rivals))} was left aside"
            return chosen, [Unused(table.name, said, used=True)] if rivals else []
    return [], []


def _says_true(column: str, table: Table) -> bool:
    """Whether a column's name has a word for the truth in it, none for what a model made, and it is no mere flag."""
    flags = {str(row.values.get(column)).strip().casefold() for row in table.rows} - {"", "none"}
    if flags <= names.YES | names.NO:
        return False
    words = set(regex.findall(r"[^\W\d_]+\d*", regex.sub(r"(?<=\p{Ll})(?=\p{Lu})", " ", column).casefold()))
    words |= {word.removesuffix("s") for word in words}
    return bool(words & names.TRUE) and not words & names.MADE


def _spread(table: Table) -> Table:
    """The table with the fields of mappings ("inputs": {"question": …}) as columns of their own."""
    rows = []
    for row in table.rows:
        values: dict[str, Any] = {}
        for name, value in row.values.items():
            held = literal(value) if isinstance(value, str) else value
            if isinstance(held, dict) and not is_chat([held]):
                values = (
                    {**held, **values} if plain_name(name) in ("question", "inputs", "input") else {**values, **held}
                )
            else:
                values[name] = value
        if "stem" in values:
            values["question"] = values.pop("stem")
        rows.append(Row(row.where, values))
    return Table(table.name, columns_of(name for row in rows for name in row.values), tuple(rows), table.unused)


def _asked(table: Table) -> Table:
    """The table with conversations as a question and its answer: the last turn of the assistant is the answer."""
    rows, unused = [], list(table.unused)
    for row in table.rows:
        try:
            chat = from_row(row.values)
            if chat is None:
                raise NotUnderstood("has no question")
            rows.append(Row(row.where, {**row.values, "question": chat[0], "answer": chat[1]}))
        except NotUnderstood as error:
            unused.append(Unused(row.where, str(error)))
    return Table(table.name, (*table.columns, "question", "answer"), tuple(rows), tuple(unused))


def _question(values: dict[str, Any], place: int, documents: dict[str, str]) -> tuple[Question, bool]:
    """The question of a row, and whether its answer was one that declines. Raises NotUnderstood with the reason."""
    text = plain(values.get("question"))
    if not text:
        raise NotUnderstood("has no question")
    answers = _all(values["answers"])
    answerable, impossible = (_truth(values, name) for name in ("answerable", "impossible"))
    declined = bool(answers) and all(map(is_refusal, answers or ()))
    if declined and answerable is True:
        raise NotUnderstood(f"is marked answerable and its answer is {(answers or ('',))[0][:30]!r}")
    if impossible or declined:  # SQuAD gives what looks like an answer to an impossible question
        answers = ()
    if answers is None:
        if answerable is not False:
            raise NotUnderstood("has no answer; where there is none, mark it: answerable false")
        answers = ()
    if (answerable or impossible is False) and not answers:
        raise NotUnderstood("is marked answerable and has no answer")
    if answerable is False and answers:
        raise NotUnderstood("is marked not answerable and has an answer")
    sources = [unicodedata.normalize("NFC", each) for each in accepted(values.get("doc_id")) or ()]
    if documents and (missing := [source for source in sources if source not in documents]):
        raise NotUnderstood(f"names the document {missing[0][:60]!r}, which is not there")
    sources = tuple(documents.get(source, source) for source in sources)
    name = plain(values.get("id")) or f"q{place + 1}"
    kind = "question" if answers else "unanswerable"
    return Question(name, text, answers, kind, sources, sources[0] if sources else name, "", ""), declined


def _several(column: str, cell: Any) -> Any:
    """The cell; of a column named in the plural the texts between its semicolons."""
    if isinstance(cell, str) and plain_name(column).endswith("s") and cell.lstrip()[:1] not in ("[", "{"):
        parts = [each for each in SEVERAL.split(cell) if each.strip()]
        return parts if len(parts) > 1 else cell
    return cell


def _last(chat: Any) -> str:
    """The last words of the user."""
    said = [each for each in literal(chat) if each.get("role") == "user"] if isinstance(chat, str) else chat
    asked = [each.get("content", each.get("value")) for each in said if each.get("role", each.get("from")) != "system"]
    return plain(asked[-1]) if asked else ""


def _all(cells: list[Any]) -> tuple[str, ...] | None:
    """The accepted answers of all cells; None where every one is empty."""
    found = [each for cell in cells if (each := accepted(cell)) is not None]
    return tuple(dict.fromkeys(text for texts in found for text in texts)) if found else None


def _truth(values: dict[str, Any], name: str) -> bool | None:
    value = values.get(name)
    if isinstance(value, bool):
        return value
    word = plain(value).casefold()
    if word in names.YES | names.NO:
        return word in names.YES
    if word:
        raise NotUnderstood(f"says {word[:30]!r} where {name} is true or false")
    return None
