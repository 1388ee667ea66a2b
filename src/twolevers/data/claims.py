"""The article's claims, the comparisons that decide them, and published results to set beside our own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, computed_field

from twolevers import paths
from twolevers.data.validate import check_rows, read_csv

if TYPE_CHECKING:
    import pandas as pd

ClaimId = Annotated[str, Field(pattern=r"^C\d\d$")]
Lesson = Annotated[str, Field(pattern=r"^\d\d_[a-z_]+$")]
Text = Annotated[str, Field(min_length=1)]


def split_ids(value: Any) -> Any:
    """'C03;C20' as a list."""
    return value.split(";") if isinstance(value, str) else value


class ClaimRow(BaseModel):
    """One row of claims.csv: what the article says, the lesson (its stem) that measures it, and how.

    `claim` is shortened, in our words; `source` is the wording that quotations of the article are taken from.
    `published`: which way the rows of published_results.csv on this claim point ("none": it has none).
    """

    id: ClaimId
    criterion: Text
    claim: Text
    source: Text
    lesson: Lesson
    measure: Text
    published: Literal["for", "mixed", "against", "none"]


class ComparisonRow(BaseModel):
    """One row of comparisons.csv: what a claim says of a row of evidence, and from which margin on it matters.

    `comparison` "a > b" (or "a < b") speaks of the evidence with arm "a - b"; in `metric`, `*` is any text.
    `by_construction` says why it could not be lost; "" where it could.
    """

    claim: ClaimId
    lesson: Lesson
    comparison: Annotated[str, Field(pattern=r"^[^<>]+ [<>] [^<>]+$")]
    metric: Text
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    by_construction: str = ""

    @computed_field
    @property
    def arm(self) -> str:
        """As evidence names it: "a - b"."""
        return self.comparison.replace(" > ", " - ").replace(" < ", " - ")

    @computed_field
    @property
    def expected(self) -> str:
        """The claimed direction of the difference, as `judge` takes it."""
        return "higher" if " > " in self.comparison else "lower"

    @property
    def key(self) -> str:
        """What makes a row unique."""
        return f"{self.claim}, {self.lesson}, {self.comparison}, {self.metric}"


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
    """One row per claim, C01 to C24: id, criterion, claim, source, lesson, measure, published (default: claims.csv)."""
    return _load(Path(path) if path else paths.datasets() / "claims.csv", ClaimRow, "id")


def load_comparisons(path: Path | None = None) -> "pd.DataFrame":
    """One row per comparison that decides a claim (default: datasets/comparisons.csv).

    Columns: claim, lesson, comparison, metric, margin, by_construction, arm, expected ("higher" or "lower").
    """
    return _load(Path(path) if path else paths.datasets() / "comparisons.csv", ComparisonRow, "key")


def foregone(lesson: str, metric: str) -> dict[str, str]:
    """The comparisons ("a > b") of a lesson's metric that could not be lost, with the reason."""
    rows = load_comparisons()
    rows = rows[(rows["lesson"] == lesson) & (rows["metric"] == metric) & (rows["by_construction"] != "")]
    return dict(zip(rows["comparison"], rows["by_construction"], strict=True))


def load_published(path: Path | None = None) -> "pd.DataFrame":
    """One row per published result; claim_ids is a list (default: datasets/published_results.csv).

    Columns: id, claim_ids, topic, setting, metric, values, source, basis.
    """
    return _load(Path(path) if path else paths.datasets() / "published_results.csv", PublishedRow, "id")


def _load(path: Path, model: type[BaseModel], key: str) -> "pd.DataFrame":
    """Checked rows of `path` as a DataFrame. UsageError: what is wrong, in which row."""
    import pandas as pd

    rows = check_rows(path, read_csv(path, model.model_fields), model, key)
    return pd.DataFrame([row.model_dump() for row in rows])
