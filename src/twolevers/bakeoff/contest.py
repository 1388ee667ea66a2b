"""The bake-off on documents and questions: measure the rates, plan, train, ask every arm, compare."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.both import Both, open_book
from twolevers.arms.prompt import Prompt
from twolevers.arms.protocol import Arm
from twolevers.arms.rag import Rag
from twolevers.arms.stacked import Stacked
from twolevers.arms.tuned import Tuned, closed_book
from twolevers.bakeoff.plan import Plan, Rates, keep, kept, plan
from twolevers.bakeoff.split import FEWEST_PAIRS, Split, split
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.run import run
from twolevers.experiments.workbench import PASSAGE_WORDS, Workbench, check_leaks
from twolevers.models.adapter import Recipe
from twolevers.models.lora import Example, Training, train
from twolevers.retrieval.search import Hybrid, NamedFirst, Retriever, build_index

if TYPE_CHECKING:
    from twolevers.models.language_model import LanguageModel

ARMS = ("prompt", "rag", "tuned", "both", "stacked")
RETRIEVING = ("rag", "both", "stacked")
TAUGHT = {"tuned": "closed", "stacked": "closed", "both": "open"}  # arms that wear an adapter, and which one
DROPPED_FIRST = ("stacked", "tuned", "both", "prompt")
PASSES = {"closed": 4, "open": 1}  # a fact must be met several times, the skill of reading not
K = 2
SEED = 15
MOST_PAIRS = 128
PROBED = 8  # questions and pairs that the rates are measured on
MANY = 5_000  # passages from which the static embedder is used: the network would take minutes
ANSWERS, PLAN = "answers.jsonl", "plan.json"


@dataclass(frozen=True)
class Contest:
    """What was run: the plan, the division of the questions, every answer (columns of `evaluate.run` and `seed`)."""

    plan: Plan
    split: Split
    frame: pd.DataFrame
    training: dict[str, Training]  # by "closed" or "open" and seed, such as "open 0"
    index_seconds: float
    notes: tuple[str, ...]


def contest(
    bench: Workbench,
    questions: Sequence[Question],
    out: Path,
    *,
    arms: Sequence[str] = ARMS,
    seeds: int = 1,
    minutes: float = 15,
    report: Callable[[str], object] = print,
) -> Contest:
    """Run `arms` on `questions` about `bench.documents` within `minutes`; a run that was killed goes on in `out`.

    Raises UsageError for an unknown arm, and when the time or the data allow no arm.
    """
    began = time.perf_counter()
    if unknown := [arm for arm in arms if arm not in ARMS]:
        raise UsageError(f"There is no arm {unknown[0]!r}: choose from {', '.join(ARMS)}.")
    retriever = search_of(bench)
    index_seconds = time.perf_counter() - began
    report(f"search ready in {index_seconds:.0f} s")
    divided = split(questions, retriever, SEED)
    arms, notes = _possible(arms, divided)
    pairs = [question for question in divided.training if question.answers]
    key = _key(bench, questions, arms, seeds, minutes)
    planned = kept(out / PLAN, key)
    if planned is None:
        rates = measure(bench, retriever, divided, pairs)
        left = 60 * minutes - (time.perf_counter() - began)
        offered = min(len(pairs), MOST_PAIRS)
        planned = plan(arms, DROPPED_FIRST, seeds, len(divided.tested), offered, rates, left)
        keep(out / PLAN, key, planned)
    report(str(planned))
    tested = _drawn(divided.tested, planned.tested)
    pairs = _drawn(pairs, planned.pairs)
    check_leaks(pairs, tested, unseen=True)
    training, frames = {}, []
    for number in range(planned.seeds):
        for kind in sorted({TAUGHT[arm] for arm in planned.arms if arm in TAUGHT}):
            training[f"{kind} {number}"] = teach(bench, retriever, kind, pairs, SEED + number)
        for name in planned.arms:
            if name in TAUGHT or not number:
                arm = make(name, bench.model, retriever, training, number)
                frame = run([arm], tested, journal=out / ANSWERS, key=key)
                frames.append(frame.assign(seed=number if name in TAUGHT else pd.NA))
    return Contest(planned, divided, pd.concat(frames, ignore_index=True), training, index_seconds, tuple(notes))


def search_of(bench: Workbench) -> Retriever:
    """Hybrid search over the documents, those named in full first; large collections with the static embedder."""
    embedder = bench.embedder
    if sum(len(document.text.split()) for document in bench.documents) > MANY * PASSAGE_WORDS:
        from twolevers.models.static_embedder import StaticEmbedder

        embedder = StaticEmbedder.load()
    return NamedFirst(Hybrid(build_index(bench.documents, embedder, PASSAGE_WORDS), embedder))


def measure(bench: Workbench, retriever: Retriever, divided: Split, pairs: Sequence[Question]) -> Rates:
    """Seconds of each kind of work, on `PROBED` of the caller's own questions and pairs, warmed up before."""
    asked = list(divided.tested[:PROBED])

    def taken(work: Callable[[], object]) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    rag, prompt = Rag(bench.model, retriever, K), Prompt(bench.model)
    taken(lambda: rag.answer(asked))
    reading, short = taken(lambda: rag.answer(asked)), taken(lambda: prompt.answer(asked))
    closed = opened = 0.0
    if len(pairs) >= FEWEST_PAIRS:
        few = list(pairs[:PROBED])
        once = replace(_recipe("open", 0), passes=1)
        closed = taken(lambda: train(bench.model, closed_book(few), once)) / len(few)
        opened = taken(lambda: train(bench.model, open_book(few, retriever, K), once)) / len(few)
    answering = {arm: (reading if arm in RETRIEVING else short) / len(asked) for arm in ARMS}
    teaching = {"closed": closed * PASSES["closed"], "open": opened * PASSES["open"]}
    return Rates(answering, teaching, TAUGHT)


