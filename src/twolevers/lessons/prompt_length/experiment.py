"""Lesson 09: is the prompt too long? The brand guide in the prompt against the same style in an adapter.

Two adapters: one distilled from the model's own replies with the guide (`distil`), one trained on the house's replies
(lesson 07's larger one, found in the cache after that lesson). Measured are quality by prompt tokens, and what a
changed rule does; seconds and money are in `cost`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twolevers.arms.few_shot import FewShot
from twolevers.arms.prompt import Prompt
from twolevers.arms.protocol import Arm
from twolevers.arms.tuned import Tuned
from twolevers.cost.quantity import log2_ratio
from twolevers.data.records import Question
from twolevers.evaluate.brand_rules import SIGN_OFF, letter
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.statistics import Interval, wilson
from twolevers.lessons.common import house_style
from twolevers.lessons.common.bench import Measured, Workbench
from twolevers.lessons.common.contest import Contest, pair_rows
from twolevers.lessons.common.reading import levels
from twolevers.lessons.common.style import ARM_STYLE, style
from twolevers.lessons.style_and_tone import experiment as style_and_tone
from twolevers.lessons.style_and_tone.experiment import LONGEST, REPLY, SHOTS, Taught
from twolevers.models.api import Example, Training

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LESSON = "09_prompt_length"
N = 28  # the test letters of lesson 07: a tenth of the rules shows four times out of five
CHANGED = 12  # letters answered after the rule has changed
SEED = 9
MARGIN = 0.10  # the smallest difference in the share of rules kept that would matter to us
NEW_SIGN_OFF = "Warmly, Norvik & Tarn"

LABELS = {
    "prompt": "prompt: one line",
    "rules in short": "prompt: the rules in short",
    "long_prompt": f"long prompt: the guide and {SHOTS} replies",
    "distilled": "distilled: one line, learned from the long prompt",
    "tuned": "tuned: one line, learned from the house's replies",
}
CHANGES = {
    "long_prompt": "long prompt, guide and examples edited",
    "tuned": "tuned, prompt as before",
    "tuned, told": "tuned, new rule in its prompt",
}
PAIRED = {
    ("distilled", "prompt"): "C10",
    ("tuned", "prompt"): "C10",
    ("distilled", "long_prompt"): "",
    ("tuned", "long_prompt"): "",
    ("long_prompt", "prompt"): "",
}
# "Not worse": the loss that we would allow is added, so that above zero means "loses less than that".
NOT_WORSE = ("distilled", "tuned")
ALLOWED = "rules kept, plus the loss allowed"
CONTEST = Contest(LESSON, house_style.METRICS["rules_kept"], PAIRED, MARGIN, SEED, "rules_kept")
comparisons = CONTEST.comparisons
ALLOWING = replace(CONTEST, metric=ALLOWED, margin=0.0, allowed=MARGIN)


def tested(bench: Workbench, n: int = N) -> list[Question]:
    """The first `n` test letters of lesson 07."""
    return style_and_tone.tested(bench, n=n)


def guide() -> str:
    """The long prompt's system turn: the whole brand guide."""
    return style_and_tone.prompts()["the whole guide"]


def examples(material: Sequence[Taught]) -> list[Example]:
    """The solved letters that the long prompt shows."""
    return style_and_tone.solved(material)[:SHOTS]


def arms(
    bench: Workbench, material: Sequence[Taught], distilled: Training, trained: Training
) -> Iterator[tuple[str, Arm]]:
    """The ways to tell a model its style."""
    yield "prompt", Prompt(bench.model, REPLY, LONGEST)
    yield "rules in short", Prompt(bench.model, style_and_tone.in_short(), LONGEST)
    yield "long_prompt", FewShot(bench.model, examples(material), guide(), LONGEST)
    yield "distilled", Tuned(bench.model.adapted(distilled.adapter), REPLY, LONGEST)
    yield "tuned", Tuned(bench.model.adapted(trained.adapter), REPLY, LONGEST)


def run(bench: Workbench, material: Sequence[Taught], distilled: Training, trained: Training) -> pd.DataFrame:
    """Every arm answers every letter: see `house_style.scored`."""
    each = arms(bench, material, distilled, trained)
    frames = [bench.answer([arm], tested(bench)).assign(arm=name) for name, arm in each]
    return house_style.scored(pd.concat(frames, ignore_index=True))


def shorter(frame: pd.DataFrame) -> tuple[float, Interval]:
    """log2 of the prompt tokens of `long_prompt` over those of `tuned`, with its 95 % interval."""
    by_arm = {arm: rows.sort_values("question_id") for arm, rows in frame.groupby("arm")}
    long, tuned = by_arm["long_prompt"], by_arm["tuned"]
    return log2_ratio(long["prompt_tokens"], tuned["prompt_tokens"], long["entity"].tolist(), SEED)


def not_worse(frame: pd.DataFrame) -> pd.DataFrame:
    """The verdict on "this adapter loses no more than `MARGIN` of the rules that the long prompt keeps", a row each.

    Columns: claim ("a > long_prompt"), n, difference, low and high with the loss allowed added, verdict.
    """
    table = ALLOWING.comparisons(frame).set_index("claim")
    table = table.loc[[f"{arm} > long_prompt" for arm in NOT_WORSE]].reset_index()
    return table[["claim", "n", "difference", "low", "high", "verdict"]]


