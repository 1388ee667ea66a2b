"""Lesson 13, clinics two and four, both on customers' letters: a style guide that is retrieved, a prompt tried once.

Clinic two asks for replies in the house style: the parts of the guide that the search finds, the whole of it in every
prompt, and an adapter trained on replies.
Clinic four asks for one line of a form: rounds of prompts against an adapter, with the same labelled letters for both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twolevers.arms.few_shot import FewShot
from twolevers.arms.prompt import Prompt
from twolevers.arms.prompts import build
from twolevers.arms.rag import Rag
from twolevers.arms.tuned import Tuned
from twolevers.data.records import Document, Question
from twolevers.data.replies import load_guide, load_replies
from twolevers.evaluate.brand_rules import RULES, check
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.run import summarise
from twolevers.evaluate.scorers.labels import Labels
from twolevers.lessons.common import house_style
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.figures import bars
from twolevers.lessons.common_mistakes.experiment import LESSON, SEED
from twolevers.lessons.style_and_tone import experiment as style_and_tone
from twolevers.lessons.style_and_tone.experiment import REPLY
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example, LanguageModel, Training
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Hybrid, Retriever, build_index

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Clinic two: replies in the house style, tuned with lesson 07's replies and recipe (so an adapter is made once).
ANSWERED = 16
WHOLE_PART = 200  # words a passage may have: each part of the guide stays whole
STYLE_MARGIN = 0.10
SECTIONS = 3  # parts of the guide that a letter finds
STYLE_LABELS = {
    "rag, no guide": "RAG: the page alone",
    "rag": "RAG: the page and what it finds of the guide",
    "rag, whole guide": "RAG: the page, all rules in each prompt",
    "tuned": "tuned on replies, no guide",
}
STYLE_PAIRS = {("tuned", "rag"): "C21", ("tuned", "rag, whole guide"): "C21", ("rag", "rag, no guide"): ""}
STYLE = Contest(LESSON, house_style.METRICS["rules_kept"], STYLE_PAIRS, STYLE_MARGIN, SEED, "rules_kept")
style_comparisons = STYLE.comparisons

# Clinic four: which product is a letter about? The register takes the name and nothing else.
LABELLED = 32
READ = 50
LINE_TOKENS = 16
LINE_RECIPE = Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=3, batch_size=8, seed=SEED)
LINE_MARGIN = 0.05
FIRST = "Which product does the customer write about?"
SHORT = "Read the customer's letter. Answer with the name of the product and its year, and with nothing else."
ROUNDS = {  # what each prompt says, and how many solved letters it shows
    "1 the question": (FIRST, 0),
    "2 the form asked for": (SHORT, 0),
    "3 three letters shown": (SHORT, 3),
    "4 six letters shown": (SHORT, 6),
}
SHOWN = max(shown for _, shown in ROUNDS.values())
# What the rounds gained, and the best of them against the tuned model.
LINE_PAIRS = dict.fromkeys((("best prompt", "first prompt"), ("best prompt", "tuned")), "C23")
LINES = Contest(LESSON, "letters read right", LINE_PAIRS, LINE_MARGIN, SEED)
line_comparisons = LINES.comparisons
LINE_LABELS = {"first prompt": "the first prompt", "best prompt": "the best prompt of the rounds", "tuned": "tuned"}


def train_style(bench: Workbench) -> Training:
    """Tune on replies of the house, each with the passage that its letter finds, and no rule in the prompt."""
    return style_and_tone.train(bench, style_and_tone.taught(bench))


@dataclass(frozen=True)
class WithGuide:
    """A search of the pages that adds the parts of the style guide which are nearest to the letter."""

    pages: Retriever
    guide: Retriever
    name = "pages and guide"

    @property
    def key(self) -> str:
        """See `Retriever.key`."""
        return f"guided-{SECTIONS}-{self.pages.key}-{self.guide.key}"

    def search(self, queries: Sequence[str], k: int = 1) -> list[list[Passage]]:
        """The k best passages of the pages, then the nearest parts of the guide."""
        both = zip(self.pages.search(queries, k), self.guide.search(queries, SECTIONS), strict=True)
        return [[*page, *parts] for page, parts in both]


def parts() -> list[Document]:
    """The brand guide cut at its headings, a document for each rule, in the order of `RULES`."""
    cut = re.findall(r"^## (Rule \d+: [^\n]+)\n(.+?)(?=^## |\Z)", load_guide(), re.MULTILINE | re.DOTALL)
    return [
        Document(f"guide-{number}", title, text.strip(), "guide", "", None, {}, "train")
        for number, (title, text) in enumerate(cut, start=1)
    ]


def with_guide(bench: Workbench) -> WithGuide:
    """The team's search: the catalogue's and the guide's."""
    return WithGuide(bench.retriever, Hybrid(build_index(parts(), bench.embedder, WHOLE_PART), bench.embedder))


