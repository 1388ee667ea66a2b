"""Dense, BM25 and hybrid search, and the index they share."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
from stand_ins import LetterEmbedder

from twolevers.data.catalogue import load_catalogue
from twolevers.errors import TwoLeversError, UsageError
from twolevers.retrieval import search as search_module
from twolevers.retrieval.chunking import Passage, chunk
from twolevers.retrieval.search import Bm25, Dense, Hybrid, NamedFirst, build_index, build_large_index, fuse
from twolevers.retrieval.store import LanceStore


class WordEmbedder:
    """A stand-in: every word is a fixed random direction, a text the normalised sum of its words."""

    key = "words"

    def __init__(self):
        self.calls = 0

    def embed(self, texts):
        self.calls += 1
        vectors = np.array([sum(self._word(word) for word in text.lower().replace(".", "").split()) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def _word(self, word):
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
        return np.random.default_rng(seed).normal(size=64)


TEXTS = {
    "kettle": "The kettle boils one litre. Descale it monthly.",
    "toaster": "The toaster has two slots. Empty the crumb tray weekly.",
    "blender": "The blender crushes ice. Rinse the jug after use.",
}
DOCUMENTS = [SimpleNamespace(doc_id=name, title=name.title(), text=text) for name, text in TEXTS.items()]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path))
    return tmp_path / "cache" / "index"


@pytest.fixture
def embedder():
    return WordEmbedder()


@pytest.fixture
def store(cache, embedder):
    return build_index(DOCUMENTS, embedder, max_words=5)


def ranking(*names):
    return [Passage(name, name, "", "") for name in names]


def test_fusion_by_hand():
    fused = fuse([ranking("a", "b", "c"), ranking("c", "a")])
    assert [found.passage_id for found in fused] == ["a", "c", "b"]
    assert [found.score for found in fused] == pytest.approx([1 / 61 + 1 / 62, 1 / 63 + 1 / 61, 1 / 62])


def test_fusion_of_little():
    assert fuse([]) == []
    assert [found.passage_id for found in fuse([ranking("b"), ranking("a")])] == ["a", "b"]
    assert [found.passage_id for found in fuse([[], ranking("b", "a")])] == ["b", "a"]


def test_every_search_finds_the_passage_best_first(store, embedder):
    for search in (Dense(store, embedder), Bm25(store), Hybrid(store, embedder)):
        results = search.search(["descale the kettle", "crumb tray"], k=2)
        assert [found[0].doc_id for found in results] == ["kettle", "toaster"]
        for found in results:
            assert len(found) <= 2
            assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)


def test_queries_are_embedded_in_one_batch(store, embedder):
    before = embedder.calls
    Hybrid(store, embedder).search(["kettle", "toaster", "blender"])
    assert embedder.calls == before + 1


def test_hybrid_is_the_fusion_of_both(store, embedder):
    queries = ["rinse the toaster"]
    expected = fuse([Dense(store, embedder).search(queries, 30)[0], Bm25(store).search(queries, 30)[0]])
    assert Hybrid(store, embedder).search(queries, k=3)[0] == expected[:3]


class Fixed:
    """A search whose order is given: passages called after their titles."""

    name = "fixed"
    key = "fixed"

    def __init__(self, *titles):
        self.passages = [Passage(title, title, title, "", 1 / rank) for rank, title in enumerate(titles, start=1)]

    def search(self, queries, k):
        return [self.passages[:k] for _ in queries]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("How wide is the brook 2022's tray?", ["Brook 2022", "Brook 2023", "Returns", ""]),
        ("Is the Brook 2023 wider than the Brook 2022?", ["Brook 2023", "Brook 2022", "Returns", ""]),
        ("How wide is the Brook?", ["Brook 2023", "Returns", "", "Brook 2022"]),
        ("", ["Brook 2023", "Returns", "", "Brook 2022"]),
    ],
)
def test_documents_named_in_full_come_first(query, expected):
    search = NamedFirst(Fixed("Brook 2023", "Returns", "", "Brook 2022"))
    assert [found.title for found in search.search([query], k=4)[0]] == expected
    assert [found.title for found in search.search([query], k=1)[0]] == expected[:1]


def test_keys_tell_search_embedder_and_content_apart(store, embedder, tmp_path):
    searches = [Dense(store, embedder), Bm25(store), Hybrid(store, embedder), NamedFirst(Bm25(store))]
    assert len({search.key for search in searches}) == len({search.name for search in searches}) == 4
    other = LanceStore(tmp_path / "other")
    passages = chunk(DOCUMENTS[:2], 5)
    other.add(passages, embedder.embed([passage.searchable for passage in passages]))
    assert Dense(other, embedder).key != Dense(store, embedder).key


def test_an_index_is_built_once(store, cache, embedder):
    calls = embedder.calls
    again = build_index(DOCUMENTS, embedder, max_words=5)
    assert embedder.calls == calls
    assert again.key == store.key
    assert again.path == store.path
    assert [path.name for path in cache.iterdir() if path.is_dir()] == [store.path.name]


def test_other_content_or_embedder_is_another_index(store, embedder):
    assert build_index(DOCUMENTS[:2], embedder, max_words=5).path != store.path
    assert build_index(DOCUMENTS, embedder, max_words=60).path != store.path
    embedder.key = "other"
    assert build_index(DOCUMENTS, embedder, max_words=5).path != store.path


def test_an_edited_index_is_built_again(store, embedder):
    store.delete(["kettle"])
    with pytest.warns(UserWarning, match="index kept in .* made again"):
        again = build_index(DOCUMENTS, embedder, max_words=5)
    assert again.bm25(["kettle"], 1)[0][0].doc_id == "kettle"


def test_an_unfinished_or_damaged_index_is_built_again(store, embedder):
    folder = store.path
    (folder / "key.txt").unlink()
    with pytest.warns(UserWarning, match="index kept in .* made again") as said:
        assert build_index(DOCUMENTS, embedder, max_words=5).count() == 6
    assert len(said) == 1
    for manifest in folder.rglob("*.manifest"):
        manifest.write_bytes(b"cut")
    with pytest.warns(UserWarning, match="index kept in .* made again"):
        assert build_index(DOCUMENTS, embedder, max_words=5).count() == 6


def test_what_an_interrupted_build_left_is_cleared(store, embedder, cache, monkeypatch):
    def interrupted(texts):
        raise KeyboardInterrupt

    other = DOCUMENTS[:1]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(embedder, "embed", interrupted)
        build_index(other, embedder)
    assert build_index(other, embedder).count() == 1
    assert not list(cache.glob("*.part"))


def test_nothing_to_index_is_one_clear_line(cache, embedder):
    with pytest.raises(UsageError, match="hold no text"):
        build_index([], embedder)


def test_a_place_that_cannot_be_written_is_one_clear_line(cache, embedder):
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(TwoLeversError, match="Nothing can be kept"):
        build_index(DOCUMENTS, embedder)


def test_the_catalogue_is_hidden_in_a_crowd(cache, monkeypatch):
    monkeypatch.setattr(search_module, "LARGE", 3_000)
    pages, embedder = load_catalogue(), LetterEmbedder()
    own = chunk(pages, 40)
    small = build_large_index(pages, embedder, 2_000, max_words=40)
    large = build_large_index(pages, embedder, 3_000, max_words=40)
    assert [(store.count(), store.approximate) for store in (small, large)] == [(2_000, False), (3_000, True)]
    for store in (small, large):
        assert Bm25(store).search(["the Brisola 2022"], 1)[0][0].title == "Brisola 2022"
        assert Dense(store, embedder).search([own[0].searchable], 1)[0][0].doc_id == own[0].doc_id
    calls = embedder.calls
    assert build_large_index(pages, embedder, 3_000, max_words=40).path == large.path
    assert embedder.calls == calls
    with pytest.raises(UsageError, match="ask for as many or more, not 10"):
        build_large_index(pages, embedder, 10, max_words=40)
