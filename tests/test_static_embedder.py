"""The static embedder against its formula on a tiny table; the real one beside the network it comes from."""

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from twolevers.errors import UsageError
from twolevers.models.embedders.static import SIF, StaticEmbedder, distil

WORDS = ["[CLS]", "[SEP]", "[UNK]", "the", "kettle", "boils", "toaster", "##s"]


class TinyEmbedder:
    """A stand-in for `SentenceEmbedder`: the network gives every token a state of its own, moved by its neighbours."""

    key = "tiny"

    def __init__(self):
        self.tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, "[UNK]"))
        self.tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        self.tokenizer.post_processor = processors.BertProcessing(("[SEP]", 1), ("[CLS]", 0))
        self.states = torch.randn(len(WORDS), 6, generator=torch.Generator().manual_seed(0))
        self.calls = 0

    def encoder(self, ids, lengths):
        assert (lengths == ids.shape[1]).all()
        self.calls += 1
        states = self.states[ids]
        return states + 0.1 * states.roll(1, 1)


@pytest.fixture
def static(home):
    return StaticEmbedder.load(TinyEmbedder())


def test_a_text_is_the_normalised_mean_of_its_tokens(static):
    vectors = static.embed(["the kettle boils", "toaster", "the the kettle"])
    table = static.table.numpy()
    for vector, places in zip(vectors, [[3, 4, 5], [6], [3, 3, 4]], strict=True):
        mean = table[places].mean(axis=0)
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_frequent_tokens_count_less_and_directions_shrink():
    table = distil(TinyEmbedder(), dimension=3)
    full = distil(TinyEmbedder(), dimension=6)
    assert (table.shape, table.dtype) == ((8, 3), np.float32)
    np.testing.assert_allclose(table, full[:, :3], atol=1e-6)
    zipf = 1 / (np.arange(8) + 2)
    weights = SIF / (SIF + zipf / zipf.sum())
    assert (np.diff(weights) > 0).all()
    plain = full / weights[:, None]  # rotated and centred: distances between tokens are those of the embedder
    states = TinyEmbedder().states.numpy()
    np.testing.assert_allclose(np.linalg.norm(plain[4] - plain[6]), np.linalg.norm(states[4] - states[6]), rtol=1e-3)
    assert (np.diff(plain.var(axis=0)) <= 1e-9).all()


def test_form(static):
    vectors = static.embed(["kettle"] * 5_000 + ["", "toaster"])
    assert (vectors.shape, vectors.dtype) == ((5_002, static.dimension), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors[[0, 4_999, 5_001]], axis=1), 1, atol=1e-5)
    assert not vectors[5_000].any()
    assert static.embed([]).shape == (0, static.dimension)
    with pytest.raises(UsageError, match="wrap a single one"):
        static.embed("kettle")


def test_distilled_once_and_again_when_damaged(home, static):
    tiny = TinyEmbedder()
    again = StaticEmbedder.load(tiny)
    assert tiny.calls == 0
    np.testing.assert_array_equal(again.table, static.table)
    assert again.key == static.key
    [path] = (home / "cache" / "static").iterdir()
    path.write_bytes(b"cut")
    np.testing.assert_array_equal(StaticEmbedder.load(tiny).table, static.table)
    assert tiny.calls == 1
    tiny.key = "other"
    assert StaticEmbedder.load(tiny).key != static.key
    assert tiny.calls == 2


@pytest.mark.notebook
@pytest.mark.model
@pytest.mark.slow
def test_the_real_one_finds_most_products(course, monkeypatch):
    """Weaker than the network it comes from, and far better than chance (one in 151 pages); as lesson 04 left it."""
    monkeypatch.setenv("TWOLEVERS_HOME", str(course.home))
    from twolevers.data.catalogue import load_catalogue
    from twolevers.data.questions import ask, load_questions
    from twolevers.retrieval.search import Dense, build_index

    embedder = StaticEmbedder.load()
    questions = load_questions()
    asked = ask(questions[questions.kind == "fact"].sample(100, random_state=0))
    search = Dense(build_index(load_catalogue(), embedder, 40), embedder)
    found = search.search([question.text for question in asked], k=3)
    hits = [
        any(passage.doc_id in question.doc_ids for passage in three)
        for question, three in zip(asked, found, strict=True)
    ]
    assert np.mean(hits) > 0.5
