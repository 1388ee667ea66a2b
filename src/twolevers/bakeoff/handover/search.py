"""The search of a handover: its index, asked as in the bake-off."""

from pathlib import Path
from typing import Any

from twolevers.models.native.model import Chat


def chat(folder: Path, question: str, about: dict[str, Any]) -> Chat:
    """The prompt for a question, with the passages that index/ holds on it; `about` is handover.json."""
    from twolevers.arms.prompts import build
    from twolevers.models.embedders.sentence import SentenceEmbedder
    from twolevers.models.embedders.static import StaticEmbedder
    from twolevers.retrieval.search import Hybrid, NamedFirst
    from twolevers.retrieval.store import LanceStore

    embedder = StaticEmbedder.load() if about["embedder"] == "static" else SentenceEmbedder.load()
    search = NamedFirst(Hybrid(LanceStore(folder / "index"), embedder))
    (passages,) = search.search([question], about["k"])
    return build(question, passages, about["instruction"])
