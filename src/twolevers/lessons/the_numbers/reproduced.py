"""Lesson 11, published results beside the recorded contests: the same direction, with models of several sizes?

Models, data and measures differ, so directions are compared and no figures.
"""

from dataclasses import dataclass

import pandas as pd

from twolevers.data.claims import load_published

NOT_YET = "not recorded"


@dataclass(frozen=True)
class Reported:
    """What others found, written so that their direction is `comparison`, "a > b" (or "a < b"), of a recorded contest.

    `ids`: rows of published_results.csv.
    """

    ids: tuple[str, ...]
    found: str
    lesson: str
    comparison: str
    metric: str

    @property
    def planned(self) -> str:
        """The contest's own "a > b"."""
        return self.comparison.replace(" < ", " > ")


REPORTED = (
    Reported(("P01", "P16", "P46"), "new facts: RAG beats tuning", "01_two_levers", "rag > tuned", "facts right"),
    Reported(
        ("P05", "P13"),
        "facts told in several wordings are learned better",
        "01_two_levers",
        "tuned > tuned, one wording",
        "facts right",
    ),
    Reported(
        ("P32",), "a hundred examples beat a prompt for tone", "07_style_and_tone", "tuned > prompt", "rules kept"
    ),
    Reported(
        ("P27", "P29"), "on a narrow task labels beat a prompt", "08_narrow_tasks", "tuned > long_prompt", "macro-F1"
    ),
    Reported(
        ("P29", "P31"),
        "with few labels a light classifier beats a tuned model",
        "08_narrow_tasks",
        "tuned < linear",
        "macro-F1",
    ),
    Reported(
        ("P09", "P18", "P19"),
        "trained with passages beats retrieval bolted on",
        "12_both",
        "both > stacked",
        "facts right",
    ),
    Reported(
        ("P10", "P11"),
        "learning new facts costs known ones",
        "13_common_mistakes",
        "prompt > tuned",
        "known facts right",
    ),
)


def beside(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a published result: published (ids), they found, a column per model (difference, interval, n), and we.

    `rows`: `ladder.table.sizes`. `we`: "agree", "disagree", "too close to call", or which of these at which size.
    """
    models = rows.sort_values("billions", kind="stable")["model"].drop_duplicates().tolist()
    table = []
    for one in REPORTED:
        fits = (rows["lesson"] == one.lesson) & (rows["comparison"] == one.planned) & (rows["metric"] == one.metric)
        found = {row.model: row for row in rows[fits].itertuples()}
        row = {
            "published": ", ".join(one.ids),
            "they found": one.found,
            "we compare": f"{one.comparison}, {one.metric}",
        }
        row |= {model: _figures(found[model]) if model in found else NOT_YET for model in models}
        table.append(row | {"we": _said({model: _word(one, found[model]) for model in models if model in found})})
    return pd.DataFrame(table)


def settings() -> pd.DataFrame:
    """The published rows that `REPORTED` names: id, setting, values, source, basis."""
    wanted = {name for one in REPORTED for name in one.ids}
    published = load_published()
    return published.loc[published["id"].isin(wanted), ["id", "setting", "values", "source", "basis"]].reset_index(
        drop=True
    )


def _word(one: Reported, row: tuple) -> str:
    """Whether a contest's interval lies on the side that was published."""
    mirrored = one.comparison != one.planned
    low, high = (-row.high, -row.low) if mirrored else (row.low, row.high)
    return "agree" if low > 0 else "disagree" if high < 0 else "too close to call"


def _said(words: dict[str, str]) -> str:
    if not words:
        return NOT_YET
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return "; ".join(f"{model}: {word}" for model, word in words.items())


def _figures(row: tuple) -> str:
    shown = [f"{value:+.2f}".replace("-", "−") for value in (row.difference, row.low, row.high)]
    return f"{shown[0]} [{shown[1]}, {shown[2]}], n = {row.n}"
