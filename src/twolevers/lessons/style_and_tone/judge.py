"""Lesson 07: a language model as judge of two replies, set beside the code that checks the rules.

The judge sees a letter with two replies and says which is the better one; each pair is shown in both orders (Zheng et
al. 2023, arXiv 2306.05685, section 3). Its choice is the likelier of the two numbers, so that it can always choose.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twolevers import cache
from twolevers.arms.choosing import Choosing
from twolevers.arms.prompts import build
from twolevers.evaluate.statistics import wilson
from twolevers.lessons.common.bench import Workbench
from twolevers.models.embedders.cache import embed_once

PAIRS = 16  # letters; shows an agreement of 0.9 or more apart from tossing a coin
ARMS = ("few_shot", "tuned")
CHOICES = ("1", "2")
TOLD = (
    "Two replies to a customer's letter follow. The house style wants a greeting, the house's own words, short "
    "sentences, no exclamation marks and its sign-off. Which reply keeps the style better? Answer 1 or 2."
)
MEASURES = {
    "agreement": "agrees with the code, of pairs that code tells apart",
    "steady": "says the same when the two change places",
    "first": "picks the reply that stands first",
    "longer": "picks the longer reply",
}


@dataclass(frozen=True)
class Verdicts:
    """One row a pair and order: question_id, `first` and `second` (arms), `better` (the code's arm, empty at a tie),
    `longer` (arm), `chosen` (the judge's arm)."""

    frame: pd.DataFrame

    def share(self, measure: str) -> tuple[int, int]:
        """(how often, of how many) for one of `MEASURES`; a pair counts once where both orders make one answer."""
        rows = self.frame
        if measure == "steady":
            same = rows.groupby("question_id")["chosen"].nunique() == 1
            return int(same.sum()), len(same)
        if measure == "first":
            return int((rows["chosen"] == rows["first"]).sum()), len(rows)
        kept = rows[rows[{"agreement": "better", "longer": "longer"}[measure]] != ""]
        column = "better" if measure == "agreement" else "longer"
        return int((kept["chosen"] == kept[column]).sum()), len(kept)


def judged(bench: Workbench, answers: pd.DataFrame, pairs: int = PAIRS) -> Verdicts:
    """Ask the untouched model about the replies of `ARMS` to the first letters, in both orders."""
    by_arm = [answers[answers["arm"] == arm].set_index("question_id") for arm in ARMS]
    rows, texts = [], []
    for name in list(by_arm[0].index)[:pairs]:
        replies = [frame.loc[name] for frame in by_arm]
        better = _ahead([reply["rules_kept"] for reply in replies])
        longer = _ahead([len(reply["text"]) for reply in replies])
        for order in ((0, 1), (1, 0)):
            first, second = order
            row = {"question_id": name, "first": ARMS[first], "second": ARMS[second]}
            rows.append(row | {"better": better, "longer": longer})
            shown = "\n\n".join(f"Reply {place}:\n{replies[arm]['text']}" for place, arm in enumerate(order, start=1))
            texts.append(f"Letter:\n{replies[0]['question']}\n\n{shown}")
    scores = embed_once(_Scored(Choosing(bench.model, CHOICES)), texts)
    chosen = [row["first"] if place == 0 else row["second"] for row, place in zip(rows, scores.argmax(1), strict=True)]
    return Verdicts(pd.DataFrame(rows).assign(chosen=chosen))


def report(verdicts: Verdicts) -> pd.DataFrame:
    """One row per measure: what the judge does, n, share, low, high (95 %, orders of a letter taken as one item)."""
    rows = []
    for measure, said in MEASURES.items():
        hits, n = verdicts.share(measure)
        items = verdicts.frame["question_id"].nunique()
        interval = wilson(hits, n, design_effect=max(1.0, n / items)) if n else wilson(0, 1)
        rows.append({"the judge": said, "n": n, "share": hits / n if n else np.nan})
        rows[-1] |= {"low": interval.low, "high": interval.high}
    return pd.DataFrame(rows)


def _ahead(pair: list[float]) -> str:
    """The arm with the higher number; empty at a tie."""
    return "" if pair[0] == pair[1] else ARMS[int(pair[1] > pair[0])]


class _Scored:
    """Likelihoods of the two choices in the place of an embedder's vectors, so that they are kept on disk."""

    def __init__(self, model: Choosing):
        self.key = f"{cache.code('arms')} {model.key} {TOLD}"
        self.embed = lambda texts: model.scores([build(text, instruction=TOLD) for text in texts])
