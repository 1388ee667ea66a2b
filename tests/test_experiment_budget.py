"""Lesson 06 on a frame made up for the test: uses, bills, verdicts, map, figures, sliders. No model runs."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from twolevers.cost.model import Costs
from twolevers.cost.tariffs import adapter_host, hosted, own_machine
from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_comparisons
from twolevers.data.questions import load_questions
from twolevers.errors import UsageError
from twolevers.evaluate.run import COLUMNS
from twolevers.learn.verdicts import assess
from twolevers.lessons.budget import claims as budget_claims
from twolevers.lessons.budget import cost_map as budget_map
from twolevers.lessons.budget import experiment as budget
from twolevers.lessons.budget import figures as budget_figures
from twolevers.lessons.budget import tables as budget_tables
from twolevers.lessons.budget import times as budget_times
from twolevers.lessons.budget.explore import SLIDERS, STEPS, CostMap, setting
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.two_levers import experiment as two_levers
from twolevers.models.api import Training

TAKES = {"prompt": (60, 8, 0.03), "rag": (180, 7, 0.09), "tuned": (60, 5, 0.03), "both": (180, 8, 0.09)}
INDEX = {"build": 6.0, "refresh": 0.4, "search": 0.01}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """40 questions of 20 products asked of four arms, of two in three rounds; nothing here was measured."""
    rng, rows = np.random.default_rng(0), []
    for arm, (read, written, seconds) in TAKES.items():
        tokens = read + rng.integers(-8, 9, 40)
        for number in (1, 2, 3) if arm in ("rag", "tuned") else (1,):
            speed = rng.uniform(0.9, 1.1)
            for place in range(40 if number == 1 else budget_times.TIMED):
                row = dict.fromkeys(COLUMNS) | {
                    "arm": arm,
                    "question_id": f"q{place:02}",
                    "question": f"Is it {place}?",
                }
                row |= {"kind": "fact", "entity": f"Oven {place // 2}", "text": "43 dB", "refused": False}
                row |= {"correct": arm != "prompt" and place % 2 == 0, "prompt_tokens": int(tokens[place])}
                row |= {"new_tokens": written, "seconds": seconds * speed * rng.uniform(0.8, 1.2)}
                rows.append(row | {"round": number})
    table = pd.DataFrame(rows, columns=[*COLUMNS, "round"])
    return table.astype({"citation_precision": float, "citation_recall": float})


@pytest.fixture(scope="module")
def trainings() -> tuple[Training, Training]:
    return Training(None, [], 60.0, 70_000), Training(None, [], 25.0, 18_000)


@pytest.fixture(scope="module")
def index() -> budget_times.IndexTimes:
    return budget_times.IndexTimes(**{name: budget_times.once(seconds) for name, seconds in INDEX.items()})


@pytest.fixture(scope="module")
def found(frame, trainings, index):
    return budget.uses(frame, *trainings, index)


@pytest.fixture(scope="module")
def table(frame, found):
    return budget_claims.comparisons(frame, found)


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    pyplot.close("all")


def test_uses_hold_what_the_frame_measured(frame, found):
    rag = frame[frame["arm"] == "rag"]
    assert found["rag"].prompt_tokens.value == pytest.approx(rag.loc[rag["round"] == 1, "prompt_tokens"].mean())
    by_question = rag.groupby("question_id")["seconds"].mean()
    assert found["rag"].seconds.value == pytest.approx(by_question.mean()), "each question counts once"
    assert found["rag"].index_seconds.value == 6.0 and found["tuned"].index_seconds.value == 0
    assert found["tuned"].retrained == 1 and found["both"].retrained == 0, "an adapter that only reads stays"
    assert found["prompt"].setup_hours.value == 0 and found["tuned"].setup_hours.status == "assumed"
    assert budget.priced(found["prompt"], own_machine(), people=True).setup == 0


def test_the_interval_of_a_time_grows_with_the_spread_of_the_rounds(frame):
    rows = frame[frame["arm"] == "rag"]
    steady = rows.assign(seconds=rows["seconds"] / rows.groupby("round")["seconds"].transform("mean") * 0.09)
    shaken = steady.assign(seconds=steady["seconds"] * steady["round"])
    narrow, wide = (budget_times.seconds_per_answer(one) for one in (steady, shaken))
    assert (wide.high - wide.low) / wide.value > 5 * (narrow.high - narrow.low) / narrow.value
    single = budget_times.seconds_per_answer(steady[steady["round"] == 1])
    assert single.high - single.value >= budget_times.ONCE * single.value


def test_the_half_width_of_rounds_is_that_of_students_t():
    # Three values with mean 2 and standard deviation 1: 4.3027 / √3.
    assert budget_times.of_rounds([1.0, 2.0, 3.0]) == pytest.approx(2.4841, abs=1e-3)
    assert budget_times.of_rounds([5.0, 5.0, 5.0]) == 0


def test_index_times_are_kept(home, monkeypatch):
    bench, timed = SimpleNamespace(data_hash="d", embedder=SimpleNamespace(key="e")), []
    monkeypatch.setattr(budget_times, "_time_index", lambda _: timed.append(1) or INDEX)
    first = budget_times.time_index(bench)
    assert budget_times.time_index(bench) == first and first.build.value == 6.0 and len(timed) == 1
    next((home / "cache" / "index-times").glob("*.json")).write_text("{", "utf-8")
    assert budget_times.time_index(bench) == first and len(timed) == 2


def test_a_further_round_is_kept_apart_from_the_first(home, monkeypatch):
    bench = Workbench(model=None, embedder=None, documents=[], questions=load_questions())
    seen = []
    monkeypatch.setattr(
        budget_times, "run", lambda *_args, journal, key: seen.append((journal.name, key)) or pd.DataFrame({"arm": []})
    )
    for number in (2, 3):
        assert "round" in budget_times.ask_again(bench, None, [], number)
    assert len(set(seen)) == 2 and all(key.endswith(("round 2", "round 3")) for _, key in seen)


def test_the_extrapolation_is_labelled_with_its_formula(trainings, index):
    bench = Workbench(model=None, embedder=None, documents=load_catalogue(), questions=load_questions())
    table = budget_times.extrapolated(bench, trainings[0], index)
    facts = (bench.questions["kind"] == "fact").sum()
    assert table["seconds"].iloc[2] == pytest.approx(60.0 * facts / two_levers.N)
    assert list(table["basis"].str.startswith("EXTRAPOLATED")) == [False, False, True]
    assert str(facts) in table["basis"].iloc[2]


def test_cost_per_right_answer_is_infinite_without_one(frame, found):
    plain = budget_tables.overview(frame, found, own_machine(), people=False)
    table = plain.set_index("arm")
    assert math.isinf(table.loc["prompt", "1,000 right answers"])
    assert table.loc["rag", "1,000 right answers"] == pytest.approx(2 * table.loc["rag", "1,000 answers"])
    assert budget_tables.in_dollars(plain).set_index("arm").loc["prompt", "1,000 right answers"] == "–"


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.00014, "0.00014"), (0.0099, "0.0099"), (1.26, "1.3"), (12.6, "13"), (1234.5, "1,234")],
)
def test_numbers_have_two_significant_digits(value, said):
    assert budget_tables.rounded(value) == said


def test_tables_say_where_each_number_comes_from(frame, found):
    takes = budget_tables.takes(frame, found)
    assert list(takes["arm"]) == list(TAKES) and (takes["n"] == 40).all()
    lines = budget_tables.lines(found, own_machine())
    assert set(lines["arm"]) == {"rag", "tuned"} and set(lines["quantity_is"]) == {"measured", "assumed"}
    premiums = budget_tables.premiums()
    assert premiums["times, read"].iloc[0] == 1 and premiums["times, read"].iloc[-1] == pytest.approx(6)


def test_the_break_even_has_an_interval(found):
    point, interval, never = budget.tuned_pays(found, own_machine(), 1, people=False)
    assert point.side == "above" and interval.low < point.requests < interval.high and never < 0.05
    point, interval, never = budget.tuned_pays(found, hosted("gpt-3.5-turbo"), 1, people=False)
    assert point.side == "never" and math.isinf(interval.high) and never > 0.95
    table = budget_tables.break_evens(found).set_index(["paid to", "people's time"])["requests a month"]
    assert table[hosted("gpt-3.5-turbo").name, "left out"] == "never"
    bare, full = (table[own_machine().name, said].replace(",", "") for said in ("left out", "counted"))
    assert int(full) > int(bare), "people's time must be repaid as well"


def test_the_verdicts_follow_the_frame(table):
    assert set(table["claim"]) == {"C07", "C12", "C13", "C14"}
    assert ((table["low"] <= table["difference"]) & (table["difference"] <= table["high"])).all()
    judged = table.set_index(["claim", "measure"])["verdict"]
    assert judged["C13", "tokens read for one answer"] == "supported"
    assert judged["C07", f"one answer, {adapter_host().name}"] == "contradicted"
    assert judged["C07", f"one answer, {hosted('gpt-3.5-turbo').name}"] == "supported"
    verdicts = budget_claims.verdicts(table)
    assert verdicts["C07"] == verdicts["C13"] == "qualified", "the article's two sentences cannot both hold throughout"
    assert dict(budget_claims.summary(table)[["claim", "verdict"]].to_numpy()) == verdicts


def test_what_c07_says_of_an_answer_c13_says_turned_round(table):
    one = table[table["measure"].str.startswith("one answer")]
    one = one.pivot(index="measure", columns="claim", values=["difference", "low", "high"])
    assert np.allclose(one["difference", "C07"], -one["difference", "C13"])
    assert np.allclose(one["low", "C07"], -one["high", "C13"])


def test_rounds_widen_what_rests_on_the_clock_and_nothing_else(frame, found, table):
    shaken = frame.copy()
    later = (shaken["arm"] == "rag") & (shaken["round"] == 3)
    shaken.loc[later, "seconds"] *= 3
    other = budget_claims.comparisons(shaken, found)
    width = {name: (one["high"] - one["low"]).to_numpy() for name, one in (("calm", table), ("shaken", other))}
    clock = table["measure"].isin(["seconds for one answer", f"one answer, {own_machine().name}"]).to_numpy()
    assert (width["shaken"] > width["calm"])[clock].all()
    assert np.allclose(width["shaken"][~clock], width["calm"][~clock])


def test_a_claim_is_read_in_factors(table):
    read = budget_claims.of(table, "C13")
    assert list(read.columns[:3]) == ["measured", "rag / tuned", "95 % interval"]
    assert float(read.loc[read["measured"] == "tokens read for one answer", "rag / tuned"].iloc[0]) == pytest.approx(
        3.0
    )


def test_evidence_decides_every_planned_comparison(frame, found, table):
    bench = Workbench(SimpleNamespace(name="none"), embedder=None, documents=[], questions=frame[["question"]])
    rows = budget_claims.evidence(bench, frame, found, table)
    assert {row.claim for row in rows} == {"", "C07", "C12", "C13", "C14"}
    assert {row.lesson for row in rows} == {budget.LESSON}
    assert len({(row.claim, row.arm, row.metric) for row in rows}) == len(rows)
    assert sum(bool(row.claim) for row in rows) == len(table)
    planned = load_comparisons()
    here = [one for one in assess(rows) if one.claim in set(planned.loc[planned["lesson"] == budget.LESSON, "claim"])]
    assert not any(missing.lesson == budget.LESSON for one in here for missing in one.missing)
    assert not any(one.unplanned for one in here)
    assert {one.claim: str(one.verdict) for one in here} == budget_claims.verdicts(table)


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


def test_longer_prompts_help_tuning_and_a_premium_hurts_it(found):
    table = budget_map.sensitive(found)
    wide = table.pivot(index="ratio", columns="premium", values="requests")
    assert (wide.diff(axis=1).iloc[:, 1:].fillna(0) >= 0).all(axis=None)
    assert math.isinf(wide.loc[1.0].iloc[-1]) and wide.loc[20.0].iloc[0] < wide.loc[2.0].iloc[0]


def test_the_figures_say_their_findings(found, table):
    _, alt = budget_figures.bills(found, own_machine())
    assert "Set-up RAG" in alt and "One update tuned" in alt
    _, alt = budget_figures.per_answer(table)
    rag = sum(table.loc[table["claim"] == "C13", "verdict"] == "contradicted")
    assert f"RAG in {rag}" in alt and "n = 40" in alt
    _, alt = budget_figures.until_live(found)
    assert "tuned: machine (measured) 60 s (45 s to 75 s)" in alt and "RAG: people (assumed) 16 h" in alt


def test_the_sliders_move_the_map(found):
    widget = CostMap(found, 40)
    before, places = widget.words, {name: 90 for name, *_ in SLIDERS}
    widget._receive(widget, {"type": "turn", "values": places}, [])
    assert widget.words != before and widget.notice == "" and widget.picture.startswith("data:image/png;base64,")
    assert [row["at"] for row in widget.sliders] == [90] * len(SLIDERS)
    widget._receive(widget, {"type": "turn", "values": {}}, [])
    assert "Slider 'requests'" in widget.notice and widget.turn == 2, "the page hears of every turn"


@pytest.mark.parametrize("place", [-1, STEPS + 1, "5", None, True, float("nan")])
def test_a_place_off_the_scale_is_refused(place):
    with pytest.raises(UsageError, match="move it to a place"):
        setting({name: place for name, *_ in SLIDERS})


def test_the_ends_of_the_sliders():
    low, high = (setting({name: end for name, *_ in SLIDERS}) for end in (0, STEPS))
    assert (low.requests, low.premium, low.ratio) == pytest.approx((10, 0.5, 1))
    assert (high.requests, high.updates, high.premium) == pytest.approx((1e7, 100, 8))


def test_a_deck_gets_the_picture_and_its_words(found, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    data, _ = CostMap(found, 40)._repr_mimebundle_()
    assert "<img alt=" in data["text/html"] and "costs least" in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" not in data
