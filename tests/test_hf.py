"""Models that our engine is not tested for, through transformers and peft: the same answers, numbers and adapters."""

import dataclasses
import functools
import inspect
import json

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from tiny import save_rough_model, save_tiny_model
from transformers import AutoModelForCausalLM

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models.adapter import Adapter, Recipe
from twolevers.models.api import Example
from twolevers.models.hf import TransformersModel, longest
from twolevers.models.native.model import NativeModel

FAMILIES = ("llama", "gpt_neox", "gemma2", "gemma3_text", "phi3", "gpt2")
ASKED = ["how loud is the oven ?", "how loud ?", "what colour is the kettle of a b c d ?", "is the washer red ?"]
LABELS = ["red", "43 dB", "43 dB [1]", "not in documents", "not in question"]
RECIPE = Recipe(layers=2, rank=4, alpha=8, learning_rate=2e-2, epochs=15, batch_size=4, seed=3)
FACTS = {"oven": "43 dB", "kettle": "31 dB", "washer": "red"}


def chats(questions=ASKED):
    return [[{"role": "system", "content": "answer the question ."}, {"role": "user", "content": q}] for q in questions]


def examples():
    return [
        Example([{"role": "user", "content": f"how {word} is the {name} ?"}], answer)
        for name, answer in FACTS.items()
        for word in ("loud", "a", "b")
    ]


def read(folder, device="cpu"):
    return TransformersModel.read(folder, device, torch.float32)


@pytest.fixture(scope="module", params=FAMILIES)
def pair(request, tmp_path_factory):
    folder = save_rough_model(tmp_path_factory.mktemp(request.param) / "model", request.param)
    return folder, read(folder)


@pytest.fixture(scope="module")
def neox(tmp_path_factory):
    folder = save_rough_model(tmp_path_factory.mktemp("neox") / "model", "gpt_neox")
    return folder, read(folder)


@pytest.fixture(scope="module")
def trained(neox):
    return neox[1].fit(examples(), RECIPE)


