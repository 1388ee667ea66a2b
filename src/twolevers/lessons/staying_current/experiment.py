"""Lesson 05: must it know today? A shop changes while questions come in; indexes poll it, weights do not.

All arms know the shop as it opened (minute 0). `rag` polls before every round of questions, the other indexes seldom
or never again; `tuned` was trained at the opening.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.tuned import Tuned, closed_book
from twolevers.data.records import Document, Question
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.run import score, summarise
from twolevers.evaluate.scorers.citations import Citations
from twolevers.evaluate.scorers.outcomes import RIGHT, Outcomes, outcome
from twolevers.evaluate.scorers.protocol import Together
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.contest import Contest, pair_rows
from twolevers.lessons.common.moving_facts import read, read_found
from twolevers.lessons.common.reading import judged
from twolevers.lessons.staying_current.live_feed import PRICE, STOCK, Change, Index, Shop
from twolevers.models.adapter import Recipe
from twolevers.models.api import Training

if TYPE_CHECKING:
    from twolevers.retrieval.search import Retriever

LESSON = "05_staying_current"
METRIC = "answers up to date"
AGES = {False: "value of the opening", True: "value came later"}
PRODUCTS, LATE = 10, 2  # on sale from the opening, and from minute `OPENS` on
MINUTES, OPENS = 24, 8
EACH = 4  # questions a minute
ROUND = 4  # minutes whose answers are written together
K = 1  # every fact of the shop stands on one sheet, and the questions name its product
SEED = 5
MARGIN = 0.10  # the smallest difference in right answers that would matter to us
RECIPE = Recipe(
    layers=15, rank=16, learning_rate=2e-3, epochs=8, batch_size=8, seed=SEED
)  # few facts: small batches make more steps

TRAINED = {
    PRICE: (
        *("What is the price of the {} today?", "How much does the {} cost today?"),
        *("For the {}, what is today's price?", "Which price does the {} have?"),
    ),
    STOCK: (
        *("What is the stock of the {} today?", "How many pieces of the {} do you have?"),
        *("For the {}, how many pieces are there?", "How large is the stock of the {}?"),
    ),
}
ASKED = {
    PRICE: ("What do I pay for the {} right now?", "I want to buy the {}: what does it cost?"),
    STOCK: ("How many pieces of the {} are in stock right now?", "What is the number of {} in stock?"),
}
UNITS = {PRICE: ("{} crowns",), STOCK: ("{} pieces", "{}")}


def arms(every: int) -> dict[str, int | None]:
    """The indexes by arm, with the minutes between two polls; None: never after the opening."""
    return {"rag": 1, f"rag, every {every} minutes": every, "rag, never again": None}


def labels(every: int) -> dict[str, str]:
    """How figures and tables name the arms."""
    named = ("RAG, polled every minute", f"RAG, polled every {every} minutes", "RAG, never polled again")
    return dict(zip(arms(every), named, strict=True)) | {"tuned": "tuned at the opening"}


def shop(bench: Workbench) -> Shop:
    """The shop: products of the catalogue, each of another line, drawn with `SEED`."""
    return opened(bench.documents)


def opened(documents: Sequence[Document]) -> Shop:
    """As `shop`, from the catalogue alone."""
    lines: dict[str, list[str]] = {}
    for page in documents:
        if page.kind == "product":
            lines.setdefault(page.line, []).append(page.title)
    rng = random.Random(SEED)
    names = [rng.choice(lines[line]) for line in rng.sample(sorted(lines), PRODUCTS + LATE)]
    return Shop(names[:PRODUCTS], names[PRODUCTS:], OPENS, MINUTES, SEED)


def train(bench: Workbench, source: Shop) -> Training:
    """Tune on the shop as it opened: every fact in each training wording; the asked wordings stay unseen."""
    known = sorted({change.product for change in source.changes if change.minute == 0})
    pairs = [_question(source, name, fact, text, 0) for name in known for fact in TRAINED for text in TRAINED[fact]]
    asked = [question for minute in range(1, MINUTES + 1) for question in questions(source, minute)]
    check_leaks(pairs, asked, unseen=False)
    return bench.train("the opening", closed_book(pairs), RECIPE)


def questions(source: Shop, minute: int) -> list[Question]:
    """The `EACH` questions of a minute on products that are on sale by then, with the answers of that minute."""
    rng = random.Random(f"{SEED} {minute}")
    on_sale = sorted({change.product for change in source.changes if change.minute <= minute})
    drawn = rng.sample([(name, fact) for name in on_sale for fact in ASKED], EACH)
    asked = [_question(source, name, fact, rng.choice(ASKED[fact]), minute) for name, fact in drawn]
    return [replace(question, question_id=f"{question.question_id}, minute {minute}") for question in asked]


def open_indexes(bench: Workbench, source: Shop, every: int) -> dict[str, Index]:
    """An index for each arm of `arms`, filled at the opening."""
    indexes = {arm: Index(source.address, bench.embedder) for arm in arms(every)}
    for index in indexes.values():
        index.poll()
    return indexes


def live(
    bench: Workbench, source: Shop, indexes: Mapping[str, Index], training: Training, every: int
) -> Iterator[pd.DataFrame]:
    """Let the shop run: each minute it changes, the indexes whose turn it is poll, then the questions are looked up.

    Answers are written for `ROUND` minutes together, which is faster, from what was found in each question's minute.
    Yields all answers so far: columns of `evaluate.run`, then minute, known (the shop's minute
    that the arm knows), outcome (see `scorers.outcomes`), newer (the value came after the opening).
    """
    tuned = Tuned(bench.model.adapted(training.adapter))
    every_question = [question for minute in range(1, MINUTES + 1) for question in questions(source, minute)]
    once = {question.text: question for question in every_question}
    said = dict(zip(once, bench.answers([tuned], list(once.values()))[tuned.name], strict=True))
    frames = []
    for first in range(1, MINUTES + 1, ROUND):
        rounds = []  # (arm, minute, the minute it knows, questions, passages found then)
        for minute in range(first, min(first + ROUND, MINUTES + 1)):
            source.tick()
            asked = questions(source, minute)
            for arm, wait in arms(every).items():
                if wait and minute % wait == 0:
                    indexes[arm].poll()
                found = indexes[arm].search().search([question.text for question in asked], K)
                rounds.append((arm, minute, indexes[arm].minute, asked, found))
        flat, found = ([one for part in rounds for one in part[place]] for place in (3, 4))
        everything = read_found(bench, flat, found, _scorer(source, {part[1]: part[3] for part in rounds}))
        for number, (arm, minute, known, asked, _) in enumerate(rounds):
            frame = everything.iloc[number * EACH : (number + 1) * EACH]
            frames.append(_dated(source, frame, asked, minute).assign(arm=arm, known=known))
            if arm == list(arms(every))[-1]:
                told = {tuned.name: [said[question.text] for question in asked]}
                frame = score(told, asked, _scorer(source, {minute: asked}))
                frames.append(_dated(source, frame, asked, minute).assign(known=0))
        yield pd.concat(frames, ignore_index=True)


def as_of(bench: Workbench, source: Shop, retriever: "Retriever", minute: int) -> pd.DataFrame:
    """Every fact that the shop had at a minute, asked of an index, and judged by what was true then.

    Columns of `evaluate.run`, then today: whether the answer is true at the shop's present minute.
    """
    names = dict.fromkeys(change.product for change in source.changes if change.minute <= minute)
    asked = [_question(source, name, fact, ASKED[fact][0], minute) for name in names for fact in ASKED]
    frame = read(bench, retriever, asked, K)
    now = [_accepted(source, question.entity, question.attribute, source.minute) for question in asked]
    return frame.assign(today=[outcome(text, one, ()) == RIGHT for text, one in zip(frame["text"], now, strict=True)])


def versions(bench: Workbench, source: Shop, index: Index, minute: int) -> pd.DataFrame:
    """What was true at a minute, asked of the index as of that minute and as it is: share right then, and right now.

    Columns: searched, n, true then (with 95 % interval: low, high), true now.
    """
    rows = []
    for known, search in ((minute, index.search_at(minute)), (index.minute, index.search())):
        frame = as_of(bench, source, search, minute)
        row = summarise(frame).iloc[0]
        found = {"searched": f"version of minute {known}", "n": row["n"], "true then": row["accuracy"]}
        rows.append(found | {"low": row["low"], "high": row["high"], "true now": frame["today"].mean()})
    return pd.DataFrame(rows)


def contest(every: int) -> Contest:
    """What is planned: the live index against weights and against indexes that lag."""
    _, seldom, never = arms(every)
    pairs = (("rag", "tuned"), ("rag", seldom), ("rag", never), (never, "tuned"))
    return Contest(LESSON, METRIC, dict.fromkeys(pairs, "C06"), MARGIN, SEED)


def split(frame: pd.DataFrame) -> pd.DataFrame:
    """The claim's comparison apart for facts that still have the opening's value and for newer ones; not planned.

    Columns of `reading.judged` but the verdict, with `facts` in front; each interval at 95 %.
    """
    rows = []
    for newer, name in AGES.items():
        found = judged(frame[frame["newer"] == newer], (("rag", "tuned"),), MARGIN).drop(columns="verdict")
        found.insert(0, "facts", name)
        rows.append(found)
    return pd.concat(rows, ignore_index=True)


def evidence(bench: Workbench, frame: pd.DataFrame, every: int) -> list[Evidence]:
    """What the lesson writes into the ledger."""
    kept, claims = contest(every).evidence(bench, frame), {"rag > tuned": "C06"}
    for name, part in split(frame).groupby("facts", sort=False):
        kept += pair_rows(bench, LESSON, f"{METRIC}, {name}", part, SEED, claims)
    return kept


def _question(source: Shop, product: str, fact: str, wording: str, minute: int) -> Question:
    name, answers = f"{product}, {fact}", tuple(_accepted(source, product, fact, minute))
    return Question(name, wording.format(product), answers, "fact", (), product, fact, "test")


def _accepted(source: Shop, product: str, fact: str, minute: int) -> list[str]:
    return [unit.format(source.value(product, fact, minute)) for unit in UNITS[fact]]


def _past(source: Shop, question: Question, minute: int) -> list[Change]:
    """The values of what is asked, up to a minute."""
    return source.history(question.entity, question.attribute, minute)


def _scorer(source: Shop, minutes: Mapping[int, Sequence[Question]]) -> Together:
    """Right is what the shop says in the question's minute; what it said before is the old value."""
    before = {}
    for minute, asked in minutes.items():
        for question in asked:
            past, units = _past(source, question, minute), UNITS[question.attribute]
            said = [unit.format(one.value) for one in past for unit in units]
            before[question.question_id] = [value for value in said if value not in question.answers]
    return Together((Outcomes(before), Citations()))


def _dated(source: Shop, frame: pd.DataFrame, asked: Sequence[Question], minute: int) -> pd.DataFrame:
    """The answers to a minute's questions with that minute and newer: whether the value came after the opening."""
    newer = [_past(source, question, minute)[-1].minute > 0 for question in asked]
    return frame.assign(newer=newer, minute=minute).reset_index(drop=True)
