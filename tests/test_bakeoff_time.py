"""The bake-off keeps its time: a deadline between batches, slow arms, plans that fit, Ctrl-C; what --plan says."""

import csv
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies
from tiny import save_tiny_model
from typer.testing import CliRunner

from twolevers import cli
from twolevers.arms.protocol import Answer, Usage
from twolevers.bakeoff import engine, rates
from twolevers.bakeoff.command import compare, forecast
from twolevers.bakeoff.plan import Rates, plan
from twolevers.bakeoff.tasks import allowed, labels, passages, replies
from twolevers.bakeoff.tasks.kinds import QUESTIONS
from twolevers.bakeoff.tasks.labels import Labels
from twolevers.bakeoff.tasks.protocol import Contest, Data
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.data.records import Document, Question
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate import power
from twolevers.evaluate.deadline import Deadline
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.models.embedders.sentence import SentenceEmbedder


@dataclass
class Clock:
    """Time that passes only where work says so."""

    now: float = 0.0

    def __call__(self):
        return self.now


@dataclass
class Slow:
    """An arm that takes so many seconds of a clock for each question."""

    name: str
    clock: Clock
    seconds: float
    asked: list = field(default_factory=list)

    @property
    def key(self):
        return self.name

    def answer(self, asked):
        self.clock.now += self.seconds * len(asked)
        self.asked += asked
        usage = Usage(9, 1, self.seconds)
        return [Answer(each.question_id, "red", (), (), usage) for each in asked]


def asked(n):
    return [Question(f"q{i}", f"What is {i}?", ("red",), "question", (), f"e{i}", "", "") for i in range(n)]


@dataclass
class Made:
    """A task with two untaught arms of known pace."""

    contest_: Contest
    kind = QUESTIONS

    def contest(self, *given):
        return self.contest_


def slow(clock, prompt, rag, n=100):
    arms = {"prompt": Slow("prompt", clock, prompt), "rag": Slow("rag", clock, rag)}
    made = Contest(
        *(("prompt", "rag"), asked(n), {}, {}, {}, {}),
        make=lambda name, training: arms[name],
        scorer=FACTS,
        notes=(),
    )
    return Made(made), arms


def models():
    named = SimpleNamespace(key="m", name="m")
    return SimpleNamespace(model=named, embedder=named, tokens=1024)


def go(task, clock, out, seconds, monkeypatch, pace=None):
    """The engine on a clock; `pace` is what measuring says, if not the truth."""
    monkeypatch.setattr(rates.time, "perf_counter", clock)
    if pace:
        monkeypatch.setattr(rates, "measure", lambda *given: Rates(pace, {}, {}))
    data = Data(asked(100), {}, (100, 0), ())
    return engine.run(
        *(task, data, models(), out),
        arms=["prompt", "rag"],
        seeds=1,
        seconds=seconds,
        ends=Deadline.after(seconds, clock),
        report=lambda line: None,
    )


@pytest.mark.parametrize(("each", "spent"), [(10.0, 0), (10.0, 60), (10.0, 105), (30.0, 0), (30.0, 60)])
def test_a_very_slow_arm_still_gives_a_report(home, tmp_path, monkeypatch, each, spent):
    """Settling may have taken nearly all of the time: the first items are asked in the grace that is left."""
    clock = Clock()
    task, _ = slow(clock, each, each)
    real = task.contest
    task.contest = lambda *given: (setattr(clock, "now", clock.now + spent), real(*given))[1]
    found = go(task, clock, tmp_path, 120, monkeypatch)
    assert clock.now <= 1.2 * 120 + 30 and found.plan.tested >= 1 and found.plan.arms


@pytest.mark.parametrize("each", [0.01, 0.5, 3.0, 9.0])
def test_whatever_an_arm_takes_the_end_is_met_and_all_arms_answer_the_same(home, tmp_path, monkeypatch, each):
    clock = Clock()
    task, _ = slow(clock, each / 4, each)
    found = go(task, clock, tmp_path, 120, monkeypatch)
    assert clock.now <= 1.2 * 120
    by_arm = found.frame.groupby("arm")["question_id"].agg(set)
    assert set(by_arm.index) == {"prompt", "rag"} and by_arm["prompt"] == by_arm["rag"]
    assert found.plan.tested == len(by_arm["rag"]) >= (100 if each < 0.5 else 4)
    assert set(found.alone) == {"prompt", "rag"}


