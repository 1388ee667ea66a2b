"""Lesson 03: must answers be checked? Four ways to make a source line, and what a reader finds who follows it.

The design of ALCE (arXiv 2305.14627): answers from passages with citations, against closed-book answers whose sources
are looked up afterwards. Facts and the adapter that learned them come from lesson 01, the adapter that cites from 12.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.both import Both
from twolevers.arms.prompts import INSTRUCTION
from twolevers.arms.rag import Rag
from twolevers.arms.tuned import Tuned
from twolevers.data.questions import ask
from twolevers.data.records import Question
from twolevers.evaluate.run import summarise
from twolevers.lessons.both import experiment as both
from twolevers.lessons.citations.source_lines import PageMissing, behaviour, by_lot, self_cited, sourced
from twolevers.lessons.common.bench import PASSAGE_WORDS, Workbench, check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.figures import bars
from twolevers.lessons.two_levers import experiment as two_levers
from twolevers.models.api import LanguageModel, Training
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Retriever

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LESSON = "03_citations"
WORDINGS = (4, 5)  # of each fact of lesson 01; no training uses them
K = 2
DEV = 12
SEED = 3
MARGIN = 0.10  # the smallest difference in right citations that would matter to us

ROOM = 40  # tokens for an answer that is asked to cite: a talkative model must reach its citation
PROMPTS = {
    "shared": INSTRUCTION,
    "number first": (
        "Use the passages to answer the question in a few words. Begin with the number of the passage that states the "
        "answer, like [1] or [2]."
    ),
    "worked examples": """Use the passages to answer the question in a few words, and cite the passage.

[1] Elda 2030. The Elda 2030 weighs 3.1 kg.
[2] Elda 2031. The Elda 2031 weighs 2.7 kg. It has a cord of 1.45 m.
Question: How heavy is the Elda 2031?
Answer: 2.7 kg [2]

[1] Olvo 2027. The noise level of the Olvo 2027 is 63 dB.
[2] Olvo 2027. The Olvo 2027 is made in Sundry.
Question: How loud is the Olvo 2027?
Answer: 63 dB [1]""",
}
LABELS = {
    "rag": "RAG, the program lists its passages",
    "rag, asked to cite": "RAG, the model is asked to cite",
    "both": "both: trained to cite",
    "tuned": "tuned, as it answers",
    "tuned, looked up": "tuned, sources looked up afterwards",
}
# One row decides C04 and C16 alike; the others are kept beside it.
PAIRED = {
    ("rag", "tuned"): "C04",
    ("rag", "tuned, looked up"): "",
    ("rag", "rag, asked to cite"): "",
    ("both", "rag"): "",
}
CONTEST = Contest(LESSON, "citations right", PAIRED, MARGIN, SEED, "confirmed")
comparisons, evidence = CONTEST.comparisons, CONTEST.evidence


def asked(bench: Workbench) -> list[Question]:
    """The facts of lesson 01, which `tuned` has learned, each in `WORDINGS`."""
    facts = two_levers.facts(bench)
    return [question for wording in WORDINGS for question in ask(facts, wording)]


def first_wording(bench: Workbench) -> list[Question]:
    """The first part of `asked`: each fact once."""
    return ask(two_levers.facts(bench), WORDINGS[0])


def unanswerable(bench: Workbench) -> list[Question]:
    """All test questions that the catalogue does not answer: a fact its page leaves out, or a product it has not."""
    kinds = ("unanswerable", "out_of_corpus")
    return [question for kind in kinds for question in bench.held_out("test", 100, SEED, kind)]


def train_facts(bench: Workbench) -> Training:
    """Tune on the facts themselves (the adapter of lesson 01)."""
    check_leaks(bench.training(two_levers.facts(bench)), asked(bench), unseen=False)
    return two_levers.train(bench)


def train_citing(bench: Workbench) -> Training:
    """Tune to read and cite, on products that no question here asks about (the adapter of lesson 12)."""
    check_leaks(both.pairs(bench), asked(bench), unseen=True)
    return both.train_open_book(bench)


def asked_to_cite(bench: Workbench, retriever: Retriever, prompt: str) -> Rag:
    """The untouched model with the passages of a search, asked to cite by one of `PROMPTS`."""
    return Rag(bench.model, retriever, K, PROMPTS[prompt], ROOM)


def try_prompts(bench: Workbench) -> pd.DataFrame:
    """The untouched model asked to cite with each of `PROMPTS`, on dev questions; arms are the prompts' names."""
    questions = bench.held_out("dev", DEV, SEED)
    found = _found(bench, questions)
    frames = []
    for name in PROMPTS:
        answers = bench.answer([asked_to_cite(bench, bench.retriever, name)], questions)
        frames.append(self_cited(name, answers, questions, found))
    return pd.concat(frames, ignore_index=True)


