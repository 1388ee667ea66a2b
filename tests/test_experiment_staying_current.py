"""Lesson 05's experiment: the shop and its feed, indexes that poll it, answers judged by the minute, frames read."""

import json
import math
import re
from types import SimpleNamespace
from urllib.request import urlopen

import pytest
from stand_ins import Words

from twolevers.data.catalogue import load_catalogue
from twolevers.data.questions import load_questions
from twolevers.evaluate.scorers.outcomes import OLD, RIGHT
from twolevers.lessons.common import moving_facts
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.staying_current import experiment as lesson
from twolevers.lessons.staying_current import figures
from twolevers.lessons.staying_current.live_feed import PRICE, STOCK, Index, Shop
from twolevers.models.api import Completion

EVERY = 6


class Reader:
    """Reads price or stock off the first passage; without one it says what it "learned" at the opening, or 100."""

    name = "reader"

    def __init__(self, learned=None):
        self.learned = learned or {}
        self.key = f"reader {bool(learned)}"

    def generate(self, chats, max_new_tokens=24):
        return [Completion(self.say(chat[-1]["content"]), 9, 3, 0.01) for chat in chats]

    def say(self, prompt):
        fact = STOCK if re.search(r"stock", prompt.splitlines()[-1]) else PRICE
        unit = "pieces" if fact == STOCK else "crowns"
        if found := re.search(rf"is (\d+) {unit}", prompt):
            return f"{found[1]} {unit}"
        names = [name for name in self.learned if name in prompt]
        return f"{self.learned[names[0]][fact]} {unit}" if names else f"100 {unit}"

    def adapted(self, learned):
        return Reader(learned)


@pytest.fixture(scope="module")
def tables():
    return load_catalogue(), load_questions()


@pytest.fixture
def bench(tables, home):
    return Workbench(model=Reader(), embedder=Words(), documents=tables[0], questions=tables[1])


def test_the_shop_is_the_same_every_time_and_no_value_comes_twice(bench):
    one, two = lesson.shop(bench), lesson.shop(bench)
    assert one.changes == two.changes
    products = dict.fromkeys(change.product for change in one.changes)
    assert len(products) == lesson.PRODUCTS + lesson.LATE
    assert len({name.rsplit(" ", 1)[0] for name in products}) == len(products)
    for product in products:
        for fact in (PRICE, STOCK):
            values = [change.value for change in one.history(product, fact, lesson.MINUTES)]
            assert len(set(values)) == len(values)
    opening = {change.product for change in one.changes if change.minute == 0}
    assert len(opening) == lesson.PRODUCTS
    moved = [change for change in one.changes if change.minute not in (0, lesson.OPENS)]
    assert len(moved) >= 20


def test_questions_are_of_products_on_sale_and_no_wording_is_trained(bench):
    source = lesson.shop(bench)
    asked = [lesson.questions(source, minute) for minute in range(1, lesson.MINUTES + 1)]
    assert all(len(questions) == len({q.text for q in questions}) == lesson.EACH for questions in asked)
    assert lesson.questions(source, 3) == lesson.questions(source, 3)
    late = {change.product for change in source.changes if change.minute == lesson.OPENS} - {
        change.product for change in source.changes if change.minute == 0
    }
    assert not late & {q.entity for questions in asked[: lesson.OPENS - 1] for q in questions}
    assert late & {q.entity for questions in asked for q in questions}
    trained = {text for wordings in lesson.TRAINED.values() for text in wordings}
    assert not trained & {text for wordings in lesson.ASKED.values() for text in wordings}


def test_the_feed_tells_the_present_minute_over_http():
    with Shop(["Ardo 2020"], ["Bero 2021"], opens=2, minutes=5, seed=1) as source:
        seen = []
        for _ in range(3):
            with urlopen(source.address, timeout=10) as answer:
                seen.append(json.load(answer))
            source.tick()
    assert [one["minute"] for one in seen] == [0, 1, 2]
    assert [len(one["pages"]) for one in seen] == [1, 1, 2]
    value = source.value("Ardo 2020", PRICE, 0)
    assert f"The price of the Ardo 2020 today is {value} crowns." in seen[0]["pages"][0]["text"]
    assert source.value("Bero 2021", PRICE, 1) is None
    with pytest.raises(OSError):
        urlopen(source.address, timeout=2)


def test_an_index_takes_in_what_changed_and_keeps_its_versions():
    with Shop(["Ardo 2020", "Bero 2021"], [], opens=0, minutes=30, seed=1) as source:
        index = Index(source.address, Words())
        index.poll()
        first = index.search().search(["price of the Ardo 2020"], 1)[0][0]
        while source.value("Ardo 2020", PRICE, source.minute) == source.value("Ardo 2020", PRICE, 0):
            source.tick()
        assert index.search().search(["price of the Ardo 2020"], 1)[0][0].text == first.text
        index.poll()
    now = index.search().search(["price of the Ardo 2020"], 1)[0][0]
    assert f"{source.value('Ardo 2020', PRICE, source.minute)} crowns" in now.text
    assert index.store.count() == 2 and index.minute == source.minute
    assert index.search_at(0).search(["price of the Ardo 2020"], 1)[0][0].text == first.text
    assert [poll["minute"] for poll in index.polls] == [0, source.minute]


