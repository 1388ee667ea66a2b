"""Common facts that the untouched model knows: what tuning must not damage."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from twolevers import paths
from twolevers.data.validate import JsonStrings, check_rows, read_csv

if TYPE_CHECKING:
    import pandas as pd

# The instruction under which the facts were screened. Another one measures the prompt as well as the model.
INSTRUCTION = "You are a helpful assistant. Give a short and correct answer."

Text = Annotated[str, Field(min_length=1)]


class FactRow(BaseModel):
    """One row of general_knowledge.csv; aliases is a JSON list in its cell."""

    fact_id: Text
    topic: Text
    question: Text
    second_wording: Text
    answer: Text
    aliases: JsonStrings


def load_general_knowledge(path: Path | None = None) -> "pd.DataFrame":
    """One row per fact (default: datasets/general_knowledge.csv). UsageError: what is wrong, in which row.

    Columns: fact_id, topic, question, second_wording, answer, aliases (other accepted spellings, maybe none).
    """
    import pandas as pd

    path = Path(path) if path else paths.datasets() / "general_knowledge.csv"
    rows = check_rows(path, read_csv(path, FactRow.model_fields), FactRow, "fact_id")
    return pd.DataFrame([row.model_dump() for row in rows])
