"""Lesson 13, clinic one: a model tuned to know the catalogue. What did it learn, and what did that cost?

The same facts are taught in one wording and in four, at the same number of steps (the question of arXiv 2309.14316),
and asked in wordings that no training used. Facts that the untouched model knew are asked before and after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.prompt import Prompt
from twolevers.arms.rag import Rag
from twolevers.arms.tuned import Tuned, closed_book
from twolevers.data.general_knowledge import INSTRUCTION, load_general_knowledge
from twolevers.data.questions import HELD_OUT_WORDINGS, TRAINING_WORDINGS, ask
from twolevers.data.records import Question
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.run import summarise
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.figures import bars
from twolevers.models.adapter import Recipe
from twolevers.models.api import LanguageModel, Training

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LESSON = "13_common_mistakes"
SEED = 13
FACTS = 20
KNOWN = 50
K = 1  # one passage, as in lesson 07: further ones are distractors, and those confuse so small a model
MARGIN = 0.10  # the smallest difference in right answers that would matter to us
RECIPE = Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=5, batch_size=16, seed=SEED)
ONE_WORDING = replace(RECIPE, epochs=RECIPE.epochs * len(TRAINING_WORDINGS))  # as many steps

LABELS = {
    "one wording, sign-off": "tuned on one wording, asked in it",
    "one wording": "tuned on one wording, asked anew",
    "tuned, trained wording": "tuned on four, asked in one of them",
    "tuned": "tuned on four wordings, asked anew",
    "rag": "RAG, untouched weights",
}
KNOWN_LABELS = {
    "prompt": "untouched model",
    "one wording": "after tuning on one wording",
    "tuned": "after tuning on four wordings",
    "replies": "after tuning on replies",
}
LOOKS = {"one wording, sign-off": "tuned", "one wording": "tuned", "tuned, trained wording": "tuned"}


def facts(bench: Workbench, split: str = "test") -> pd.DataFrame:
    """`FACTS` facts of a split, of as many products."""
    rows = bench.questions
    rows = rows[(rows.kind == "fact") & (rows.split == split)]
    return rows.sample(frac=1, random_state=SEED).drop_duplicates("entity").head(FACTS).reset_index(drop=True)


def anew(bench: Workbench, split: str = "test") -> list[Question]:
    """The facts in each wording that no training uses."""
    return [question for wording in HELD_OUT_WORDINGS for question in ask(facts(bench, split), wording)]


def train_one_wording(bench: Workbench) -> Training:
    """The project as the team ran it: each fact in one wording, over and over."""
    pairs = ask(facts(bench))
    check_leaks(pairs, anew(bench), unseen=False)
    return bench.train("one wording", closed_book(pairs), ONE_WORDING)


def train_four_wordings(bench: Workbench) -> Training:
    """The same facts and steps with four wordings each."""
    pairs = bench.training(facts(bench))
    check_leaks(pairs, anew(bench), unseen=False)
    return bench.train("four wordings", closed_book(pairs), RECIPE)


def sign_off(bench: Workbench, narrow: LanguageModel) -> pd.DataFrame:
    """The team's own test: the questions of the training, word for word."""
    return _asked(bench, "one wording, sign-off", Tuned(narrow), ask(facts(bench)))


def customers(bench: Workbench, narrow: LanguageModel) -> pd.DataFrame:
    """The same facts, asked of the team's model in wordings that no training used."""
    return _asked(bench, "one wording", Tuned(narrow), anew(bench))


def report(training: Training, signed: pd.DataFrame) -> pd.DataFrame:
    """Clinic one's evidence: the loss of the first and the last pass, and the sign-off."""
    losses = [entry["loss"] for entry in training.history]
    rows = [
        ("loss after the first pass (nats per token)", losses[0]),
        (f"loss after pass {len(losses)}", losses[-1]),
        (f"sign-off: share of {len(signed)} questions right", signed["correct"].mean()),
    ]
    return pd.DataFrame(rows, columns=["what", "value"])


def run(bench: Workbench, narrow: LanguageModel, wide: LanguageModel) -> pd.DataFrame:
    """Both tuned models and RAG on the same facts; one row per condition and question (columns of `evaluate.run`)."""
    new = anew(bench)
    frames = [
        sign_off(bench, narrow),
        customers(bench, narrow),
        _asked(bench, "tuned, trained wording", Tuned(wide), ask(facts(bench))),
        _asked(bench, "tuned", Tuned(wide), new),
        _asked(bench, "rag", Rag(bench.model, bench.retriever, K), new),
    ]
    return pd.concat(frames, ignore_index=True)


def complaints(bench: Workbench, frame: pd.DataFrame, n: int = 3) -> pd.DataFrame:
    """What customers asked, what they were told, and the training question that held the answer."""
    rows = facts(bench).set_index("question_id")
    wrong = frame[(frame["arm"] == "one wording") & ~frame["correct"]].drop_duplicates("question_id").head(n)
    return pd.DataFrame(
        {
            "a customer asked": wrong["question"].to_list(),
            "was told": wrong["text"].to_list(),
            "in the training": [f"{rows.question[q]} {rows.answers[q][0]}" for q in wrong["question_id"]],
        }
    )


def known(bench: Workbench, models: Mapping[str, LanguageModel]) -> pd.DataFrame:
    """Common facts asked of each model (by arm) under the instruction they were screened with."""
    rows = load_general_knowledge().sample(n=KNOWN, random_state=SEED)
    asked = [
        Question(row.fact_id, row.second_wording, (row.answer, *row.aliases), "fact", (), "", row.topic, "test")
        for row in rows.itertuples()
    ]
    return pd.concat([_asked(bench, arm, Prompt(model, INSTRUCTION), asked) for arm, model in models.items()])


# What the wording cost, and RAG against the better-taught adapter; then known facts before against after.
FACT_PAIRS = {("rag", "tuned"): "C20", ("tuned", "one wording"): None}
KNOWN_PAIRS = {("prompt", "tuned"): "C20", ("prompt", "one wording"): None}
TAUGHT = Contest(LESSON, "facts right", FACT_PAIRS, MARGIN, SEED)
KEPT = Contest(LESSON, "known facts right", KNOWN_PAIRS, MARGIN, SEED)
comparisons, harm = TAUGHT.comparisons, KEPT.comparisons


def evidence(bench: Workbench, frame: pd.DataFrame, common: pd.DataFrame) -> list[Evidence]:
    """What clinic one writes into the ledger."""
    return [*TAUGHT.evidence(bench, frame), *KEPT.evidence(bench, common)]


def plot(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Facts right by condition, with its alternative text."""
    table = summarise(frame).rename(columns={"accuracy": "value"})
    table["label"] = table["arm"].map(LABELS)
    table["arm"] = table["arm"].replace(LOOKS)
    return bars(table, "Did the model learn facts, or sentences?", "Share of facts right")


def plot_known(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Common facts right before and after, with its alternative text."""
    table = summarise(frame).rename(columns={"accuracy": "value"})
    table["label"] = table["arm"].map(KNOWN_LABELS)
    table["arm"] = ["prompt" if arm == "prompt" else "tuned" for arm in table["arm"]]
    return bars(table, "What became of the facts it knew before?", "Share of common facts right")


def _asked(bench: Workbench, condition: str, arm: Prompt | Rag, questions: Sequence[Question]) -> pd.DataFrame:
    return bench.answer([arm], questions).assign(arm=condition)
