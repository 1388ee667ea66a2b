"""Answers whose scoring is uncertain: listed in review.csv for a person, whose word is taken on the next run."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from twolevers.arms.protocol import Answer
from twolevers.bakeoff.read.table import pick, read_table
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.plain import composed

FILE = "review.csv"
COLUMNS = ("question_id", "question", "accepted", "answer", "counted as", "why", "right")
ALIASES = {"question": (), "answer": ("text",), "right": ("verdict", "correct", "is right")}
WORDS = {True: {"yes", "y", "right", "true", "1", "1.0", "x"}, False: {"no", "n", "wrong", "false", "0", "0.0"}}
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what a spreadsheet would run
Verdicts = Mapping[tuple[str, str], bool]  # by question and answer, composed


def word(verdicts: Verdicts, question: Question, answer: Answer) -> bool | None:
    """What a person said of an answer, None where they said nothing."""
    return verdicts.get(_key(cell(question.text), cell(answer.text)))


def listed(frame: pd.DataFrame) -> str:
    """The uncertain answers as CSV, each once, with an empty column `right` to fill in; "" where there is none."""
    if "doubt" not in frame or not frame["doubt"].astype(bool).any():
        return ""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in frame[frame["doubt"].astype(bool)].drop_duplicates(["question_id", "text"]).itertuples():
        counted = "right" if row.correct else "wrong"
        person = getattr(row, "person", None)
        word = "" if person is None or person is pd.NA else "yes" if person else "no"
        cells = (row.question_id, row.question, row.accepted or "a refusal", row.text, counted, row.doubt, word)
        writer.writerow(map(cell, cells))
    return stream.getvalue()


def count(frame: pd.DataFrame) -> int:
    """Uncertain answers on which nobody has decided, each once."""
    open_ = frame["doubt"].astype(bool)
    if "person" in frame:
        open_ &= frame["person"].isna()
    return len(frame[open_].drop_duplicates(["question_id", "text"]))


def read_reviewed(path: Path) -> Verdicts:
    """What a person said of answers: rows `question`, `answer`, `right` (yes or no; blank: nothing said).

    Raises UsageError where the columns are missing or a word is neither yes nor no.
    """
    table = read_table(path)
    columns = pick(table, ALIASES)
    if missing := [name for name in ALIASES if name not in columns]:
        raise UsageError(f"{table.name} has no column {missing[0]!r}: give the {FILE} of a bake-off, filled in.")
    verdicts = {}
    for row in table.rows:
        question, answer, word = (str(row.values.get(columns[name]) or "").strip() for name in ALIASES)
        if not word:
            continue
        said = [value for value, words in WORDS.items() if word.casefold() in words]
        if not said:
            raise UsageError(f"{row.where} says {word[:30]!r} where 'right' is yes, no or blank.")
        verdicts[_key(question, answer)] = said[0]
    return verdicts


def decided(frame: pd.DataFrame, verdicts: Verdicts, name: str) -> str:
    """How much of a run a person decided, in a sentence; `name` is that of their file."""
    pairs = zip(frame["question"], frame["text"], strict=True)
    met = {_key(cell(question), cell(text)) for question, text in pairs} & set(verdicts)
    said = f"A person judged {len(met)} answers ({name}); their word was taken."
    unmet = len(set(verdicts)) - len(met)
    return f"{said} {unmet} of their rows meet no answer of this run." if unmet else said


def open_doubts(frame: pd.DataFrame) -> tuple[str, ...]:
    """What is left for a person to decide, in a sentence."""
    if not (doubtful := count(frame)):
        return ()
    return (f"{doubtful} answers are scored with doubt: see {FILE}, fill in its last column, give --reviewed.",)


def cell(value: object) -> str:
    """A value as a cell of CSV: lists with ";", nothing for what is undefined, an apostrophe before a formula."""
    if isinstance(value, tuple | list):
        text = ";".join(map(str, value))
    elif value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    else:
        text = str(value)
    # A number keeps its sign; text that only looks like one does not need to.
    return f"'{text}" if not isinstance(value, int | float) and text.lstrip(" ").startswith(FORMULA) else text


def _key(question: str, answer: str) -> tuple[str, str]:
    return " ".join(composed(question).split()), " ".join(composed(answer).split())
