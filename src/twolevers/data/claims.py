"""The article's claims, and published results to set beside the course's own measurements."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from twolevers import paths
from twolevers.data.validate import check_rows, read_csv

if TYPE_CHECKING:
    import pandas as pd

ClaimId = Annotated[str, Field(pattern=r"^C\d\d$")]
Text = Annotated[str, Field(min_length=1)]


def split_ids(value: Any) -> Any:
    """'C03;C20' as a list."""
    return value.split(";") if isinstance(value, str) else value


class ClaimRow(BaseModel):
    """One row of claims.csv: what the article says, the lesson (its stem) that measures it, and how."""

    id: ClaimId
    criterion: Text
    claim: Text
    lesson: Annotated[str, Field(pattern=r"^\d\d_[a-z_]+$")]
    measure: Text


class PublishedRow(BaseModel):
    """One row of published_results.csv. second_hand: taken from notes on the source, check before quoting."""

    id: Annotated[str, Field(pattern=r"^P\d\d$")]
    claim_ids: Annotated[list[ClaimId], BeforeValidator(split_ids)]
    topic: Text
    setting: Text
    metric: Text
    values: Text
    source: Text
    basis: Literal["first_hand", "second_hand"]


def load_claims(path: Path | None = None) -> "pd.DataFrame":
    """One row per claim, C01 to C24: id, criterion, claim, lesson, measure (default: datasets/claims.csv)."""
    return _load(Path(path) if path else paths.datasets() / "claims.csv", ClaimRow)


def load_published(path: Path | None = None) -> "pd.DataFrame":
    """One row per published result; claim_ids is a list (default: datasets/published_results.csv).

    Columns: id, claim_ids, topic, setting, metric, values, source, basis.
    """
    return _load(Path(path) if path else paths.datasets() / "published_results.csv", PublishedRow)


def _load(path: Path, model: type[BaseModel]) -> "pd.DataFrame":
    """Checked rows of `path` as a DataFrame. UsageError: what is wrong, in which row."""
    import pandas as pd

    rows = check_rows(path, read_csv(path, model.model_fields), model, "id")
    return pd.DataFrame([row.model_dump() for row in rows])
