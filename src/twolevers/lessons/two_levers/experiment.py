"""Lesson 01: what does each lever do? The same facts asked of the model alone, with passages, and after tuning."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.prompt import Prompt
from twolevers.arms.rag import Rag
from twolevers.arms.tuned import Tuned, closed_book
from twolevers.data.questions import ask
from twolevers.data.records import Question
from twolevers.evaluate.run import summarise
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.figures import bars
from twolevers.models.adapter import Recipe
from twolevers.models.api import Training
from twolevers.retrieval.chunking import Passage

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LESSON = "01_two_levers"
N = 40
SEED = 1
MARGIN = 0.10  # the smallest difference in right answers that would matter to us
RECIPE = Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=6, batch_size=16, seed=SEED)

PAIRED = {
    ("rag", "prompt"): "C01",
    ("tuned", "prompt"): "C02",
    ("rag", "rag, wrong passages"): None,
    ("rag", "tuned"): "C17",
}
CONTEST = Contest(LESSON, "facts right", PAIRED, MARGIN, SEED)
comparisons, evidence = CONTEST.comparisons, CONTEST.evidence
LABELS = {
    "prompt": "prompt: the model alone",
    "rag": "RAG: passages in the prompt",
    "rag, wrong passages": "RAG, passages of other questions",
    "tuned": "tuned, new wording",
    "tuned, trained wording": "tuned, wording it was trained on",
    "tuned, other products": "tuned, products it never saw",
}


def facts(bench: Workbench, split: str = "test") -> pd.DataFrame:
    """The lesson's rows: `N` facts of different products."""
    rows = bench.questions
    rows = rows[(rows.kind == "fact") & (rows.split == split)]
    return rows.sample(frac=1, random_state=SEED).drop_duplicates("entity").head(N).reset_index(drop=True)


def train(bench: Workbench) -> Training:
    """Tune the weights on the lesson's facts, each in its four training wordings; the test wordings stay unseen."""
    pairs = bench.training(facts(bench))
    check_leaks(pairs, new_wording(bench), unseen=False)
    return bench.train("40 facts", closed_book(pairs), RECIPE)


def new_wording(bench: Workbench, split: str = "test") -> list[Question]:
    """The lesson's facts, asked in a wording that no training uses."""
    return ask(facts(bench, split), 4)


class Shuffled:
    """Negative control: a search that hands each question the passages found for another one."""

    name = "wrong passages"

    def __init__(self, retriever):
        self.retriever = retriever

    @property
    def key(self) -> str:
        """Changes with the search it shuffles."""
        return f"shuffled-{self.retriever.key}"

    def search(self, queries: Sequence[str], k: int = 3) -> list[list[Passage]]:
        """The passages of the next query in the list, the first ones for the last."""
        found = self.retriever.search(queries, k)
        return [*found[1:], *found[:1]]


def run(bench: Workbench, training: Training) -> pd.DataFrame:
    """All conditions of the lesson: one row per condition and question (columns of `evaluate.run`)."""
    asked, tuned = new_wording(bench), Tuned(bench.model.adapted(training.adapter))
    wrong = Rag(bench.model, Shuffled(bench.retriever))
    conditions = {
        "prompt": (Prompt(bench.model), asked),
        "rag": (Rag(bench.model, bench.retriever), asked),
        "rag, wrong passages": (wrong, asked),
        "tuned": (tuned, asked),
        "tuned, trained wording": (tuned, ask(facts(bench), 0)),
        "tuned, other products": (tuned, new_wording(bench, "train")),
    }
    frames = [bench.answer([arm], questions).assign(arm=name) for name, (arm, questions) in conditions.items()]
    return pd.concat(frames, ignore_index=True)


def plot(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Share of right answers per condition, with its alternative text."""
    table = summarise(frame).rename(columns={"accuracy": "value"})
    table["label"] = table["arm"].map(LABELS)
    table["arm"] = table["arm"].str.split(",").str[0]
    return bars(table, "Where does the answer come from?", "Share of facts right")
