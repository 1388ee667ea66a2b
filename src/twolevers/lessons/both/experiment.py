"""Lesson 12: is the best approach both? Two ways of training × with and without retrieval, each arm at its best.

The factorial of RAFT (arXiv 2403.10131, table 1). The closed-book adapter knows the tested facts, as a team's would: it
was trained on them in other wordings. The other adapter never met the tested products: it learned to read retrieved
passages, distractors among them. The arms that were not trained for their prompt get the best of several (`setups`).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.both import Both, open_book
from twolevers.arms.prompt import Prompt
from twolevers.arms.protocol import Arm
from twolevers.arms.tuned import Tuned, closed_book
from twolevers.data.records import Question
from twolevers.evaluate.run import summarise
from twolevers.lessons.both.setups import DEV, Setup, Tried, ask_with, best, try_setups
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.figures import bars
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example, LanguageModel, Training

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LESSON = "12_both"
N = 100
KNOWN = 20  # dev facts that the closed-book adapter learns too, to choose how `stacked` is asked
PAIRS = 96
K = 2
SEED = 12
MARGIN = 0.05  # the smallest difference in right answers that would matter to us
RECIPE = Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=1, batch_size=8, seed=SEED)
FACTS_RECIPE = Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=3, batch_size=8, seed=SEED)
NEUTRAL = "Answer the question in a few words."  # speaks of no passages: there are none in closed-book training

LABELS = {
    "prompt": "prompt: no lever",
    "rag": "RAG: context only, best of several prompts",
    "rag, to cite": "RAG, best prompt for citations",
    "tuned": "tuned: weights only, knows the facts",
    "stacked": "stacked: the same adapter + RAG",
    "both": "both: adapter trained with passages + RAG",
}
# C18 says "better than either alone": each combination against each lever. The last pair tells the two apart.
PAIRED = {
    ("both", "rag"): "C18",
    ("both", "tuned"): "C18",
    ("stacked", "rag"): "C18",
    ("stacked", "tuned"): "C18",
    ("both", "stacked"): "",
}
CITED = dict.fromkeys((("both", "rag, to cite"), ("both", "stacked"), ("stacked", "rag, to cite")))
CONTEST = Contest(LESSON, "facts right", PAIRED, MARGIN, SEED)
comparisons, evidence = CONTEST.comparisons, CONTEST.evidence
# The same on right citations instead of right facts; `rag` in the prompt that was best for them.
citations = Contest(LESSON, "citations right", CITED, MARGIN, SEED, "cited_right").comparisons


def tested(bench: Workbench) -> list[Question]:
    """`N` facts in wordings that no training uses, about products that the adapter which reads never saw."""
    return bench.held_out("test", N, SEED)


def tried_on(bench: Workbench) -> list[Question]:
    """The dev questions on which prompts are chosen."""
    return bench.held_out("dev", DEV, SEED)


def pairs(bench: Workbench) -> list[Question]:
    """`PAIRS` training questions about other products, each in one of its training wordings."""
    rows = bench.questions
    rows = rows[(rows.kind == "fact") & (rows.split == "train")]
    drawn = random.Random(SEED).sample(bench.training(rows), PAIRS)
    check_leaks(drawn, [*tested(bench), *tried_on(bench)], unseen=True)
    return drawn


def facts(bench: Workbench) -> list[Question]:
    """The tested facts and `KNOWN` dev facts in every training wording: what the closed-book adapter learns."""
    known = [*tested(bench), *tried_on(bench)[:KNOWN]]
    rows = bench.questions
    learned = bench.training(rows[rows.question_id.isin([question.question_id for question in known])])
    check_leaks(learned, known, unseen=False)
    return learned


def closed_book_pairs(bench: Workbench) -> list[Example]:
    """The facts alone: question in, answer out, under an instruction that speaks of no passages."""
    return closed_book(facts(bench), NEUTRAL)


def open_book_pairs(bench: Workbench) -> list[Example]:
    """Questions with retrieved passages, distractors among them, and the citation in the answer."""
    return open_book(pairs(bench), bench.retriever, K, seed=SEED)


def train_closed_book(bench: Workbench) -> Training:
    """Tune on the facts."""
    return bench.train("closed book", closed_book_pairs(bench), FACTS_RECIPE)


def train_open_book(bench: Workbench) -> Training:
    """Tune on reading."""
    return bench.train("with passages", open_book_pairs(bench), RECIPE)


def asked_with(setup: Setup, bench: Workbench, model: LanguageModel, name: str) -> Arm:
    """An arm that retrieves, in one of the setups; its worked examples come from what `both` is trained on."""
    return ask_with(setup, bench.retriever, model, pairs(bench), SEED, name)


def try_rag(bench: Workbench) -> Tried:
    """The untouched model in each setup, on the dev questions."""
    asked = tried_on(bench)
    return try_setups(lambda setup: bench.answer([asked_with(setup, bench, bench.model, "rag")], asked))


def try_stacked(bench: Workbench, closed: Training) -> Tried:
    """The closed-book adapter in each setup, on those dev questions whose facts it learned."""
    asked, worn = tried_on(bench)[:KNOWN], bench.model.adapted(closed.adapter)
    return try_setups(lambda setup: bench.answer([asked_with(setup, bench, worn, "stacked")], asked))


@dataclass(frozen=True)
class Chosen:
    """The setups that did best on dev questions: `rag` for facts, `rag` for citations, `stacked` for facts."""

    rag: Setup
    to_cite: Setup
    stacked: Setup


def choose(of_rag: Tried, of_stacked: Tried) -> Chosen:
    """The best setup of each trial."""
    return Chosen(best(of_rag), best(of_rag, "cited_right"), best(of_stacked))


def arms(bench: Workbench, closed: Training, opened: Training, chosen: Chosen) -> Iterator[tuple[str, Arm]]:
    """The arms by name, one at a time: merged weights of one adapter are gone before those of the next are made."""
    model = bench.model
    yield "prompt", Prompt(model, NEUTRAL)
    yield "rag", asked_with(chosen.rag, bench, model, "rag")
    yield "rag, to cite", asked_with(chosen.to_cite, bench, model, "rag")
    worn = model.adapted(closed.adapter)
    yield "tuned", Tuned(worn, NEUTRAL)
    yield "stacked", asked_with(chosen.stacked, bench, worn, "stacked")
    del worn
    yield "both", Both(model.adapted(opened.adapter), bench.retriever, K)


def run(bench: Workbench, closed: Training, opened: Training, chosen: Chosen) -> pd.DataFrame:
    """Every arm asked every test question: one row each (columns of `evaluate.run`)."""
    questions = tested(bench)
    each = arms(bench, closed, opened, chosen)
    return pd.concat([bench.answer([arm], questions).assign(arm=name) for name, arm in each], ignore_index=True)


def plot(frame: pd.DataFrame, metric: str = "correct") -> "tuple[Figure, str]":
    """Share of answers that are right (`correct`) or rightly cited (`cited_right`) per arm, with alternative text."""
    titles = {
        "correct": ("Which combination answers best?", "Share of facts right"),
        "cited_right": ("Which arm names the right source?", "Share of answers with the right citation"),
    }
    left_out = "rag, to cite" if metric == "correct" else "rag"
    table = summarise(frame[frame["arm"] != left_out], metric).rename(columns={"accuracy": "value"})
    table["label"] = table["arm"].map(LABELS)
    table["arm"] = table["arm"].str.split(",").str[0]
    return bars(table, *titles[metric])
