"""The catalogue: product pages and policies of Norvik & Tarn, one JSON object a line."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from twolevers import paths
from twolevers.data.records import Document
from twolevers.data.validate import check_rows, read_jsonl

Text = Annotated[str, Field(min_length=1)]


class DocumentRow(BaseModel):
    """One line of catalogue.jsonl."""

    doc_id: Text
    title: Text
    text: Text
    kind: Literal["product", "policy"]
    line: str
    year: int | None
    attributes: dict[str, str]
    split: Literal["train", "dev", "test", "all"]


def load_catalogue(path: Path | None = None) -> list[Document]:
    """All documents, in file order (default: datasets/catalogue.jsonl). UsageError: what is wrong, in which row."""
    path = Path(path) if path else paths.datasets() / "catalogue.jsonl"
    return [Document(**row.model_dump()) for row in check_rows(path, read_jsonl(path), DocumentRow, "doc_id")]
