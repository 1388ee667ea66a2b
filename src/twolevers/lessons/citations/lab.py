"""Lesson 03, the lab: a gate before the customer. Which answers does code let through, with their page and without?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.both import Both
from twolevers.arms.prompts import cited
from twolevers.arms.protocol import Arm
from twolevers.evaluate.metrics import mentions
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.citations.experiment import K, asked_to_cite, first_wording
from twolevers.lessons.citations.source_lines import PageMissing
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.style import BLUE, EDGE, GREY, ORANGE, style
from twolevers.models.api import LanguageModel
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Retriever

if TYPE_CHECKING:
    from matplotlib.figure import Figure

THERE, MISSING = "page there", "page missing"
TRAINED, TOLD = "trained to cite", "asked to cite"
DIALS = (
    Dial("arm", "Whose answers", (TRAINED, TOLD)),
    Dial("agree", "Share of the answer's words that its cited passage must state", (0, 50, 75, 100), 0, "%"),
    Dial("same", "The cited passage must name the product of the question", (False, True)),
)
LEGEND = "What must hold before a customer sees an answer?"
KINDS = {"shown, right": BLUE, "shown, wrong": ORANGE, "held back": GREY}
HATCH = {"shown, right": "", "shown, wrong": "//", "held back": ".."}


@dataclass(frozen=True)
class Said:
    """An answer before the gate: is it right, what share of its words the cited passage states, does that name the
    product; `refused` answers state nothing."""

    right: bool
    agrees: float
    same: bool
    refused: bool


def agreement(answer: str, passage: str) -> float:
    """Share of an answer's words (its citation left out) that stand in a passage; 0 for an answer without words."""
    words = _words(re.sub(r"\[\d+\]", "", answer))
    return sum(word in set(_words(passage)) for word in words) / len(words) if words else 0.0


def gate(said: Sequence[Said], agree: int, same: bool) -> dict[str, float]:
    """Shares of `KINDS`: an answer is shown if it is no refusal and its citation passes both checks."""
    shown = [one for one in said if not one.refused and one.agrees >= max(agree / 100, 1e-9) and (one.same or not same)]
    right = sum(one.right for one in shown)
    counts = (right, len(shown) - right, len(said) - len(shown))
    return {kind: count / len(said) for kind, count in zip(KINDS, counts, strict=True)}


def explore(bench: Workbench, citing: LanguageModel, prompt: str) -> Explorer:
    """Three sliders over answers that the lesson has; where no kernel runs, a gate that fails beside the first one."""
    gathered = {}
    for name, retriever in ((THERE, bench.retriever), (MISSING, PageMissing(bench.retriever))):
        arms = {TRAINED: Both(citing, retriever, K), TOLD: asked_to_cite(bench, retriever, prompt)}
        gathered |= {(whose, name): _said(bench, arm, retriever) for whose, arm in arms.items()}

    def draw(arm: str, agree: int, same: bool) -> Drawn:
        shares = {name: gate(gathered[arm, name], agree, same) for name in (THERE, MISSING)}
        n, lost = len(gathered[arm, THERE]), shares[MISSING]["shown, wrong"]
        told = "; ".join(
            f"{name}: " + ", ".join(f"{kind.replace(',', ' and')} {share:.2f}" for kind, share in kinds.items())
            for name, kinds in shares.items()
        )
        words = f"n = {n} each. {told}. Wrong answers that reach a customer when the page is gone: {lost:.2f}."
        return Drawn(_plot(shares, n), f"Bars of shares. {words}", words)

    return explorer(draw, DIALS, LEGEND, fails={"agree": 3})


def _said(bench: Workbench, arm: Arm, retriever: Retriever) -> list[Said]:
    questions = first_wording(bench)
    frame = bench.answer([arm], questions)
    found: list[list[Passage]] = retriever.search([question.text for question in questions], K)
    rows = []
    for row, question, passages in zip(frame.itertuples(), questions, found, strict=True):
        text = cited(row.text, passages)[1]
        rows.append(
            Said(bool(row.correct), agreement(row.text, text), mentions(text, question.entity), bool(row.refused))
        )
    return rows


def _plot(shares: dict[str, dict[str, float]], n: int) -> "Figure":
    from matplotlib import pyplot

    table = pd.DataFrame(shares)
    with style():
        figure, axes = pyplot.subplots(figsize=(9, 3.6))
        left = pd.Series(0.0, index=table.columns)
        for kind, row in table.iterrows():
            look = {"color": KINDS[kind], "hatch": HATCH[kind], "edgecolor": EDGE, "label": kind}
            axes.barh(list(row.index), row.to_numpy(), left=left.to_numpy(), height=0.6, **look)
            left += row
        axes.invert_yaxis()
        axes.set(xlim=(0, 1), xlabel=f"Share of answers (n = {n} each)")
        axes.grid(visible=False, axis="y")
        axes.set_title("Who gets through the gate?")
        figure.legend(loc="outside lower center", ncols=3)
    return figure


def _words(text: str) -> list[str]:
    return re.findall(r"\w+(?:[.,]\w+)*", text.casefold())
