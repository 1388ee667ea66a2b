"""The bake-off on documents and questions: measure the rates, plan, train, ask every arm, compare."""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.both import Both
from twolevers.arms.prompt import Prompt
from twolevers.arms.protocol import Arm
from twolevers.arms.rag import Rag
from twolevers.arms.stacked import Stacked
from twolevers.arms.tuned import Tuned
from twolevers.bakeoff.cloze import MADE
from twolevers.bakeoff.fit import SHARE, limit, shortened
from twolevers.bakeoff.pairs import closed_book, open_book
from twolevers.bakeoff.passages import search_of
from twolevers.bakeoff.plan import Plan, Rates, keep, kept, plan
from twolevers.bakeoff.scoring import rescored, two_readings
from twolevers.bakeoff.setting import Setting, settle
from twolevers.bakeoff.split import FEWEST_PAIRS, Split, split
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.run import run
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.models.adapter import Recipe
from twolevers.models.lora import Example, Training, train

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
    setting: Setting | None = None  # of questions only, as what follows
    tested: tuple[Question, ...] = ()
    closed: tuple[Question, ...] = ()  # what the closed-book adapter learned
    made: int = 0  # of the pairs learned, those made from the documents by rule


def contest(
    bench: Workbench,
    questions: Sequence[Question],
    out: Path,
    *,
    arms: Sequence[str] = ARMS,
    seeds: int = 1,
    minutes: float = 15,
    made: Sequence[Question] = (),
    report: Callable[[str], object] = print,
) -> Contest:
    """Run `arms` on `questions` about `bench.documents` within `minutes`; a run that was killed goes on in `out`.

    `made` are pairs made from the documents (`cloze`): those about tested documents teach the closed-book adapter
    alone, the others both adapters. Raises UsageError for an unknown arm, and when the time or the data allow no arm.
    """
    began = time.perf_counter()
    if unknown := [arm for arm in arms if arm not in ARMS]:
        raise UsageError(f"There is no arm {unknown[0]!r}: choose from {', '.join(ARMS)}.")
    questions, cut_short = shortened(questions, limit(bench.model) // SHARE, bench.model.tokenizer, "questions")
    divided = split(questions, search_of(bench), SEED)
    pairs = _drawn([question for question in divided.training if question.answers], len(divided.training))
    setting, notes = settle(bench, questions, pairs, K)
    notes += cut_short
    index_seconds = time.perf_counter() - began
    report(f"search ready in {index_seconds:.0f} s")
    closed, opened = shared_out(pairs, made, divided)
    lessons = {
        "closed": closed_book(closed, setting.told),
        "open": open_book(opened, setting.retriever, K, setting.told, setting.texts, SEED),
    }
    arms, more = possible(arms, divided, {kind: len(examples) for kind, examples in lessons.items()}, bool(made))
    notes += more
    key = _key(bench, questions, arms, seeds, minutes, made)
    planned = kept(out / PLAN, key)
    if planned is None:
        needed = {TAUGHT[arm] for arm in arms if arm in TAUGHT}
        rates = measure(bench, setting, divided, {kind: lessons[kind] for kind in needed})
        left = 60 * minutes - (time.perf_counter() - began)
        offered = min(max((len(lessons[kind]) for kind in needed), default=0), MOST_PAIRS)
        planned = plan(arms, DROPPED_FIRST, seeds, len(divided.tested), offered, rates, left)
        keep(out / PLAN, key, planned)
    report(str(planned))
    tested = _drawn(divided.tested, planned.tested)
    check_leaks(opened, tested, unseen=True)
    check_leaks(closed, tested, unseen=not made)
    training, frames = {}, []
    for number in range(planned.seeds):
        for kind in sorted({TAUGHT[arm] for arm in planned.arms if arm in TAUGHT}):
            training[f"{kind} {number}"] = teach(bench, kind, lessons[kind][: planned.pairs], SEED + number)
        for name in planned.arms:
            if name in TAUGHT or not number:
                arm = make(name, bench.model, setting, training, number)
                frame = run([arm], tested, journal=out / ANSWERS, key=key)
                frames.append(frame.assign(seed=number if name in TAUGHT else pd.NA))
    frame = rescored(pd.concat(frames, ignore_index=True), tested, setting.titles)
    if doubtful := two_readings(tested):
        notes.append(doubtful)
    closed = closed[: planned.pairs]
    learned = sum(question.kind == "made" for question in closed)
    found = Contest(planned, divided, frame, training, index_seconds, tuple(notes))
    return replace(found, setting=setting, tested=tuple(tested), closed=tuple(closed), made=learned)


def shared_out(
    pairs: Sequence[Question], made: Sequence[Question], divided: Split
) -> tuple[list[Question], list[Question]]:
    """What teaches without passages and what with them. Made pairs about tested documents are for the former alone."""
    tested = {name for question in divided.tested for name in (*question.doc_ids, question.entity)}
    about = [question for question in made if question.entity in tested]
    elsewhere = [question for question in made if question.entity not in tested]
    missing = max(0, MOST_PAIRS - len(pairs))
    # Closed book only what was taught can be known: the tested documents' facts come first there.
    return [*about, *pairs, *elsewhere] if about else [*pairs, *elsewhere], [*pairs, *elsewhere[:missing]]


def measure(bench: Workbench, setting: Setting, divided: Split, lessons: dict[str, list[Example]]) -> Rates:
    """Seconds of each kind of work, on `PROBED` of the caller's own questions and pairs, warmed up before."""
    asked = list(divided.tested[:PROBED])

    def taken(work: Callable[[], object]) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    rag, prompt = (make(name, bench.model, setting, {}, 0) for name in ("rag", "prompt"))
    taken(lambda: rag.answer(asked))
    reading, short = taken(lambda: rag.answer(asked)), taken(lambda: prompt.answer(asked))
    teaching = dict.fromkeys(lessons, 0.0)
    for kind, examples in lessons.items():
        if len(examples) >= FEWEST_PAIRS:
            once, few = replace(_recipe(kind, 0), passes=1), examples[:PROBED]
            train(bench.model, few, once)  # warms up
            teaching[kind] = PASSES[kind] * taken(lambda: train(bench.model, few, once)) / len(few)  # noqa: B023
    answering = {arm: (reading if arm in RETRIEVING else short) / len(asked) for arm in ARMS}
    return Rates(answering, teaching, TAUGHT)


def teach(bench: Workbench, kind: str, examples: Sequence[Example], seed: int) -> Training:
    """Train the adapter of the arms `tuned` and `stacked` ("closed") or `both` ("open")."""
    label = "without passages" if kind == "closed" else "with passages"
    return bench.teach(label, examples, _recipe(kind, seed))


def make(name: str, model: "LanguageModel", setting: Setting, training: dict[str, Training], number: int) -> Arm:
    """The arm of this name, with the adapter of training seed `number` where it wears one."""
    if name in TAUGHT:
        model = model.adapted(training[f"{TAUGHT[name]} {number}"].adapter)
    if name in RETRIEVING:
        kind = {"rag": Rag, "both": Both, "stacked": Stacked}[name]
        return kind(model, setting.retriever, K, setting.told, setting.room)
    return (Tuned if name == "tuned" else Prompt)(model, setting.told, setting.room)


def _recipe(kind: str, seed: int) -> Recipe:
    # All layers where passages are read: the upper half alone loses right answers (benchmarks/results/train.csv).
    return Recipe(layers=30 if kind == "open" else 15, rank=16, rate=2e-3, passes=PASSES[kind], batch=8, seed=seed)


def possible(arms: Sequence[str], divided: Split, examples: dict[str, int], made: bool) -> tuple[list[str], list[str]]:
    """The arms that the data allow, and what is to be said of that; `examples` by adapter."""
    notes = []
    if lacking := [arm for arm in arms if arm in TAUGHT and examples[TAUGHT[arm]] < FEWEST_PAIRS]:
        least = min(examples[TAUGHT[arm]] for arm in lacking)
        notes.append(
            f"{', '.join(lacking)}: these arms need training pairs about documents that are not tested; there are "
            f"{least}, and {FEWEST_PAIRS} are the least: they are left out. "
            f"{'Add questions.' if made else 'Add questions, or have pairs made from the documents (--make-pairs).'}"
        )
        arms = [arm for arm in arms if arm not in lacking]
    closed = [arm for arm in arms if TAUGHT.get(arm) == "closed"]
    if closed and made:
        notes.append(
            f"Pairs {MADE} were added. Those about tested documents taught {' and '.join(closed)} alone, so that "
            "these facts were met at all; both learned from other documents only. No test question was trained on."
        )
    elif closed:
        notes.append(
            f"{' and '.join(closed)} learned from questions about documents that are not tested, so that the tested "
            "documents' facts were never taught: low scores closed book say just that. --make-pairs teaches them."
        )
    if divided.inferred:
        notes.append(
            f"{divided.inferred} questions name no document; for the division each was given the one that the search "
            "found and that states its answer. Citations cannot be scored for them."
        )
    if not arms:
        raise UsageError(notes[0] + " Or ask for the arms prompt and rag.")
    if not divided.tested:
        raise UsageError("No question is left for the test: add questions about more documents.")
    return list(arms), notes


def _drawn(questions: Sequence[Question], n: int) -> list[Question]:
    """`n` of them: questions with and without an answer in their proportion, each kind spread over its documents.

    Every document gives one before any gives a second. A question without a document is one of its own, so that these
    would come first and crowd out the others if the kinds were not kept apart.
    """
    shuffled = random.Random(SEED).sample(list(questions), len(questions))
    placed = []
    for answerable in (True, False):
        turn: Counter[str] = Counter()
        turns = []
        for question in (each for each in shuffled if each.answerable is answerable):
            turns.append((turn[question.entity], question))
            turn[question.entity] += 1
        turns.sort(key=lambda pair: pair[0])
        placed += [((rank + 0.5) / len(turns), question) for rank, (_, question) in enumerate(turns)]
    return [question for _, question in sorted(placed, key=lambda pair: pair[0])[:n]]


def _key(
    bench: Workbench,
    questions: Sequence[Question],
    arms: Sequence[str],
    seeds: int,
    minutes: float,
    made: Sequence[Question],
) -> str:
    given = (bench.documents, list(questions), list(made), arms, seeds, minutes)
    content = repr((bench.model.key, bench.embedder.key, *given))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16]