def reference(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


@torch.no_grad()
def written(network, model, chat, limit):
    """Token by token, without cache or padding."""
    ids = model.encode(chat)
    begin = len(ids)
    for _ in range(limit):
        token = int(network(torch.tensor([ids])).logits[0, -1].argmax())
        if token in model.ends:
            break
        ids = [*ids, token]
    return ids[begin:]


def test_a_batch_answers_as_each_row_alone(pair):
    folder, model = pair
    network, ticks = reference(folder), []
    found = model.generate(chats(), 12, tick=ticks.append)
    expected = [written(network, model, chat, 12) for chat in chats()]
    assert [done.text for done in found] == [model.tokenizer.decode(ids, skip_special_tokens=True) for ids in expected]
    assert [done.new_tokens for done in found] == [len(ids) for ids in expected]
    assert sum(ticks) == len(ASKED) and all(done.seconds > 0 for done in found)


def test_label_logprobs_are_those_of_each_label_alone(pair):
    folder, model = pair
    network = reference(folder)
    found = model.label_logprobs(chats(), LABELS)
    for chat, row in zip(chats(), found, strict=True):
        prompt = model.encode(chat)
        for label, value in zip(LABELS, row, strict=True):
            answer = [*model.tokenizer.encode(label, add_special_tokens=False), model.end]
            with torch.no_grad():
                chances = network(torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
            expected = sum(float(chances[len(prompt) - 1 + place, token]) for place, token in enumerate(answer))
            assert value == pytest.approx(expected, abs=2e-3)


def test_training_learns_and_leaves_the_network_as_it_was(pair):
    _, model = pair
    before = {name: value.clone() for name, value in model.body.network.state_dict().items()}
    asked = [example.chat for example in examples()]
    plain = [done.text for done in model.generate(asked, 4)]
    done = model.fit(examples(), RECIPE)
    assert done.history[-1]["loss"] < 0.3 * done.history[0]["loss"]
    tuned = model.adapted(done.adapter)
    answers = [example.answer for example in examples()]
    assert [each.text for each in tuned.generate(asked, 4)] == answers
    assert tuned.key != model.key and tuned.name == model.name
    assert [each.text for each in model.generate(asked, 4)] == plain, "the plain model is itself again"
    after = model.body.network.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


def test_the_same_seed_gives_the_same_adapter_and_another_seed_another(neox, trained):
    assert neox[1].fit(examples(), RECIPE).adapter.key == trained.adapter.key
    other = dataclasses.replace(RECIPE, seed=4)
    assert neox[1].fit(examples(), other).adapter.key != trained.adapter.key


def test_peft_loads_the_adapter_and_so_do_we(neox, trained, tmp_path):
    folder, model = neox
    trained.adapter.save(tmp_path)
    again = Adapter.load(tmp_path)
    assert again.key == trained.adapter.key and again.prefix == trained.adapter.prefix == ""
    ids = torch.tensor([model.encode(examples()[0].chat)])
    with torch.no_grad():
        theirs = PeftModel.from_pretrained(reference(folder), tmp_path)(ids).logits
        ours = model.adapted(again).network(ids).logits
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)


def test_only_the_top_layers_are_trained(trained):
    assert {name.split(".")[2] for name in trained.adapter.pairs} == {"1", "2"}
    assert {name.split(".")[-1] for name in trained.adapter.pairs} == {
        "query_key_value",
        "dense",
        "dense_h_to_4h",
        "dense_4h_to_h",
    }


def test_what_a_tick_raises_ends_the_training_and_leaves_the_network_whole(neox):
    model = neox[1]
    expected = [done.text for done in model.generate(chats(), 6)]

    def late(rows):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        model.fit(examples(), RECIPE, tick=late)
    assert [done.text for done in model.generate(chats(), 6)] == expected
    assert not any("lora" in name for name, _ in model.body.network.named_modules())


def test_early_stop_keeps_the_best_pass(neox):
    wrong = [Example(example.chat, "green") for example in examples()]
    done = neox[1].fit(examples(), dataclasses.replace(RECIPE, patience=2), held_out=wrong)
    scores = [entry["held_out"] for entry in done.history]
    assert len(scores) < RECIPE.epochs and min(scores) == scores[len(scores) - 3]


def test_equal_answers_in_both_engines(tmp_path):
    folder = save_rough_model(tmp_path)
    native, other = NativeModel.read(folder, torch.float32), read(folder)
    assert native.key != other.key and native.name == other.name and native.max_length == other.max_length == 256
    assert [native.encode(chat) for chat in chats()] == [other.encode(chat) for chat in chats()]
    assert [a.text for a in native.generate(chats(), 12)] == [b.text for b in other.generate(chats(), 12)]
    ours, theirs = (model.label_logprobs(chats(), LABELS) for model in (native, other))
    np.testing.assert_allclose(ours, theirs, atol=2e-3)
    # One batch in one pass: the loss before the first step, and an adapter of one engine worn in the other.
    recipe = dataclasses.replace(RECIPE, batch_size=16, epochs=40)
    mine, peft = (model.fit(examples(), recipe) for model in (native, other))
    assert mine.history[0]["loss"] == pytest.approx(peft.history[0]["loss"], rel=1e-3)
    assert mine.adapter.pairs.keys() == peft.adapter.pairs.keys() and mine.tokens == peft.tokens
    for adapter in (mine.adapter, peft.adapter):
        asked = [example.chat for example in examples()]
        worn = [model.adapted(adapter).generate(asked, 4) for model in (native, other)]
        assert [a.text for a in worn[0]] == [b.text for b in worn[1]] == [example.answer for example in examples()]


def test_a_prompt_longer_than_the_model_reads_is_said(neox):
    for ask in (neox[1].generate, lambda chats: neox[1].label_logprobs(chats, LABELS)):
        with pytest.raises(UsageError, match="reads 256: shorten the passages") as caught:
            ask(chats(["how loud " * 200]))
        assert "\n" not in str(caught.value)


def test_no_prompts_no_answers_and_no_examples_no_adapter(neox):
    assert neox[1].generate([]) == []
    with pytest.raises(TwoLeversError, match="No training examples"):
        neox[1].fit([], RECIPE)


def test_an_adapter_of_another_model_is_refused_in_a_line(neox, tmp_path):
    native = NativeModel.read(save_tiny_model(tmp_path), torch.float32)
    adapter = native.fit(examples()[:2], dataclasses.replace(RECIPE, epochs=1)).adapter
    with pytest.raises(TwoLeversError, match="does not fit") as caught:
        neox[1].adapted(adapter).generate(chats(), 2)
    assert "\n" not in str(caught.value)


def test_weights_that_are_missing_are_not_made_up(tmp_path):
    folder = save_tiny_model(tmp_path, "gpt_neox")
    tensors = load_file(folder / "model.safetensors")
    tensors.pop(next(name for name in tensors if "query_key_value.weight" in name))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(TwoLeversError, match=r"lacks .*query_key_value"):
        read(folder)


def test_a_model_that_wants_its_own_code_run_is_refused_in_a_line(tmp_path):
    folder = save_tiny_model(tmp_path / "own", "gpt_neox")
    settings = json.loads((folder / "config.json").read_text())
    settings |= {"model_type": "own_kind", "auto_map": {"AutoModelForCausalLM": "run.Me", "AutoConfig": "run.Me"}}
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "run.py").write_text("raise SystemExit('run')")
    with pytest.raises(TwoLeversError) as caught:
        read(folder)
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)


