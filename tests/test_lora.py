"""Fine-tuning: gradients, file format, determinism, and that the base model stays as it is."""

import dataclasses

import pytest
import torch
from peft import PeftModel
from tiny import save_tiny_model
from transformers import AutoModelForCausalLM

from twolevers.errors import TwoLeversError
from twolevers.models.adapter import Adapter, Recipe
from twolevers.models.api import Example
from twolevers.models.native.lora import Merged, train
from twolevers.models.native.model import NativeModel

RECIPE = Recipe(layers=2, rank=4, alpha=8, learning_rate=2e-2, epochs=20, batch_size=4, seed=3)
FACTS = {"oven": "43 dB", "kettle": "31 dB", "washer": "red"}


def examples():
    return [
        Example([{"role": "user", "content": f"how {word} is the {name} ?"}], answer)
        for name, answer in FACTS.items()
        for word in ("loud", "a", "b")
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def model(folder):
    return NativeModel.load(str(folder), torch.float32)


@pytest.fixture(scope="module")
def trained(model):
    return train(model, examples(), RECIPE)


def test_merged_linear_has_the_gradients_of_w_plus_ba():
    generator = torch.Generator().manual_seed(0)
    states, weight, first, second, up_first, up_second = (
        torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in ((3, 5), (7, 5), (2, 5), (2, 5), (4, 2), (3, 2))
    )
    values = ([first, second], [up_first, up_second])
    for tensor in (states, first, second, up_first, up_second):
        tensor.requires_grad_()
    change = torch.cat([up_first @ first, up_second @ second])
    plain = (states @ (weight + 0.5 * change).t()).square().sum()
    expected = torch.autograd.grad(plain, (states, first, second, up_first, up_second))
    gradients = tuple([torch.zeros_like(each) for each in part] for part in values)
    merged = Merged(weight, 0.5, tuple([each.detach() for each in part] for part in values), gradients)
    merged.merge()
    below = states.clone()  # not a leaf: something below wants the gradient
    to_states = torch.autograd.grad(merged(below).square().sum(), states)[0]
    for left, right in zip((to_states, *gradients[0], *gradients[1]), expected, strict=True):
        torch.testing.assert_close(left, right)


def test_training_learns_and_leaves_the_base_alone(model, trained):
    before = model.checksum()
    again = train(model, examples(), RECIPE)
    assert model.checksum() == before
    assert trained.history[-1]["loss"] < 0.3 * trained.history[0]["loss"]
    tuned = model.adapted(trained.adapter)
    assert tuned.checksum() != before
    asked = [example.chat for example in examples()]
    assert [done.text for done in tuned.generate(asked, 4)] == [example.answer for example in examples()]
    assert again.adapter.key == trained.adapter.key, "the same seed gives the same adapter"
    other = train(model, examples(), dataclasses.replace(RECIPE, seed=4))
    assert other.adapter.key != trained.adapter.key


def test_only_the_top_layers_change(model, trained):
    assert {name.split(".")[1] for name in trained.adapter.pairs} == {"1", "2"}
    assert model.adapted(trained.adapter).decoder.layers[0] is model.decoder.layers[0]


def test_the_cached_trunk_gives_the_same_losses(model):
    """All layers tuned with rate 0 sees the same loss as the cached trunk: the trunk is exact."""
    still = dataclasses.replace(RECIPE, learning_rate=0.0, epochs=1, batch_size=16)
    whole = train(model, examples(), dataclasses.replace(still, layers=3))
    assert train(model, examples(), still).history[0]["loss"] == pytest.approx(whole.history[0]["loss"], rel=1e-4)


def test_peft_loads_what_we_save(folder, model, trained, tmp_path):
    trained.adapter.save(tmp_path / "adapter")
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = torch.tensor([model.encode(examples()[0].chat)])
    with torch.no_grad():
        theirs = PeftModel.from_pretrained(base, tmp_path / "adapter")(ids).logits
        decoder = model.adapted(trained.adapter).decoder
        ours = decoder.logits(torch.stack(decoder.prefill(ids.tolist())[0]))
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)


def test_save_and_load_round_trip(trained, tmp_path):
    loaded = Adapter.load(trained.adapter.save(tmp_path / "adapter"))
    assert loaded.key == trained.adapter.key and loaded.recipe == RECIPE
    assert sorted(file.name for file in (tmp_path / "adapter").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_a_damaged_adapter_gets_one_line(trained, tmp_path):
    folder = trained.adapter.save(tmp_path / "adapter")
    (folder / "adapter_model.safetensors").write_bytes(b"cut")
    with pytest.raises(TwoLeversError, match="train it again") as caught:
        Adapter.load(folder)
    assert "\n" not in str(caught.value)


def test_early_stop_keeps_the_best_pass(model):
    wrong = [Example(example.chat, "green") for example in examples()]
    done = train(model, examples(), dataclasses.replace(RECIPE, patience=2), held_out=wrong)
    scores = [entry["held_out"] for entry in done.history]
    assert len(done.history) < RECIPE.epochs, "the held-out loss rises, so training stops"
    assert min(scores) == scores[len(scores) - 3], "two passes after the best one"


def test_no_examples_is_said(model):
    with pytest.raises(TwoLeversError, match="No training examples"):
        train(model, [], RECIPE)


def test_a_shared_start_trains_the_same_adapter(model, monkeypatch):
    system = {"role": "system", "content": "answer the question in documents ."}
    shared = [Example([system, *example.chat], example.answer) for example in examples()]
    recipe = dataclasses.replace(RECIPE, epochs=3, batch_size=16)  # one batch: sharing changes the order of several
    once = train(model, shared, recipe)
    monkeypatch.setattr("twolevers.models.native.model.SHORTEST_PREFIX", 1000)
    plain = train(model, shared, recipe)
    assert once.tokens == plain.tokens
    assert [entry["loss"] for entry in once.history] == pytest.approx(
        [entry["loss"] for entry in plain.history], rel=1e-3
    )
