"""Documents that are the answer key: the questions with their answers in another file of the same folder."""

from collections.abc import Sequence

from twolevers.bakeoff.read.delimited import delimited
from twolevers.bakeoff.read.objects import objects
from twolevers.bakeoff.read.questions import QUESTIONS
from twolevers.bakeoff.read.rows import Unused
from twolevers.bakeoff.read.table import pick
from twolevers.data.records import Document, Question
from twolevers.errors import UsageError

MOST = 0.5  # share of the questions from which on a table that holds them is taken for the key


def without_keys(documents: Sequence[Document], questions: Sequence[Question]) -> tuple[list[Document], list[Unused]]:
    """The documents without those that are tables of these very questions, and those with the reason.

    A page of questions and answers in prose is a document like others. A document that a question names stays.
    """
    named = {name for question in questions for name in question.doc_ids}
    asked = {_plain(question.text) for question in questions}
    kept, unused = [], []
    for document in documents:
        if document.doc_id not in named and _holds(document, asked):
            unused.append(Unused(document.doc_id, "holds the questions with their answers: it is no document"))
        else:
            kept.append(document)
    if not kept:
        raise UsageError("The documents hold nothing but the questions with their answers: give the documents.")
    return kept, unused


def _holds(document: Document, asked: set[str]) -> bool:
    text = _plain(document.text)
    if sum(question in text for question in asked) < MOST * len(asked):
        return False
    try:
        is_json = document.text.lstrip()[:1] in ("{", "[")
        table = (objects if is_json else delimited)(document.text, document.doc_id)
    except UsageError:
        return False
    column = pick(table, QUESTIONS).get("question")
    held = {_plain(str(row.values.get(column))) for row in table.rows} if column and len(table.columns) > 1 else set()
    return len(held & asked) >= MOST * len(asked)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
