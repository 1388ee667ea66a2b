"""The search of a bake-off: how long its passages are is chosen on the training side, and told."""

from collections.abc import Sequence

from twolevers.bakeoff.fit import SHARE, Fitted, limit
from twolevers.bakeoff.pairs import supports
from twolevers.data.records import Question
from twolevers.lessons.common.bench import PASSAGE_WORDS, Workbench
from twolevers.retrieval.chunking import length
from twolevers.retrieval.search import Hybrid, NamedFirst, Retriever, build_index
from twolevers.retrieval.tables import TextEmbedder

SIZES = (PASSAGE_WORDS, 80)  # words; the shortest that does about as well is taken: a small model reads those better
WORSE = 0.05  # hits that a shorter passage may lose
MANY = 5_000  # passages from which the static embedder is used: the network would take minutes
ASKED = 200  # training questions that the choice is made on
FEWEST = 16


def search_of(bench: Workbench, words: int = PASSAGE_WORDS) -> Retriever:
    """Hybrid search over passages of up to `words` words, those of documents named in full first."""
    embedder = embedder_for(bench)
    found = NamedFirst(Hybrid(build_index(bench.documents, embedder, words), embedder))
    return Fitted(found, bench.model.tokenizer, limit(bench.model) // SHARE)


def embedder_for(bench: Workbench) -> TextEmbedder:
    """The sentence embedder, or the static one for a large collection."""
    if sum(length(document.text) for document in bench.documents) <= MANY * PASSAGE_WORDS:
        return bench.embedder
    from twolevers.models.static_embedder import StaticEmbedder

    return StaticEmbedder.load()


def choose(bench: Workbench, pairs: Sequence[Question], k: int) -> tuple[int, str]:
    """The length of passages, in words, and how it was found.

    It is the shortest of `SIZES` whose k passages hold the answer for about as many training questions as the best.
    """
    asked = list(pairs[:ASKED])
    if len(asked) < FEWEST:
        return SIZES[0], f"Passages have up to {SIZES[0]} words (too few training questions to choose by)."
    texts = {document.doc_id: document.text for document in bench.documents}
    hits = {}
    for words in SIZES:
        found = search_of(bench, words).search([question.text for question in asked], k)
        held = [
            any(supports(passage, question, texts) for passage in passages)
            for question, passages in zip(asked, found, strict=True)
        ]
        hits[words] = sum(held) / len(held)
    chosen = next(words for words in SIZES if hits[words] >= max(hits.values()) - WORSE)
    said = ", ".join(f"{hits[words]:.2f} of them with {words} words" for words in SIZES)
    return chosen, (
        f"Passages have up to {chosen} words: on {len(asked)} training questions, the {k} passages found hold the "
        f"answer to {said}."
    )
