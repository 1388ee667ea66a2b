"""Which texts are nearly the same, so that they stay on one side of a division; and what many of them share."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import regex

from twolevers.data.records import Document
from twolevers.retrieval.chunking import sentences

SAME = 0.9  # cosine of the letter counts from which two texts are taken for one
# A sentence is boilerplate from this share of the texts on: the shorter one, and the one of at least `LONG` words.
MOST, MANY, LONG, SHORTEST = 0.5, 0.2, 12, 3
LOOKED_AT, READ, NAMED = 500, 2_000, 3  # documents, letters of each, and pairs that are told
WORD = regex.compile(r"[\w\p{M}]+")


def near_duplicates(texts: Sequence[str]) -> np.ndarray:
    """A group number for each text (n,): texts alike to `SAME` in their letter triples, directly or through others.

    Case, punctuation and boilerplate do not count, unless a text holds nothing else.
    """
    from scipy.sparse.csgraph import connected_components
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import radius_neighbors_graph

    shared = boilerplate(texts)
    plain = [" ".join(WORD.findall(_without(text, shared).casefold())) or text.strip() or "-" for text in texts]
    counts = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit_transform(plain)
    near = radius_neighbors_graph(counts, 1 - SAME, metric="cosine", include_self=True)
    return connected_components(near, directed=False)[1]


def boilerplate(texts: Sequence[str]) -> frozenset[str]:
    """Sentences that many of the texts hold, word for word."""
    held = Counter(part for text in texts for part in set(sentences(text)))
    found = set()
    for part, times in held.items():
        words = len(part.split())
        if times > 2 and words >= SHORTEST and times >= (MANY if words >= LONG else MOST) * len(texts):
            found.add(part)
    return frozenset(found)


def named(texts: Sequence[str]) -> tuple[str, ...]:
    """The boilerplate of `texts` in a sentence for the report; nothing where there is none beside other words."""
    shared = boilerplate(texts)
    longest = max(shared, key=len, default="")
    among = sum(longest in sentences(text) and _without(text, shared) != text for text in texts) if longest else 0
    if not among:
        return ()
    return (
        f"{among} of {len(texts)} texts share boilerplate ({longest[:60]!r}…): it was left out where near-duplicates "
        "were looked for, and every arm reads it.",
    )


def alike(documents: Sequence[Document]) -> dict[str, str]:
    """Each document that is nearly the same as another, by id, with the id of the first of its kind.

    Of more than `LOOKED_AT` documents the first so many are looked at, of a long one its first `READ` letters.
    """
    looked_at = documents[:LOOKED_AT]
    groups = near_duplicates([document.text[:READ] for document in looked_at]).tolist()
    sizes, first = Counter(groups), {}
    for group, document in zip(groups, looked_at, strict=True):
        first.setdefault(group, document.doc_id)
    together = zip(groups, looked_at, strict=True)
    return {document.doc_id: first[group] for group, document in together if sizes[group] > 1}


def of_documents(documents: Sequence[Document], same: Mapping[str, str]) -> tuple[str, ...]:
    """What documents share, in sentences for the report: boilerplate, and which are nearly the `same` (see `alike`)."""
    texts = [document.text[:READ] for document in documents[:LOOKED_AT]]
    said = []
    if shared := boilerplate(texts):
        longest = max(shared, key=len)
        held = sum(any(part in shared for part in sentences(text)) for text in texts)
        said.append(
            f"{held} of {len(texts)} documents share boilerplate, such as {longest[:60]!r}…: it fills passages and "
            "looks alike to the search. Take it out of the documents if you can."
        )
    if same:
        pairs = [f"{name[:60]} and {first[:60]}" for name, first in same.items() if name != first]
        more = f"; and {len(pairs) - NAMED} more" if len(pairs) > NAMED else ""
        said.append(
            f"{len(same)} documents are nearly the same as another ({'; '.join(pairs[:NAMED])}{more}): they went to "
            "one side together, and the search can mistake them."
        )
    return tuple(said)


def _without(text: str, shared: frozenset[str]) -> str:
    """The text without its boilerplate, or as it is where nothing else would be left."""
    if not shared:
        return text
    return " ".join(part for part in sentences(text) if part not in shared) or text
