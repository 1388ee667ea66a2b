"""The one door: which engine a model gets, what it is called, and what cannot be loaded."""

import errno
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import TEMPLATE, save_rough_model, save_tiny_model
from tiny_gguf import write_tiny_gguf
from transformers import AutoModelForCausalLM

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models import devices, hub
from twolevers.models.api import Example, load
from twolevers.models.hf import TransformersModel
from twolevers.models.native.model import NativeModel
from twolevers.models.native.proven import SUPPORTED

CHATS = [[{"role": "system", "content": "answer ."}, {"role": "user", "content": q}] for q in ("how loud ?", "a b c")]


@pytest.mark.parametrize("kind", [*SUPPORTED, "gpt_neox", "gemma3_text"])
def test_each_family_gets_the_engine_that_is_tested_for_it(home, tmp_path, kind):
    model = load(str(save_rough_model(tmp_path / "mine", kind)), "cpu")
    assert isinstance(model, NativeModel if kind in SUPPORTED else TransformersModel)
    assert model.name == "mine" and model.device == "cpu" and model.trains and model.max_length == 256
    assert len(model.generate(CHATS, 4)) == 2


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("llama", {"hidden_act": "gelu"}),
        ("llama", {"mlp_bias": True}),
        ("llama", {"attention_bias": True}),
        ("mistral", {"sliding_window": 4}),
        ("qwen2", {"sliding_window": 4, "max_window_layers": 1}),
        ("llama", {"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 8.0}}),
        ("qwen3", {"attention_bias": True}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
@torch.no_grad()
def test_what_ours_would_answer_wrongly_goes_to_transformers_by_itself(home, tmp_path, monkeypatch, kind, changed):
    monkeypatch.setenv("TWOLEVERS_DTYPE", "float32")
    folder = save_tiny_model(tmp_path / "mine", kind, changed=changed)
    model = load(str(folder), "cpu")
    assert isinstance(model, TransformersModel)
    ids = torch.tensor([model.encode(CHATS[0])])
    expected = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)(ids).logits
    torch.testing.assert_close(model.network(ids).logits, expected)


def test_a_device_that_is_not_there_is_said(home):
    with pytest.raises(UsageError, match="no device 'tpu': choose from auto, cpu, cuda, mps"):
        load(None, "tpu")
    missing = next(name for name in ("mps", "cuda") if not {"cuda": torch.cuda, "mps": torch.mps}[name].is_available())
    with pytest.raises(UsageError, match=f"finds no {missing} device here: use --device cpu"):
        load(None, missing)


def test_auto_is_a_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.choose() == "cpu"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert devices.choose() == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert devices.choose() == "cuda"


# A hub repository: its weights in the parts of an index, beside copies of the same for other programs.


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """What a hub would hold; the list says which files were fetched into the client's cache."""
    source, cache = tmp_path / "hub", tmp_path / "cache" / "models--owner--tiny-model" / "snapshots" / ("0123abcd" * 5)
    save_tiny_model(source)
    tensors = load_file(source / "model.safetensors")
    (source / "model.safetensors").unlink()
    names = sorted(tensors)
    parts = {"model-00001-of-00002.safetensors": names[:4], "model-00002-of-00002.safetensors": names[4:]}
    for file, part in parts.items():
        save_file({name: tensors[name] for name in part}, source / file, metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": {name: file for file, part in parts.items() for name in part}}
    (source / hub.INDEX).write_text(json.dumps(index))
    wrong = {name: torch.zeros_like(tensor) for name, tensor in tensors.items()}
    save_file(wrong, source / "consolidated.safetensors")
    (source / "original").mkdir()
    save_file(wrong, source / "original" / "model.safetensors")
    (source / "run.py").write_text("raise SystemExit")
    fetched = []

    def snapshot(name, allow_patterns, ignore_patterns=()):
        from fnmatch import fnmatch

        for path in source.rglob("*"):
            inside = path.relative_to(source).as_posix()
            if any(fnmatch(inside, each) for each in allow_patterns) and not any(
                fnmatch(inside, each) for each in ignore_patterns
            ):
                (cache / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, cache / inside)
                fetched.append(inside)
        return str(cache)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    return source, fetched


def test_of_a_hub_repository_only_the_weights_of_its_index_are_fetched(home, repository):
    source, fetched = repository
    model = load("owner/tiny-model", "cpu")
    assert not {"consolidated.safetensors", "original/model.safetensors", "run.py"} & set(fetched)
    (source / "consolidated.safetensors").unlink()
    assert [a.text for a in model.generate(CHATS, 6)] == [b.text for b in load(str(source)).generate(CHATS, 6)]


def test_a_hub_model_keeps_its_name_also_in_its_adapters(home, repository, tmp_path):
    from twolevers.models.adapter import Recipe

    model = load("owner/tiny-model", "cpu")
    assert model.name == "owner/tiny-model"
    adapter = model.fit([Example(CHATS[0], "red")], Recipe(layers=1, rank=2, epochs=1)).adapter
    adapter.save(tmp_path / "adapter")
    settings = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert settings["base_model_name_or_path"] == "owner/tiny-model"


def test_copies_beside_the_weights_are_not_read(tmp_path):
    folder = save_tiny_model(tmp_path)
    shutil.copy(folder / "model.safetensors", folder / "consolidated.safetensors")
    assert [path.name for path in hub.tensor_files(folder)] == ["model.safetensors"]
    (folder / "model.safetensors").unlink()
    assert [path.name for path in hub.tensor_files(folder)] == ["consolidated.safetensors"]
    shutil.copy(folder / "consolidated.safetensors", folder / "other.safetensors")
    with pytest.raises(UsageError, match=r"holds consolidated.safetensors, other.safetensors and no model"):
        hub.tensor_files(folder)


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"weight_map": {"a": "../secret.safetensors"}}', "outside of its folder"),
        ('{"weight_map": {"a": "gone.safetensors"}}', "gone.safetensors is missing"),
    ],
)
def test_an_index_that_cannot_be_followed_is_one_line(tmp_path, index, said):
    (tmp_path / hub.INDEX).write_text(index)
    with pytest.raises(TwoLeversError, match=said) as caught:
        hub.tensor_files(tmp_path)
    assert "\n" not in str(caught.value)