def gain_kept(frame: pd.DataFrame, arm: str = "distilled", draws: int = 4000) -> tuple[float, Interval]:
    """(arm − prompt) / (long_prompt − prompt) on the rules kept, with a 95 % interval over letters.

    Above 1 the adapter brings more than the long prompt does. NaN where the long prompt may bring nothing.
    """
    table = frame.pivot(index="question_id", columns="arm", values="rules_kept")
    picked = np.random.default_rng(SEED).integers(0, len(table), size=(draws, len(table)))
    means = {arm: np.append(table[arm].to_numpy()[picked].mean(axis=1), table[arm].mean()) for arm in table}
    gained = means["long_prompt"] - means["prompt"]
    if np.quantile(gained, 0.025) <= 0:
        return float("nan"), Interval(float("nan"), float("nan"))
    some = gained > 0
    ratio = (means[arm] - means["prompt"])[some] / gained[some]
    low, high = np.quantile(ratio[:-1], (0.025, 0.975))
    return float(ratio[-1]), Interval(float(low), float(high))


def changed(bench: Workbench, material: Sequence[Taught], trained: Training) -> pd.DataFrame:
    """The sign-off has changed overnight. One row per condition: replies with the new and the old one, of n."""

    def edit(text: str) -> str:
        return text.replace(SIGN_OFF, NEW_SIGN_OFF)

    model, worn = bench.model, bench.model.adapted(trained.adapter)
    shown = [Example(example.chat, edit(example.answer)) for example in examples(material)]
    told = f"{REPLY} Close with “{NEW_SIGN_OFF}”."
    conditions = {
        "long_prompt": FewShot(model, shown, edit(guide()), LONGEST),
        "tuned": Tuned(worn, REPLY, LONGEST),
        "tuned, told": Tuned(worn, told, LONGEST),
    }
    rows = []
    for name, arm in conditions.items():
        texts = bench.answer([arm], tested(bench, CHANGED))["text"]
        new, old = (sum(closes(text, words) for text in texts) for words in (NEW_SIGN_OFF, SIGN_OFF))
        interval = wilson(new, len(texts))
        row = {"condition": CHANGES[name], "n": len(texts), "new": new / len(texts)}
        rows.append(row | {"low": interval.low, "high": interval.high, "old": old / len(texts)})
    return pd.DataFrame(rows)


def follows(table: pd.DataFrame) -> str:
    """Which of the two follows the new rule in most of its replies, the adapter with its prompt as before."""
    new = table.set_index("condition")["new"]
    prompted, trained = (new[CHANGES[name]] > 0.5 for name in ("long_prompt", "tuned"))
    if prompted == trained:
        return "both" if prompted else "neither"
    return "the long prompt" if prompted else "the adapter"


def closes(text: str, sign_off: str) -> bool:
    """Whether a reply ends with this sign-off, a hand-off line left aside."""
    return letter(text).removesuffix(".").endswith(sign_off)


def evidence(bench: Workbench, frame: pd.DataFrame) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    kept = house_style.evidence(bench, LESSON, frame, SEED, [CONTEST])
    ratio, interval = shorter(frame)
    measured = Measured(ratio, interval.low, interval.high, len(tested(bench)))
    name, metric = "long_prompt - tuned", "log2 ratio: prompt tokens"
    claims = {f"{arm} > long_prompt": "C10" for arm in NOT_WORSE}
    return [
        *kept,
        *pair_rows(bench, LESSON, ALLOWED, not_worse(frame), SEED, claims),
        bench.evidence(LESSON, "C10", name, metric, measured, seconds=0.0, seed=SEED),
    ]


def plot(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Rules kept by prompt tokens, one marker per arm, with alternative text."""
    from matplotlib import pyplot

    table = levels(frame, "rules_kept")
    table["tokens"] = [frame.loc[frame["arm"] == arm, "prompt_tokens"].mean() for arm in table["arm"]]
    title = "How many rules for how many prompt tokens?"
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 4.6))
        for row in table.itertuples():
            look = ARM_STYLE["both"] if row.arm == "distilled" else ARM_STYLE.get(row.arm, ARM_STYLE["prompt"])
            error = [[max(0.0, row.value - row.low)], [max(0.0, row.high - row.value)]]
            axes.errorbar(row.tokens, row.value, yerr=error, **(look.line() | {"linestyle": "none"}), markersize=12)
            right = row.arm != "long_prompt"
            axes.annotate(
                LABELS[row.arm], (row.tokens, row.value), (12 if right else -12, -16 if row.arm == "distilled" else 8),
                textcoords="offset points",
                ha="left" if right else "right",
            )  # fmt: skip
        axes.set(xscale="log", ylim=(0, 1.12), xlim=(30, 3000), title=title)
        axes.set_xlabel("Prompt tokens (log scale)")
        axes.set_ylabel(f"Share of rules kept\n(95 % interval, n = {table['n'].min()})")
    said = "; ".join(
        f"{LABELS[row.arm]}: {row.tokens:.0f} tokens, {row.value:.2f} of the rules (95 % interval {row.low:.2f} to "
        f"{row.high:.2f})"
        for row in table.itertuples()
    )
    return figure, f"Scatter chart. {title} {said}; n = {table['n'].min()}."
