"""The handover: files of the field's formats that answer alike in other engines; with tiny random models."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_bakeoff import COLOURS, save_inputs
from tiny import TEMPLATE, save_tiny_model

from twolevers.arms.choosing import Choosing
from twolevers.bakeoff.command import compare
from twolevers.bakeoff.handover import answer, bundle, gguf_file, weights
from twolevers.bakeoff.recheck import recheck
from twolevers.bakeoff.tasks.labels import Labels
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.decide.weights import stored
from twolevers.errors import UsageError
from twolevers.models.adapter import Adapter, Recipe
from twolevers.models.native.lora import Example, train
from twolevers.models.native.model import NativeModel


def ask(folder, *given):
    """answer.py as a team would run it: not from a checkout, the course not on the path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", RUN, str(folder / "answer.py"), *map(str, given)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


# A finder in front of all others hides the course, which this environment has installed.
RUN = """
import runpy, sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "twolevers":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def handed(tmp_path_factory, models):
    """A bake-off of two arms on a tiny model, with its handover; `base` is the model."""
    folder = tmp_path_factory.mktemp("handed")
    docs, questions = save_inputs(folder)
    base = save_tiny_model(folder / "tiny")
    (folder / "home").mkdir()
    (folder / "home" / "models").symlink_to(models, target_is_directory=True)
    os.environ["TWOLEVERS_HOME"], before = str(folder / "home"), os.environ.get("TWOLEVERS_HOME")
    try:
        given = {"arms": ["both"], "model": str(base), "handover": folder / "handover", "report": lambda line: None}
        results = compare(Questions(docs, questions), folder / "out", **given)
    finally:
        os.environ.pop("TWOLEVERS_HOME") if before is None else os.environ.update(TWOLEVERS_HOME=before)
    return folder / "handover", base, results


@pytest.mark.model
def test_everything_a_team_needs_is_there(handed):
    folder, _, results = handed
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("README.md", "answer.py", "requirements.txt", "handover.json", "expected.jsonl", "test.jsonl"),
        *("model", "adapter", "index", "passages.jsonl", "decision-record.md", "results.json", "inputs.json"),
    }
    about = json.loads((folder / "handover.json").read_text())
    assert about["arm"] == "both" and about["k"] == 2 and about["retrieves"] and "passages" in about["instruction"]
    rows = [json.loads(line) for line in (folder / "test.jsonl").read_text().splitlines()]
    assert len(rows) == results["data"]["tested"] and "[1]" in rows[0]["chat"][-1]["content"]
    assert {"measured", "right", "accepted", "doc_ids"} <= set(rows[0])
    readme = (folder / "README.md").read_text()
    assert "`adapter/`" in readme and "`model.gguf`" not in readme and "No GGUF file was written" in readme
    assert not [path for path in folder.rglob("*.pkl")] and str(folder) not in "".join(
        path.read_text() for path in folder.iterdir() if path.suffix in (".json", ".jsonl", ".md", ".py", ".txt")
    )


@pytest.mark.model
@pytest.mark.parametrize("engine", ["merged", "adapter"])
def test_transformers_and_peft_answer_as_recorded_without_the_course(handed, engine):
    folder, base, _ = handed
    done = ask(folder, "--engine", engine, *(("--base", base) if engine == "adapter" else ()))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("equal") == 5 and f"5 of 5 answers as recorded ({engine})" in done.stdout


@pytest.mark.model
def test_other_weights_are_noticed(handed, tmp_path):
    folder, _, _ = handed
    done = ask(folder, "--engine", "adapter", "--base", save_tiny_model(tmp_path / "other", seed=1))
    assert done.returncode == 1 and "OTHER" in done.stdout and "recorded: " in done.stdout


@pytest.mark.model
def test_what_is_missing_is_said(handed):
    folder, _, _ = handed
    for given, why in (
        (["--engine", "gguf"], "no model.gguf"),
        (["--engine", "adapter"], "needs --base"),
        (["--ask", "what is the colour of the oven 3 ?"], "needs the search"),
    ):
        done = ask(folder, *given)
        assert done.returncode in (1, 2) and why in done.stderr and "Traceback" not in done.stderr, done.stderr


@pytest.mark.model
def test_a_question_of_ones_own_is_searched_with_the_course(handed, models, monkeypatch):
    from twolevers.bakeoff.handover.search import chat

    folder, _, _ = handed
    monkeypatch.setenv("TWOLEVERS_HOME", str(Path(models).parent))
    made = chat(folder, "what is the colour of the oven 3 ?", json.loads((folder / "handover.json").read_text()))
    assert "oven 3" in made[-1]["content"] and made[-1]["content"].count("\n") == 2


@pytest.mark.model
def test_the_record_is_checked_from_the_handover_too(handed):
    folder, _, _ = handed
    _, found = recheck(folder / "decision-record.md")
    assert not [str(each) for each in found if each.holds is False]
    assert any(each.about == "documents" for each in found)


@pytest.mark.model
def test_a_label_is_chosen_as_in_the_bakeoff_and_a_classifier_has_no_weights(tmp_path, home_with_models):
    rows = [f"the {thing} {n} is {colour},{colour}" for colour in ("red", "blue") for thing in "abcd" for n in range(6)]
    (tmp_path / "e.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    tiny = save_tiny_model(tmp_path / "tiny")
    given = {"model": str(tiny), "report": lambda line: None}
    compare(Labels(tmp_path / "e.csv"), tmp_path / "out", arms=["tuned"], handover=tmp_path / "h", **given)
    assert json.loads((tmp_path / "h/handover.json").read_text())["labels"] == ["blue", "red"]
    done = ask(tmp_path / "h")
    assert done.returncode == 0 and "5 of 5" in done.stdout, done.stdout + done.stderr
    assert ask(tmp_path / "h", "--ask", "the b 3 is red").stdout.strip() in ("red", "blue")
    compare(Labels(tmp_path / "e.csv"), tmp_path / "o2", arms=["tfidf"], handover=tmp_path / "h", **given)
    assert not (tmp_path / "h/model").exists() and (tmp_path / "h/test.jsonl").exists()


def test_merged_weights_and_the_adapter_on_its_base_answer_alike_in_every_engine(tmp_path, monkeypatch):
    """Ours in float32, transformers, and transformers with peft; without any search."""
    base = save_tiny_model(tmp_path / "tiny")
    model = NativeModel.load(str(base), torch.float32)
    chats = [[{"role": "user", "content": f"what colour is the {thing} ?"}] for thing in ("oven", "kettle", "washer")]
    recipe = Recipe(layers=3, rank=4, learning_rate=2e-2, epochs=6, batch_size=3)
    adapter = train(model, [Example(chat, word) for chat, word in zip(chats, COLOURS, strict=True)], recipe).adapter
    weights.write(base, adapter, tmp_path / "model")
    adapter.save(tmp_path / "adapter")
    ours = [done.text for done in NativeModel.load(str(tmp_path / "model"), torch.float32).generate(chats, 6)]
    assert ours != [done.text for done in model.generate(chats, 6)]  # it has learned something
    monkeypatch.setattr(answer, "HERE", tmp_path)
    for engine in (answer.Transformers(), answer.Transformers(base)):
        assert [engine.answer(chat, 6) for chat in chats] == ours
        chosen = Choosing(model.adapted(adapter), COLOURS).generate(chats)
        assert [engine.choose(chat, COLOURS) for chat in chats] == [done.text for done in chosen]


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(UsageError, match="holds something else"):
        bundle.source(tmp_path / "mine", None, None, "m", "")
    with pytest.raises(UsageError, match="not on this machine"):
        bundle.source(tmp_path / "new", None, None, "m", "http://127.0.0.1:9/v1")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_handover_among_the_documents_is_none_of_them(tmp_path):
    from twolevers.bakeoff.read.documents import read_documents

    (tmp_path / "h" / "model").mkdir(parents=True)
    (tmp_path / "page.md").write_text("The oven is red.")
    for name in ("README.md", "handover.json", "model/notes.txt"):
        (tmp_path / "h" / name).write_text("{}")
    documents, unused = read_documents(tmp_path)
    assert [each.doc_id for each in documents] == ["page.md"]
    assert [(each.where, each.reason) for each in unused] == [("h", "was handed over by a bake-off")]


def test_weights_too_large_for_half_precision_stay_whole(tmp_path):
    from safetensors.torch import load_file, save_file

    base = save_tiny_model(tmp_path / "tiny")
    tensors = load_file(base / "model.safetensors")
    tensors["model.norm.weight"] *= 1e6
    save_file(tensors, base / "model.safetensors", {"format": "pt"})
    made = weights.write(base, None, tmp_path / "model")
    assert load_file(made / "model.safetensors")["model.norm.weight"].dtype == torch.float32
    assert json.loads((made / "config.json").read_text())["dtype"] == "float32"
    strange = Adapter(Recipe(), "x", {"layers.99.self_attn.q_proj": (torch.zeros(1, 32), torch.zeros(32, 1))})
    with pytest.raises(UsageError, match="has no weights"):
        weights.write(base, strange, tmp_path / "other")


@pytest.mark.model
@pytest.mark.slow
def test_the_courses_own_model_answers_alike_in_every_engine(tmp_path, monkeypatch, home_with_models):
    """Ours, transformers, peft, transformers' GGUF reader, and llama.cpp where it is installed."""
    from transformers import AutoModelForCausalLM

    monkeypatch.setenv("TWOLEVERS_HOME", str(home_with_models))
    base = stored("")
    model = NativeModel.load(str(base), torch.float32)
    told = "Answer in a few words."
    asked = ["What is the capital of France?", "How many legs has a spider?", "What colour is a ripe tomato?"]
    chats = [[{"role": "system", "content": told}, {"role": "user", "content": each}] for each in asked]
    examples = [Example(chat, f"{word}, says the oven.") for chat, word in zip(chats, COLOURS, strict=True)]
    adapter = train(model, examples, Recipe(layers=6, rank=8, learning_rate=2e-3, epochs=8, batch_size=3)).adapter
    weights.write(base, adapter, tmp_path / "model")
    adapter.save(tmp_path / "adapter")
    gguf_file.write(tmp_path / "model", tmp_path / "model.gguf", "F16")
    ours = [done.text for done in NativeModel.load(str(tmp_path / "model"), torch.float32).generate(chats, 16)]
    assert "oven" in " ".join(ours)
    monkeypatch.setattr(answer, "HERE", tmp_path)
    engines = [answer.Transformers(), answer.Transformers(base)]
    read = answer.Transformers()
    read.model = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf", dtype=torch.float32).eval()
    engines.append(read)
    if importlib.util.find_spec("xllamacpp"):
        engines.append(answer.LlamaCpp())
    for engine in engines:
        assert [engine.answer(chat, 16) for chat in chats] == ours