def test_arms_ten_times_slower_than_measured_are_cut_off_in_time(home, tmp_path, monkeypatch):
    clock = Clock()
    task, arms = slow(clock, 1.0, 4.0)
    found = go(task, clock, tmp_path, 120, monkeypatch, {"prompt": 0.1, "rag": 0.4})
    assert clock.now <= 1.2 * 120 + 30
    assert 8 <= found.plan.tested < 100 and any("slower than measured" in each for each in found.plan.left_out)
    assert found.frame.groupby("arm")["question_id"].nunique().nunique() == 1
    # The same call goes on from there and asks nothing twice.
    before = {name: len(arm.asked) for name, arm in arms.items()}
    again = go(task, clock, tmp_path, 120, monkeypatch)
    assert again.plan.tested > found.plan.tested
    for name, arm in arms.items():
        assert len({each.question_id for each in arm.asked[before[name] :]}) == len(arm.asked) - before[name]


def test_an_arm_the_time_does_not_reach_is_left_out_and_said(home, tmp_path, monkeypatch):
    clock = Clock()
    task, _ = slow(clock, 200.0, 200.0)
    found = go(task, clock, tmp_path, 120, monkeypatch, {"prompt": 1.0, "rag": 1.0})
    assert found.plan.arms == ("prompt",) and any("rag, which the time did not reach" in s for s in found.plan.left_out)


def test_rounds_grow_and_end_with_all():
    assert engine.rounds(5) == [5] and engine.rounds(40) == [8, 20, 40]
    assert engine.rounds(400) == [8, 100, 200, 400] and engine.rounds(36) == [8, 18, 36]


def test_a_rate_is_measured_within_its_time():
    clock = Clock()

    def work(items):
        clock.now += 2 * len(items)

    for seconds, most in ((1, 2), (5, 6), (100, 18)):
        clock.now = 0.0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rates.time, "perf_counter", clock)
            assert rates.pace(work, list(range(8)), seconds) == 2
        assert clock.now <= most


def test_what_is_fitted_once_is_no_part_of_a_pace_and_is_not_fitted_again():
    clock, fitted = Clock(), []

    class Fits(Slow):
        def answer(self, items):
            if not self.asked:
                fitted.append(self.name)
                self.clock.now += 30
            return super().answer(items)

    make = engine._once(lambda name, training: Fits(name, clock, 0.5))
    assert rates.own_pace(make("linear", None), asked(8), 5) == 0.5
    make("linear", None).answer(asked(3))
    assert fitted == ["linear"] and len(make("linear", None).asked) == 1 + 1 + 8 + 3


def test_measuring_ends_in_time_and_leaves_two_arms():
    clock = Clock()
    arms = {name: Slow(name, clock, 40.0) for name in ("prompt", "few_shot", "long_prompt", "linear")}
    made = Contest(
        tuple(arms), asked(20), {}, {}, {}, {}, make=lambda name, training: arms[name], scorer=FACTS, notes=()
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rates.time, "perf_counter", clock)
        found = rates.measure(made, models(), 9.0, ["linear", "long_prompt"])
    assert set(found.answering) == {"linear"} and clock.now == 40


def test_arms_that_train_are_given_up_where_nothing_else_helps():
    known = Rates({"prompt": 1.0, "tuned": 1.0}, {"closed": 5.0}, {"tuned": "closed"})
    found = plan(("prompt", "tuned"), ("prompt",), 1, 50, 100, known, 60)
    assert found.arms == ("prompt",) and found.left_out[0] == "the arm tuned" and found.tested == 45


@pytest.mark.parametrize("minutes", [1, 5, 60])
def test_the_remedy_is_never_what_was_given(minutes):
    with pytest.raises(UsageError) as caught:
        plan(("rag",), (), 1, 100, 0, Rates({"rag": 1e4}, {}, {}), 20, 60 * minutes)
    assert int(str(caught.value).split("--minutes ")[1].split()[0]) > minutes


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    pace=strategies.lists(strategies.floats(1e-6, 100), min_size=5, max_size=5),
    teaching=strategies.floats(1e-3, 50),
    seconds=strategies.floats(1, 3600),
    seeds=strategies.integers(1, 4),
    tested=strategies.integers(1, 5_000),
)
def test_any_plan_fits_its_time_or_names_more(pace, teaching, seconds, seeds, tested):
    known = Rates(
        dict(zip(QUESTIONS.arms, pace, strict=True)), {"closed": teaching, "open": teaching}, QUESTIONS.adapters
    )
    try:
        found = plan(QUESTIONS.arms, QUESTIONS.dropped_first, seeds, tested, 128, known, seconds, 2 * seconds, 10)
    except UsageError as error:
        assert int(str(error).split("--minutes ")[1].split()[0]) * 60 > 2 * seconds
    else:
        assert found.seconds <= seconds + 10 and 1 <= found.tested <= min(tested, 400) and found.arms
        assert known.training(found.arms, found.seeds, found.pairs) <= found.seconds


