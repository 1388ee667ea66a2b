"""Sharing the work out: the same frame in one process, in two, and on a Dask cluster, even when a worker is killed."""

import functools
import hashlib
import os
import signal
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import joblib
import pandas as pd
import pytest

from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.fan_out import STARTS, fan_out
from twolevers.evaluate.run import BATCH_SIZE, COLUMNS
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.paths import threads

SEEDS = (0, 1)
QUESTIONS = [
    Question(f"Q{i:03}", f"How loud is {i}?", ("43 dB",), "fact", (f"d{i}",), f"Oven {i // 4}", "noise_level", "test")
    for i in range(3 * BATCH_SIZE + 5)
]
SLICES = 4


@pytest.fixture(scope="module", autouse=True)
def _environment_as_it_was():
    """Dask sets OMP_NUM_THREADS while it starts its workers and leaves it: later tests would run on one thread."""
    kept = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(kept)


@dataclass
class Guessing:
    """Answers from a hash of the seed and the question. Notes each slice it answers; `dies` before its second one."""

    name: str
    seed: int
    log: Path
    dies: str = ""

    @property
    def key(self) -> str:
        return str(self.seed)

    def answer(self, questions):
        if self.dies == "always" or (self.dies and questions[0].question_id == f"Q{BATCH_SIZE:03}" and self._first()):
            os.kill(os.getpid(), signal.SIGKILL)
        answers = [
            Answer(q.question_id, f"{self._guess(q)} dB", (), (), Usage(9, 2, 0.25), f"{threads()}") for q in questions
        ]
        with self.log.open("a") as stream:
            stream.write(f"{self.name} {self.seed} {questions[0].question_id} {os.getpid()} {threads()}\n")
        return answers

    def _guess(self, question):
        return hashlib.sha256(f"{self.name} {self.seed} {question.text}".encode()).digest()[0] % 3 + 42

    def _first(self):
        try:
            self.log.with_suffix(".killed").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def guessing(seed, *, name, log, dies=""):
    return Guessing(name, seed, log, dies)


def makers(log, dies=""):
    return {name: partial(guessing, name=name, log=log, dies=dies) for name in ("rag", "tuned")}


def slices(log):
    return [line.split() for line in log.read_text().splitlines()]


@pytest.fixture
def serial(tmp_path):
    return fan_out(makers(tmp_path / "serial.log"), QUESTIONS, FACTS, SEEDS, journal=tmp_path / "serial.jsonl", key="k")


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local,
        distributed.Client(local),
    ):
        yield local


def test_rows_stand_in_the_order_of_arms_seeds_and_questions(serial, tmp_path):
    assert list(serial.columns) == [COLUMNS[0], "seed", *COLUMNS[1:]]
    expected = [(arm, seed, q.question_id) for arm in ("rag", "tuned") for seed in SEEDS for q in QUESTIONS]
    assert list(serial[["arm", "seed", "question_id"]].itertuples(index=False, name=None)) == expected
    assert serial["text"].nunique() == 3 and 0.2 < serial["correct"].mean() < 0.5
    assert len(slices(tmp_path / "serial.log")) == 2 * len(SEEDS) * SLICES
    again = fan_out(makers(tmp_path / "again.log"), QUESTIONS, FACTS, SEEDS, journal=tmp_path / "serial.jsonl", key="k")
    pd.testing.assert_frame_equal(again, serial)
    assert not (tmp_path / "again.log").exists()