def test_beginnings_that_others_have_are_left_out():
    assert longest({(), (1,), (1, 2), (3,)}) == [(1, 2), (3,)]
    assert longest({()}) == [()]
    assert longest({(1, 2), (1, 3)}) == [(1, 2), (1, 3)]


@pytest.mark.cuda
def test_a_gpu_trains_and_answers_as_the_processor(tmp_path):
    folder = save_rough_model(tmp_path)
    here, there = NativeModel.read(folder, torch.float32), read(folder, "cuda")
    assert there.device == "cuda"
    assert [a.text for a in here.generate(chats(), 12)] == [b.text for b in there.generate(chats(), 12)]
    np.testing.assert_allclose(here.label_logprobs(chats(), LABELS), there.label_logprobs(chats(), LABELS), atol=1e-2)
    recipe = dataclasses.replace(RECIPE, batch_size=16, epochs=40)
    ours, theirs = here.fit(examples(), recipe), there.fit(examples(), recipe)
    assert ours.history[0]["loss"] == pytest.approx(theirs.history[0]["loss"], rel=1e-2)
    asked = [example.chat for example in examples()]
    for model in (here, there):
        assert [a.text for a in model.adapted(theirs.adapter).generate(asked, 4)] == [e.answer for e in examples()]


@pytest.mark.parametrize("kind", ["gpt_neox", "llama"])
def test_a_models_own_habits_of_drawing_and_repeating_are_left_out(tmp_path, kind):
    folder = save_rough_model(tmp_path, kind)
    plain = [done.text for done in read(folder).generate(chats(), 12)]
    habits = {"do_sample": True, "temperature": 2.0, "top_p": 0.9, "repetition_penalty": 5.0, "no_repeat_ngram_size": 1}
    settings = json.loads((folder / "generation_config.json").read_text()) | habits | {"max_length": 7}
    (folder / "generation_config.json").write_text(json.dumps(settings))
    assert [done.text for done in read(folder).generate(chats(), 12)] == plain


def test_an_answer_ends_where_the_template_or_the_model_says(tmp_path):
    folder = save_rough_model(tmp_path, "gpt_neox")
    model = read(folder)
    assert model.end == 1 and model.ends == [1]
    settings = json.loads((folder / "generation_config.json").read_text()) | {"eos_token_id": [1, 5]}
    (folder / "generation_config.json").write_text(json.dumps(settings))
    assert read(folder).ends == [1, 5]
    # A template that closes an answer with a token of its own, as Gemma's does.
    template = folder / "chat_template.jinja"
    template.write_text(template.read_text().replace("<|im_end|>", "<|im_start|>"))
    assert read(folder).end == 0 and read(folder).ends == [0, 1, 5]


def test_where_the_memory_is_too_small_half_of_the_rows_go_at_once(neox, monkeypatch):
    model, sizes = neox[1], []
    expected, chances = model.generate(chats(), 6), model.label_logprobs(chats(), LABELS)
    forward = model.body.network.forward

    def small(*arguments, most=2, **given):
        sizes.append(len(given["input_ids"]))
        if sizes[-1] > most:
            raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate …")
        return forward(*arguments, **given)

    small.__signature__ = inspect.signature(forward)
    monkeypatch.setattr(model.body.network, "forward", small)
    assert [done.text for done in model.generate(chats(), 6)] == [done.text for done in expected]
    np.testing.assert_allclose(model.label_logprobs(chats(), LABELS), chances, atol=1e-4)
    assert max(sizes) > 2
    monkeypatch.setattr(model.body.network, "forward", functools.partial(small, most=0))
    with pytest.raises(TwoLeversError, match="memory of cpu is full") as caught:
        model.generate(chats(), 6)
    assert "\n" not in str(caught.value)


def test_an_adapted_model_that_has_answered_can_be_trained_on(neox, trained):
    tuned = neox[1].adapted(trained.adapter)
    tuned.generate(chats(), 2)
    further = tuned.fit(examples(), dataclasses.replace(RECIPE, epochs=1))
    assert further.history[0]["loss"] < trained.history[0]["loss"]