def test_two_arms_are_kept_on_few_items_rather_than_one_on_many():
    found = plan(("prompt", "rag"), ("prompt",), 1, 400, 0, Rates({"prompt": 1.0, "rag": 3.0}, {}, {}), 60)
    assert found.arms == ("prompt", "rag") and found.tested == 11


def test_many_items_are_sampled():
    many = [Question(f"q{i}", "What?", ("x",), "question", (f"d{i % 7}",), "", "", "") for i in range(4_000)]
    kept, (said,) = allowed.looked_at(many)
    assert len(kept) == allowed.MOST and "4000" in said
    assert len({each.doc_ids for each in kept}) == 7
    pairs = [SimpleNamespace(text=f"t{i}", target=f"l{i % 150}") for i in range(9_000)]
    kept, said = labels.looked_at(pairs)
    assert len(kept) == labels.MOST and len({each.target for each in kept}) == 150 and said
    assert len(replies.looked_at(pairs)[0]) == replies.MOST and replies.looked_at(pairs[:9]) == (pairs[:9], [])


def test_a_large_collection_is_embedded_without_the_network_where_the_time_is_short(monkeypatch):
    document = Document("d", "", "the oven is red . " * 4_000, "", "", None, {}, "")
    monkeypatch.setattr("twolevers.models.embedders.static.StaticEmbedder.load", lambda embedder: ("static", embedder))
    network = object.__new__(SentenceEmbedder)
    slow_ = SimpleNamespace(embedder=network, embeds=lambda texts, seconds: int(seconds * 20))
    assert passages.embedder_for([document], slow_, 5)[0] == ("static", network)
    assert passages.embedder_for([document], slow_, 500) == (network, ())
    other = SimpleNamespace(embedder="of another kind", embeds=slow_.embeds)  # no word vectors to be had from it
    assert passages.embedder_for([document], other, 5) == ("of another kind", ())


def save_docs(folder, n=6):
    (folder / "docs").mkdir()
    rows = []
    for place in range(n):
        (folder / "docs" / f"{place}.md").write_text(f"# oven {place}\n\nthe oven {place} is red .")
        rows.append([f"what is the colour of the oven {place} ?", "red", f"{place}.md"])
    with (folder / "q.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["question", "answer", "doc_id"], *rows])
    return folder / "docs", folder / "q.csv"


@pytest.mark.model
def test_ctrl_c_leaves_a_folder_that_can_be_gone_on_with(tmp_path, home_with_models):
    docs, file = save_docs(tmp_path, 60)
    tiny = save_tiny_model(tmp_path / "tiny")
    command = [sys.executable, "-m", "twolevers.cli", "bakeoff", "--docs", docs, "--questions", file]
    command += ["--out", tmp_path / "out", "--model", tiny, "--arms", "prompt,rag"]
    with (tmp_path / "said").open("w") as said, (tmp_path / "err").open("w") as err:
        process = subprocess.Popen(command, stdout=said, stderr=err, env=dict(os.environ))
        while process.poll() is None and not (tmp_path / "out" / engine.ANSWERS).exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 1
    # What a library says while it is torn down may come after.
    last = next(line for line in (tmp_path / "err").read_text().splitlines() if "Stopped after" in line)
    assert "the same command again" in last and str(tmp_path / "out") in last
    assert "Traceback" not in (tmp_path / "err").read_text()
    assert "reading" in (tmp_path / "said").read_text().splitlines()[0]
    kept = (tmp_path / "out" / engine.ANSWERS).read_bytes()
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / engine.ANSWERS).read_bytes().startswith(kept)


@pytest.mark.parametrize("where", ["read", "contest"])
def test_ctrl_c_at_any_time_is_one_line(tmp_path, where):
    def stopped(*given):
        raise KeyboardInterrupt

    with pytest.raises(TwoLeversError, match="the same command again") as caught:
        compare(SimpleNamespace(kind=QUESTIONS, read=stopped), tmp_path, report=lambda line: None)
    assert caught.value.exit_code == 1 and "\n" not in str(caught.value)