def teach(bench: Workbench, retriever: Retriever, kind: str, pairs: Sequence[Question], seed: int) -> Training:
    """Train the adapter of the arms `tuned` and `stacked` ("closed") or `both` ("open") on the pairs."""
    examples: list[Example]
    examples = closed_book(pairs) if kind == "closed" else open_book(pairs, retriever, K, seed=seed)
    label = "without passages" if kind == "closed" else "with passages"
    return bench.teach(label, examples, _recipe(kind, seed))


def make(name: str, model: "LanguageModel", retriever: Retriever, training: dict[str, Training], number: int) -> Arm:
    """The arm of this name, with the adapter of training seed `number` where it wears one."""
    if name not in TAUGHT:
        return Rag(model, retriever, K) if name in RETRIEVING else Prompt(model)
    worn = model.adapted(training[f"{TAUGHT[name]} {number}"].adapter)
    return {"tuned": Tuned, "stacked": Stacked, "both": Both}[name](
        worn, *((retriever, K) if name in RETRIEVING else ())
    )


def _recipe(kind: str, seed: int) -> Recipe:
    return Recipe(layers=15, rank=16, rate=2e-3, passes=PASSES[kind], batch=8, seed=seed)


def _possible(arms: Sequence[str], divided: Split) -> tuple[list[str], list[str]]:
    pairs = sum(bool(question.answers) for question in divided.training)
    notes = []
    if pairs < FEWEST_PAIRS and any(arm in TAUGHT for arm in arms):
        notes.append(
            f"The tuned arms need training pairs about documents that are not tested; there are {pairs}, and "
            f"{FEWEST_PAIRS} are the least: they are left out."
        )
        arms = [arm for arm in arms if arm not in TAUGHT]
    if divided.inferred:
        notes.append(
            f"{divided.inferred} questions name no document; for the division each was given the one that the search "
            "found and that states its answer."
        )
    if not arms:
        raise UsageError(notes[0] + " Add questions with answers, or the arms prompt and rag.")
    if not divided.tested:
        raise UsageError("No question is left for the test: add questions about more documents.")
    return list(arms), notes


def _drawn(questions: Sequence[Question], n: int) -> list[Question]:
    """`n` of them, spread over the documents: every document gives one before any gives a second."""
    turn: dict[str, int] = {}
    placed = []
    for place, question in enumerate(questions):
        turn[question.entity] = turn.get(question.entity, -1) + 1
        placed.append((turn[question.entity], place, question))
    return [question for _, _, question in sorted(placed, key=lambda each: each[:2])[:n]]


def _key(bench: Workbench, questions: Sequence[Question], arms: Sequence[str], seeds: int, minutes: float) -> str:
    content = repr((bench.model.key, bench.embedder.key, bench.documents, list(questions), arms, seeds, minutes))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16]
