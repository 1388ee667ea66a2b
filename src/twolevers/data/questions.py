"""Questions on the catalogue, each in seven wordings: four to train with, three held out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from twolevers import paths
from twolevers.data.records import Question
from twolevers.data.validate import JsonStrings, check_rows, read_csv
from twolevers.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

# Indexes into [question] + paraphrases. Held-out wordings share no template with the training wordings.
TRAINING_WORDINGS = (0, 1, 2, 3)
HELD_OUT_WORDINGS = (4, 5, 6)

NEVER_ANSWERED = ("unanswerable", "out_of_corpus")
Text = Annotated[str, Field(min_length=1)]


class QuestionRow(BaseModel):
    """One row of questions.csv; doc_ids, paraphrases and answers are JSON lists in their cells."""

    question_id: Text
    kind: Literal["fact", "comparison", "policy", "unanswerable", "out_of_corpus"]
    entity: str
    attribute: str
    doc_ids: JsonStrings
    question: Text
    paraphrases: Annotated[JsonStrings, Field(min_length=HELD_OUT_WORDINGS[-1])]
    answers: JsonStrings
    split: Literal["train", "dev", "test"]

    @model_validator(mode="after")
    def answers_fit_the_kind(self) -> "QuestionRow":
        """A question has answers if and only if its kind is one that the documents answer."""
        if bool(self.answers) == (self.kind in NEVER_ANSWERED):
            raise ValueError(f"{self.kind} questions must have {'no' if self.answers else 'at least one'} answer")
        return self


def load_questions(path: Path | None = None) -> "pd.DataFrame":
    """One row per question (default: datasets/questions.csv); doc_ids, paraphrases and answers are lists of strings.

    Columns: question_id, kind, entity, attribute, doc_ids, question, paraphrases, answers, split.
    UsageError: what is wrong, in which row.
    """
    import pandas as pd

    path = Path(path) if path else paths.datasets() / "questions.csv"
    rows = check_rows(path, read_csv(path, QuestionRow.model_fields), QuestionRow, "question_id")
    return pd.DataFrame([row.model_dump() for row in rows])


def ask(frame: "pd.DataFrame", wording: int = 0) -> list[Question]:
    """Every question of `frame` in one wording: 0 is the canonical one, n the n-th paraphrase."""
    questions = []
    for row in frame.to_dict("records"):
        wordings = [row["question"], *row["paraphrases"]]
        if not 0 <= wording < len(wordings):
            raise UsageError(f"{row['question_id']} has no wording {wording}: choose 0 to {len(wordings) - 1}.")
        questions.append(
            Question(
                question_id=row["question_id"],
                text=wordings[wording],
                answers=tuple(row["answers"]),
                kind=row["kind"],
                doc_ids=tuple(row["doc_ids"]),
                entity=row["entity"],
                attribute=row["attribute"],
                split=row["split"],
            )
        )
    return questions
