"""Lesson 05, what is shown: the board that follows the shop, lags, scores by the age of a fact, two figures."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.evaluate.run import summarise
from twolevers.lessons.common.figures import bars
from twolevers.lessons.common.style import ARM_STYLE, BLUE, EDGE, GREY, ORANGE, SKY, style
from twolevers.lessons.staying_current.experiment import AGES, ASKED, MINUTES, UNITS, labels
from twolevers.lessons.staying_current.live_feed import Index, Shop

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def board(answers: pd.DataFrame, every: int) -> tuple[pd.DataFrame, str]:
    """The last minute's first question: a row per arm, and a caption with the shop's clock and what was asked."""
    minute = answers["minute"].max()
    now = answers[answers["minute"] == minute]
    asked = now["question"].iloc[0]
    rows = []
    for arm, label in labels(every).items():
        one, mine = now[(now["arm"] == arm) & (now["question"] == asked)].iloc[0], answers[answers["arm"] == arm]
        said = f"{'✓' if one.correct else '✗'} {one.text}"
        share = f"{mine['correct'].mean():.2f} (n = {len(mine)})"
        rows.append({"arm": label, "knows minute": one.known, "says": said, "up to date so far": share})
    return pd.DataFrame(rows), f"Shop clock: minute {minute} of {MINUTES}. Asked now: {asked}"


def lags(source: Shop, indexes: Mapping[str, Index], every: int) -> pd.DataFrame:
    """What each index did with the shop's changes, a row per arm.

    Columns: polls, pages (taken in), seconds (median poll, real), mean and longest lag (shop's minutes from a change
    to the poll that took it in), missed (changes never taken in), out_of_date (share of all facts and minutes in
    which the index held an old value or none).
    """
    changes = [change for change in source.changes if 0 < change.minute <= source.minute]
    rows = []
    for arm, index in indexes.items():
        known = [int(poll["minute"]) for poll in index.polls]
        seen = [_held(source, index, minute) for minute in range(source.minute + 1)]
        waits = [next((poll - change.minute for poll in known if poll >= change.minute), None) for change in changes]
        taken = [wait for wait in waits if wait is not None]
        row = {"index": labels(every)[arm], "polls": len(known), "pages": sum(poll["pages"] for poll in index.polls)}
        row |= {"seconds": pd.Series([poll["seconds"] for poll in index.polls]).median()}
        row |= {"mean_lag": sum(taken) / len(taken) if taken else math.nan, "longest_lag": max(taken, default=math.nan)}
        rows.append(row | {"missed": len(waits) - len(taken), "out_of_date": out_of_date(source, seen)})
    return pd.DataFrame(rows)


def by_age(frame: pd.DataFrame, every: int) -> pd.DataFrame:
    """Share up to date with its interval, for facts that still have the opening's value and for newer ones."""
    rows = {}
    for newer, name in AGES.items():
        table = summarise(frame[frame["newer"] == newer]).set_index("arm")
        n = table["n"].iloc[0]
        rows[f"{name} (n = {n})"] = {
            label: f"{table.accuracy[arm]:.2f} ({table.low[arm]:.2f} to {table.high[arm]:.2f})"
            for arm, label in labels(every).items()
        }
    return pd.DataFrame(rows).rename_axis("arm")


def watch(frame: pd.DataFrame, every: int, window: int = 6) -> pd.DataFrame:
    """Share up to date by windows of the clock, a row per arm: what a monitor would have shown during the day."""
    first = (frame["minute"] - 1) // window * window + 1
    names = [f"min {start} to {start + window - 1}" for start in first]
    seen = frame.assign(window=pd.Categorical(names, categories=list(dict.fromkeys(names)), ordered=True))
    table = seen.pivot_table(index="arm", columns="window", values="correct", observed=True)
    table = table.loc[list(labels(every))].rename(index=labels(every))
    return table.rename_axis(columns=None).rename_axis("arm")


def plot(frame: pd.DataFrame, every: int) -> "tuple[Figure, str]":
    """Share of answers up to date per arm, with alternative text."""
    table = summarise(frame).rename(columns={"accuracy": "value"})
    table = table.set_index("arm").loc[list(labels(every))].reset_index()
    table["label"] = table["arm"].map(labels(every))
    table["arm"] = table["arm"].str.split(",").str[0]
    return bars(table, "Who keeps up with the shop?", "Share of answers up to date")


def plot_lag(source: Shop, indexes: Mapping[str, Index], every: int) -> "tuple[Figure, str]":
    """One fact through the run: what was true, and what each index held; with alternative text."""
    from matplotlib import pyplot

    product, fact = busiest(source, ASKED)
    minutes = list(range(source.minute + 1))
    truth = [source.value(product, fact, minute) for minute in minutes]
    looks = zip(indexes, (BLUE, ORANGE, SKY), ("-", "--", ":"), ("s", "D", "o"), strict=True)
    said = []
    with style():
        figure, axes = pyplot.subplots(figsize=(9.5, 5))
        axes.step(minutes, truth, where="post", color=GREY, linewidth=9, alpha=0.4, label="the shop")
        for arm, color, line, marker in looks:
            known = [_held(source, indexes[arm], minute) for minute in minutes]
            held = [source.value(product, fact, minute) for minute in known]
            look = {"color": color, "linestyle": line, "marker": marker, "markevery": 3, "markeredgecolor": EDGE}
            axes.step(minutes, held, where="post", label=labels(every)[arm], **look)
            late = sum(one != now for one, now in zip(held, truth, strict=True))
            said.append(f"{labels(every)[arm]}: an old value in {late} of {len(minutes)} minutes")
        start = f"{labels(every)['tuned']}: trained on {truth[0]}"
        axes.plot(0, truth[0], **ARM_STYLE["tuned"].line() | {"label": start, "linestyle": ""})
        axes.set(title=f"Which {fact} of the {product} does each know?", xlabel="Shop's minute (simulated)")
        axes.set_ylabel(f"{fact.capitalize()} ({UNITS[fact][0].split()[1]})")
        figure.legend(loc="outside lower center", ncols=2)
    return figure, (
        f"Step chart. The {fact} of the {product} changes {len(set(truth)) - 1} times in {source.minute} minutes, from "
        f"{truth[0]} to {truth[-1]}. {'; '.join(said)}; {start}."
    )


def busiest(source: Shop, facts: Iterable[str]) -> tuple[str, str]:
    """The product of the opening, and its fact among `facts`, that changed most so far."""
    opening = sorted({change.product for change in source.changes if change.minute == 0})
    every = [(product, fact) for product in opening for fact in facts]
    return max(every, key=lambda one: len(source.history(*one, source.minute)))


def _held(source: Shop, index: Index, minute: int) -> int:
    """The shop's minute that the index knew at a minute."""
    return max(int(poll["minute"]) for poll in index.polls if poll["minute"] <= minute)


def out_of_date(source: Shop, known: Sequence[int]) -> float:
    """Share of all facts and minutes from 1 on in which the value of `known[minute]` is not the shop's."""
    facts = dict.fromkeys((change.product, change.fact) for change in source.changes)
    old = total = 0
    for minute in range(1, source.minute + 1):
        for fact in facts:
            now = source.value(*fact, minute)
            total += now is not None
            old += now is not None and source.value(*fact, known[minute]) != now
    return old / total
