"""What is kept: found again, made again when it is damaged or the code changed, safe with two writers, emptied."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from tiny import save_tiny_model
from typer.testing import CliRunner

from twolevers import cache, cli
from twolevers.errors import TwoLeversError
from twolevers.lessons.common.bench import Workbench
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example
from twolevers.models.embedders.cache import embed_once
from twolevers.models.native.model import NativeModel

RECIPE = Recipe(layers=1, rank=2, epochs=1, batch_size=2)
EXAMPLES = [Example([{"role": "user", "content": f"how loud is the {what} ?"}], "43 dB") for what in ("oven", "kettle")]


class Counting:
    """An embedder that counts the texts it is given."""

    key = "counting"

    def __init__(self):
        self.texts = 0

    def embed(self, texts):
        self.texts += len(texts)
        return np.array([[len(text), 1] for text in texts], np.float32)


@pytest.fixture
def bench(home, tmp_path):
    return Workbench(NativeModel.load(str(save_tiny_model(tmp_path / "model"))), Counting(), [], None)


@pytest.fixture
def trained(monkeypatch):
    """How many adapters were really trained."""
    times = []

    def fit(*arguments, real=NativeModel.fit, **settings):
        times.append(1)
        return real(*arguments, **settings)

    monkeypatch.setattr(NativeModel, "fit", fit)
    return times


def entries(kind):
    return [path for path in (cache.folder() / kind).iterdir() if path.suffix != cache.LOCK]


def test_the_same_content_has_one_place(home):
    assert cache.place("index", "a", 1) == cache.place("index", "a", 1)
    places = {cache.place("index", "a", 1), cache.place("index", "a", 2), cache.place("index", "a1")}
    assert len(places | {cache.place("adapters", "a", 1)}) == 4
    assert cache.place("index", "a").is_relative_to(home / "cache" / "index")


def test_the_code_version_changes_with_the_source_of_its_parts(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "lora.py").write_text("RATE = 1\n")
    (tmp_path / "cli.py").write_text("")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    first = cache.code("models"), cache.code("models/lora.py")
    (tmp_path / "cli.py").write_text("# another part\n")
    assert (cache.code("models"), cache.code("models/lora.py")) == first
    (tmp_path / "models" / "lora.py").write_text("RATE = 2\n")
    assert cache.code("models") != first[0] and cache.code("models/lora.py") != first[1]


def test_the_code_version_is_that_of_what_the_code_does(tmp_path, monkeypatch):
    """An adapter is not trained again because a comment was mended."""
    source = tmp_path / "lora.py"
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    code = 'def rate(n):\n    """Doc."""\n    return 2 * n\n\n\nclass Empty:\n    """Only said."""\n'
    source.write_text(code)
    first = cache.code("lora.py")
    source.write_text(
        '"""New."""\n# why\n' + code.replace("Doc.", "Said\n    better.").replace("2 * n", "(2 * n)  # twice")
    )
    assert cache.code("lora.py") == first
    source.write_text(code.replace("2 * n", "3 * n"))
    assert cache.code("lora.py") != first
    source.write_text(code.replace('"""Doc."""', 'said = """Doc."""'))
    assert cache.code("lora.py") != first


def test_vectors_are_computed_once_for_a_list_an_embedder_and_a_code_version(home, monkeypatch):
    embedder = Counting()
    first = embed_once(embedder, ["a", "bb"])
    np.testing.assert_array_equal(embed_once(embedder, ["a", "bb"]), first)
    assert (embedder.texts, first.dtype, first.shape) == (2, np.float32, (2, 2))
    embed_once(embedder, ["bb", "a"])
    assert embedder.texts == 4
    embedder.key = "another"
    embed_once(embedder, ["a", "bb"])
    assert embedder.texts == 6
    monkeypatch.setattr(cache, "code", lambda *parts: "next version")
    embed_once(embedder, ["a", "bb"])
    assert embedder.texts == 8


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other"])
def test_damaged_vectors_are_computed_again_with_one_warning(home, damage):
    embedder = Counting()
    first = embed_once(embedder, ["a", "bb"])
    (path,) = entries("embeddings")
    content = path.read_bytes()
    damaged = {"cut": content[:-3], "flipped": content[:-3] + b"?" + content[-2:], "empty": b"", "other": b"x" * 999}
    path.write_bytes(damaged[damage])
    with pytest.warns(UserWarning, match="vectors kept in .* damaged: made again") as said:
        np.testing.assert_array_equal(embed_once(embedder, ["a", "bb"]), first)
    assert (len(said), "\n" in str(said[0].message), embedder.texts) == (1, False, 4)
    embed_once(embedder, ["a", "bb"])
    assert embedder.texts == 4


def test_an_adapter_is_trained_once_for_its_model_recipe_examples_and_code(bench, trained, monkeypatch):
    first = bench.train("facts", EXAMPLES, RECIPE)
    again = bench.train("another label", EXAMPLES, RECIPE)
    assert (len(trained), again.adapter.key, again.history) == (1, first.adapter.key, first.history)
    bench.train("facts", EXAMPLES, replace(RECIPE, seed=1))
    bench.train("facts", EXAMPLES[:1], RECIPE)
    monkeypatch.setattr(cache, "code", lambda *parts: "next version")
    bench.train("facts", EXAMPLES, RECIPE)
    assert len(trained) == 4


def _cut_record(folder):
    (folder / "training.json").write_text('{"history"')


def _no_record_fields(folder):
    (folder / "training.json").write_text("[]")


def _cut_weights(folder):
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])


def _flip_weights(folder):
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-9] + b"123456789")


def _no_config(folder):
    (folder / "adapter_config.json").unlink()


@pytest.mark.parametrize("damage", [_cut_record, _no_record_fields, _cut_weights, _flip_weights, _no_config])
def test_a_damaged_adapter_is_trained_again_with_one_warning(bench, trained, damage):
    first = bench.train("facts", EXAMPLES, RECIPE)
    (folder,) = entries("adapters")
    damage(folder)
    with pytest.warns(UserWarning, match="adapter kept in .* damaged: made again") as said:
        assert bench.train("facts", EXAMPLES, RECIPE).adapter.key == first.adapter.key
    assert (len(said), len(trained)) == (1, 2)
    bench.train("facts", EXAMPLES, RECIPE)
    assert len(trained) == 2


def test_an_adapter_whose_writer_was_killed_is_trained_again(bench, trained):
    first = bench.train("facts", EXAMPLES, RECIPE)
    (folder,) = entries("adapters")
    (folder / "training.json").unlink()  # the record is written last
    assert bench.train("facts", EXAMPLES, RECIPE).adapter.key == first.adapter.key
    assert len(trained) == 2


TWO = """
import sys
sys.path.insert(0, {tests!r})
from test_cache import EXAMPLES, RECIPE, Counting
from twolevers.lessons.common.bench import Workbench
from twolevers.models.native.model import NativeModel

