"""Published results beside recorded contests: directions, per model, never typed."""

import pandas as pd
import pytest

from twolevers.data.claims import load_published
from twolevers.lessons.common.ladder.central import central, stems
from twolevers.lessons.the_numbers.reproduced import NOT_YET, REPORTED, beside, settings


def rows(*given):
    columns = ["lesson", "comparison", "metric", "model", "billions", "n", "difference", "low", "high"]
    about = ("01_two_levers", "rag > tuned", "facts right")
    return pd.DataFrame([(*about, *one) for one in given], columns=columns)


@pytest.mark.parametrize("one", REPORTED, ids=lambda one: one.comparison)
def test_each_names_published_rows_and_a_contest(one):
    assert set(one.ids) <= set(load_published()["id"])
    if one.lesson in stems():
        contest = central(one.lesson).contest
        assert tuple(one.planned.split(" > ")) in contest.pairs and one.metric == contest.metric


def test_all_that_is_named_is_shown():
    assert set(settings()["id"]) == {name for one in REPORTED for name in one.ids}


def test_we_agree_by_the_interval_and_size_by_size():
    table = beside(rows(("small", 0.1, 100, -0.2, -0.3, -0.1), ("large", 1.5, 60, 0.3, 0.1, 0.5)))
    first = table.iloc[0]
    assert first["we"] == "small: disagree; large: agree"
    assert first["small"] == "−0.20 [−0.30, −0.10], n = 100" and list(table)[3:5] == ["small", "large"]
    assert set(table.loc[1:, "we"]) == {NOT_YET}


def test_a_published_direction_may_be_the_other_way_round():
    one = next(one for one in REPORTED if " < " in one.comparison)
    given = rows(("small", 0.1, 100, -0.2, -0.3, -0.1)).assign(
        lesson=one.lesson, comparison=one.planned, metric=one.metric
    )
    table = beside(given).set_index("we compare")
    assert table.loc[f"{one.comparison}, {one.metric}", "we"] == "agree"
