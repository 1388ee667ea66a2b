"""The decoder computes what Hugging Face's implementation computes, whole and in pieces."""

import pytest
import torch
from safetensors.torch import load_file
from tiny import WORDS, save_tiny_model
from transformers import AutoConfig, AutoModelForCausalLM

from twolevers.errors import UsageError
from twolevers.models.decoder import SUPPORTED, Decoder, attend, causal


@pytest.fixture(params=SUPPORTED)
def pair(request, tmp_path):
    folder = save_tiny_model(tmp_path / "model", request.param)
    decoder = Decoder.build(AutoConfig.from_pretrained(folder), load_file(folder / "model.safetensors"), torch.float32)
    return decoder, AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


@torch.no_grad()
def test_logits_equal_the_reference(pair):
    decoder, reference = pair
    ids = torch.randint(len(WORDS), (3, 17), generator=torch.Generator().manual_seed(0))
    ours = decoder.logits(decoder.prefill(ids)[0])
    torch.testing.assert_close(ours, reference(ids).logits, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_a_shared_start_changes_nothing(pair):
    decoder, _ = pair
    start, rest = torch.randint(len(WORDS), (1, 9)), torch.randint(len(WORDS), (4, 6))
    whole = decoder.prefill(torch.cat([start.expand(4, -1), rest], dim=1))[0][:, 9:]
    pasts = decoder.prefill(start)[1]
    torch.testing.assert_close(decoder.prefill(rest, pasts)[0], whole, atol=1e-5, rtol=1e-4)


def test_grouped_attention_equals_torch():
    query, key, value = torch.randn(2, 6, 5, 8), torch.randn(2, 3, 9, 8), torch.randn(2, 3, 9, 8)
    mask = causal(5, 4)
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=True)
    torch.testing.assert_close(attend(query, key, value, mask), expected, atol=1e-5, rtol=1e-4)


def test_with_layers_shares_the_rest(pair):
    decoder, _ = pair
    changed = decoder.with_layers({1: decoder.layers[0]})
    assert changed.layers[1] is decoder.layers[0]
    assert changed.embedding is decoder.embedding and changed.layers[2] is decoder.layers[2]


def test_other_model_types_are_named():
    with pytest.raises(UsageError, match="'gpt2' is not supported"):
        Decoder.build(AutoConfig.for_model("gpt2"), {}, torch.float32)
