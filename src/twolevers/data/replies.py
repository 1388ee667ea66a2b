"""On-brand replies: what customers wrote, and answers that obey the brand guide and state a true fact."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from twolevers import paths
from twolevers.data.records import Question
from twolevers.data.validate import JsonStrings, check_rows, read_csv, read_text

if TYPE_CHECKING:
    import pandas as pd

Text = Annotated[str, Field(min_length=1)]


class ReplyRow(BaseModel):
    """One row of replies.csv; fact is a JSON list in its cell: accepted spellings, the canonical one first."""

    reply_id: Text
    product: Text
    attribute: Text
    doc_id: Text
    topic: Text
    voice: Text
    question: Text
    reply: Text
    fact: Annotated[JsonStrings, Field(min_length=1)]
    split: Literal["train", "dev", "test"]


def load_replies(path: Path | None = None) -> "pd.DataFrame":
    """One row per letter and reply (default: datasets/replies.csv); fact is a list of strings.

    Columns: reply_id, product, attribute, doc_id, topic, voice, question, reply, fact, split.
    UsageError: what is wrong, in which row.
    """
    import pandas as pd

    path = Path(path) if path else paths.datasets() / "replies.csv"
    rows = check_rows(path, read_csv(path, ReplyRow.model_fields), ReplyRow, "reply_id")
    return pd.DataFrame([row.model_dump() for row in rows])


def letters(frame: "pd.DataFrame") -> list[Question]:
    """Every row of `frame` as a question that any arm can be asked; its answers are the spellings of the fact."""
    return [
        Question(
            question_id=row["reply_id"],
            text=row["question"],
            answers=tuple(row["fact"]),
            kind="fact",
            doc_ids=(row["doc_id"],),
            entity=row["product"],
            attribute=row["attribute"],
            split=row["split"],
        )
        for row in frame.to_dict("records")
    ]


def load_guide(path: Path | None = None) -> str:
    """Text of the brand guide (default: datasets/brand_guide.md). UsageError when it cannot be read."""
    return read_text(Path(path) if path else paths.datasets() / "brand_guide.md")
