"""Lesson 08: splits, draws and leak check; macro-F1 by scenario; from a frame to verdicts, figures and ledger rows."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tiny import save_tiny_model

from twolevers.data.tickets import QUEUES
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate import macro
from twolevers.evaluate.metrics import macro_f1
from twolevers.lessons import registry
from twolevers.lessons.common import messages
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.reading import MACRO_F1, judged
from twolevers.lessons.narrow_tasks import experiment as narrow_tasks
from twolevers.lessons.narrow_tasks import figures as narrow_figures
from twolevers.lessons.narrow_tasks import shown
from twolevers.models.api import Training
from twolevers.models.native.model import NativeModel


def made(accuracy: dict[tuple[str, int], float], n: int = 96) -> pd.DataFrame:
    """A frame as from `run`: the given share right, spread over desks and scenarios of two messages."""
    rows = []
    for (arm, per_class), share in accuracy.items():
        for place in range(n):
            right = messages.DESKS[place // 2 % 12]
            wrong = messages.DESKS[(place // 2 + 1 + place % 5) % 12]
            hit = place * 7 % n < share * n
            row = {"arm": arm, "per_class": per_class, "question_id": f"T{place:04d}", "entity": f"S{place // 2}"}
            row |= {"true": right, "text": right if hit else wrong, "prompt_tokens": 70, "seconds": 0.04}
            rows.append(row)
    return pd.DataFrame(rows)


EVERY = {("long_prompt", 0): 0.2, ("retrieved_few_shot", narrow_tasks.MANY): 0.4} | {
    (arm, budget): share + budget / 200
    for budget in (narrow_tasks.FEW, narrow_tasks.MANY)
    for arm, share in {"tfidf": 0.45, "linear": 0.45, "tuned": 0.5}.items()
}


def test_the_test_holds_every_scenario_and_no_training_saw_one():
    test, dev = narrow_tasks.tested(), narrow_tasks.chosen_on()
    assert len(test) == 96 and test["scenario"].value_counts().eq(1).all() and test["queue"].value_counts().eq(8).all()
    assert len(dev) == 36 and set(dev["split"]) == {"dev"}
    few, many = narrow_tasks.labelled(narrow_tasks.FEW), narrow_tasks.labelled(narrow_tasks.MANY)
    assert few["clean_queue"].value_counts().eq(narrow_tasks.FEW).all() and len(few["queue"].unique()) == len(QUEUES)
    assert many["clean_queue"].value_counts().eq(narrow_tasks.MANY).all()
    assert set(few["ticket_id"]) < set(many["ticket_id"])
    assert sorted(few.head(12)["clean_queue"]) == sorted(QUEUES)
    assert not set(many["scenario"]) & (set(test["scenario"]) | set(dev["scenario"]))
    assert (many["queue"] != many["clean_queue"]).any()  # labels are trained on as given


def test_a_leak_stops_the_training():
    test = narrow_tasks.tested()
    with pytest.raises(TwoLeversError, match="Leak: the scenario 'S"):
        messages.check_leaks(test.head(1), test)
    with pytest.raises(TwoLeversError, match="Leak: the text"):
        messages.check_leaks(test.head(1).assign(scenario="S999"), test)


def test_the_interval_is_that_of_macro_f1_over_drawn_scenarios():
    frame = made({("tuned", 50): 0.6})
    drawn = macro.resampled(frame["true"], frame["text"], frame["entity"], seed=1, resamples=3000)
    rng, slow = np.random.default_rng(2), []
    parts = {name: part for name, part in frame.groupby("entity")}
    queues = frame.groupby("entity")["true"].first()
    for _ in range(200):
        names = [name for _, own in queues.groupby(queues) for name in rng.choice(own.index, len(own))]
        rows = pd.concat([parts[name] for name in names])
        slow.append(macro_f1(rows["true"].tolist(), rows["text"].tolist()))
    assert np.mean(slow) == pytest.approx(drawn.mean(), abs=0.015)
    assert np.std(slow) == pytest.approx(drawn.std(), rel=0.2)
    table = macro.scores(frame).iloc[0]
    assert table["low"] < table["value"] < table["high"] and (table["n"], table["clusters"]) == (96, 48)


def test_more_wordings_of_the_same_scenarios_do_not_narrow_the_interval():
    frame = made({("tuned", 50): 0.6})
    many = pd.concat([frame] * 4)
    few, more = (macro.scores(rows).iloc[0] for rows in (frame, many))
    assert more["n"] == 4 * few["n"]
    assert more["high"] - more["low"] == pytest.approx(few["high"] - few["low"], abs=1e-9)


def test_verdicts_are_computed_from_the_frame():
    frame = made(EVERY)
    table = narrow_tasks.contest(narrow_tasks.MANY).comparisons(frame).set_index("claim")
    assert table.loc["tuned > long_prompt", "verdict"] == "supported"
    assert table.loc["tuned > linear", "verdict"] == "too close to call"
    assert list(narrow_tasks.contest(narrow_tasks.FEW).comparisons(frame)["claim"]) == [
        "tuned > long_prompt",
        "tuned > tfidf",
        "tuned > linear",
    ]
    assert (table["low"] <= table["difference"]).all() and (table["resolution"] > 0).all()
    turned = judged(narrow_tasks.at(frame, narrow_tasks.MANY), [("long_prompt", "tuned")], 0.05, MACRO_F1)
    assert turned.loc[0, "verdict"] == "contradicted"
    with pytest.raises(UsageError, match="No arm 'rag'"):
        judged(frame, [("rag", "tuned")], 0.05, MACRO_F1)
    with pytest.raises(UsageError, match="same texts"):
        judged(pd.concat([made({("a", 0): 1.0}), made({("b", 0): 1.0}, 48)]), [("a", "b")], 0.05, MACRO_F1)


def test_the_figure_says_every_value():
    figure, alt = narrow_figures.plot(made(EVERY))
    assert (
        alt.count(" to ") == len(EVERY)
        and f"tuned with {narrow_tasks.MANY} labels a desk" in alt
        and "96 test messages" in alt
    )
    assert figure.axes[0].get_title(loc="left") == "Who finds the right desk?"
    frame = made(EVERY)
    assert narrow_figures.winner(frame, narrow_tasks.MANY) == "tuned"
    lead = narrow_figures.crossover(frame)
    assert list(lead["first"]) == ["tuned", "tuned"] and (lead["lead"] >= 0).all()
    assert len(narrow_figures.by_desk(frame)) == 5
    value, low, high = narrow_figures.score(frame, "tuned", narrow_tasks.MANY)
    assert low < value < high


def bench(**changes):
    plain = {"model": SimpleNamespace(name="tiny"), "embedder": None, "documents": [], "questions": pd.DataFrame()}
    return Workbench(**plain | changes)


def test_the_ledger_gets_the_larger_budget_as_the_plan_names_it():
    rows = narrow_tasks.evidence(bench(), made(EVERY))
    planned = {row.arm: row.claim for row in rows if row.metric == "macro-F1" and " - " in row.arm}
    assert planned["tuned - long_prompt"] == planned["tuned - retrieved_few_shot"] == "C09"
    assert planned["tuned - tfidf"] == ""
    assert {row.metric for row in rows} == {"macro-F1", f"macro-F1, {narrow_tasks.FEW} labels a desk"}
    assert {row.data_hash for row in rows} == {registry.lesson("08_narrow_tasks").data_hash}
    assert len({(row.arm, row.metric) for row in rows}) == len(rows)


def test_costs_name_every_arm():
    trainings = {narrow_tasks.MANY: Training(None, [], 30.0, 1000)}
    table = narrow_tasks.costs(made(EVERY), trainings)
    assert len(table) == len(narrow_tasks.LABELS) and (table["USD for 100,000"] > 0).all()
    assert table["training, s"].notna().sum() == 1


class Words:
    """An embedder of word counts."""

    key = "words"

    def embed(self, texts):
        return np.array([[text.count(word) + 0.01 for word in ("a", "e", "oven", "app")] for text in texts])


def test_the_whole_lesson_runs_with_a_tiny_model(home, tmp_path, monkeypatch):
    monkeypatch.setattr(narrow_tasks, "MANY", 1)
    monkeypatch.setattr(narrow_tasks, "prompts", lambda: {"names": "oven", "guide": "kettle"})
    labels = ("red", "blue", "green", "oven", "kettle", "washer", "how", "loud", "is", "the", "a b", "c d")
    monkeypatch.setattr(narrow_tasks, "DESKS", labels)
    model = NativeModel.load(str(save_tiny_model(tmp_path / "tiny")))
    lab = bench(model=model, embedder=Words())
    short = messages.tickets().assign(text=lambda rows: rows["ticket_id"] + " oven")
    renamed = dict(zip(QUEUES, labels, strict=True))
    short = short.assign(**{name: short[name].map(renamed) for name in ("queue", "clean_queue")})
    monkeypatch.setattr(messages, "tickets", lambda: short)
    tried = narrow_tasks.tried(lab)
    assert len(tried) == 4 and tried["value"].between(0, 1).all()
    monkeypatch.setattr(narrow_tasks, "RECIPES", {1: narrow_tasks.Recipe(layers=2, rank=2, epochs=1)})
    training = narrow_tasks.train(lab, 1)
    showings = narrow_tasks.tried_shown(lab)
    assert len(showings) == 6 and len(shown.trials(showings)) == 6
    answers = narrow_tasks.run(lab, {1: training}, tried, shown.best(showings))
    assert set(answers["arm"]) == set(narrow_tasks.LABELS) and set(answers["text"]) <= set(labels)
    assert len(answers) == 5 * 96
    again = narrow_tasks.run(lab, {1: narrow_tasks.train(lab, 1)}, tried, shown.best(narrow_tasks.tried_shown(lab)))
    pd.testing.assert_frame_equal(answers, again)


def test_the_prior_is_the_log_of_the_mean_probability():
    chances = np.array([[0.5, 0.5], [0.9, 0.1]])
    assert np.exp(shown.prior(np.log(chances) - 3.0)) == pytest.approx(chances.mean(axis=0))


def test_four_lucky_texts_of_two_hundred_decide_nothing():
    """The exact p of 4 to 0 is 0.125; resampled, all four are above zero."""
    true = ["rare", "often"] * 100
    near = ["often" if place in (0, 2, 4, 6) else label for place, label in enumerate(true)]
    rows = [
        {"arm": arm, "question_id": str(place), "entity": str(place), "true": label, "text": said}
        for arm, texts in (("a", true), ("b", near))
        for place, (label, said) in enumerate(zip(true, texts, strict=True))
    ]
    (row,) = judged(pd.DataFrame(rows), [("a", "b")], 0.0, MACRO_F1).itertuples()
    assert row.low <= 0 < row.difference and row.verdict == "too close to call"
