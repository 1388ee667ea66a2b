"""What travels through an experiment: documents and questions."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """One page of the catalogue. `split` is train, dev or test by product line; policies belong to all."""

    doc_id: str
    title: str
    text: str
    kind: str
    line: str
    year: int | None
    attributes: dict[str, str]
    split: str


@dataclass(frozen=True)
class Question:
    """One wording of a question. `answers` are the accepted spellings, canonical first; none: not answerable."""

    question_id: str
    text: str
    answers: tuple[str, ...]
    kind: str
    doc_ids: tuple[str, ...]
    entity: str
    attribute: str
    split: str

    @property
    def answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return bool(self.answers)
