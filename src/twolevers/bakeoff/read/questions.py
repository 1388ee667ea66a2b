"""Somebody's questions, from a table: what is used, and what is not, with the reason for each row."""

import unicodedata
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import regex

from twolevers.bakeoff.read.answers import NotUnderstood, accepted, plain
from twolevers.bakeoff.read.rows import Table, Unused
from twolevers.bakeoff.read.table import pick, plain_name, read_table
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.refusal import is_refusal

# A column that says it is the truth comes before one that may hold what a model said.
REFERENCES = (
    *("ground_truth", "ground_truths", "ground_truth_answer", "ground_truth_answers", "gold", "gold_answer"),
    *("gold_answers", "golden_answer", "golden_answers", "gold_standard", "reference", "references"),
    *("reference_answer", "reference_answers", "expected", "expected_answer", "expected_answers", "expected_output"),
    *("expected_response", "correct_answer", "correct_answers", "correct_response", "true_answer", "ideal"),
    *("ideal_answer", "human_answer", "answer_key", "accepted_answers", "acceptable_answers", "target", "targets"),
)
SAID = ("answers", "answer", "response", "output", "completion")
QUESTIONS = {
    "question": ("query", "prompt", "ask", "question_text", "user_input", "text", "input"),
    "doc_id": ("document_id", "docid", "doc", "source", "doc_ids", "document"),
    "answerable": ("is_answerable", "answerable?", "has_answer"),
    "impossible": ("is_impossible", "unanswerable", "is_unanswerable", "no_answer"),
    "id": ("question_id", "qid"),
}
YES, NO = {"true", "yes", "y", "1", "1.0"}, {"false", "no", "n", "0", "0.0"}


def read_questions(path: Path, documents: Collection[str] = ()) -> tuple[list[Question], list[Unused]]:
    """Questions with their accepted answers. `documents`: the ids there are, so that a wrong one is told.

    Of several columns that could hold the answers, one that names a reference comes first. A question without an
    answer must be marked: `answerable` false, `is_impossible` true, an empty list, or an answer such as "N/A". Raises
    UsageError without a column for question and answer, or when no row can be used.
    """
    table = read_table(Path(path))
    columns = pick(table, QUESTIONS)
    if "question" not in columns:
        raise UsageError(f"{table.name} has no column 'question' (found: {named(table)}): name one 'question'.")
    answers, remarks = _answer_columns(table, columns)
    if not answers and not {"answerable", "impossible"} & set(columns):
        raise UsageError(f"{table.name} has no column for the answers (found: {named(table)}): name one 'answer'.")
    known = {unicodedata.normalize("NFC", each): each for each in documents}
    unused, found, seen, ids, declined = [*table.unused, *remarks], [], {}, set[str](), 0
    for row in table.rows:
        values = {name: row.values.get(column) for name, column in columns.items()}
        values["answers"] = [row.values[column] for column in answers if row.values.get(column) not in (None, "")]
        try:
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


def named(table: Table) -> str:
    """The table's column names, for a message."""
    return ", ".join(table.columns)[:200] or "none"


def some(found: list, unused: list[Unused], table: Table) -> list:
    """`found`. Raises UsageError where it is empty, with the first reason."""
    if not found:
        first = next((each for each in unused if not each.used), Unused("it", "is empty"))
        raise UsageError(f"{table.name} holds no row that can be used ({first.where} {first.reason}).")
    return found


def _answer_columns(table: Table, columns: dict[str, str]) -> tuple[list[str], list[Unused]]:
    """The columns of the accepted answers (several for answer_1, answer_2), and a remark on a rival left aside."""
    free = {plain_name(column): column for column in reversed(table.columns) if column not in columns.values()}
    for names in (REFERENCES, SAID):
        for name in names:
            stem = plain_name(name)
            numbered = [column for key, column in free.items() if regex.fullmatch(rf"{stem}\d{{1,2}}", key)]
            chosen = [free[stem]] if stem in free else []
            chosen += sorted(numbered, key=list(table.columns).index)
            if not chosen:
                continue
            rivals = [free[key] for each in SAID if (key := plain_name(each)) in free and free[key] not in chosen]
            said = f"has the reference in {chosen[0]!r}; {', '.join(map(repr, rivals))} was left aside"
            return chosen, [Unused(table.name, said, used=True)] if rivals else []
    return [], []


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


def _all(cells: list[Any]) -> tuple[str, ...] | None:
    """The accepted answers of all cells; None where every one is empty."""
    found = [each for cell in cells if (each := accepted(cell)) is not None]
    return tuple(dict.fromkeys(text for texts in found for text in texts)) if found else None


def _truth(values: dict[str, Any], name: str) -> bool | None:
    value = values.get(name)
    if isinstance(value, bool):
        return value
    word = plain(value).casefold()
    if word in YES | NO:
        return word in YES
    if word:
        raise NotUnderstood(f"says {word[:30]!r} where {name} is true or false")
    return None
