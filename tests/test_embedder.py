"""The embedder against the plain formula, on a tiny random network; the real one where it is set up."""

import json

import numpy as np
import pytest
import torch

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models.embedders.sentence import MAX_TOKENS, SentenceEmbedder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A BERT of one layer with a word-level tokenizer, laid out like the real embedder."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    vocabulary = {word: index for index, word in enumerate(["[PAD]", "[UNK]", *"abcdefghij"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding(length=128)  # as in the released file
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=MAX_TOKENS, **sizes)
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def embedder(folder):
    return SentenceEmbedder.load(folder, torch.float32)


TEXTS = ["a b c", "d", "e f g h i j a b c d", "a b c", "j i " * 30]


def test_vectors_are_the_normalised_mean_of_the_token_states(folder, embedder):
    from transformers import BertModel

    reference = BertModel.from_pretrained(folder, dtype=torch.float32).eval()
    vectors = embedder.embed(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        ids = torch.tensor([embedder.tokenizer.encode(text).ids])
        with torch.no_grad():
            mean = reference(input_ids=ids).last_hidden_state[0].mean(0).numpy()
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_form_and_order(embedder):
    vectors = embedder.embed(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((5, 32), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[3], atol=1e-6)
    np.testing.assert_allclose(embedder.embed(TEXTS[::-1]), vectors[::-1], atol=1e-6)
    many = embedder.embed(TEXTS * 20)
    np.testing.assert_allclose(many, np.tile(vectors, (20, 1)), atol=1e-6)


def test_bfloat16_gives_nearly_the_same(folder, embedder):
    vectors = SentenceEmbedder.load(folder, torch.bfloat16).embed(TEXTS)
    assert vectors.dtype == np.float32
    assert (vectors * embedder.embed(TEXTS)).sum(1).min() > 0.999


def test_no_texts_give_no_vectors(embedder):
    assert embedder.embed([]).shape == (0, 32)


def test_a_long_text_is_cut(embedder):
    long = "a " * MAX_TOKENS
    np.testing.assert_allclose(*embedder.embed([long, long + "b c d"]), atol=1e-6)


@pytest.mark.parametrize("texts", ["a b c", [None], [3]])
def test_only_a_list_of_texts(embedder, texts):
    with pytest.raises(UsageError, match="list of texts"):
        embedder.embed(texts)


def test_the_key_names_the_files(folder, embedder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert SentenceEmbedder.load(tmp_path, torch.float32).key == embedder.key
    assert SentenceEmbedder.load(tmp_path, torch.bfloat16).key != embedder.key
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-3}))
    assert SentenceEmbedder.load(tmp_path, torch.float32).key != embedder.key


def test_missing_and_damaged_files_are_one_clear_line(folder, tmp_path):
    with pytest.raises(TwoLeversError, match=r"config.json, tokenizer.json, model.safetensors missing"):
        SentenceEmbedder.load(tmp_path)
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(TwoLeversError, match="cannot be read") as caught:
        SentenceEmbedder.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_refused(folder, tmp_path):
    from safetensors.torch import save_file

    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    save_file({"other": torch.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(TwoLeversError, match="cannot be read"):
        SentenceEmbedder.load(tmp_path)


def test_the_real_embedder_knows_what_is_alike(models):
    vectors = SentenceEmbedder.load().embed(
        [
            "How wide is the Brook kettle?",
            "What is the width of the Brook kettle?",
            "Where do I send a complaint?",
        ]
    )
    assert vectors.shape == (3, 384)
    alike, apart = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert alike > 0.9
    assert apart < 0.3
