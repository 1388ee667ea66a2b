"""How benches are run: ratios, interleaving, missing and failing peers, what is written. No peer is needed."""

import json
import math
import sys
import types
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from twolevers import cli
from twolevers.errors import TwoLeversError, UsageError
from twolevers.paths import repository, threads

sys.path[:0] = [str(repository()), str(repository() / "tests")]

from benchmarks import common, machine, publish, suite, train  # noqa: E402
from benchmarks.common import Options, chosen, quality, race, row  # noqa: E402
from benchmarks.worker import Side  # noqa: E402

FAST = Side("fast", "bench_fake:Sleeper", {"seconds": 0.002})
SLOW = Side("slow", "bench_fake:Sleeper", {"seconds": 0.02})
CONTRACT = ["bench", "case", "peer", "ours", "theirs", "unit", "ratio"]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(common, "PAUSE", 0.0)


@pytest.fixture
def said():
    return []


@pytest.fixture
def options(said):
    return Options(repeats=3, report=said.append)


@pytest.mark.parametrize(
    ("unit", "ours", "theirs", "ratio"), [("tokens/s", 500, 100, 5), ("s/prompt", 0.1, 0.5, 5), ("GiB", 4, 2, 0.5)]
)
def test_a_ratio_above_1_means_ahead_whatever_the_unit(unit, ours, theirs, ratio):
    assert row("train", "case", "peer", [ours], [theirs], unit)["ratio"] == pytest.approx(ratio)


def test_a_row_has_the_median_and_range_of_ratios_taken_repeat_by_repeat():
    found = row("answer", "case", "peer", [1, 2, 4], [10, 10, 10], "s", note="how")
    assert list(found)[:7] == CONTRACT
    assert (found["ours"], found["theirs"], found["repeats"], found["note"]) == (2, 10, 3, "how")
    assert (found["ratio"], found["ratio_min"], found["ratio_max"]) == (5, 2.5, 10)


def test_a_ratio_never_mixes_repeats():
    # Twice as slow a machine in the second repeat leaves the ratio as it is.
    found = row("answer", "case", "peer", [1, 2], [3, 6], "s")
    assert found["ratio_min"] == found["ratio_max"] == 3


def test_quality_is_paired_with_an_interval():
    found = quality([1, 1, 1, 0] * 10, [1, 0, 1, 0] * 10, [str(place) for place in range(40)])
    assert found["quality_difference"] == pytest.approx(0.25)
    assert found["low"] < 0.25 < found["high"]
    assert found["n"] == 40


def test_a_race_is_interleaved_and_each_side_keeps_its_own_process(options, said):
    runs = race([FAST], [SLOW], "warm", ["a", "b", "c"], options)
    assert {name: [run.result["work"] for run in done] for name, done in runs.items()} == {
        name: ["a", "b", "c"] for name in ("fast", "slow")
    }
    processes = {name: {run.result["process"] for run in done} for name, done in runs.items()}
    assert all(len(each) == 1 for each in processes.values())
    assert processes["fast"] != processes["slow"]
    assert {run.result["threads"] for done in runs.values() for run in done} == {str(threads())}
    assert all(run.seconds >= side.settings["seconds"] for side in (FAST, SLOW) for run in runs[side.name])
    order = [line.split("  ")[1].split(":")[0] for line in said if line.startswith("repeat")]
    assert order == ["fast", "slow", "slow", "fast", "fast", "slow"]


@pytest.mark.parametrize(("fake", "why"), [("Broken", "libfast.so"), ("Dying", "ended with code 3")])
def test_a_failing_peer_is_one_line_and_the_race_goes_on(options, said, fake, why):
    runs = race([FAST], [Side("peer", f"bench_fake:{fake}")], "warm", ["a"], options)
    assert list(runs) == ["fast"]
    assert [why in line for line in said if line.startswith("peer failed")] == [True]


def test_a_failing_side_of_ours_or_a_peer_asked_for_raises(options):
    broken = Side("broken", "bench_fake:Broken")
    with pytest.raises(TwoLeversError, match="libfast"):
        race([broken], [], "warm", ["a"], options)
    with pytest.raises(TwoLeversError, match="libfast"):
        race([FAST], [broken], "warm", ["a"], Options(peers=("broken",), report=options.report))


def test_a_peer_that_is_not_installed_is_left_out_with_a_line(options, said):
    there, absent = Side("there", "m:C", needs=("json",)), Side("absent", "m:C", needs=("no_such_engine",))
    assert chosen([there, absent], options) == [there]
    assert said == ['absent: not installed, left out (pip install "twolevers[bench]").']
    assert chosen([there, absent], Options(peers=("THERE",))) == [there]
    with pytest.raises(TwoLeversError, match=r"twolevers\[bench\]") as caught:
        chosen([there, absent], Options(peers=("absent",)))
    assert caught.value.exit_code == 1
    with pytest.raises(UsageError, match="there, absent"):
        chosen([there, absent], Options(peers=("nobody",)))


