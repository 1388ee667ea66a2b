"""Lesson 07: must it sound like us? Prompt, examples and weights as teachers of a house style; and does the fact stay?

Every arm that is not trained gets the best of three instructions, chosen on dev letters for each arm by itself. One
family of adapters serves three claims. The training pairs hold the passage that states the fact, so the same
adapter is `tuned` when it is asked without passages and `both` when it is given them. Scores: `house_style`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.both import Both, supports
from twolevers.arms.few_shot import FewShot
from twolevers.arms.prompt import Prompt
from twolevers.arms.prompts import build
from twolevers.arms.protocol import Arm
from twolevers.arms.rag import Rag
from twolevers.arms.retrieved_few_shot import RetrievedFewShot
from twolevers.arms.tuned import Tuned
from twolevers.data.records import Question
from twolevers.data.replies import letters, load_guide, load_replies
from twolevers.evaluate.brand_rules import APPLIANCES, NEXT, OTHER_TERMS, RULES, TOPICS
from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.common import house_style
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.style_and_tone import trials
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example, Training
from twolevers.retrieval.chunking import Passage

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Taught = tuple[Question, Sequence[Passage], str]  # a training letter, what the search finds for it, the reply

LESSON = "07_style_and_tone"
N = 28  # test letters, each about another product: they show less than `MARGIN` four times out of five
DEV = 6  # dev letters on which the instructions are chosen
SIZES = (25, 72)  # training replies; the smaller set is part of the larger
SHOTS = 3
K = 1  # one passage: a second one helps this model little and makes every pair dearer
LONGEST = 72  # new tokens; the longest reply of the house has 70
SEED = 7
MARGIN = 0.10  # the smallest difference in the share of rules kept that would matter to us
MARGIN_BOTH = 0.05  # the same for right facts in replies that keep all eight
REPLY = "Reply to the customer in the house style of Norvik & Tarn."
RECIPE = Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=2, batch_size=4, seed=SEED)

LABELS = {
    "prompt": "prompt: the best of three",
    "few_shot": f"few-shot: the same {SHOTS} replies",
    "retrieved_few_shot": f"retrieved few-shot: the {SHOTS} nearest replies",
    f"tuned, {SIZES[0]} replies": f"tuned on {SIZES[0]} replies",
    "tuned": f"tuned on {SIZES[-1]} replies",
    "rag": "RAG: the best of three prompts and a passage",
    "both": "both: the tuned one, given a passage",
}
UNTRAINED = ("prompt", "few_shot", "retrieved_few_shot", "rag")
SHORT = {arm: label.split(":")[0] for arm, label in LABELS.items()}
STYLE = ("prompt", "few_shot", "retrieved_few_shot", f"tuned, {SIZES[0]} replies", "tuned")
FACTS = ("rag", "tuned", "both")
# Which teacher keeps more of the rules (C08, C17), and who states the right fact in a reply that keeps them all (C19).
STYLE_PAIRS = {
    ("tuned", "prompt"): "C08",
    ("tuned", "few_shot"): "C08",
    ("tuned", "retrieved_few_shot"): "C08",
    ("tuned", "rag"): "C17",
}
FACT_PAIRS = dict.fromkeys((("both", "rag"), ("both", "tuned")), "C19")
KEPT = Contest(LESSON, house_style.METRICS["rules_kept"], STYLE_PAIRS, MARGIN, SEED, "rules_kept")
WHOLE = Contest(LESSON, house_style.METRICS["right_and_kept"], FACT_PAIRS, MARGIN_BOTH, SEED, "right_and_kept")
comparisons, combined = KEPT.comparisons, WHOLE.comparisons


def replies(bench: Workbench, split: str) -> pd.DataFrame:
    """Letters of a split whose fact stands on a product's page, in an order drawn with the lesson's seed."""
    pages = {document.doc_id for document in bench.documents if document.kind == "product"}
    rows = load_replies()
    rows = rows[(rows["split"] == split) & rows["doc_id"].isin(pages)]
    return rows.sample(frac=1, random_state=SEED)


def tested(bench: Workbench, split: str = "test", n: int = N) -> list[Question]:
    """`n` letters, each about another product; no training reply is about any of them."""
    return letters(replies(bench, split).drop_duplicates("product").head(n))


def taught(bench: Workbench) -> list[Taught]:
    """The training letters with the passage that the search finds for them and the reply.

    Only where the passage states the fact: any other pair would teach the model to invent one.
    """
    rows = replies(bench, "train")
    asked = letters(rows)
    check_leaks(asked, tested(bench), unseen=True)
    near = bench.retriever.search([letter.text for letter in asked], K)
    whole = zip(asked, near, rows["reply"], strict=True)
    return [each for each in whole if any(supports(passage, each[0]) for passage in each[1])][: SIZES[-1]]


def pairs(material: Sequence[Taught]) -> list[Example]:
    """What an adapter is trained on: the passage and the letter, and the reply."""
    return [Example(build(letter.text, passages, REPLY), reply) for letter, passages, reply in material]


def solved(material: Sequence[Taught]) -> list[Example]:
    """The same letters and replies without passages, for the arms that show examples."""
    return [Example(build(letter.text, instruction=REPLY), reply) for letter, _, reply in material]


def found(bench: Workbench) -> float:
    """Share of test letters whose passage states the fact: what no reader of it can do much better than."""
    asked = tested(bench)
    passages = bench.retriever.search([letter.text for letter in asked], K)
    return sum(supports(near[0], letter) for near, letter in zip(passages, asked, strict=True)) / len(asked)


def in_short() -> str:
    """The guide without its reasons and its example: a sentence for each rule, and the lists that they speak of."""
    rules = " ".join(f"{number}. {rule.statement}" for number, rule in enumerate(RULES, start=1))
    terms = "; ".join(f"{' or '.join(words)}: {term}" for term, words in (APPLIANCES | OTHER_TERMS).items())
    lists = f"topic: {', '.join(TOPICS)}. next: {', '.join(NEXT)}."
    return f"{REPLY}\n{rules}\nHouse terms for everyday words: {terms}.\n{lists}"


def prompts() -> dict[str, str]:
    """The instructions that compete."""
    return {"one line": REPLY, "rules in short": in_short(), "the whole guide": f"{REPLY}\n\n{load_guide()}"}


def untrained(bench: Workbench, way: str, instruction: str, material: Sequence[Taught]) -> Arm:
    """An arm with the untouched model (one of `UNTRAINED`) and this instruction."""
    model, shown = bench.model, solved(material)
    if way == "prompt":
        return Prompt(model, instruction, LONGEST)
    if way == "few_shot":
        return FewShot(model, shown[:SHOTS], instruction, LONGEST)
    if way == "retrieved_few_shot":
        return RetrievedFewShot(model, shown, bench.embedder, SHOTS, instruction, LONGEST)
    return Rag(model, bench.retriever, K, instruction, LONGEST)


def try_prompts(bench: Workbench, material: Sequence[Taught]) -> pd.DataFrame:
    """Every untrained arm with every instruction on the dev letters, scored; columns `arm` and `instruction` (name)."""
    asked, frames = tested(bench, "dev", DEV), []
    for name, told in prompts().items():
        ways = {way: untrained(bench, way, told, material) for way in UNTRAINED}
        frames.append(trials.tried(bench, ways, asked).assign(instruction=name))
    return house_style.scored(pd.concat(frames, ignore_index=True))


def best(tries: pd.DataFrame) -> dict[str, str]:
    """For each arm the instruction's name that keeps most rules on the dev letters; the shorter one where they tie."""
    return {
        str(arm): str(rows.groupby("instruction", sort=False)["rules_kept"].mean().round(6).idxmax())
        for arm, rows in tries.groupby("arm", sort=False)
    }