def guided(bench: Workbench) -> pd.DataFrame:
    """The team's arm: the page and the parts of the guide that the search found; scored by the rules.

    Column `found`: the names of the rules whose part stood in the prompt.
    """
    frame = _replied(bench, "rag", bench.model, REPLY, with_guide(bench))
    names = {f"guide-{number}": rule.name for number, rule in enumerate(RULES, start=1)}
    return frame.assign(found=[tuple(names[one] for one in shown if one in names) for shown in frame["sources"]])


def restyled(bench: Workbench, styled: LanguageModel) -> pd.DataFrame:
    """The ways to reply to the same letters, all with the same page in the prompt."""
    frames = [
        _replied(bench, "rag, no guide", bench.model, REPLY),
        guided(bench),
        _replied(bench, "rag, whole guide", bench.model, style_and_tone.in_short()),
        _replied(bench, "tuned", styled, REPLY),
    ]
    return pd.concat(frames, ignore_index=True)


def by_finding(frame: pd.DataFrame) -> pd.DataFrame:
    """Of the team's replies: the rules kept whose part of the guide was found, and whose was not; n rules × letters."""
    team = frame[frame["arm"] == "rag"]
    kept = {True: [], False: []}
    for row in team.to_dict("records"):
        for rule in RULES:
            kept[rule.name in row["found"]].append(row[rule.name])
    rows = [("in the prompt", kept[True]), ("not in the prompt", kept[False])]
    return pd.DataFrame(
        [{"the rule's part of the guide": name, "n": len(each), "kept": float(np.mean(each))} for name, each in rows]
    )


def symptoms(frame: pd.DataFrame) -> pd.DataFrame:
    """Clinic two's evidence: what the checks say of the house's own replies and of the model's."""
    own = pd.DataFrame([check(reply) for reply in load_replies().reply])
    team = frame[frame["arm"] == "rag"]
    rows = [
        ("prompts that hold parts of the guide", None, (team["found"].map(len) > 0).mean()),
        ("prompts that hold the right page", None, team["retrieved"].mean()),
        ("replies that state the fact", 1.0, team["correct"].mean()),
        ("rules kept, of eight", own.to_numpy().mean(), team["rules_kept"].mean()),
        ("replies that keep all eight", own.all(axis=1).mean(), team["all_kept"].mean()),
    ]
    return pd.DataFrame(rows, columns=["share of", "the house's own replies", "the model's replies"])