# A GGUF file.


OURS = {"llama": NativeModel, "qwen2": NativeModel}  # transformers runs the other families


@pytest.mark.parametrize("kind", [*OURS, "gemma3", "phi3", "starcoder2"])
@torch.no_grad()
def test_a_gguf_file_is_a_model(home, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("TWOLEVERS_DTYPE", "float32")
    file = write_tiny_gguf(tmp_path / "my model.gguf", kind)
    model = load(str(file), "cpu")
    assert isinstance(model, OURS.get(kind, TransformersModel)) and model.name == "my model"
    ids = model.encode([{"role": "user", "content": "a b"}])
    source = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=file.name)
    for value in source.parameters():
        value.data = value.data.bfloat16().float()  # as the folder stores it
    expected = source(torch.tensor([ids])).logits[0]
    if kind in OURS:
        found = model.decoder.logits(model.decoder.prefill([ids])[0][0])
    else:
        found = model.network(torch.tensor([ids])).logits[0]
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)
    file.rename(tmp_path / "elsewhere.gguf")
    monkeypatch.setattr("twolevers.models.convert.to_safetensors", None)
    shutil.copy(tmp_path / "elsewhere.gguf", file)
    assert load(str(file), "cpu").key == model.key, "converted once"


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF" + b"\xff" * 500, b"PK not a model"])
def test_a_file_that_is_no_gguf_is_one_line(home, tmp_path, content):
    file = tmp_path / "model.gguf"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"model.gguf") as caught:
        load(str(file))
    assert "\n" not in str(caught.value)
    assert not list((home / "models").rglob("config.json"))


def test_a_gguf_of_an_unknown_kind_or_without_tensors_is_one_line(home, tmp_path):
    whole = write_tiny_gguf(tmp_path / "whole.gguf").read_bytes()
    for name, content in {"cut": whole[: len(whole) // 2], "kind": whole.replace(b"llama", b"lamma")}.items():
        file = tmp_path / f"{name}.gguf"
        file.write_bytes(content)
        with pytest.raises(UsageError, match=rf"{name}.gguf cannot be read as a model") as caught:
            load(str(file))
        assert "\n" not in str(caught.value)
    for scaled in ("tensor", "field"):
        with pytest.raises(UsageError, match=r"scales rotary positions, which is lost in reading\): choose another"):
            load(str(write_tiny_gguf(tmp_path / "scaled.gguf", scaled=scaled)))
    with pytest.raises(UsageError, match="There is no file"):
        load(str(tmp_path / "nowhere.gguf"))
    with pytest.raises(UsageError, match="no chat template"):
        load(str(write_tiny_gguf(tmp_path / "base.gguf", template="")))


# Chat templates.


def with_template(folder: Path, template: str) -> Path:
    (save_tiny_model(folder) / "chat_template.jinja").write_text(template)
    return folder


@pytest.mark.parametrize("read", [NativeModel.read, TransformersModel.read], ids=["ours", "transformers"])
def test_models_that_think_are_asked_not_to(home, tmp_path, read):
    thinks = TEMPLATE + "{% if add_generation_prompt and enable_thinking is not false %} question {% endif %}"
    model = read(with_template(tmp_path, thinks))
    assert "question" not in model.tokenizer.decode(model.encode(CHATS[1]))


@pytest.mark.parametrize("read", [NativeModel.read, TransformersModel.read], ids=["ours", "transformers"])
def test_a_template_without_a_system_turn_reads_it_in_the_first_question(home, tmp_path, read):
    refuses = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('No system turn.') }}{% endif %}"
    model = read(with_template(tmp_path, refuses + TEMPLATE))
    plain = model.encode([{"role": "user", "content": "answer . how loud ?"}])
    assert model.encode(CHATS[0]) == plain
    with pytest.raises(UsageError, match=r"refuses the conversation \(No system turn\.\)") as caught:
        model.encode([{"role": "system", "content": "answer ."}])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "make room there"),
        (Exception("Error while serializing: IoError(Os { code: 28, kind: StorageFull })"), "make room there"),
        (MemoryError(), "Not enough memory to convert"),
    ],
    ids=["disk", "safetensors", "memory"],
)
def test_a_conversion_without_room_is_one_line_and_leaves_nothing(home, tmp_path, monkeypatch, fault, said):
    def full(file, folder):
        folder.mkdir()
        raise fault

    monkeypatch.setattr("twolevers.models.convert.to_safetensors", full)
    with pytest.raises(TwoLeversError, match=said) as caught:
        load(str(write_tiny_gguf(tmp_path / "tiny.gguf")), "cpu")
    assert "\n" not in str(caught.value) and caught.value.exit_code == 1
    assert not list((home / "models").rglob(".making-*"))


def test_the_weights_of_a_gguf_file_can_be_found_for_a_record_and_a_handover(home, tmp_path):
    from twolevers.decide.weights import stored

    file = write_tiny_gguf(tmp_path / "tiny.gguf")
    assert (stored(str(file)) / "model.safetensors").is_file()
    assert stored(str(tmp_path / "gone.gguf")) is None