@pytest.fixture
def rows():
    ahead = row("fake", "a case", "peer <1>", [1, 2, 3], [4, 5, 6], "s", **quality([1, 0], [1, 1], ["a", "b"]))
    behind = row("fake", "another", "peer 2", [10], [20], "tokens/s", note="rate", identical_ours=math.nan)
    return [ahead, behind]


@pytest.fixture
def fake_bench(monkeypatch, tmp_path, rows):
    """A bench named `fake`, whose results go to a folder of the test."""
    monkeypatch.setattr(suite, "NAMES", ("fake",))
    monkeypatch.setitem(sys.modules, "benchmarks.fake", types.SimpleNamespace(rows=lambda options: rows))
    monkeypatch.setattr(machine, "describe", lambda: {"machine": "test"})
    monkeypatch.setattr(publish, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(publish.machine, "kind", lambda: "avx2-float32")
    return tmp_path / "results" / "avx2-float32"


def test_the_command_prints_writes_json_and_publishes(fake_bench, tmp_path):
    done = CliRunner().invoke(cli.app, ["bench", "fake", "--json", str(tmp_path / "rows.json")])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "rows.json").read_text("utf-8"))
    assert all(set(CONTRACT) <= set(each) for each in found)
    assert found[1]["identical_ours"] is None
    assert "2.50 × (2.00 to 4.00)" in done.output
    assert sorted(path.name for path in fake_bench.iterdir()) == ["fake.csv", "fake.svg", "fake.txt", "machine.json"]
    ElementTree.parse(fake_bench / "fake.svg")
    said = (fake_bench / "fake.txt").read_text("utf-8")
    assert "another, peer 2: 0.50" in said


def test_csv_has_a_line_a_row(fake_bench):
    done = CliRunner().invoke(cli.app, ["bench", "--csv"])
    lines = [line for line in done.stdout.splitlines() if line]
    assert lines[0].startswith(",".join(CONTRACT))
    assert len(lines) == 3


def test_chosen_peers_publish_nothing(fake_bench):
    assert CliRunner().invoke(cli.app, ["bench", "fake", "--peer", "x"]).exit_code == 0
    assert not fake_bench.exists()


@pytest.mark.parametrize("arguments", [["nonsense"], ["--peer", "x"], ["train", "--repeats", "0"]])
def test_a_call_that_cannot_be_used_exits_2(monkeypatch, capsys, arguments):
    monkeypatch.setattr(sys, "argv", ["twolevers", "bench", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2


def test_outside_of_a_checkout_it_is_one_line(monkeypatch, capsys):
    def nowhere():
        raise TwoLeversError("No course folder.")

    monkeypatch.setattr("twolevers.paths.repository", nowhere)
    monkeypatch.setattr(sys, "argv", ["twolevers", "bench", "train"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("name", ["train", "answer", "lesson"])
def test_each_bench_refuses_an_unknown_peer_before_it_loads_anything(name, monkeypatch, options):
    from importlib import import_module

    monkeypatch.setattr("twolevers.models.weights.locate", lambda name: repository())
    with pytest.raises(UsageError, match="peer"):
        import_module(f"benchmarks.{name}").rows(Options(peers=("nobody",), report=options.report))


def test_needed_products_grow_with_layers_and_passes():
    shape = types.SimpleNamespace(layers=4, hidden=8, heads=2, kv_heads=1, head_dim=4, inner=16)
    tokenizer = types.SimpleNamespace(encode=lambda text, add_special_tokens: text.split())
    decoder = types.SimpleNamespace(shape=shape, head=types.SimpleNamespace(shape=(32, 8)))
    model = types.SimpleNamespace(decoder=decoder, tokenizer=tokenizer, encode=lambda chat: list(chat))
    bench = types.SimpleNamespace(model=model)
    examples = [types.SimpleNamespace(chat=[1, 2, 3, row], answer="one two") for row in range(4)]

    def job(epochs):
        return types.SimpleNamespace(
            examples=examples, recipe=types.SimpleNamespace(batch_size=2, rank=2, epochs=epochs)
        )

    top, every, twice = (train.flops(bench, job(p), layers) for p, layers in ((1, 2), (1, 4), (2, 4)))
    assert 0 < top < every
    assert twice == pytest.approx(2 * every)  # nothing is below, so nothing is computed only once
    # By hand, 28 tokens, no shared start; per layer 4·(in × out) over all matrices, less 2·qkv in the lowest.
    weights = 8 * (8 + 4 + 4 + 8) + 3 * 8 * 16
    base = 4 * 4 * weights * 28 - 2 * 8 * 16 * 28 + 4 * 6 * 8 * 4 * 49 + 4 * 8 * 32 * 12
    low_rank = 4 * 28 * 6 * 2 * (16 + 12 + 12 + 16 + 3 * 24)
    assert every == pytest.approx(base + low_rank)
