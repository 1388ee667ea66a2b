"""Answering and scoring, against Hugging Face's `generate` and plain arithmetic."""

import shutil

import pytest
import torch
from tiny import save_tiny_model
from transformers import AutoModelForCausalLM

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example
from twolevers.models.native import generation
from twolevers.models.native import model as native
from twolevers.models.native.generation import SLACK, batches, beginnings
from twolevers.models.native.model import NativeModel, shared_start

ASKED = ["how loud is the oven ?", "how loud ?", "what colour is the kettle of a b c d ?", "is the washer red ?"]


def chats(questions=ASKED):
    return [[{"role": "system", "content": "answer the question ."}, {"role": "user", "content": q}] for q in questions]


def reference(folder, model, chat, limit):
    teacher = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = torch.tensor([model.encode(chat)])
    seen = torch.ones_like(ids)  # else `generate` takes every end of turn in the prompt for padding
    written = teacher.generate(
        ids, attention_mask=seen, max_new_tokens=limit, do_sample=False, eos_token_id=model.end, pad_token_id=1
    )
    return model.tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True).strip()


@pytest.fixture(scope="module", params=[0, 1, 2])
def tiny(request, tmp_path_factory):
    folder = save_tiny_model(tmp_path_factory.mktemp("tiny"), seed=request.param)
    return folder, NativeModel.load(str(folder), torch.float32)


@pytest.fixture(params=[1, 128], ids=["start attended once", "start copied to each"])
def long_start(request, monkeypatch):
    """Both ways of following a shared start, though the tiny model's prompts are short."""
    monkeypatch.setattr(generation, "LONG_START", request.param)


def test_a_batch_answers_as_the_reference_does_one_by_one(tiny, long_start):
    folder, model = tiny
    assert shared_start([model.encode(chat) for chat in chats()])
    together = model.generate(chats(), max_new_tokens=12)
    assert [done.text for done in together] == [reference(folder, model, chat, 12) for chat in chats()]


