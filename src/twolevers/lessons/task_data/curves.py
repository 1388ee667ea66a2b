"""Learning curves: macro-F1 by number of labels, what each further hundred brought, and the figure that grows."""

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twolevers.evaluate import macro
from twolevers.evaluate.metrics import macro_f1
from twolevers.lessons.common.style import ARM_STYLE, EDGE, SKY, VERMILION, ArmStyle, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLASSES = 12
HUNDRED = 100
LOOKS: Mapping[tuple[str, bool], ArmStyle] = MappingProxyType(
    {
        ("tfidf", False): ArmStyle("TF-IDF + linear", SKY, "p", "", "-"),
        ("tfidf", True): ArmStyle("TF-IDF + linear, noisy labels", SKY, "x", "", ":"),
        ("tuned once", False): ArmStyle("tuned, one pass", VERMILION, "x", "", ":"),
        ("tuned", False): ArmStyle("tuned", VERMILION, ARM_STYLE["tuned"].marker, "", "--"),
    }
)


@dataclass(frozen=True)
class Point:
    """One training: arm, labels of each class, seed of the draw, share of labels made wrong."""

    arm: str
    per_class: int
    seed: int
    noise: float

    def columns(self) -> dict[str, str | int | float]:
        """The fields as columns, and `labels`, their number in all."""
        return asdict(self) | {"labels": CLASSES * self.per_class}


def curve(frame: pd.DataFrame) -> pd.DataFrame:
    """Macro-F1 at every size, the mean over draws: one row per arm, noise and number of labels.

    `low` and `high`: 95 % interval of that mean by resampling the test's scenarios, the same draws of scenarios at
    every size. `least` and `most`: the lowest and highest draw of labels, another uncertainty. Columns also draws, n.
    """
    rows = []
    for (arm, noise, labels), group in frame.groupby(["arm", "noise", "labels"], sort=True):
        values = [macro_f1(part["true"].tolist(), part["text"].tolist()) for _, part in group.groupby("seed")]
        found = macro.interval(_resampled(group))
        row = {"arm": arm, "noise": noise, "labels": labels, "n": group["question_id"].nunique()}
        row |= {"draws": len(values), "value": float(np.mean(values)), "low": found.low, "high": found.high}
        rows.append(row | {"least": min(values), "most": max(values)})
    return pd.DataFrame(rows)


def gains(frame: pd.DataFrame, worth: float) -> pd.DataFrame:
    """What each further hundred labels brought between neighbouring sizes, with a paired interval over scenarios.

    Columns: arm, from, to (labels), gain (macro-F1 for a hundred), low, high, reading: "worth it" where the whole
    interval lies above `worth`, "not worth it" where below, else "cannot tell".
    """
    rows = []
    for arm, group in frame[frame["noise"] == 0].groupby("arm", sort=False):
        sizes = sorted(group["labels"].unique())
        drawn = {size: _resampled(group[group["labels"] == size]) for size in sizes}
        values = curve(group).set_index("labels")["value"]
        for small, large in itertools.pairwise(sizes):
            hundreds = (large - small) / HUNDRED
            gain = (values[large] - values[small]) / hundreds
            found = macro.interval((drawn[large] - drawn[small]) / hundreds)
            reading = "worth it" if found.low > worth else "not worth it" if found.high < worth else "cannot tell"
            row = {"arm": arm, "from": small, "to": large, "gain": gain}
            rows.append(row | {"low": found.low, "high": found.high, "reading": reading})
    return pd.DataFrame(rows)


def noise_cost(frame: pd.DataFrame) -> pd.DataFrame:
    """What wrong labels cost at every size: labels, as given, with noise, difference with its interval, low, high."""
    rows = []
    for labels, group in frame.groupby("labels"):
        clean, noisy = (group[group["noise"] == share] for share in sorted(group["noise"].unique()))
        values = [curve(part)["value"].iloc[0] for part in (clean, noisy)]
        found = macro.interval(_resampled(noisy) - _resampled(clean))
        row = {"labels": labels, "as given": values[0], "with noise": values[1]}
        rows.append(row | {"difference": values[1] - values[0], "low": found.low, "high": found.high})
    return pd.DataFrame(rows)


def plot(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Macro-F1 by number of labels (logarithmic), a line for each arm and noise, and the alternative text."""
    from matplotlib import pyplot
    from matplotlib.ticker import NullLocator

    table = curve(frame)
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 5.2))
        for (arm, noise), part in table.groupby(["arm", "noise"], sort=False):
            look = LOOKS[arm, noise > 0]
            error = np.maximum(0, [part["value"] - part["low"], part["high"] - part["value"]])
            axes.errorbar(part["labels"], part["value"], yerr=error, ecolor=EDGE, elinewidth=1.5, **look.line())
        ticks = sorted(table["labels"].unique())
        axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_ylim(0, 1)
        axes.axhline(1 / CLASSES, color=EDGE, linestyle=":", linewidth=1.5)
        axes.set_xlabel(f"Training labels, all desks together (n = {table['n'].max()} test messages)")
        axes.set_ylabel("Macro-F1, 95 % interval")
        axes.set_title("How many labels does it take?")
        axes.legend(loc="upper left")
    names = [LOOKS[row.arm, row.noise > 0].label for row in table.itertuples()]
    said = "; ".join(
        f"{name}, {row.labels:,} labels {row.value:.2f} ({row.low:.2f} to {row.high:.2f})"
        for name, row in zip(names, table.itertuples(), strict=True)
    )
    return figure, f"Learning curves. Macro-F1 on {table['n'].max()} test messages with 95 % intervals: {said}."


def _resampled(group: pd.DataFrame) -> np.ndarray:
    """Macro-F1 of each resample of scenarios, the mean over draws of labels; paired between groups of one test."""
    parts = [part.sort_values("question_id") for _, part in group.groupby("seed")]
    return np.mean([macro.resampled(part["true"], part["text"], part["entity"]) for part in parts], axis=0)
