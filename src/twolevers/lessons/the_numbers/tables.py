"""Lesson 11: the article's table, each cell as measured on this machine: ours with its interval beside the article's.

Nothing is decided here. Which measurements fill a cell stands in datasets/comparisons.csv, and verdicts come from
`judge`. All functions take the table of `learn.verdicts.numbers`: one row per comparison, measured or missing, each
written so that the article claims more ("a > b").
"""

import math
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

import pandas as pd

from twolevers.data.claims import load_comparisons
from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import BY_CONSTRUCTION, combine, judge
from twolevers.lessons.common.style import ARM_STYLE

LESSON = "11_the_numbers"
CLAIMS = ("C12", "C13", "C14", "C15", "C16", "C17")
SAYS = {"supported": "agree", "qualified": "qualify", "contradicted": "contradict"}  # the rest stays as it is
FACTORS = (0.0, 0.5, 1.0, 2.0)  # of the planned margins: would another one have changed the word?
MISSING = "not measured yet"
RATIO = "log2 "


def is_ratio(metric: str) -> bool:
    """Whether the row is a ratio on the log2 scale; else a difference of shares."""
    return metric.startswith(RATIO)


def measure(metric: str) -> str:
    """What was measured: the metric without its scale and without what the figure rests on."""
    return re.sub(r"^log2 (cost )?ratio: |\s*\([^()]*\)$", "", metric)


def basis(metric: str) -> str:
    """What the figure rests on, which stands in brackets at the metric's end: measured, where it says nothing."""
    found = re.search(r"\(([^()]*)\)$", metric)
    return found[1] if found else "measured"


def times(log2: float) -> str:
    """A log2 ratio in words: 2 is "4.0 times"."""
    return f"{2**log2:,.0f}" if log2 >= math.log2(10) else f"{2**log2:.2g}"


def figure(metric: str, value: float, low: float, high: float) -> str:
    """A value with its interval: "4.1 times (3.8 to 4.4)" or "+0.40 (+0.21 to +0.55)"."""
    if is_ratio(metric):
        shown, unit = times, " times"
    else:
        shown, unit = (lambda share: f"{share:+.2f}".replace("-", "−")), ""
    interval = f"({shown(low)} to {shown(high)})" if low <= high else "(no interval)"
    return f"{shown(value)}{unit} {interval}"


def measured(table: pd.DataFrame) -> pd.DataFrame:
    """The comparisons that have been measured."""
    return table[table["value"].notna()].reset_index(drop=True)


def missing(table: pd.DataFrame) -> list[str]:
    """Lessons whose measurements the table lacks, in order."""
    lessons = table.loc[table["to_do"] != "", "to_do"].str.removeprefix("run lesson ")
    return sorted(set(lessons))


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """The article's table, a row per claim.

    Columns: claim, cell, article, ours, we (agree, qualify, contradict, "too close to call" or "not measured yet").
    """
    rows = []
    for claim, group in table.groupby("claim", sort=False):
        cell, article = group["article"].iloc[0].split(": ", 1)
        verdict, undone = group["verdict"].iloc[0], missing(group)
        known = isinstance(verdict, str)  # None becomes NaN where other claims have one
        word = SAYS.get(verdict, verdict) if known else MISSING
        ours = [*_ranges(measured(group)), *(f"run lesson {lesson}" for lesson in undone)]
        so_far = ", so far" if known and undone else ""
        rows.append(
            {"claim": claim, "cell": cell, "article": article, "ours": "; ".join(ours), "we": f"{word}{so_far}"}
        )
    return pd.DataFrame(rows)


def comparisons(table: pd.DataFrame) -> pd.DataFrame:
    """Every measured comparison of the table: claim, compared, measure, basis, ours, n, verdict."""
    rows = []
    for row in measured(table).itertuples():
        ours = figure(row.metric, row.value, row.low, row.high)
        one = {"claim": row.claim, "compared": compared(row.comparison, row.metric), "measure": measure(row.metric)}
        rows.append(one | {"basis": basis(row.metric), "ours": ours, "n": row.n, "verdict": row.finding})
    return pd.DataFrame(rows, columns=["claim", "compared", "measure", "basis", "ours", "n", "verdict"])


