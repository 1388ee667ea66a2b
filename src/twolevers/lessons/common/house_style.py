"""Replies held against the brand guide: which rules are kept, is the fact right; tables, figures, rows for the ledger.

Lessons 07 and 09 share it. A reply's score on the rules is the share of the eight that it keeps.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.evaluate.brand_rules import RULES, check
from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.contest import Contest, level_rows
from twolevers.lessons.common.figures import bars
from twolevers.lessons.common.reading import levels
from twolevers.lessons.common.style import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METRICS = {
    "rules_kept": "rules kept",
    "all_kept": "all eight rules kept",
    "correct": "facts right",
    "right_and_kept": "facts right and rules kept",
}


def scored(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of `evaluate.run` with a column per rule, and the scores named in `METRICS` (share, three yes or no)."""
    kept = pd.DataFrame([check(text) for text in frame["text"]], index=frame.index)
    whole = kept.all(axis=1)
    scores = {"rules_kept": kept.mean(axis=1), "all_kept": whole, "right_and_kept": whole & frame["correct"]}
    return frame.join(kept).assign(**scores)


def overview(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """One row per arm in `labels`: the mean of each score in `METRICS`, and prompt tokens."""
    kept = frame[frame["arm"].isin(labels)]
    table = kept.groupby("arm", sort=False)[[*METRICS, "prompt_tokens"]].mean().rename(columns=METRICS)
    table["prompt_tokens"] = table["prompt_tokens"].round().astype(int)
    return table.rename(index=labels)


def by_rule(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Share of replies that keep each rule (rows, in the guide's order), by arm in `labels` (columns)."""
    table = frame[frame["arm"].isin(labels)].groupby("arm", sort=False)[[rule.name for rule in RULES]].mean().T
    return table[list(labels)].rename(columns=labels).rename_axis(index="rule", columns=None)


def read(frame: pd.DataFrame, labels: Mapping[str, str], n: int = 1) -> pd.DataFrame:
    """The first `n` letters with each arm's reply as it stands, its rules kept and whether its fact is right."""
    rows = []
    for letter in dict.fromkeys(frame["question"].head(n)):
        for reply in frame[(frame["question"] == letter) & frame["arm"].isin(labels)].itertuples():
            fact = "✓" if reply.correct else "✗"
            kept = f"{round(reply.rules_kept * len(RULES))} of {len(RULES)}"
            rows.append({"arm": labels[reply.arm], "reply": reply.text, "rules": kept, "fact": fact})
    return pd.DataFrame(rows)


def plot(
    frame: pd.DataFrame, labels: Mapping[str, str], metric: str, title: str, looks: Mapping[str, str] | None = None
) -> "tuple[Figure, str]":
    """A bar per arm in `labels` for one score, with intervals; `looks`: arms drawn as another arm of the course."""
    table = levels(frame[frame["arm"].isin(labels)], metric)
    table["label"] = table["arm"].map(labels)
    table["arm"] = table["arm"].replace(dict(looks or {}))
    return bars(table, title, f"Share: {METRICS[metric]}")


def rule_map(frame: pd.DataFrame, labels: Mapping[str, str]) -> "tuple[Figure, str]":
    """Rules × arms: the share of replies that keep each rule, written into its field, darker for more."""
    from matplotlib import pyplot

    table = by_rule(frame, labels)
    n = frame.groupby("arm").size().min()
    title = "Which rules does each arm keep?"
    with style():
        figure, axes = pyplot.subplots(figsize=(9.5, 5.6))
        axes.imshow(table.to_numpy(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for row, shares in enumerate(table.to_numpy()):
            for column, share in enumerate(shares):
                axes.text(
                    column, row, f"{share:.2f}", ha="center", va="center", color="white" if share > 0.6 else "black"
                )
        axes.set_xticks(range(len(table.columns)), [name.replace(" ", "\n", 1) for name in table.columns])
        axes.set_yticks(range(len(table)), [name.replace("_", " ") for name in table.index])
        axes.grid(visible=False)
        axes.set_title(f"{title} (share of {n} replies)")
    said = "; ".join(
        f"{arm}: " + ", ".join(f"{rule.replace('_', ' ')} {share:.2f}" for rule, share in table[arm].items())
        for arm in table
    )
    return figure, f"Table of shares of {n} replies, as a heat map. {title} {said}."


def evidence(
    bench: Workbench, lesson: str, frame: pd.DataFrame, seed: int, contests: Sequence[Contest]
) -> list[Evidence]:
    """Ledger rows: each arm's score on all `METRICS`, and the comparisons of each contest."""
    kept = []
    for score, name in METRICS.items():
        kept += level_rows(bench, lesson, name, frame, seed, score)
    return [*kept, *(row for contest in contests for row in contest.verdicts(bench, frame))]
