"""The search of a bake-off: how long its passages are is chosen on the training side, and told."""

from collections.abc import Sequence
from dataclasses import dataclass

from twolevers.bakeoff.models import TRIED, Models
from twolevers.bakeoff.tasks.fit import SHARE, Fitted
from twolevers.bakeoff.tasks.likeness import alike, of_documents
from twolevers.bakeoff.tasks.pairs import Support
from twolevers.bakeoff.tasks.split import Split, drawn, split
from twolevers.data.records import Document, Question
from twolevers.evaluate.deadline import Deadline
from twolevers.models.embedders.protocol import Embedder
from twolevers.retrieval.chunking import length
from twolevers.retrieval.search import Hybrid, NamedFirst, Retriever, build_index

SIZES = (40, 80)  # words; the shortest that does about as well is taken: a small model reads those better
WORSE = 0.05  # hits that a shorter passage may lose
INDEXING = 0.3  # share of the time for settling things that embedding all passages, of every size, may take
ASKED = 200  # training questions that the choice is made on
BATCH = 25  # questions between two looks at the clock
FEWEST = 16


@dataclass(frozen=True)
class Searched:
    """The questions divided, the training `pairs`, the search that all arms use, and what is to be said of it."""

    divided: Split
    pairs: list[Question]
    support: Support
    retriever: Retriever
    notes: tuple[str, ...]
    embedder: Embedder
    words: int  # that a passage has at most


def searched(
    documents: Sequence[Document], questions: Sequence[Question], models: Models, k: int, until: Deadline, seed: int
) -> Searched:
    """Index the documents, divide the questions by document, and choose the length of passages on the training side."""
    embedder, static = embedder_for(documents, models, INDEXING * until.left)
    searches = {words: search_of(documents, models, embedder, words) for words in SIZES}
    same = alike(documents) if until.left > 0 else {}
    divided = split(questions, searches[SIZES[0]], seed, same)
    answerable = [question for question in divided.training if question.answers]
    pairs = drawn(answerable, len(answerable), seed)
    support = Support({document.doc_id: document.text for document in documents})
    words, said = choose(searches, pairs, k, support, until)
    notes = (said, *static, *of_documents(documents, same))
    return Searched(divided, pairs, support, searches[words], notes, embedder, words)


def search_of(documents: Sequence[Document], models: Models, embedder: Embedder, words: int) -> Retriever:
    """Hybrid search over passages of up to `words` words, those of documents named in full first."""
    found = NamedFirst(Hybrid(build_index(documents, embedder, words), embedder))
    return Fitted(found, models.model.tokenizer, models.tokens // SHARE)


def embedder_for(documents: Sequence[Document], models: Models, seconds: float) -> tuple[Embedder, tuple[str, ...]]:
    """The sentence embedder where all passages of every size take it no more than `seconds`; else the static one.

    The choice is said in a sentence where it is the latter.
    """
    words = sum(length(document.text) for document in documents)
    passages = int(sum(words / size for size in SIZES))
    tried = [" ".join(document.text.split(maxsplit=SIZES[0])[: SIZES[0]]) for document in documents[:TRIED]]
    if passages <= models.embeds(tried, seconds):
        return models.embedder, ()
    from twolevers.models.embedders.sentence import SentenceEmbedder
    from twolevers.models.embedders.static import StaticEmbedder

    if not isinstance(models.embedder, SentenceEmbedder):  # of another kind: no word vectors to be had from it
        return models.embedder, ()

    said = f"About {words / SIZES[0]:,.0f} passages: they were embedded word by word, without the network, for time."
    return StaticEmbedder.load(models.embedder), (said,)


def choose(
    searches: dict[int, Retriever], pairs: Sequence[Question], k: int, support: Support, until: Deadline
) -> tuple[int, str]:
    """The length of passages, in words, and how it was found; `searches` by length.

    It is the shortest whose k passages hold the answer for about as many training questions as the best.
    """
    sizes = list(searches)
    asked, held = [], {words: 0 for words in sizes}
    for start in range(0, min(len(pairs), ASKED), BATCH):
        if until.left <= 0:
            break
        part = pairs[start : min(start + BATCH, ASKED)]
        for words, search in searches.items():
            found = search.search([question.text for question in part], k)
            held[words] += sum(
                any(support(passage, question) for passage in passages)
                for question, passages in zip(part, found, strict=True)
            )
        asked += part
    if len(asked) < FEWEST:
        return sizes[0], f"Passages have up to {sizes[0]} words (too few training questions to choose by)."
    hits = {words: held[words] / len(asked) for words in sizes}
    chosen = next(words for words in sizes if hits[words] >= max(hits.values()) - WORSE)
    said = ", ".join(f"{hits[words]:.2f} of them with {words} words" for words in sizes)
    return chosen, (
        f"Passages have up to {chosen} words: on {len(asked)} training questions, the {k} passages found hold the "
        f"answer to {said}."
    )
