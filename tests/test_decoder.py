"""The decoder computes what Hugging Face's implementation computes, whole and in pieces."""

import pytest
import torch
from safetensors.torch import load_file
from tiny import WORDS, save_rough_model, save_tiny_model
from transformers import AutoConfig, AutoModelForCausalLM

from twolevers.errors import UsageError
from twolevers.models.native.decoder import Decoder
from twolevers.models.native.proven import SUPPORTED


@pytest.fixture(params=SUPPORTED)
def pair(request, tmp_path):
    folder = save_rough_model(tmp_path / "model", request.param)
    decoder = Decoder.build(AutoConfig.from_pretrained(folder), load_file(folder / "model.safetensors"), torch.float32)
    return decoder, AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


@torch.no_grad()
def test_logits_equal_the_reference(pair):
    decoder, reference = pair
    ids = torch.randint(len(WORDS), (3, 17), generator=torch.Generator().manual_seed(0))
    ours = decoder.logits(torch.stack(decoder.prefill(ids.tolist())[0]))
    torch.testing.assert_close(ours, reference(ids).logits, atol=1e-4, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("lengths", [(6, 6, 6, 6), (1, 40, 9), (17,), (70, 33, 5)])
def test_rows_of_any_length_and_a_shared_start_change_nothing(pair, lengths):
    decoder, _ = pair
    start = torch.randint(len(WORDS), (9,)).tolist()
    rests = [torch.randint(len(WORDS), (length,)).tolist() for length in lengths]
    alone = [decoder.prefill([[*start, *rest]])[0][0][9:] for rest in rests]
    together = decoder.prefill(rests, decoder.prefill([start])[1])[0]
    for ours, expected in zip(together, alone, strict=True):
        torch.testing.assert_close(ours, expected, atol=1e-4, rtol=1e-3)


def test_with_layers_shares_the_rest(pair):
    decoder, _ = pair
    changed = decoder.with_layers({1: decoder.layers[0]})
    assert changed.layers[1] is decoder.layers[0]
    assert changed.embedding is decoder.embedding and changed.layers[2] is decoder.layers[2]


def test_other_model_types_are_named():
    with pytest.raises(UsageError, match="'gpt2' is not supported"):
        Decoder.build(AutoConfig.for_model("gpt2"), {}, torch.float32)


@pytest.mark.parametrize(
    ("kind", "changed", "said"),
    [
        ("llama", {"hidden_act": "gelu"}, "the activation 'gelu'"),
        ("llama", {"mlp_bias": True}, "biases in its MLP"),
        ("llama", {"attention_bias": True}, "a bias on the attention's output"),
        ("mistral", {"sliding_window": 64, "use_sliding_window": True}, "sliding windows"),
        ("llama", {"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4, "factor": 8.0}}, "'llama3'"),
    ],
)
def test_what_would_answer_wrongly_is_refused(kind, changed, said, tmp_path):
    folder = save_tiny_model(tmp_path / "model", kind)
    config = AutoConfig.from_pretrained(folder)
    for name, value in changed.items():
        setattr(config, name, value)
    with pytest.raises(UsageError, match=said):
        Decoder.build(config, load_file(folder / "model.safetensors"), torch.float32)


def test_a_tensor_nobody_asked_for_is_refused(tmp_path):
    folder = save_tiny_model(tmp_path / "model")
    tensors = load_file(folder / "model.safetensors") | {"model.layers.0.self_attn.o_proj.bias": torch.zeros(32)}
    with pytest.raises(UsageError, match=r"1 tensors .* 'model.layers.0.self_attn.o_proj.bias'"):
        Decoder.build(AutoConfig.from_pretrained(folder), tensors, torch.float32)