def test_two_processes_give_the_same_frame_and_share_the_processors(serial, tmp_path, monkeypatch):
    monkeypatch.delenv("TWOLEVERS_THREADS", raising=False)
    log = tmp_path / "two.log"
    with joblib.parallel_config(n_jobs=2):
        frame = fan_out(makers(log), QUESTIONS, FACTS, SEEDS, journal=tmp_path / "two.jsonl", key="k")
    pd.testing.assert_frame_equal(frame, serial)
    assert str(os.getpid()) not in {pid for *_, pid, _ in slices(log)}
    assert {int(share) for *_, share in slices(log)} == {max(1, threads() // 2)}


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_a_killed_process_loses_nothing(serial, tmp_path):
    log = tmp_path / "killed.log"
    with joblib.parallel_config(n_jobs=2):
        frame = fan_out(makers(log, dies="once"), QUESTIONS, FACTS, SEEDS, journal=tmp_path / "killed.jsonl", key="k")
    pd.testing.assert_frame_equal(frame, serial)
    assert log.with_suffix(".killed").exists()
    done = [tuple(entry[:3]) for entry in slices(log)]
    # What was finished is not asked again, but for the one slice that the other process may have been writing down.
    assert len(set(done)) == 2 * len(SEEDS) * SLICES and len(done) <= len(set(done)) + 1


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_processes_that_keep_dying_are_said_in_one_line(tmp_path):
    with joblib.parallel_config(n_jobs=2), pytest.raises(TwoLeversError, match=f"died {STARTS} times") as caught:
        fan_out(makers(tmp_path / "log", "always"), QUESTIONS[:4], FACTS, journal=tmp_path / "answers.jsonl", key="k")
    assert "\n" not in str(caught.value)


def test_dask_workers_give_the_same_frame(serial, tmp_path, cluster):
    log = tmp_path / "dask.log"
    with joblib.parallel_config("dask"):
        frame = fan_out(makers(log), QUESTIONS, FACTS, SEEDS, journal=tmp_path / "dask.jsonl", key="k")
    pd.testing.assert_frame_equal(frame, serial)
    pids = {int(pid) for *_, pid, _ in slices(log)}
    assert pids == {worker.pid for worker in cluster.workers.values()}


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_a_killed_dask_worker_loses_nothing(serial, tmp_path, cluster):
    log = tmp_path / "killed.log"
    with joblib.parallel_config("dask"):
        frame = fan_out(makers(log, dies="once"), QUESTIONS, FACTS, SEEDS, journal=tmp_path / "killed.jsonl", key="k")
    pd.testing.assert_frame_equal(frame, serial)
    assert log.with_suffix(".killed").exists()
    done = [tuple(entry[:3]) for entry in slices(log)]
    assert len(set(done)) == len(done) == 2 * len(SEEDS) * SLICES


@functools.cache
def tiny(folder):
    from twolevers.models.native.model import NativeModel

    return NativeModel.load(folder)


def asking(seed, *, folder):
    """A real arm; the seed decides the instruction, so that it changes the answers."""
    from twolevers.arms.prompt import Prompt

    return Prompt(tiny(folder), instruction=f"{('oven', 'kettle')[seed]} .", max_new_tokens=4)


def test_a_model_answers_alike_in_every_process(tmp_path, home, cluster):
    from tiny import save_tiny_model

    make = {"prompt": partial(asking, folder=str(save_tiny_model(tmp_path / "model")))}
    words = ("oven", "kettle", "washer", "red", "blue", "green", "31", "43")
    asked = [
        Question(f"Q{i:03}", f"how {words[i % 8]} is the {words[i // 8]} ?", ("red",), "fact", (), "", "", "test")
        for i in range(41)
    ]
    here = fan_out(make, asked, FACTS, SEEDS, journal=tmp_path / "here.jsonl", key="k", batch_size=32)
    with joblib.parallel_config("dask"):
        there = fan_out(make, asked, FACTS, SEEDS, journal=tmp_path / "there.jsonl", key="k", batch_size=32)
    assert here["text"].nunique() > 3
    pd.testing.assert_frame_equal(there.drop(columns="seconds"), here.drop(columns="seconds"))


def test_a_wrong_call_is_said_in_one_line(tmp_path):
    journal = tmp_path / "answers.jsonl"
    with pytest.raises(UsageError, match="nothing to do"):
        fan_out({}, QUESTIONS, FACTS, journal=journal, key="k")
    with pytest.raises(UsageError, match="seeds occur twice: 1"):
        fan_out(makers(tmp_path / "log"), QUESTIONS, FACTS, (1, 1), journal=journal, key="k")
    twice = [*QUESTIONS[:BATCH_SIZE], QUESTIONS[0]]
    with pytest.raises(UsageError, match="questions occur twice: Q000"):
        fan_out(makers(tmp_path / "log"), twice, FACTS, journal=journal, key="k")
    assert fan_out(makers(tmp_path / "log"), [], FACTS, journal=journal, key="k").empty
