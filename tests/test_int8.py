"""Rounding to 8-bit integers: evening out changes nothing by itself, and the answers stay close."""

import pytest
import torch
from safetensors.torch import load_file
from tiny import WORDS, save_tiny_model
from transformers import AutoConfig

from twolevers.models.native import int8
from twolevers.models.native.decoder import Decoder
from twolevers.models.native.model import NativeModel
from twolevers.models.native.proven import SUPPORTED
from twolevers.paths import repository

needs_int8 = pytest.mark.skipif(not int8.exact(), reason="this processor's 8-bit products overflow")


@pytest.fixture(params=SUPPORTED)
def decoder(request, tmp_path):
    folder = save_tiny_model(tmp_path / "model", request.param)
    tensors = load_file(folder / "model.safetensors")
    for name, tensor in tensors.items():  # biases and norms that a random model leaves at 0 and 1
        if name.endswith("bias") or "norm" in name:
            tensor.copy_(torch.rand(tensor.shape) + 0.5)
    return Decoder.build(AutoConfig.from_pretrained(folder), tensors, torch.float32)


def ids(length=40):
    return torch.randint(len(WORDS), (length,), generator=torch.Generator().manual_seed(1)).tolist()


def logits(decoder):
    return decoder.logits(decoder.prefill([ids()])[0][0])


@torch.no_grad()
def test_evening_out_changes_nothing(decoder, monkeypatch):
    exact = logits(decoder)
    found = int8.peaks(decoder, ids())
    monkeypatch.setattr(int8, "Rounded", lambda weight: weight)
    torch.testing.assert_close(logits(int8.rounded(decoder, found)), exact, atol=1e-3, rtol=1e-3)


@needs_int8
@torch.no_grad()
def test_rounded_logits_are_close(decoder):
    exact = logits(decoder)
    close = logits(int8.rounded(decoder, int8.peaks(decoder, ids())))
    assert not torch.equal(close, exact)
    assert torch.nn.functional.cosine_similarity(close, exact, dim=-1).mean() > 0.99


@needs_int8
@torch.no_grad()
def test_outliers_in_one_row_do_not_spoil_another():
    weight = torch.randn(64, 128, generator=torch.Generator().manual_seed(0))
    states = torch.randn(4, 128, generator=torch.Generator().manual_seed(1))
    states[0] *= 1e4
    torch.testing.assert_close(int8.Rounded(weight)(states)[1:], states[1:] @ weight.t(), atol=0.5, rtol=0.05)


@needs_int8
@pytest.mark.model
@torch.no_grad()
def test_the_real_model_hardly_changes(monkeypatch, models):
    exact = NativeModel.load(dtype=torch.float32)
    monkeypatch.setenv("TWOLEVERS_DTYPE", "int8")
    close = NativeModel.load()
    assert close.key != exact.key and close.decoder.dtype == torch.float32
    asked = [
        "[1] The kettle needs 2,200 watts and weighs 1.1 kg.\nQuestion: How heavy is the kettle?",
        "Write a short, friendly reply to a customer whose parcel is late.",
        "Which label fits: billing, delivery, repair? My oven stopped heating.",
    ]
    chats = [exact.encode([{"role": "user", "content": text}]) for text in asked]
    chats = [[*chat, *exact.tokenizer.encode(f" {text}")] for chat, text in zip(chats, asked, strict=True)]
    p, q = (
        # The chat's opening is the same for all and no answer begins there.
        torch.cat([model.reader.logits(states[-16:]).log_softmax(-1) for states in model.reader.prefill(chats)[0]])
        for model in (exact, close)
    )
    divergence = (p.exp() * (p - q)).sum(-1).mean()  # measured: 0.008; bfloat16: 0.001
    assert divergence < 0.03
    assert (p.argmax(-1) == q.argmax(-1)).float().mean() > 0.9


@pytest.mark.model
@torch.no_grad()
@pytest.mark.parametrize("form", ["float32", "bfloat16", pytest.param("int8", marks=needs_int8)])
def test_the_first_demonstration_is_no_near_tie(monkeypatch, models, form):
    monkeypatch.setenv("TWOLEVERS_DTYPE", form)
    model = NativeModel.load()
    ids = model.encode([{"role": "user", "content": "What is the largest ocean on Earth?"}])
    assert "What is the largest ocean on Earth?" in (repository() / "notebooks/00_start_here.ipynb").read_text("utf-8")
    for token in model.tokenizer.encode("The largest ocean on Earth is the Pacific", add_special_tokens=False):
        chances = model.reader.logits(model.reader.prefill([ids])[0][0][-1:]).log_softmax(-1)[0]
        best, second = chances.topk(2).values
        assert chances.argmax() == token and best - second > 0.5, "measured: 1.0 at the least, in each format"
        ids = [*ids, token]