def test_a_plan_needs_no_model_and_writes_nothing(tmp_path, home):
    docs, file = save_docs(tmp_path, 60)
    command = ["bakeoff", "--docs", docs, "--questions", file, "--out", tmp_path / "out", "--plan"]
    done = CliRunner().invoke(cli.app, list(map(str, command)))
    assert done.exit_code == 0, done.output
    for words in ("would run: prompt, rag", "would take: about", "assumed", "smallest difference", "10 points need"):
        assert words in done.output, words
    assert not (tmp_path / "out").exists() and not home.exists()


def test_a_plan_says_where_its_speeds_are_from(tmp_path, home):
    docs, file = save_docs(tmp_path, 60)
    fast, slow_ = (Rates(dict.fromkeys(QUESTIONS.arms, pace), {"closed": pace, "open": pace}, {}) for pace in (0.1, 50))
    rates.keep("questions", "tiny", 40, fast)
    said = forecast(Questions(docs, file), tmp_path / "out", minutes=15)
    assert any("measured here on" in line and "tiny" in line for line in said)
    rates.keep("questions", "tiny", 40, slow_)
    assert any("give --minutes" in line for line in forecast(Questions(docs, file), tmp_path / "out", minutes=1))


def test_what_a_difference_needs_is_what_shows_it():
    for difference, discordant in ((0.05, 0.3), (0.1, 0.5), (0.2, 0.2)):
        n = power.needed(difference, discordant)
        assert power.resolution(n, discordant) <= difference + 1e-9
        assert power.resolution(n - 2, discordant) > difference
    with pytest.raises(UsageError, match="impossible"):
        power.needed(0.4, 0.3)


@pytest.mark.model
def test_training_seeds_are_fanned_out_and_their_spread_shown_apart(tmp_path, home_with_models, monkeypatch):
    rows = [[f"{'oven' if n % 2 else 'kettle'} {n} is loud", ("red", "blue")[n % 2]] for n in range(60)]
    with (tmp_path / "e.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["text", "label"], *rows])
    seen, real = [], engine.fan_out

    def watched(makers, questions, scorer, seeds, **given):
        seen.append((*makers, seeds))
        return real(makers, questions, scorer, seeds, **given)

    monkeypatch.setattr(engine, "fan_out", watched)
    tiny = save_tiny_model(tmp_path / "tiny")
    given = {"arms": ["tfidf", "tuned"], "seeds": 2, "model": str(tiny), "report": lambda line: None}
    results = compare(Labels(tmp_path / "e.csv"), tmp_path / "out", **given)
    assert ("tuned", (0, 1)) in seen and ("tfidf", (0,)) in seen
    tuned, words = results["arms"]["tuned"], results["arms"]["tfidf"]
    assert len(tuned["seeds"]) == 2 and words["seeds"] == [] and words["seed_spread"] is None
    assert tuned["seed_spread"]["low"] <= np.mean(tuned["seeds"]) <= tuned["seed_spread"]["high"]
    frame = pd.read_csv(tmp_path / "out" / "answers.csv")
    assert frame[frame["arm"] == "tuned"]["seed"].tolist().count(1) == results["data"]["tested"]
    page = Path(tmp_path / "out" / "report.html").read_text()
    assert "other training seeds" in page and "(2 seeds)" in page


@pytest.mark.model
def test_a_model_that_is_fetched_first_takes_none_of_the_minutes(tmp_path, home_with_models, monkeypatch):
    from test_bakeoff import save_inputs

    from twolevers.models import api

    docs, questions = save_inputs(tmp_path)
    tiny, waited = str(save_tiny_model(tmp_path / "tiny")), []

    def slowly(name, real=api.fetched):
        waited.append(3600.0 * (not waited))
        return real(name)

    monkeypatch.setattr(api, "fetched", slowly)
    given = {"model": tiny, "arms": ["prompt", "rag"], "report": lambda line: None}
    clock = lambda: time.monotonic() + sum(waited)  # noqa: E731
    found = compare(Questions(docs, questions), tmp_path / "out", minutes=1, clock=clock, **given)
    assert set(found["arms"]) == {"prompt", "rag"} and found["arms"]["rag"]["n"] > 8
