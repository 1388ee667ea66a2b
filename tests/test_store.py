"""The LanceDB store does what its four methods promise, at once and in every open handle."""

import numpy as np
import pytest

from twolevers.errors import TwoLeversError, UsageError
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.store import LanceStore

WORDS = ["kettle", "toaster", "blender", "filter", "drawer", "warranty", "noise", "width"]


def passage(number, text=None, doc_id=None):
    text = text or f"{WORDS[number % len(WORDS)]} marker{number}"
    return Passage(f"{doc_id or f'd{number}'}#{number}", doc_id or f"d{number}", f"Title {number}", text)


def unit_vectors(n, d=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def store(tmp_path):
    store = LanceStore(tmp_path / "index")
    store.add([passage(number) for number in range(40)], unit_vectors(40))
    return store


def ids(results):
    return [[found.passage_id for found in passages] for passages in results]


def test_dense_is_exact_and_batched(store):
    queries = unit_vectors(5, seed=1)
    similarity = queries @ unit_vectors(40).T
    expected = [[f"d{index}#{index}" for index in row] for row in np.argsort(-similarity)[:, :3]]
    results = store.dense(queries, 3)
    assert ids(results) == expected
    assert [found.score for found in results[0]] == pytest.approx(np.sort(similarity[0])[::-1][:3], abs=1e-5)
    assert ids(store.dense(queries[:1], 3)) == expected[:1]
    assert store.dense(queries[:0], 3) == []


def test_bm25_finds_words_in_title_and_text(store):
    rare, title, none = store.bm25(["marker7 kettle", "title", "submarine"], 5)
    assert rare[0] == passage(7).__class__("d7#7", "d7", "Title 7", "width marker7", rare[0].score)
    assert rare[0].score > rare[1].score > 0
    assert len(title) == 5
    assert none == []


@pytest.mark.parametrize("query", ["", "?!", 'kettle "AND (x:', "-kettle", "o'neil", "кет 鍋"])
def test_any_query_is_only_words(store, query):
    assert len(store.bm25([query], 2)) == 1


def test_a_deleted_document_is_gone_at_once(store):
    assert store.delete(["d7", "d8", "absent"]) == 2
    assert store.bm25(["marker7"], 3) == [[]]
    assert "d7#7" not in ids(store.dense(unit_vectors(40)[7:8], 40))[0]
    assert store.count() == 38
    assert store.delete([]) == 0
    assert store.delete("d9") == 1


def test_a_write_shows_in_another_handle(store):
    other = LanceStore(store.path)
    assert ids(other.bm25(["marker7"], 3)) == [["d7#7"]]
    store.delete(["d7"])
    assert other.bm25(["marker7"], 3) == [[]]
    store.add([passage(50)], unit_vectors(1))
    assert ids(other.bm25(["marker50"], 3)) == [["d50#50"]]


def test_adding_a_document_again_replaces_all_its_passages(tmp_path):
    store = LanceStore(tmp_path)
    store.add([passage(number, doc_id="manual") for number in range(3)] + [passage(9)], unit_vectors(4))
    store.add([passage(0, "renewed wording", doc_id="manual")], unit_vectors(1, seed=2))
    assert store.count() == 2
    assert store.bm25(["marker1 marker2"], 3) == [[]]
    assert ids(store.bm25(["renewed"], 3)) == [["manual#0"]]
    assert ids(store.dense(unit_vectors(1, seed=2), 1)) == [["manual#0"]]
    assert ids(store.bm25(["marker9"], 3)) == [["d9#9"]]


def test_a_store_that_was_emptied_can_be_filled_again(store):
    store.delete([f"d{number}" for number in range(40)])
    store.add([passage(3), passage(4)], unit_vectors(2))
    assert ids(store.bm25(["marker3"], 3)) == [["d3#3"]]


def test_ids_with_quotes_are_plain_text(tmp_path):
    store = LanceStore(tmp_path)
    store.add([passage(0, doc_id="o'neil"), passage(1)], unit_vectors(2))
    assert store.delete(["x' OR 'a'='a"]) == 0
    assert store.delete(["o'neil"]) == 1


def test_the_key_names_the_content(tmp_path, store):
    other = LanceStore(tmp_path / "other")
    assert other.key != store.key
    order = [*range(20, 40), *range(20)]
    other.add([passage(number) for number in order], unit_vectors(40)[order])
    assert other.key == store.key
    before = store.version
    store.delete(["d7"])
    assert other.key != store.key
    assert store.version > before


def test_an_empty_store_says_so(tmp_path):
    store = LanceStore(tmp_path)
    assert (store.count(), store.version, store.delete(["d1"])) == (0, 0, 0)
    store.add([], np.empty((0, 8)))
    for search in (lambda: store.dense(unit_vectors(1), 3), lambda: store.bm25(["kettle"], 3)):
        with pytest.raises(UsageError, match="is empty: add passages"):
            search()


def test_wrong_calls_are_one_clear_line(store):
    with pytest.raises(UsageError, match="'d1#1' is given twice"):
        store.add([passage(1), passage(1)], unit_vectors(2))
    with pytest.raises(UsageError, match="2 passages with 1 vectors"):
        store.add([passage(1), passage(2)], unit_vectors(1))
    with pytest.raises(UsageError, match="length 8, not 5"):
        store.add([passage(41)], unit_vectors(1, d=5))
    with pytest.raises(UsageError, match="length 8, not 5"):
        store.dense(unit_vectors(1, d=5), 3)
    with pytest.raises(UsageError, match="finite"):
        store.add([passage(41)], np.full((1, 8), np.nan))
    with pytest.raises(UsageError, match="shape"):
        store.dense(unit_vectors(1)[0], 3)
    with pytest.raises(UsageError, match="k=0"):
        store.bm25(["kettle"], 0)
    assert store.count() == 40


def test_a_damaged_index_is_one_clear_line(store):
    for manifest in store.path.rglob("*.manifest"):
        manifest.write_bytes(b"cut")
    with pytest.raises(TwoLeversError, match="delete that folder and build it again"):
        LanceStore(store.path)