def test_rows_that_end_early_are_let_go(tiny, monkeypatch):
    folder, model = tiny
    plain = [done.text for done in model.generate(chats(), max_new_tokens=12)]
    # Another token as the end of turn: rows now stop at different steps.
    words = " ".join(plain).split()
    stop = model.tokenizer.encode(words[len(words) // 2], add_special_tokens=False)[0]
    monkeypatch.setattr(NativeModel, "end", property(lambda self: stop))
    for chat, done in zip(chats(), model.generate(chats(), max_new_tokens=12), strict=True):
        assert done.text == reference(folder, model, chat, 12).split(model.tokenizer.decode([stop]))[0].strip()
        assert done.new_tokens <= 12


def test_score_is_the_log_likelihood(tiny):
    folder, model = tiny
    teacher = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    chat, options = chats()[0], ["red", "43 dB", "not in documents"]
    for option, score in zip(options, model.score(chat, options), strict=True):
        prompt, answer = model.encode(chat), [*model.tokenizer.encode(option, add_special_tokens=False), model.end]
        with torch.no_grad():
            chances = teacher(torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
        expected = sum(float(chances[len(prompt) - 1 + place, token]) for place, token in enumerate(answer))
        assert score == pytest.approx(expected, abs=1e-3)


def test_no_prompts_no_answers(tiny):
    assert tiny[1].generate([]) == []


def test_equal_chats_are_answered_once_and_share_the_time(tiny, monkeypatch):
    chats = [[{"role": "user", "content": text}] for text in ("a b c", "d e", "a b c")]
    read, ticks = [], []
    answer = native.continue_greedily
    monkeypatch.setattr(native, "continue_greedily", lambda *args: read.extend(args[1]) or answer(*args))
    done = tiny[1].generate(chats, 4, tick=ticks.append)
    assert len(read) == 2 and sum(ticks) == 3
    assert done[0] == done[2] and done[0].text == tiny[1].generate(chats[:1], 4)[0].text


def test_shared_start_leaves_a_token_to_each():
    assert shared_start([list(range(20)), list(range(20))]) == 19
    assert shared_start([list(range(20)), [*range(12), 99]]) == 12
    assert shared_start([list(range(20)), [*range(4), 99]]) == 0
    assert shared_start([list(range(20))]) == 0


def test_batches_cover_every_row_once_within_the_limit():
    lengths = [5, 300, 20, 20, 7, 299]
    groups = batches(lengths, limit=600)
    assert sorted(row for group in groups for row in group) == list(range(6))
    assert all(len(group) * max(lengths[row] for row in group) <= SLACK * 600 for group in groups)


def test_rows_left_over_go_along_or_take_half():
    assert [len(group) for group in batches([100] * 7, limit=600)] == [7]
    assert [len(group) for group in batches([100] * 8, limit=600)] == [4, 4]
    assert [len(group) for group in batches([100] * 13, limit=600)] == [6, 7]


def test_prompts_that_begin_alike_are_grouped():
    one, two = list(range(100)), list(range(200, 300))
    prompts = [[*one, 1], [*two, 1], [*one, 2], [5, 6, 7], [*two, 2, 3], [*one, 2, 9]]
    assert sorted(beginnings(prompts)) == [([0, 2, 5], 100), ([1, 4], 100), ([3], 0)]
    assert beginnings([one, [*one, 4]]) == [([0, 1], 99)], "a token is left to each"
    assert all(shared == 0 for _, shared in beginnings([[1, 2, 3], [1, 2, 4]])), "too little to save"


@pytest.mark.parametrize("system", [[], [{"role": "system", "content": "answer in a b c d red"}]])
def test_a_shared_beginning_changes_no_answer(tiny, monkeypatch, system, long_start):
    folder, model = tiny
    words = ("oven is loud . kettle is red", "washer is blue . how", "oven is loud . kettle is red . a b")
    asked = [[*system, {"role": "user", "content": f"{text} {end}"}] for text in words for end in ("a", "b c ?", "d")]
    monkeypatch.setattr(generation, "LEAST_SAVED", 3)
    encoded = [model.encode(chat) for chat in asked]
    start = shared_start(encoded)
    assert any(shared for _, shared in beginnings([ids[start:] for ids in encoded]))
    together = model.generate(asked, max_new_tokens=12)
    assert [done.text for done in together] == [reference(folder, model, chat, 12) for chat in asked]


def test_bad_models_get_one_line(tmp_path):
    folder = save_tiny_model(tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"not a tensor file")
    empty = tmp_path / "empty"
    empty.mkdir()
    for name, kind in ((folder, TwoLeversError), (empty, TwoLeversError)):
        with pytest.raises(kind) as caught:
            NativeModel.load(str(name))
        assert "\n" not in str(caught.value) and str(name) in str(caught.value)


def test_a_model_without_chat_template_is_refused(tmp_path):
    folder = save_tiny_model(tmp_path / "bare")
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(UsageError, match="no chat template"):
        NativeModel.load(str(folder))


@pytest.mark.model
def test_the_real_model_answers_as_the_reference(models):
    model = NativeModel.load(dtype=torch.float32)
    asked = ["What is the capital of France?", "Name a colour.", "How many days has a week?", "Who wrote Hamlet?"]
    batch = [[{"role": "user", "content": question}] for question in asked]
    folder = models / model.name
    expected = [reference(folder, model, chat, 16) for chat in batch]
    assert [done.text for done in model.generate(batch, 16)] == expected
    assert "Paris" in expected[0]


def test_a_prompt_longer_than_the_model_reads_is_said(tiny):
    chat, short = ([{"role": "user", "content": "how loud " * times}] for times in (200, 1))
    ways = (
        lambda model: model.generate([chat]),
        lambda model: model.label_logprobs([chat], ["red", "blue"]),
        lambda model: model.fit([Example(chat, "red")], Recipe(layers=1, rank=2, epochs=1)),
        lambda model: model.fit([Example(short, "red " * 300)], Recipe(layers=1, rank=2, epochs=1)),
    )
    for ask in ways:
        with pytest.raises(UsageError, match="reads 256: shorten the passages") as caught:
            ask(tiny[1])
        assert "\n" not in str(caught.value)


def test_another_chat_template_is_another_model(tiny, tmp_path):
    folder, model = tiny
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    template = changed / "chat_template.jinja"
    template.write_text(template.read_text() + " ")
    assert NativeModel.load(str(changed), torch.float32).key != model.key


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json"])
def test_another_tokenizer_is_another_model(tiny, tmp_path, name):
    folder, model = tiny
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    (changed / name).write_text((changed / name).read_text() + " ")
    assert NativeModel.load(str(changed), torch.float32).key != model.key


def test_a_turn_ends_with_the_token_of_the_template(tmp_path):
    folder = save_tiny_model(tmp_path)
    assert NativeModel.load(str(folder), torch.float32).end == 1
    template = folder / "chat_template.jinja"
    template.write_text(template.read_text().replace("<|im_end|>", "<|im_start|>"))
    assert NativeModel.load(str(folder), torch.float32).end == 0
