"""Closed forms against brute force, and lesson 06 on a frame made up for the test."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from twolevers.cost.break_even import break_even, sensitivity, surface
from twolevers.cost.model import Costs, total
from twolevers.cost.tariffs import adapter_host, hosted, own_machine
from twolevers.errors import UsageError
from twolevers.evaluate.run import COLUMNS
from twolevers.experiments import budget, budget_claims, budget_map
from twolevers.experiments.workbench import Workbench
from twolevers.learn.explore import SLIDERS, Explorer, setting
from twolevers.models.lora import Training

RAG = Costs("rag", 10.0, 0.0, 0.003, 1.0)
TUNED = Costs("tuned", 100.0, 5.0, 0.001, 20.0)
TAKES = {"prompt": (60, 8, 0.03), "rag": (180, 7, 0.09), "tuned": (60, 5, 0.03), "both": (180, 8, 0.09)}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """40 questions of 20 products asked of four arms; nothing here was measured."""
    rng, rows = np.random.default_rng(0), []
    for arm, (read, written, seconds) in TAKES.items():
        for place in range(40):
            row = dict.fromkeys(COLUMNS) | {"arm": arm, "question_id": f"q{place:02}", "question": f"Is it {place}?"}
            row |= {"kind": "fact", "entity": f"Oven {place // 2}", "text": "43 dB", "refused": False}
            row |= {"correct": arm != "prompt" and place % 2 == 0, "prompt_tokens": read + int(rng.integers(-8, 9))}
            rows.append(row | {"new_tokens": written, "seconds": seconds * rng.uniform(0.8, 1.2)})
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"citation_precision": float, "citation_recall": float})


@pytest.fixture(scope="module")
def found(frame):
    index = budget.IndexTimes(*(budget._timed(seconds) for seconds in (6.0, 0.4, 0.01)))
    closed, opened = (Training(None, [], seconds, tokens) for seconds, tokens in ((60.0, 70_000), (25.0, 18_000)))
    return budget.uses(frame, closed, opened, index)


@pytest.fixture(scope="module")
def table(frame, found):
    return budget_claims.comparisons(frame, found)


def cheaper(challenger: Costs, incumbent: Costs, volume: float, updates: float, months: float) -> bool:
    sides = (total(arm, months * volume, months * updates, months) for arm in (challenger, incumbent))
    left, right = sides
    return left < right


@pytest.mark.parametrize("updates", [0, 1, 30])
@pytest.mark.parametrize("months", [1, 12])
def test_the_closed_form_is_where_the_bills_cross(updates, months):
    found = break_even(TUNED, RAG, updates, months)
    assert found.side == "above"
    assert not cheaper(TUNED, RAG, found.requests * 0.999, updates, months)
    assert cheaper(TUNED, RAG, found.requests * 1.001, updates, months)


def test_any_two_arms_agree_with_brute_force():
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(300):
        one, other = (Costs(name, *(float(v) for v in rng.integers(0, 4, 4))) for name in ("tuned", "rag"))
        updates, months = float(rng.integers(0, 4)), float(rng.integers(1, 5))
        found = break_even(one, other, updates, months)
        seen.add(found.side)
        for volume in (0.01, 0.5, 3.3, 700.7, 1e7):
            wins = {"above": volume > found.requests, "below": volume < found.requests, "always": True, "never": False}
            assert cheaper(one, other, volume, updates, months) == wins[found.side], (one, other, found, volume)
    assert seen == {"above", "below", "always", "never"}


def test_never_is_an_answer():
    found = break_even(Costs("tuned", 100.0, 0.0, 0.01, 0.0), RAG, updates=0)
    assert found.side == "never" and math.isinf(found.requests) and "never" in found.words()
    assert break_even(RAG, RAG, 1).side == "never"


def test_more_updates_move_the_break_even_up():
    volumes = [break_even(TUNED, RAG, updates).requests for updates in (0, 1, 10, 100)]
    assert volumes == sorted(volumes) and volumes[0] < volumes[-1]


@pytest.mark.parametrize(("updates", "months"), [(-1, 12), (1, 0), (1, -3), (float("nan"), 12)])
def test_impossible_times_are_refused(updates, months):
    with pytest.raises(UsageError, match="give months > 0"):
        break_even(TUNED, RAG, updates, months)


def test_the_surface_agrees_with_the_bills():
    table = surface([RAG, TUNED, Costs("both", 50.0, 0.0, 0.002, 1.0)], [10, 1e4, 1e6], [0, 5], months=6)
    assert len(table) == 6 and (table["factor"] >= 1).all()
    for row in table.itertuples():
        arms = {"rag": RAG, "tuned": TUNED, "both": Costs("both", 50.0, 0.0, 0.002, 1.0)}
        bills = {name: total(arm, 6 * row.requests, 6 * row.updates, 6) for name, arm in arms.items()}
        first, second = sorted(bills.values())[:2]
        assert row.cost == pytest.approx(first) == pytest.approx(bills[row.arm])
        assert row.factor == pytest.approx(second / first)


def test_sensitivity_has_a_row_for_each_pair():
    def priced(ratio, premium):
        return Costs("tuned", 10, 0, 0.001 * premium, 0), Costs("rag", 0, 0, 0.001 * ratio, 0)

    table = sensitivity(priced, (1, 4), (1, 2, 6), updates=0, months=1).set_index(["ratio", "premium"])
    assert table.loc[(4, 2), "requests"] == pytest.approx(10 / 0.002)
    assert table.loc[(4, 6), "side"] == "never" and table.loc[(1, 1), "side"] == "never"


def test_uses_hold_what_the_frame_measured(frame, found):
    rag = frame[frame["arm"] == "rag"]
    assert found["rag"].prompt_tokens.value == pytest.approx(rag["prompt_tokens"].mean())
    assert found["rag"].index_seconds.value == 6.0 and found["tuned"].index_seconds.value == 0
    assert found["tuned"].retrained == 1 and found["both"].retrained == 0, "an adapter that only reads stays"
    assert found["prompt"].setup_hours.value == 0 and found["tuned"].setup_hours.status == "assumed"
    assert budget.priced(found["prompt"], own_machine(), people=True).setup == 0


def test_index_times_are_kept(home, monkeypatch):
    bench, timed = SimpleNamespace(data_hash="d", embedder=SimpleNamespace(key="e")), []
    monkeypatch.setattr(
        budget, "_time_index", lambda _: timed.append(1) or {"build": 6.0, "refresh": 0.4, "search": 0.01}
    )
    first = budget.time_index(bench)
    assert budget.time_index(bench) == first and first.build.value == 6.0 and len(timed) == 1
    next(home.rglob("d-e.json")).write_text("{", "utf-8")
    assert budget.time_index(bench) == first and len(timed) == 2


def test_cost_per_right_answer_is_infinite_without_one(frame, found):
    table = budget.overview(frame, found, own_machine(), people=False).set_index("arm")
    assert math.isinf(table.loc["prompt", "USD_per_1000_right"])
    assert table.loc["rag", "USD_per_1000_right"] == pytest.approx(2 * table.loc["rag", "USD_per_1000"])


def test_the_break_even_has_an_interval(found):
    point, interval, never = budget.tuned_pays(found, own_machine(), 1, people=False)
    assert point.side == "above" and interval.low < point.requests < interval.high and never < 0.05
    point, interval, never = budget.tuned_pays(found, hosted("gpt-3.5-turbo"), 1, people=False)
    assert point.side == "never" and math.isinf(interval.high) and never > 0.95


def test_the_verdicts_follow_the_frame(table):
    assert set(table["claim"]) == {"C07", "C12", "C13", "C14"}
    assert ((table["low"] <= table["difference"]) & (table["difference"] <= table["high"])).all()
    judged = table.set_index(["claim", "measure"])["verdict"]
    assert judged["C13", "tokens read for one answer"] == "supported"
    assert judged["C07", f"one answer, {adapter_host().name}"] == "contradicted"
    assert judged["C07", f"one answer, {hosted('gpt-3.5-turbo').name}"] == "supported"
    verdicts = budget_claims.verdicts(table)
    assert verdicts["C07"] == verdicts["C13"] == "qualified", "the article's two sentences cannot both hold throughout"


def test_what_c07_says_of_an_answer_c13_says_turned_round(table):
    one = table[table["measure"].str.startswith("one answer")].pivot(
        index="measure", columns="claim", values="difference"
    )
    assert np.allclose(one["C07"], -one["C13"])


def test_the_map_is_described_in_words(found):
    bills = budget_map.map_costs(found, own_machine())
    figure, alt = budget_map.plot(bills, "2-core cloud machine", 40)
    assert "n = 40 questions" in alt and "RAG costs least on" in alt and "tuned costs least on" in alt
    assert figure.axes[0].get_title(loc="left") == "Which arm costs least?"
    said = budget_map.words(bills, budget_map.Setting(requests=1e6, updates=0.1))
    assert "1,000,000 requests" in said and "tuned costs least" in said


def test_arms_that_cost_about_the_same_have_no_winner():
    near = [Costs("rag", 0.0, 0.0, 1.0, 1.0), Costs("tuned", 0.0, 0.0, 1.02, 1.02)]
    _, alt = budget_map.plot(near, "test", 40)
    assert "no arm is 10 % cheaper than the next on 100%" in alt and "costs least on" not in alt


def test_evidence_rows_carry_claims_and_intervals(frame, table):
    bench = Workbench(SimpleNamespace(name="none"), embedder=None, documents=[], questions=frame[["question"]])
    rows = budget_claims.evidence(bench, frame, table)
    assert {row.claim for row in rows} == {"", "C07", "C12", "C13", "C14"} and {row.lesson for row in rows} == {
        "06_budget"
    }
    assert len({(row.claim, row.arm, row.metric) for row in rows}) == len(rows)
    assert sum(bool(row.claim) for row in rows) == len(table)


def test_longer_prompts_help_tuning_and_a_premium_hurts_it(found):
    table = budget_map.sensitive(found)
    wide = table.pivot(index="ratio", columns="premium", values="requests")
    assert (wide.diff(axis=1).iloc[:, 1:].fillna(0) >= 0).all(axis=None)
    assert math.isinf(wide.loc[1.0].iloc[-1]) and wide.loc[20.0].iloc[0] < wide.loc[2.0].iloc[0]


def test_the_sliders_move_the_map(found):
    widget = Explorer(found, 40)
    before, places = widget.words, {name: 90 for name, *_ in SLIDERS}
    widget._receive(widget, {"type": "turn", "values": places}, [])
    assert widget.words != before and widget.notice == "" and widget.picture.startswith("data:image/png;base64,")
    assert [row["at"] for row in widget.sliders] == [90] * len(SLIDERS)
    widget._receive(widget, {"type": "turn", "values": {}}, [])
    assert "Slider 'requests'" in widget.notice


@pytest.mark.parametrize("place", [-1, 101, "5", None, True, float("nan")])
def test_a_place_off_the_scale_is_refused(place):
    with pytest.raises(UsageError, match="move it to a place"):
        setting({name: place for name, *_ in SLIDERS})


def test_the_ends_of_the_sliders():
    low, high = (setting({name: end for name, *_ in SLIDERS}) for end in (0, 100))
    assert (low.requests, low.premium, low.ratio) == pytest.approx((10, 0.5, 1))
    assert (high.requests, high.updates, high.premium) == pytest.approx((1e7, 100, 8))


def test_a_deck_gets_the_picture_and_its_words(found, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    data, _ = Explorer(found, 40)._repr_mimebundle_()
    assert "<img alt=" in data["text/html"] and "costs least" in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" not in data
