"""Verdicts by claim and size, from recordings that are scored now; and one lesson's rows beside the learner's own."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from twolevers.data.claims import load_comparisons
from twolevers.evaluate import macro
from twolevers.evaluate.statistics import compare
from twolevers.evaluate.verdicts import BY_CONSTRUCTION, combine
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder.central import central
from twolevers.lessons.common.ladder.read import Recording, recordings, usable
from twolevers.lessons.common.reading import MACRO_F1, levels

YOURS, RECORDED = "yours", "recorded, not yours"
AHEAD, BEHIND, ALIKE, OPEN = "ahead", "behind", "alike", "open"  # where an interval lies: see `side`
SIZES = (
    *("lesson", "comparison", "metric", "model", "billions", "n", "a", "b", "difference", "low", "high", "verdict"),
    "side",
)
CHANGES = ("change", "change_low", "change_high")
SIDES = ("whose", "model", "comparison", "n", "a", "b", "difference", "low", "high", "verdict")


def sizes(found: Sequence[Recording]) -> pd.DataFrame:
    """One row per recording and planned pair: `SIZES`, then `CHANGES`.

    `a`, `b`: the two arms' scores. `change`: by how much the difference is larger than with the smallest model
    recorded, on the questions that both answered, with its 95 % interval (paired, by cluster); NaN for the smallest.
    A recording whose questions are no longer the lesson's is named in a warning and left out.
    """
    rows, smallest = [], {}
    for one, frame in usable(found):
        contest, lesson = one.contest.contest, one.head["lesson"]
        least = smallest.setdefault(lesson, frame)
        about = {"lesson": lesson, "metric": contest.metric, "model": one.head["model"]}
        for row in compared(contest, frame):
            pair = tuple(row["comparison"].split(" > "))
            moved = change(contest, pair, least, frame) if least is not frame else (np.nan,) * 3
            rows.append(about | {"billions": one.head["billions"]} | row | dict(zip(CHANGES, moved, strict=True)))
    return pd.DataFrame(rows, columns=[*SIZES, *CHANGES])


def compared(contest: Contest, frame: pd.DataFrame) -> list[dict[str, object]]:
    """A row for each planned pair whose arms have answered: comparison, n, a, b, difference, …, verdict, `side`."""
    there = set(contest.part(frame)["arm"])
    planned = replace(contest, pairs={pair: claim for pair, claim in contest.pairs.items() if there.issuperset(pair)})
    if not planned.pairs:
        return []
    scores = levels(contest.part(frame), contest.score, contest.draws).set_index("arm")["value"]
    rows = []
    for row in planned.comparisons(frame).rename(columns={"claim": "comparison"}).to_dict("records"):
        a, b = (float(scores[arm]) for arm in row["comparison"].split(" > "))
        kept = {name: row[name] for name in ("comparison", "n", "difference", "low", "high", "verdict")}
        rows.append(kept | {"a": a, "b": b, "side": side(row["low"], row["high"], contest.margin)})
    return rows


def change(
    contest: Contest, pair: tuple[str, ...], small: pd.DataFrame, large: pd.DataFrame
) -> tuple[float, float, float]:
    """(a − b with the one model) − (a − b with the other) on the same questions: value, low, high."""
    sides = [[_arm(frame, arm) for arm in pair] for frame in (large, small)]
    if any(side.empty for row in sides for side in row):
        return (np.nan,) * 3
    shared = sides[0][0].index.intersection(sides[1][0].index)
    sides = [[side.loc[shared] for side in row] for row in sides]
    if contest.score == MACRO_F1:
        drawn = [[_macro(side, contest.draws) for side in row] for row in sides]
        gaps = (drawn[0][0] - drawn[0][1]) - (drawn[1][0] - drawn[1][1])
        ends = macro.interval(gaps[1:])
        return float(gaps[0]), ends.low, ends.high
    left, right = ((row[0][contest.score].astype(float) - row[1][contest.score].astype(float)) for row in sides)
    entity = sides[0][0]["entity"]
    found = compare(left.tolist(), right.tolist(), entity.where(entity != "", entity.index).tolist())
    return found.difference, found.interval.low, found.interval.high


def by_claim(rows: pd.DataFrame) -> pd.DataFrame:
    """Claims × models: the verdict of the contests recorded (a row of `sizes` may count to several claims).

    Columns: claim, contest, a column for each model, smallest first (None where nothing is recorded), and `flips`: what
    size does to its contests ("turns round", "fades", "appears"; see `flip`), each named where there are several.
    """
    planned = load_comparisons()[["claim", "lesson", "comparison", "metric", "by_construction"]]
    joined = rows.merge(planned, on=["lesson", "comparison", "metric"])
    joined = joined[(joined["by_construction"] == "") & (joined["verdict"] != BY_CONSTRUCTION)]
    models = rows.sort_values("billions", kind="stable")["model"].drop_duplicates().tolist()
    table = []
    for claim, group in joined.sort_values("claim", kind="stable").groupby("claim", sort=False):
        words = {model: _combined(group[group["model"] == model]) for model in models}
        contest = "; ".join(f"{row.comparison} ({row.lesson[:2]})" for row in _pairs(group))
        table.append({"claim": claim, "contest": contest, **words, "flips": _flips(group)})
    return pd.DataFrame(table, columns=["claim", "contest", *models, "flips"])


def side(low: float, high: float, margin: float) -> str:
    """Where an interval lies: `AHEAD` of zero, `BEHIND` it, around it within the margin (`ALIKE`), or else `OPEN`.

    Open is no finding: the interval is too wide to tell a difference that matters from none.
    """
    if low > 0 or high < 0:
        return AHEAD if low > 0 else BEHIND
    return ALIKE if -margin <= low <= high <= margin else OPEN


def flip(contest: pd.DataFrame) -> str:
    """What size does to one contest's rows of `sizes`: "turns round", "fades", "appears", "" where nothing is shown.

    Two models show a flip only where both are decided (no interval is open), the sides differ and the intervals do not
    overlap: ahead and behind turns round; ahead or behind in the smaller and alike in the larger fades, the other way
    about it appears. So a verdict that is lost in a wide interval is no flip.
    """
    rows = contest[contest["side"] != OPEN].sort_values("billions", kind="stable")
    found = []
    for small, large in itertools.combinations(rows.itertuples(), 2):
        apart = small.high < large.low or large.high < small.low
        if small.side == large.side or not apart:
            continue
        found.append("appears" if small.side == ALIKE else "fades" if large.side == ALIKE else "turns round")
    return "turns round" if "turns round" in found else found[0] if found else ""


def beside(stem: str, model: str, contest: Contest, frame: pd.DataFrame) -> pd.DataFrame:
    """A lesson's own rows and those recorded with other models: whose, model, comparison, n, a, b, difference, ….

    `contest` and `frame` are the lesson's; of its comparisons those are shown that its central contest has.
    """
    pairs = central(stem).contest.pairs
    own = [row for row in compared(contest, frame) if tuple(row["comparison"].split(" > ")) in pairs]
    yours = [{"whose": YOURS, "model": model, **row} for row in own]
    others = sizes(recordings(stem)).assign(whose=RECORDED).to_dict("records")
    order = [f"{a} > {b}" for a, b in pairs]
    table = pd.DataFrame([*yours, *others], columns=list(SIDES))
    return table.sort_values("comparison", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)


def _combined(group: pd.DataFrame) -> str | None:
    return str(combine(group["verdict"])) if len(group) else None


def _flips(group: pd.DataFrame) -> str:
    contests = list(group.groupby(["lesson", "comparison"], sort=False))
    found = {comparison: flip(rows) for (_, comparison), rows in contests}
    if len(contests) == 1:
        return next(iter(found.values()))
    return "; ".join(f"{comparison} {word}" for comparison, word in found.items() if word)


def _pairs(group: pd.DataFrame) -> list[tuple]:
    return list(group.drop_duplicates(["lesson", "comparison"]).itertuples())


def _arm(frame: pd.DataFrame, arm: str) -> pd.DataFrame:
    rows = frame[frame["arm"] == arm]
    return rows.set_index("question_id")


def _macro(side: pd.DataFrame, seed: int) -> np.ndarray:
    """Macro-F1 of the rows as they are, then of resamples, paired between calls with the same questions."""
    drawn = macro.resampled(side["true"], side["text"], side["entity"], seed)
    value = macro.macro_f1(side["true"].tolist(), side["text"].tolist())
    return np.concatenate([[value], drawn])
