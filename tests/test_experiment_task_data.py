"""Lesson 10: nested draws, noise, learning curves and their gains, verdict, live growth with a tiny model."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from twolevers.data.claims import load_comparisons
from twolevers.lessons.common import messages
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.narrow_tasks import experiment as narrow_tasks
from twolevers.lessons.task_data import curves as learning_curve
from twolevers.lessons.task_data import experiment as task_data
from twolevers.lessons.task_data.curves import Point
from twolevers.models.api import Training


def answers(point: Point, share: float, n: int = 96) -> pd.DataFrame:
    rows = []
    for place in range(n):
        right = messages.DESKS[place // 2 % 12]
        said = right if place * 7 % n < share * n else messages.DESKS[(place // 2 + 1 + place % 5) % 12]
        rows.append({"question_id": f"T{place:04d}", "entity": f"S{place // 2}", "text": said, "true": right})
    return pd.DataFrame(rows).assign(**point.columns(), seconds=0.02, train_seconds=9.0)


def tuning(fewest=0.5, some=0.6, more=0.8, once=0.3) -> pd.DataFrame:
    shares = {task_data.FEWEST: fewest, task_data.SOME: some, task_data.MORE: more}
    frames = []
    for step in PLAN:
        share = (once if step.arm == task_data.ONCE else shares[step.per_class]) - 0.1 * (step.seed != task_data.SEED)
        point = Point(step.arm, step.per_class, step.seed, 0.0)
        frames.append(answers(point, share).assign(epochs=step.epochs))
    return pd.concat(frames, ignore_index=True)


PLAN = task_data.PLAN


def cheap() -> pd.DataFrame:
    return pd.concat(
        [
            answers(Point("tfidf", size, 8 + draw, noise), 0.2 + 0.1 * place + 0.02 * draw - noise / 2)
            for place, size in enumerate(task_data.SIZES)
            for draw in range(2)
            for noise in (0.0, task_data.NOISE)
        ],
        ignore_index=True,
    )


def test_draws_are_nested_and_never_leak():
    small, large = task_data.drawn(5, 8), task_data.drawn(25, 8)
    assert set(small["ticket_id"]) < set(large["ticket_id"]) and large["clean_queue"].value_counts().eq(25).all()
    assert not set(task_data.drawn(task_data.ALL, 8)["scenario"]) & set(task_data.tested()["scenario"])
    assert len(task_data.drawn(task_data.ALL, 8)) == 12 * task_data.ALL
    assert set(small["ticket_id"]) != set(task_data.drawn(5, 9)["ticket_id"])


def test_noise_changes_exactly_its_share():
    queues = ["Lantern"] * 50 + ["Sedge"] * 50
    wrong = task_data.flipped(queues, 0.2, 1)
    assert sum(a != b for a, b in zip(queues, wrong, strict=True)) == 20
    assert set(wrong) <= set(messages.DESKS) and len(Counter(wrong)) > 4
    assert task_data.flipped(queues, 0.0, 1) == queues and wrong == task_data.flipped(queues, 0.2, 1)


def test_a_curve_is_the_mean_over_draws_and_keeps_their_spread_apart():
    table = learning_curve.curve(tuning())
    table = table[table["arm"] == "tuned"]
    smallest = table.iloc[0]
    assert smallest["draws"] == 2 and smallest["least"] < smallest["value"] < smallest["most"]
    assert smallest["value"] == pytest.approx((smallest["least"] + smallest["most"]) / 2)
    assert table["value"].is_monotonic_increasing and (table["low"] < table["high"]).all()


def test_the_gain_is_for_a_hundred_labels():
    table = learning_curve.gains(tuning(), task_data.WORTH)
    first = table.iloc[0]
    values = learning_curve.curve(tuning()).query("arm == 'tuned'").set_index("labels")["value"]
    assert first["gain"] == pytest.approx((values[300] - values[120]) / 1.8)
    assert first["low"] < first["gain"] < first["high"]
    assert set(table["reading"]) <= {"worth it", "not worth it", "cannot tell"} and len(table) == 2
    assert learning_curve.gains(tuning(), 1.0)["reading"].eq("not worth it").all()
    assert learning_curve.gains(tuning(), -1.0)["reading"].eq("worth it").all()


def test_noise_is_read_at_every_size():
    table = learning_curve.noise_cost(cheap())
    assert list(table["labels"]) == [12 * size for size in task_data.SIZES]
    assert (table["difference"] < 0).all() and (table["low"] <= table["difference"]).all()


@pytest.mark.parametrize(
    ("some", "more", "verdict"),
    [(0.4, 0.9, "supported"), (0.9, 0.4, "contradicted"), (0.6, 0.6, "too close to call")],
)
def test_the_verdict_comes_from_the_frame(some, more, verdict):
    table = task_data.comparisons(pd.concat([tuning(0.2, some, more), cheap()]))
    assert list(table["claim"]) == ["tuned, 600 > tuned, 300", "tuned, 600 > tfidf, 600", "tfidf, 1536 > tfidf, 300"]
    assert table.loc[0, "verdict"] == verdict


def bench():
    return Workbench(SimpleNamespace(name="tiny"), None, [], pd.DataFrame())


def test_the_ledger_gets_the_curves_and_what_decides():
    rows = task_data.evidence(bench(), pd.concat([tuning(), cheap()]))
    decisive = [(row.arm, row.metric) for row in rows if row.claim == "C11"]
    assert decisive == [("tuned, 600 - tuned, 300", "macro-F1"), ("tuned, 600 - tfidf, 600", "macro-F1")]
    assert len({row.arm for row in rows}) == len(rows)
    assert any(row.arm == "tfidf, 60, 20% wrong" for row in rows)


def test_every_size_gets_equally_many_steps_but_the_one_that_shows_what_steps_bring():
    seen = {step.per_class * step.epochs for step in PLAN if step.arm == "tuned"}
    assert seen == {task_data.MORE}
    (once,) = (step for step in PLAN if step.arm == task_data.ONCE)
    assert (once.per_class, once.epochs) == (task_data.FEWEST, 1)
    smallest = [step for step in PLAN if step.arm == "tuned" and step.per_class == task_data.FEWEST]
    assert len({step.seed for step in smallest}) == 2 == len(task_data.seeds(tuning()))


def test_labels_and_steps_are_told_apart():
    table = task_data.labels_or_steps(pd.concat([tuning(fewest=0.6, some=0.6, once=0.2), cheap()]))
    assert list(table["claim"]) == ["tuned, 300 > tuned, 120", "tuned, 120 > tuned once, 120"]
    assert list(table["verdict"]) == ["too close to call", "supported"]


def test_the_middle_size_is_lesson_08s():
    (some,) = (step for step in PLAN if step.per_class == task_data.SOME)
    assert replace(task_data.RECIPE, epochs=some.epochs) == narrow_tasks.RECIPES[narrow_tasks.MANY]
    assert task_data.SOME == narrow_tasks.MANY and some.seed == narrow_tasks.SEED


def test_what_nobody_ran_is_marked():
    table = task_data.times(tuning())
    assert list(table["basis"]) == ["measured"] * len(PLAN) + ["extrapolated"]
    assert table["seconds"].iloc[-1] == pytest.approx(9.0 / 600 * table["labels"].iloc[-1])


def test_the_figure_says_every_point_and_draws_what_there_is_so_far():
    both = pd.concat([cheap(), tuning()])
    figure, alt = learning_curve.plot(both)
    assert alt.count(" labels 0.") == 2 * len(task_data.SIZES) + 4 and "96 test messages" in alt
    assert figure.axes[0].get_title(loc="left") == "How many labels does it take?"
    _, fewer = learning_curve.plot(cheap())
    assert "tuned" not in fewer


def test_the_tuned_curve_grows_by_one_training_at_a_time(monkeypatch):
    asked = []

    def train(self, label, pairs, recipe):
        asked.append((len(pairs), recipe.seed))
        return Training(SimpleNamespace(key="k"), [], 1.0, 10)

    def answered(bench, arm, rows):
        frame = pd.DataFrame({"question_id": rows["ticket_id"], "entity": rows["scenario"], "true": rows["queue"]})
        return frame.assign(arm="tuned", text=rows["queue"], seconds=0.1)

    monkeypatch.setattr(Workbench, "train", train)
    monkeypatch.setattr(messages, "answered", answered)
    lab = replace(bench(), model=SimpleNamespace(name="tiny", adapted=lambda adapter: None))
    sizes = [len(frame) for frame in task_data.grow(lab)]
    assert sizes == [96 * number for number in range(1, 1 + len(PLAN))]
    assert asked == [(12 * step.per_class, step.seed) for step in PLAN]


def test_the_linear_curve_is_fitted_once(home, monkeypatch):
    monkeypatch.setattr(task_data, "SIZES", (2, 3))
    monkeypatch.setattr(task_data, "DRAWS", 2)
    first = task_data.linear()
    assert len(first) == 8 * 96 and set(first["noise"]) == {0.0, task_data.NOISE}
    monkeypatch.setattr(task_data, "_fit", None)
    pd.testing.assert_frame_equal(first, task_data.linear())


def test_the_comparison_planned_for_c11_is_the_one_that_is_measured():
    planned = load_comparisons().query("lesson == @task_data.LESSON")["comparison"].tolist()
    assert planned == [f"{a} > {b}" for (a, b), claim in task_data.PAIRED.items() if claim == "C11"]