bench = Workbench(NativeModel.load({model!r}), Counting(), [], None)
print("ready", flush=True)
sys.stdin.readline()
for seed in range(3):
    print(bench.train("facts", EXAMPLES, RECIPE).adapter.key, bench.vectors(["a", "bb"]).tolist())
"""


def test_two_processes_at_once_find_the_same(bench, tmp_path):
    code = TWO.format(tests=str(Path(__file__).parent), model=str(tmp_path / "model"))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen([sys.executable, "-W", "error", "-c", code], **pipes) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert len({line for out, _ in said for line in out.splitlines()}) == 1
    assert len(entries("adapters")) == len(entries("embeddings")) == 1


def test_a_cache_that_cannot_be_written_is_said_in_one_line(bench, home):
    home.mkdir(exist_ok=True)
    (home / "cache").write_text("in the way")
    with pytest.raises(TwoLeversError, match=r"Nothing can be kept in .*TWOLEVERS_HOME") as caught:
        bench.train("facts", EXAMPLES, RECIPE)
    assert "\n" not in str(caught.value)


def test_the_size_is_said_by_kind_and_clearing_leaves_what_is_in_use(home):
    for name in ("index/aa/part", "index/bb/part", "adapters/cc/weights", "executed/01_two_levers-dd.ipynb"):
        path = home / "cache" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 1_000_000)
    (home / "cache" / "answers.jsonl").write_text(json.dumps({"key": "k"}) + "\n" + json.dumps({"key": "l"}) + "\n")
    (home / "cache" / "adapters" / "cc.lock").touch()
    kinds = {kind.name: (kind.entries, round(kind.megabytes, 3)) for kind in cache.usage()}
    assert kinds == {"adapters": (1, 1.0), "answers": (2, 0.0), "executed": (1, 1.0), "index": (2, 2.0)}
    said = CliRunner().invoke(cli.app, ["cache", "--size"]).output
    assert "index              2 entries       2.0 MB" in said and "cache: 4.0 MB" in said

    busy = home / "cache" / "index" / "bb"
    code = f"from filelock import FileLock\nwith FileLock({str(busy)!r} + '.lock'): print('held', flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        said = CliRunner().invoke(cli.app, ["cache", "--clear"]).output
        assert "4.0 MB removed" in said and f"{busy}: in use by a running program, kept" in said
        left = sorted(path.relative_to(home).as_posix() for path in home.rglob("*"))
        assert left == ["cache", "cache/index", "cache/index/bb", "cache/index/bb.lock", "cache/index/bb/part"]
        with pytest.raises(TimeoutError):
            FileLock(f"{busy}.lock", timeout=0).acquire()
    finally:
        holder.communicate("\n", timeout=30)
    assert cache.clear() == []
    assert not (home / "cache").exists()
    assert cache.usage() == [] and cache.clear() == []