@pytest.fixture(scope="module")
def day(tables, tmp_path_factory):
    """A whole run with a perfect reader: (bench, shop, indexes, answers)."""
    bench = Workbench(model=Reader(), embedder=Words(), documents=tables[0], questions=tables[1])
    opening = lesson.shop(bench)
    learned = {}
    for change in opening.changes:
        if change.minute == 0:
            learned.setdefault(change.product, {})[change.fact] = change.value
    with pytest.MonkeyPatch.context() as patch, lesson.shop(bench) as source:
        patch.setenv("TWOLEVERS_HOME", str(tmp_path_factory.mktemp("home")))
        indexes = lesson.open_indexes(bench, source, EVERY)
        every = list(lesson.live(bench, source, indexes, SimpleNamespace(adapter=learned), EVERY))
    assert len(every) == lesson.MINUTES / lesson.ROUND
    return bench, source, indexes, every[-1]


def test_a_perfect_reader_is_wrong_only_by_its_lag(day, home):
    bench, source, indexes, answers = day
    assert (answers.groupby("arm").size() == lesson.MINUTES * lesson.EACH).all()
    by_arm = dict(list(answers.groupby("arm")))
    assert by_arm["rag"]["correct"].all()
    for arm in ("rag", f"rag, every {EVERY} minutes", "rag, never again", "tuned"):
        rows = by_arm[arm]
        for row in rows.itertuples():
            product, fact, _ = row.question_id.split(", ")
            now, knew = (source.value(product, fact, minute) for minute in (row.minute, row.known))
            assert (row.outcome == RIGHT) == (now == knew), row
            assert now == knew or knew is None or row.outcome == OLD
    assert set(by_arm[f"rag, every {EVERY} minutes"]["known"]) == {0, 6, 12, 18, 24}
    accuracy = answers.groupby("arm")["correct"].mean()
    assert accuracy["rag"] > accuracy[f"rag, every {EVERY} minutes"] > accuracy["rag, never again"]
    verdicts = lesson.contest(EVERY).comparisons(answers).set_index("claim")["verdict"]
    assert verdicts["rag > tuned"] == "by construction"
    assert verdicts["rag, never again > tuned"] == "too close to call"

    lags = figures.lags(source, indexes, EVERY).set_index("index")
    assert lags["polls"].to_list() == [lesson.MINUTES + 1, 5, 1]
    assert lags["longest_lag"].to_list()[:2] == [0, EVERY - 1] and math.isnan(lags["longest_lag"].iloc[2])
    assert lags["out_of_date"].is_monotonic_increasing and lags["out_of_date"].iloc[0] == 0
    assert lags["missed"].iloc[0] == 0 < lags["missed"].iloc[2]

    found = lesson.versions(bench, source, indexes["rag"], lesson.OPENS)
    assert found["true then"].to_list()[0] == 1 and found["true then"].to_list()[1] < 1
    assert found["true now"].to_list()[1] == 1


def test_figures_and_board_say_what_was_measured(day):
    _, source, indexes, answers = day
    table, caption = figures.board(answers, EVERY)
    assert list(table["arm"]) == list(lesson.labels(EVERY).values())
    assert f"minute {lesson.MINUTES} of {lesson.MINUTES}" in caption and "Asked now: " in caption
    _, alt = figures.plot(answers, EVERY)
    assert "RAG, polled every minute 1.00" in alt
    _, alt = figures.plot_lag(source, indexes, EVERY)
    assert "RAG, polled every minute: an old value in 0 of" in alt and "tuned at the opening: trained on" in alt
    ages = figures.by_age(answers, EVERY)
    assert ages.loc["RAG, polled every minute"].str.startswith("1.00").all()
    assert ages.loc["tuned at the opening"].iloc[0].startswith("1.00")
    parts = lesson.split(answers).set_index("facts")["difference"]
    assert parts.to_dict() == {"value of the opening": 0.0, "value came later": 1.0}
    kinds = moving_facts.outcomes(answers[answers["newer"]], lesson.labels(EVERY))
    assert kinds.loc["tuned at the opening", RIGHT] == 0


def test_evidence_fits_what_was_planned(day):
    from twolevers.learn.verdicts import assess

    found = {one.claim: one for one in assess(lesson.evidence(day[0], day[3], EVERY))}
    assert found["C06"].verdict is None, "lesson 02 decides it"
    assert [planned.lesson for planned in found["C06"].missing] == ["02_changing_data"]
