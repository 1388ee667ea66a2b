"""Both stores do what the protocol promises, at once and in every open handle; LanceDB also goes back in time."""

import numpy as np
import pytest

from twolevers.errors import TwoLeversError, UsageError
from twolevers.retrieval import store as store_module
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.milvus import MilvusStore
from twolevers.retrieval.store import LanceStore
from twolevers.retrieval.tables import table_of, with_vectors

WORDS = ["kettle", "toaster", "blender", "filter", "drawer", "warranty", "noise", "width"]


def passage(number, text=None, doc_id=None):
    text = text or f"{WORDS[number % len(WORDS)]} marker{number}"
    return Passage(f"{doc_id or f'd{number}'}#{number}", doc_id or f"d{number}", f"Title {number}", text)


def unit_vectors(n, d=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(params=["lance", "milvus"])
def make(request, tmp_path):
    """`make("name")` opens the store of that name, each engine in turn."""
    if request.param == "lance":
        yield lambda name="index": LanceStore(tmp_path / name)
        return
    pytest.importorskip("pymilvus", reason="Milvus needs the extra: pip install 'twolevers[milvus]'")
    opened = []

    def milvus(name="index"):
        opened.append(MilvusStore(tmp_path / f"{name}.db"))
        return opened[-1]

    yield milvus
    for store in opened:
        store.close()


@pytest.fixture
def store(make):
    store = make()
    store.add([passage(number) for number in range(40)], unit_vectors(40))
    return store


@pytest.fixture
def lance(tmp_path):
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


def test_few_passages_are_compared_in_memory_as_the_database_compares_many(lance, monkeypatch):
    queries = np.vstack([unit_vectors(5, seed=1), 3 * unit_vectors(1, seed=2), np.zeros((1, 8), np.float32)])
    held = lance.dense(queries[:6], 50)
    assert [len(found) for found in held] == [40] * 6
    assert len(lance.dense(queries[6:], 3)[0]) == 3, "a vector of no length is as far from all"
    monkeypatch.setattr(store_module, "IN_MEMORY", 0)
    read = lance.dense(queries[:6], 50)
    assert ids(held) == ids(read)
    assert [one.score for one in held[5]] == pytest.approx([one.score for one in read[5]], abs=1e-5)


def test_an_approximate_index_finds_nearly_all(tmp_path):
    store = LanceStore(tmp_path / "many")
    store.add([passage(number) for number in range(4_100)], unit_vectors(4_100))
    store.build_ann()
    assert store.approximate
    queries = unit_vectors(20, seed=3)
    near, found = store.exact(queries, 10), store.dense(queries, 10)
    shared = [len({*a} & {*b}) for a, b in zip(ids(near), ids(found), strict=True)]
    assert np.mean(shared) >= 9.5


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


def test_a_write_shows_in_another_handle(make, store):
    other = make()
    assert ids(other.bm25(["marker7"], 3)) == [["d7#7"]]
    store.delete(["d7"])
    assert other.bm25(["marker7"], 3) == [[]]
    store.add([passage(50)], unit_vectors(1))
    assert ids(other.bm25(["marker50"], 3)) == [["d50#50"]]


def test_adding_a_document_again_replaces_all_its_passages(make):
    store = make()
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


def test_ids_with_quotes_are_plain_text(make):
    store = make()
    store.add([passage(0, doc_id="o'neil"), passage(1)], unit_vectors(2))
    assert store.delete(["x' OR 'a'='a"]) == 0
    assert store.delete(["o'neil"]) == 1


def test_the_key_names_the_content(make, store):
    other = make("other")
    assert other.key != store.key
    order = [*range(20, 40), *range(20)]
    other.add([passage(number) for number in order], unit_vectors(40)[order])
    assert other.key == store.key
    store.delete(["d7"])
    assert other.key != store.key
    store.add([passage(7)], unit_vectors(40)[7:8])
    assert other.key == store.key
    store.add([passage(7, "other wording")], unit_vectors(40)[7:8])
    assert other.key != store.key


def test_an_empty_store_says_so(make):
    store = make()
    assert (store.count(), store.delete(["d1"])) == (0, 0)
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


def many(n=600, d=16):
    """Passages and vectors in 20 loose groups, so that an approximate index has something to go by."""
    middles, noise = unit_vectors(20, d)[np.arange(n) % 20], unit_vectors(n, d, seed=3)
    vectors = middles + 0.5 * noise
    return [passage(number) for number in range(n)], vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_an_approximate_index_finds_nearly_the_same_and_keeps_up(make):
    store, (passages, vectors) = make(), many()
    store.add(passages, vectors)
    queries = vectors[::60] + 0.1 * unit_vectors(10, 16, seed=4)
    exact, key = store.dense(queries, 10), store.key
    store.build_ann()
    assert store.key != key
    found = store.dense(queries, 10)
    recall = [len(set(one) & set(other)) / 10 for one, other in zip(ids(exact), ids(found), strict=True)]
    assert np.mean(recall) > 0.8
    new = unit_vectors(1, 16, seed=5)
    store.add([passage(900)], new)
    assert ids(store.dense(new, 1)) == ids(store.bm25(["marker900"], 1)) == [["d900#900"]]
    store.delete(["d900"])
    assert "d900#900" not in ids(store.dense(new, 10))[0]
    assert store.bm25(["marker900"], 1) == [[]]


def test_the_exact_search_stays_at_hand(lance):
    passages, vectors = many()
    lance.delete({f"d{number}" for number in range(40)})
    other = LanceStore(lance.path.parent / "many")
    other.add(passages, vectors)
    before = other.dense(vectors[:3], 10)
    other.build_ann()
    assert other.approximate
    assert ids(other.exact(vectors[:3], 10)) == ids(before)
    with pytest.raises(UsageError, match="needs 256 passages or more"):
        lance.build_ann()


class Lengths:
    """A stand-in embedder: a text's length decides its vector."""

    key = "lengths"

    def embed(self, texts):
        angles = np.array([len(text) for text in texts]) / 100
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_tables_load_as_passages_do(tmp_path):
    passages = [passage(number) for number in range(30)] + [Passage("x#0", "x", "", "without a title")]
    one, other = LanceStore(tmp_path / "one"), LanceStore(tmp_path / "other")
    one.add(passages, Lengths().embed([found.searchable for found in passages]))
    other.load(with_vectors((table_of(passages[start : start + 10]) for start in range(0, 31, 10)), Lengths()))
    assert (other.count(), other.key) == (31, one.key)
    for search in ("dense", "exact"):
        queries = Lengths().embed(["word" * 5, "a title and a text"])
        assert getattr(one, search)(queries, 5) == getattr(other, search)(queries, 5)
    assert one.bm25(["title marker7"], 5) == other.bm25(["title marker7"], 5)
    with pytest.raises(UsageError, match="is in use"):
        other.load([])


def test_an_interrupted_load_leaves_nothing(tmp_path):
    def cut():
        yield from with_vectors([table_of([passage(1)])], Lengths())
        raise KeyboardInterrupt

    store = LanceStore(tmp_path)
    with pytest.raises((KeyboardInterrupt, RuntimeError)):  # LanceDB reads in a thread of its own
        store.load(cut())
    with pytest.raises(UsageError, match="no passage to load"):
        store.load([])
    again = LanceStore(tmp_path)
    assert again.count() == 0
    again.add([passage(1)], unit_vectors(1))
    assert again.count() == 1


def test_a_tag_keeps_a_version(lance):
    before, queries = lance.key, unit_vectors(40)[7:8]
    lance.tag("january")
    lance.delete(["d7"])
    lance.add([passage(50)], unit_vectors(1, seed=9))
    then = lance.at("january")
    assert (then.key, then.count(), then.version) == (before, 40, lance.tags()["january"])
    assert ids(then.bm25(["marker7 marker50"], 5)) == ids(then.dense(queries, 1)) == [["d7#7"]]
    assert ids(lance.bm25(["marker7 marker50"], 5)) == [["d50#50"]]
    assert lance.version > then.version
    for write in (lambda: then.delete(["d1"]), lambda: then.add([passage(1)], queries), lambda: then.tag("x")):
        with pytest.raises(UsageError, match="as of 'january', to be searched only"):
            write()
    with pytest.raises(UsageError, match="has no tag 'march'"):
        lance.at("march")
    with pytest.raises(UsageError, match="'january' is in use"):
        lance.tag("january")


def test_a_store_without_passages_has_no_versions(tmp_path):
    store = LanceStore(tmp_path)
    assert (store.version, store.tags(), store.approximate) == (0, {}, False)
    with pytest.raises(UsageError, match="is empty"):
        store.tag("january")


def test_milvus_says_what_is_wrong_with_its_place(tmp_path):
    pytest.importorskip("pymilvus", reason="Milvus needs the extra: pip install 'twolevers[milvus]'")
    (tmp_path / "file.db").write_text("not a folder")
    with pytest.raises(TwoLeversError, match="Milvus cannot be opened at"):
        MilvusStore(tmp_path / "file.db")


def test_a_damaged_index_is_one_clear_line(lance):
    for manifest in lance.path.rglob("*.manifest"):
        manifest.write_bytes(b"cut")
    with pytest.raises(TwoLeversError, match="delete that folder and build it again"):
        LanceStore(lance.path)
