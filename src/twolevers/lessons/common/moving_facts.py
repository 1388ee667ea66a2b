"""What lessons 02 and 05 share: an index that follows changed pages, and answers told apart by when they were true."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from twolevers.arms.rag import Rag
from twolevers.data.records import Document, Question
from twolevers.evaluate.run import score
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.evaluate.scorers.outcomes import OUTCOMES
from twolevers.evaluate.scorers.protocol import Scorer
from twolevers.lessons.common.bench import PASSAGE_WORDS, Workbench
from twolevers.models.api import LanguageModel
from twolevers.models.embedders.protocol import Embedder
from twolevers.retrieval.chunking import Passage, chunk
from twolevers.retrieval.protocol import Store
from twolevers.retrieval.search import Hybrid, NamedFirst, Retriever


@dataclass(frozen=True)
class Refresh:
    """What one refresh of an index did. `pages`: new or changed; `seconds`: until all of it can be searched."""

    pages: int
    deleted: int
    passages: int
    seconds: float


def refresh(store: Store, embedder: Embedder, before: Sequence[Document], after: Sequence[Document]) -> Refresh:
    """Bring `store` from the pages `before` to those `after`: only what changed is cut, embedded and written."""
    began = time.perf_counter()
    known = {page.doc_id: (page.title, page.text) for page in before}
    changed = [page for page in after if known.get(page.doc_id) != (page.title, page.text)]
    gone = known.keys() - {page.doc_id for page in after}
    passages = chunk(changed, PASSAGE_WORDS)
    if passages:
        store.add(passages, embedder.embed([passage.searchable for passage in passages]))
    store.delete(gone)
    return Refresh(len(changed), len(gone), len(passages), time.perf_counter() - began)


def search_in(store: Store, embedder: Embedder) -> NamedFirst:
    """The course's search over a store: hybrid, products named in full first."""
    return NamedFirst(Hybrid(store, embedder))


class Handed(Rag):
    """Arm `rag` with passages that were found before, by the question's id; its key does not change with them."""

    def __init__(self, model: LanguageModel, found: Mapping[str, Sequence[Passage]]):
        super().__init__(model, Nothing())
        self.found = found

    def look_up(self, questions: Sequence[Question]) -> list[list[Passage]]:
        """The passages handed over."""
        return [list(self.found[question.question_id]) for question in questions]


class Nothing:
    """A search that finds nothing."""

    name = key = "nothing"

    def search(self, queries: Sequence[str], k: int = 3) -> list[list[Passage]]:
        """An empty list for each query."""
        return [[] for _ in queries]


def read(bench: Workbench, retriever: Retriever, questions: Sequence[Question], k: int) -> pd.DataFrame:
    """Arm `rag` over an index that moves (columns of `evaluate.run`): a prompt that was answered before is not asked
    again, though the rest of the index may have changed since."""
    return read_found(bench, questions, retriever.search([question.text for question in questions], k))


def read_found(
    bench: Workbench,
    questions: Sequence[Question],
    found: Sequence[Sequence[Passage]],
    scorer: Scorer = FACTS,
) -> pd.DataFrame:
    """As `read`, with the passages of each question; each prompt is asked once, however often it comes."""
    ids = [_digest(question.text, passages) for question, passages in zip(questions, found, strict=True)]
    once = {name: replace(question, question_id=name) for name, question in zip(ids, questions, strict=True)}
    handed = Handed(bench.model, dict(zip(ids, found, strict=True)))
    said = dict(zip(once, bench.answers([handed], list(once.values()))[handed.name], strict=True))
    return score({handed.name: [said[name] for name in ids]}, questions, scorer)


def outcomes(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """One row per arm of a frame with the column `outcome`: n, and how many answers came out how."""
    counts = pd.crosstab(frame["arm"], frame["outcome"]).reindex(columns=list(OUTCOMES), fill_value=0)
    table = counts.reindex([arm for arm in labels if arm in counts.index]).rename(index=labels)
    table.insert(0, "n", table.sum(axis=1))
    return table.rename_axis("arm").rename_axis(columns=None)


def _digest(question: str, passages: Sequence[Passage]) -> str:
    shown = [question, *((passage.doc_id, passage.searchable) for passage in passages)]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]