def best_prompt(trial: pd.DataFrame) -> str:
    """The prompt with most confirmed answers; of equals the one that cites more often, then the first."""
    table = trial.groupby("arm", sort=False)[["confirmed", "source"]].mean()
    return table.sort_values(["confirmed", "source"], ascending=False, kind="stable").index[0]


def run(bench: Workbench, tuned: LanguageModel, citing: LanguageModel, prompt: str) -> pd.DataFrame:
    """Every source line for every question: one row each (columns of `source_lines.weigh`).

    `tuned` and `citing` wear the adapters of `train_facts` and `train_citing`; `prompt` names one of `PROMPTS`.
    """
    questions, found = asked(bench), _found(bench, asked(bench))
    plain = bench.answer([Rag(bench.model, bench.retriever, K)], questions)
    once = first_wording(bench)  # enough for an arm that is right so seldom
    told = bench.answer([asked_to_cite(bench, bench.retriever, prompt)], once)
    trained = bench.answer([Both(citing, bench.retriever, K)], questions)
    closed = bench.answer([Tuned(tuned)], questions)
    lines = [
        sourced("rag", plain, questions, found),
        self_cited("rag, asked to cite", told, once, found[: len(once)]),
        self_cited("both", trained, questions, found),
        sourced("tuned", closed, questions, [[] for _ in questions]),
        sourced("tuned, looked up", closed, questions, look_up(bench, questions, closed["text"])),
    ]
    return pd.concat(lines, ignore_index=True)


def look_up(bench: Workbench, questions: Sequence[Question], answers: Sequence[str]) -> list[list[Passage]]:
    """Sources for answers that are there already: the passages nearest to question and answer together."""
    texts = [f"{question.text} {answer}" for question, answer in zip(questions, answers, strict=True)]
    return bench.retriever.search(texts, K)


def origins(bench: Workbench, frame: pd.DataFrame) -> pd.DataFrame:
    """Does a source looked up afterwards tell where the answer came from? The tuned answers with four kinds of sources.

    Columns: sources (how they were found), n, same_passages (as with the answer given), states_the_fact, confirmed.
    """
    questions = asked(bench)
    closed = frame[frame["arm"] == "tuned"]
    own = list(closed["text"])
    found = {
        "searched with the answer given": look_up(bench, questions, own),
        "searched with another product's answer": look_up(bench, questions, [*own[1:], *own[:1]]),
        "searched with the question alone": _found(bench, questions),
        "a page of the product line, by lot": by_lot(bench.documents, questions, PASSAGE_WORDS, SEED),
    }
    given = [_ids(passages) for passages in found["searched with the answer given"]]
    table = []
    for name, shown in found.items():
        lines = sourced(name, closed, questions, shown)
        same = [_ids(passages) == ids for passages, ids in zip(shown, given, strict=True)]
        row = {"sources": name, "n": len(lines), "same_passages": sum(same) / len(same)}
        table.append(row | {"states_the_fact": lines["cited_right"].mean(), "confirmed": lines["confirmed"].mean()})
    return pd.DataFrame(table)


def page_missing(bench: Workbench, frame: pd.DataFrame, citing: LanguageModel, prompt: str) -> pd.DataFrame:
    """The same questions, in one wording, with their page in the catalogue and without (see `behaviour`)."""
    questions = first_wording(bench)
    rivals = PageMissing(bench.retriever)
    without = {
        "rag, asked to cite": asked_to_cite(bench, rivals, prompt),
        "both": Both(citing, rivals, K),
    }
    table = {}
    for name, arm in without.items():
        there = frame[(frame["arm"] == name) & frame["question"].isin([question.text for question in questions])]
        table[f"{LABELS[name]}; page there"] = there
        table[f"{LABELS[name]}; page missing"] = bench.answer([arm], questions)
    return behaviour(table)


def no_answer(bench: Workbench, tuned: LanguageModel, citing: LanguageModel) -> pd.DataFrame:
    """Questions that nothing in the catalogue answers: the right thing is to refuse (see `behaviour`)."""
    questions = unanswerable(bench)
    arms = {"both": Both(citing, bench.retriever, K), "tuned": Tuned(tuned)}
    return behaviour({LABELS[name]: bench.answer([arm], questions) for name, arm in arms.items()})


def plot(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Share of answers that their source confirms, per way to make a source line, with its alternative text."""
    table = summarise(frame, "confirmed").rename(columns={"accuracy": "value"})
    table["label"] = table["arm"].map(LABELS)
    table["arm"] = table["arm"].str.split(",").str[0]
    return bars(table, "Whose source confirms the answer?", "Share of answers confirmed by the source shown")


def _found(bench: Workbench, questions: Sequence[Question]) -> list[list[Passage]]:
    return bench.retriever.search([question.text for question in questions], K)


def _ids(passages: Sequence[Passage]) -> set[str]:
    return {passage.passage_id for passage in passages}