def plot_style(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Share of replies that keep all eight rules, by arm, with its alternative text."""
    looks = {"rag, no guide": "rag", "rag, whole guide": "rag"}
    return house_style.plot(frame, STYLE_LABELS, "all_kept", "Does the guide change how it writes?", looks)


def drawn(split: str, n: int) -> pd.DataFrame:
    """`n` letters in random order."""
    rows = load_replies()
    return rows[rows.split == split].sample(n=n, random_state=SEED).reset_index(drop=True)


def labelled(split: str, n: int) -> list[Question]:
    """Letters as questions whose one answer is the product's name."""
    return [
        Question(row.reply_id, row.question, (row.product,), "fact", (row.doc_id,), row.product, "product", row.split)
        for row in drawn(split, n).itertuples()
    ]


def prompt(model: LanguageModel, name: str) -> FewShot:
    """The prompt of a round; the letters it shows are the first of the labelled ones."""
    instruction, shown = ROUNDS[name]
    pairs = labelled("train", LABELLED)[:shown]
    examples = [Example(build(pair.text, instruction=instruction), pair.answers[0]) for pair in pairs]
    return FewShot(model, examples, instruction, LINE_TOKENS)


def try_rounds(bench: Workbench) -> pd.DataFrame:
    """Every prompt on the labelled letters that none of them shows; `arm` is the round."""
    asked = labelled("train", LABELLED)[SHOWN:]
    return pd.concat([_read(bench, name, prompt(bench.model, name), asked) for name in ROUNDS], ignore_index=True)


def best_round(tried: pd.DataFrame) -> str:
    """The round that read most labelled letters right, the earlier one of equals."""
    return str(tried.groupby("arm", sort=False)["correct"].mean().idxmax())


def rounds(tried: pd.DataFrame) -> pd.DataFrame:
    """One row per round: what its prompt says and shows, n, letters read right, whether it is the one chosen."""
    best, rows = best_round(tried), []
    for name, group in tried.groupby("arm", sort=False):
        instruction, shown = ROUNDS[name]
        row = {"round": name, "prompt": instruction, "letters shown": shown, "n": len(group)}
        rows.append(row | {"read right": group["correct"].mean(), "chosen": name == best})
    return pd.DataFrame(rows)


def effort(tried: pd.DataFrame, training: Training) -> pd.DataFrame:
    """What each way took: labelled letters, things written by hand, and machine seconds."""
    rows = [
        ("prompt rounds", LABELLED, f"{tried['arm'].nunique()} prompts", float(tried["seconds"].sum())),
        ("tuning", LABELLED, "a recipe", training.seconds),
    ]
    return pd.DataFrame(rows, columns=["way", "labelled letters", "written by hand", "machine seconds"])


def train_line(bench: Workbench) -> Training:
    """Tune on the labelled letters, under the first prompt: the team that did not work on it."""
    pairs = labelled("train", LABELLED)
    check_leaks(pairs, labelled("test", READ), unseen=True)
    examples = [Example(build(pair.text, instruction=FIRST), pair.answers[0]) for pair in pairs]
    return bench.train("register lines", examples, LINE_RECIPE)


def as_reported(bench: Workbench, filing: LanguageModel) -> pd.DataFrame:
    """The team's own comparison on test letters: its one prompt and its tuned model."""
    asked = labelled("test", READ)
    frames = [
        _read(bench, "first prompt", prompt(bench.model, next(iter(ROUNDS))), asked),
        _read(bench, "tuned", Tuned(filing, FIRST, LINE_TOKENS), asked),
    ]
    return pd.concat(frames, ignore_index=True)


def with_rounds(bench: Workbench, reported: pd.DataFrame, best: str) -> pd.DataFrame:
    """The comparison as it should have been: the chosen round's prompt beside the two."""
    asked = labelled("test", READ)
    return pd.concat([reported, _read(bench, "best prompt", prompt(bench.model, best), asked)], ignore_index=True)


def plot_lines(frame: pd.DataFrame) -> "tuple[Figure, str]":
    """Letters whose line the register takes, by arm, with its alternative text."""
    table = summarise(frame).rename(columns={"accuracy": "value"})
    table = table.set_index("arm").loc[[arm for arm in LINE_LABELS if arm in set(frame["arm"])]].reset_index()
    table["label"] = table["arm"].map(LINE_LABELS)
    table["arm"] = table["arm"].map({"first prompt": "prompt", "best prompt": "long_prompt", "tuned": "tuned"})
    return bars(table, "Who files the letters right?", "Share of letters read right")


def evidence(bench: Workbench, replied: pd.DataFrame, filed: pd.DataFrame) -> list[Evidence]:
    """What clinics two and four write into the ledger."""
    return [*house_style.evidence(bench, LESSON, replied, SEED, [STYLE]), *LINES.evidence(bench, filed)]


def _replied(
    bench: Workbench, condition: str, model: LanguageModel, instruction: str, search: Retriever | None = None
) -> pd.DataFrame:
    arm = Rag(model, search or bench.retriever, style_and_tone.K, instruction, style_and_tone.LONGEST)
    asked = style_and_tone.tested(bench, n=ANSWERED)
    return house_style.scored(bench.answer([arm], asked).assign(arm=condition))


def _read(bench: Workbench, condition: str, arm: Prompt, asked: Sequence[Question]) -> pd.DataFrame:
    """Answers of an arm; right is the product's name alone, to the letter, for a register reads it."""
    return bench.answer([arm], asked, Labels()).assign(arm=condition)