# GGUF


def save_bpe_model(folder, kind="llama"):
    """A tiny model whose tokenizer is of the course's model's kind: digits alone, then bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    save_tiny_model(folder, kind)
    core = Tokenizer(models.BPE())
    parts = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    core.pre_tokenizer, core.decoder = pre_tokenizers.Sequence(parts), decoders.ByteLevel()
    texts = ["the oven 31 is red", "system user assistant", "how loud is the kettle 43 dB"]
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(
        texts * 3, trainers.BpeTrainer(vocab_size=320, special_tokens=special, initial_alphabet=alphabet)
    )
    names = {"bos_token": special[1], "eos_token": special[2], "pad_token": special[2], "unk_token": special[0]}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, **names)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return _resized(folder, len(tokenizer))


def _resized(folder, size):
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained(folder)
    model.resize_token_embeddings(size)
    model.config.bos_token_id, model.config.eos_token_id = 1, 2
    torch.nn.init.normal_(model.get_input_embeddings().weight, std=0.3)
    model.save_pretrained(folder)
    return folder


def test_a_gguf_file_holds_the_same_weights(tmp_path):
    """Read back by transformers' reader: logits and tokens as before."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = weights.write(save_bpe_model(tmp_path / "bpe"), None, tmp_path / "model")
    assert gguf_file.lacking(folder) == ""
    gguf_file.write(folder, tmp_path / "model.gguf", "F16")
    before = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    after = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf", dtype=torch.float32)
    ids = AutoTokenizer.from_pretrained(folder)("the oven is red", return_tensors="pt").input_ids
    assert (
        AutoTokenizer.from_pretrained(tmp_path, gguf_file="model.gguf")("the oven is red").input_ids == ids[0].tolist()
    )
    torch.testing.assert_close(before(ids).logits, after(ids).logits, atol=1e-4, rtol=1e-4)


def test_why_there_is_no_gguf_file(tmp_path):
    assert "tokenizer" in gguf_file.lacking(save_tiny_model(tmp_path / "words"))
    assert "qwen2" in gguf_file.lacking(save_bpe_model(tmp_path / "qwen", "qwen2"))