def compared(comparison: str, metric: str) -> str:
    """The two arms as divided or subtracted: "RAG / tuned", "RAG − tuned"."""
    first, second = (ARM_STYLE[arm].label if arm in ARM_STYLE else arm for arm in comparison.split(" > "))
    return f"{first} {'/' if is_ratio(metric) else '−'} {second}"


def by_basis(table: pd.DataFrame) -> pd.DataFrame:
    """How many comparisons rest on what, and how they fell: a row per basis, a column per verdict."""
    rows = comparisons(table)
    return pd.crosstab(rows["basis"], rows["verdict"]).reset_index().rename_axis(columns=None)


def margins(table: pd.DataFrame, factors: Iterable[float] = FACTORS) -> pd.DataFrame:
    """Each cell's word had every margin been `factors` times the planned one; 1 is what counts."""
    rows = measured(table)
    rows = rows[rows["finding"] != BY_CONSTRUCTION]
    planned = load_comparisons()
    found = {claim: {} for claim in rows["claim"].unique()}
    for factor in factors:
        for claim, group in rows.groupby("claim", sort=False):
            verdicts = [_judged(row, planned, factor) for row in group.itertuples()]
            word = str(combine(verdicts))
            found[claim][f"margin × {factor:g}"] = SAYS.get(word, word)
    return pd.DataFrame([{"claim": claim, **words} for claim, words in found.items()])


def agreeing(table: pd.DataFrame) -> float:
    """In how many of the six cells we agree with the article; NaN while any is not wholly measured."""
    return float((cells(table)["we"] == "agree").sum()) if not missing(table) else math.nan


def word_for(table: pd.DataFrame, claim: str, part: str) -> str | float:
    """Our word for the one comparison of a claim whose metric holds `part`; NaN where it is missing."""
    rows = _one(table, claim, part)
    return SAYS.get(rows["finding"].iloc[0], rows["finding"].iloc[0]) if len(rows) else math.nan


def times_for(table: pd.DataFrame, claim: str, part: str) -> tuple[float, float | None, float | None]:
    """The ratio (value, low, high) of that comparison; NaN without interval where it is missing."""
    rows = _one(table, claim, part)
    if not len(rows):
        return math.nan, None, None
    row = rows.iloc[0]
    return 2 ** row["value"], 2 ** row["low"], 2 ** row["high"]


def margin_of(claim: str, comparison: str, metric: str, planned: pd.DataFrame) -> float:
    """The margin that datasets/comparisons.csv plans for a measured comparison."""
    fits = (planned["claim"] == claim) & (planned["comparison"] == comparison)
    fits &= planned["metric"].map(lambda pattern: fnmatchcase(metric, pattern))
    return float(planned.loc[fits, "margin"].iloc[0])


def _judged(row: tuple, planned: pd.DataFrame, factor: float) -> str:
    margin = factor * margin_of(row.claim, row.comparison, row.metric, planned)
    return judge(Interval(row.low, row.high), expected="higher", margin=margin)


def _ranges(rows: pd.DataFrame) -> list[str]:
    """A phrase per pair of arms and scale: the one figure with its interval, or the span of several."""
    said = []
    heads = pd.Series([compared(row.comparison, row.metric) for row in rows.itertuples()], index=rows.index, dtype=str)
    for head, group in rows.groupby(heads, sort=False):
        first, last = (group.loc[place] for place in (group["value"].idxmin(), group["value"].idxmax()))
        if len(group) == 1:
            said.append(f"{head} {figure(first['metric'], first['value'], first['low'], first['high'])}")
        else:
            ends = [figure(row["metric"], row["value"], *[math.nan] * 2).split(" (")[0] for row in (first, last)]
            said.append(f"{head} {ends[0].removesuffix(' times')} to {ends[1]} ({len(group)} measures)")
    return said


def _one(table: pd.DataFrame, claim: str, part: str) -> pd.DataFrame:
    rows = measured(table)
    return rows[(rows["claim"] == claim) & rows["metric"].str.contains(part, regex=False)]