def tried(tries: pd.DataFrame) -> pd.DataFrame:
    """One row per arm: the share of rules kept on dev letters with each instruction, and the one chosen."""
    table = tries.groupby(["arm", "instruction"], sort=False)["rules_kept"].mean().unstack(sort=False)
    return table.rename(index=SHORT).assign(chosen=list(best(tries).values())).rename_axis(columns=None).reset_index()


def train(bench: Workbench, material: Sequence[Taught], size: int = SIZES[-1]) -> Training:
    """Tune on the first `size` replies, with the same recipe whatever the size."""
    return bench.train(f"{size} replies", pairs(material[:size]), RECIPE)


def arms(
    bench: Workbench, chosen: Mapping[str, str], material: Sequence[Taught], trained: Mapping[int, Training]
) -> Iterator[tuple[str, Arm]]:
    """Every arm under the name of its condition; merged weights are made one adapter at a time."""
    model, told = bench.model, prompts()
    for way in UNTRAINED:
        yield way, untrained(bench, way, told[chosen[way]], material)
    for size in SIZES[:-1]:
        yield f"tuned, {size} replies", Tuned(model.adapted(trained[size].adapter), REPLY, LONGEST)
    worn = model.adapted(trained[SIZES[-1]].adapter)
    yield "tuned", Tuned(worn, REPLY, LONGEST)
    yield "both", Both(worn, bench.retriever, K, REPLY, LONGEST)


def run(
    bench: Workbench, chosen: Mapping[str, str], material: Sequence[Taught], trained: Mapping[int, Training]
) -> pd.DataFrame:
    """Every arm answers every test letter, each untrained one with its `chosen` instruction (see `best`)."""
    asked = tested(bench)
    each = arms(bench, chosen, material, trained)
    frames = [bench.answer([arm], asked).assign(arm=name) for name, arm in each]
    return house_style.scored(pd.concat(frames, ignore_index=True))


def plot(frame: pd.DataFrame, arms: Sequence[str], metric: str, title: str) -> "tuple[Figure, str]":
    """Bars of one score for some of the arms, with alternative text."""
    looks = {f"tuned, {size} replies": "tuned" for size in SIZES}
    return house_style.plot(frame, {arm: LABELS[arm] for arm in arms}, metric, title, looks)


def evidence(bench: Workbench, frame: pd.DataFrame) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    return house_style.evidence(bench, LESSON, frame, SEED, (KEPT, WHOLE))
