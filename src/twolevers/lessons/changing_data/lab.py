"""Lesson 02, the lab: your customers' mixture of questions, turned by hand; from the answers that the lesson has."""

import numpy as np
import pandas as pd

from twolevers.evaluate.bootstrap import by_cluster, resampled_means
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.changing_data.experiment import ASKED, CHANGED, LABELS, LOOKS, UNCHANGED
from twolevers.lessons.common.figures import bars

SHARES = (0, 5, 10, 25, 50, 75, 100)  # per cent of the questions that are about facts that change
RESAMPLES = 2_000
DIALS = (
    Dial("share", "Questions about facts that change", SHARES, 4, "%"),
    Dial("month", "Month in which they are asked", ASKED, len(ASKED) - 1),
)
LEGEND = "What do your customers ask, and when?"


def mixture(answers: pd.DataFrame, share: int, month: int) -> pd.DataFrame:
    """Each arm's share right in a mixture of both groups: columns label, arm, value, low, high, n.

    `share` per cent of the questions are about facts that change. 95 % interval: products drawn again within each
    group, percentile.
    """
    weight, rows = share / 100, []
    asked = answers[answers["month"] == month]
    for arm, label in LABELS.items():
        groups = [asked[(asked["arm"] == arm) & (asked["group"] == group)] for group in (CHANGED, UNCHANGED)]
        if groups[0].empty:
            continue  # trained again at the last month alone
        draws = [_means(group, seed) for seed, group in enumerate(groups)]
        low, high = np.quantile(weight * draws[0] + (1 - weight) * draws[1], (0.025, 0.975))
        value = weight * groups[0]["correct"].mean() + (1 - weight) * groups[1]["correct"].mean()
        row = {"label": label, "arm": arm, "value": value, "low": low, "high": high}
        rows.append(row | {"n": sum(map(len, groups))})
    return pd.DataFrame(rows)


def explore(answers: pd.DataFrame) -> Explorer:
    """Two sliders over the answers of `experiment.run`; where no kernel runs, a mixture without change beside it."""

    def draw(share: int, month: int) -> Drawn:
        table = mixture(answers, share, month)
        figure, alt = bars(
            table, f"Month {month}, {share} % about facts that change", "Share right in the mixture", LOOKS
        )
        value = table.set_index("arm")["value"]
        gap = value["rag"] - value["rag, stale"]
        words = (
            f"{share} % of the questions are about facts that change, in month {month}: the refreshed index is right "
            f"in {value['rag']:.2f} of all and the index of month 0 in {value['rag, stale']:.2f}. Refreshing is "
            f"worth {gap:+.2f}."
        )
        return Drawn(figure, alt, words)

    return explorer(draw, DIALS, LEGEND, fails={"share": 0})


def _means(group: pd.DataFrame, seed: int) -> np.ndarray:
    sums = by_cluster(group["correct"].to_numpy(float), group["entity"].tolist())
    return resampled_means(*sums, np.random.default_rng(seed), RESAMPLES)
