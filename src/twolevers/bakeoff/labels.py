"""The bake-off on labelled texts: prompts, retrieved examples, two linear classifiers and a tuned model."""

import hashlib
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from twolevers.arms.labelled import ByLikelihood, RetrievedFewShot, TunedLabels, as_questions, naming, training_pairs
from twolevers.arms.linear import EmbeddingLinear, TfidfLinear
from twolevers.arms.protocol import Arm
from twolevers.bakeoff import fit
from twolevers.bakeoff.contest import ANSWERS, PLAN, Contest
from twolevers.bakeoff.likeness import named, near_duplicates
from twolevers.bakeoff.plan import Rates, keep, kept, plan
from twolevers.bakeoff.read.examples import Pair
from twolevers.bakeoff.read.table import Unused
from twolevers.bakeoff.split import Split
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.run import run
from twolevers.lessons.common.bench import Workbench
from twolevers.models.adapter import Recipe
from twolevers.models.lora import Training, train

ARMS = ("tfidf", "linear", "prompt", "few_shot", "retrieved_few_shot", "tuned")
TAUGHT = {"tuned": "labels"}
DROPPED_FIRST = ("few_shot", "retrieved_few_shot", "tuned", "prompt", "linear")
INSTRUCTION = "Name the label for this message."  # of the tuned arm: the names are in the weights
SHOWN = 12  # labels of which the few-shot prompt shows one example each
K = 4  # retrieved examples in a prompt
TESTED = 0.4  # share of the texts that is for the test
FEWEST = 2  # texts a label needs: one to learn from, one to test
MOST_PAIRS = 1_000
SEED = 15
PROBED = 8


class FewShot(ByLikelihood):
    """The names and one example of each of the first labels."""

    name = "few_shot"


def contest(
    bench: Workbench,
    pairs: Sequence[Pair],
    out: Path,
    *,
    arms: Sequence[str] = ARMS,
    seeds: int = 1,
    minutes: float = 15,
    report: Callable[[str], object] = print,
) -> tuple[Contest, list[Unused]]:
    """Run `arms` on labelled texts within `minutes`; a run that was killed goes on in `out`.

    Near-duplicates stay on one side of the division. Also returns what of the pairs could not be used. Raises
    UsageError when the time or the data allow no arm.
    """
    began = time.perf_counter()
    usable, unused = _frequent(pairs)
    names = sorted({pair.target for pair in usable})
    divided = divide(usable)
    testable(usable, divided)
    divided, cut_short = fit.split(divided, fit.limit(bench.model) // (SHOWN + K), bench.model.tokenizer, "texts")
    report(f"{len(names)} labels; {len(divided.training)} texts to learn from, {len(divided.tested)} for the test")
    content = repr((bench.model.key, bench.embedder.key, usable, list(arms), seeds, minutes))
    key = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16]
    planned = kept(out / PLAN, key)
    if planned is None:
        rates = measure(bench, divided, names, arms)
        left = 60 * minutes - (time.perf_counter() - began)
        offered = min(len(divided.training), MOST_PAIRS)
        planned = plan(arms, DROPPED_FIRST, seeds, len(divided.tested), offered, rates, left)
        keep(out / PLAN, key, planned)
    report(str(planned))
    tested = _by_turns(divided.tested)[: planned.tested]
    taught = _by_turns(divided.training)[: planned.pairs]
    training: dict[str, Training] = {}
    frames = []
    for number in range(planned.seeds):
        if "tuned" in planned.arms:
            training[f"labels {number}"] = bench.teach("on labels", _examples(taught), recipe(SEED + number))
        for name in planned.arms:
            if name in TAUGHT or not number:
                arm = make(name, bench, divided.training, names, training.get(f"labels {number}"))
                frame = run([arm], tested, journal=out / ANSWERS, key=key)
                frames.append(frame.assign(seed=number if name in TAUGHT else pd.NA))
    frame = pd.concat(frames, ignore_index=True)
    truth = {question.question_id: question.answers[0] for question in tested}
    frame["correct"] = frame["text"] == frame["question_id"].map(truth)  # a label is right as a whole or not at all
    frame["true"] = frame["question_id"].map(truth)
    notes = [_chance(bench, divided, tested), *cut_short, *named([pair.text for pair in usable])]
    return Contest(planned, divided, frame, training, 0.0, tuple(notes)), unused


def divide(pairs: Sequence[Pair], seed: int = SEED) -> Split:
    """About `TESTED` of each label's texts for the test; texts that are nearly the same stay together."""
    groups = near_duplicates([pair.text for pair in pairs])
    asked = as_questions(
        [pair.text for pair in pairs],
        [pair.target for pair in pairs],
        [f"g{group}" for group in groups],
        [f"t{place + 1}" for place in range(len(pairs))],
    )
    members: dict[str, list[Question]] = {}
    for question in asked:
        members.setdefault(question.entity, []).append(question)
    order = sorted(members)
    random.Random(seed).shuffle(order)
    have, wanted = Counter[str](), Counter(pair.target for pair in pairs)
    tested, training = [], []
    for name in order:
        label = members[name][0].answers[0]
        # At least one text of a label goes to each side, where it has two groups.
        share = max(1, int(TESTED * wanted[label]))
        test = have[label] + len(members[name]) <= share
        (tested if test else training).extend(members[name])
        have[label] += len(members[name]) if test else 0
    return Split(tuple(training), tuple(tested), 0)


def measure(bench: Workbench, divided: Split, names: Sequence[str], arms: Sequence[str]) -> Rates:
    """Seconds of each arm for one text, and of the recipe for one pair, on the caller's own texts."""
    asked, answering = list(divided.tested[:PROBED]), {}
    few = list(divided.training[: 2 * PROBED])
    began = time.perf_counter()
    trained = None
    if "tuned" in arms:
        once = Recipe(layers=15, rank=16, rate=2e-3, passes=1, batch=8, seed=0)
        train(bench.model, _examples(few[:PROBED]), once)  # warms up
        began = time.perf_counter()
        trained = train(bench.model, _examples(few), once)
    each = (time.perf_counter() - began) / len(few)
    for name in arms:
        arm = make(name, bench, divided.training, names, trained)
        arm.answer(asked)
        began = time.perf_counter()
        arm.answer(asked)
        answering[name] = max(1e-6, (time.perf_counter() - began) / len(asked))
    return Rates(answering, {"labels": each * recipe(0).passes}, TAUGHT)


def make(
    name: str, bench: Workbench, labelled: Sequence[Question], names: Sequence[str], training: Training | None
) -> Arm:
    """The arm of this name; those that need labelled texts use all of `labelled`."""
    texts, labels = [each.text for each in labelled], [each.answers[0] for each in labelled]
    if name == "tfidf":
        return TfidfLinear(texts, labels)
    if name == "linear":
        return EmbeddingLinear(texts, labels, bench.embedder.embed, c=10.0, vectors=bench.vectors(texts))
    if name == "retrieved_few_shot":
        pool = list(zip(texts, labels, strict=True))
        k = min(K, len(pool))
        return RetrievedFewShot(bench.model, names, naming(names), pool, bench.embedder.embed, k, bench.vectors(texts))
    if name == "tuned":
        assert training is not None
        return TunedLabels(bench.model.adapted(training.adapter), names, INSTRUCTION)
    shown = [(each.text, each.answers[0]) for each in _by_turns(labelled)[:SHOWN]] if name == "few_shot" else []
    return (FewShot if shown else ByLikelihood)(bench.model, names, naming(names), shown)


def recipe(seed: int) -> Recipe:
    """The recipe of the tuned arm: two passes, as lesson 08 found for fifty labels a class."""
    return Recipe(layers=15, rank=16, rate=2e-3, passes=2, batch=16, seed=seed)


def _examples(questions: Sequence[Question]) -> list:
    return training_pairs([each.text for each in questions], [each.answers[0] for each in questions], INSTRUCTION)


def _frequent(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Unused]]:
    times = Counter(pair.target for pair in pairs)
    unused = [
        Unused(pair.where, f"is the only text with the label {pair.target[:60]!r}")
        for pair in pairs
        if times[pair.target] < FEWEST
    ]
    usable = [pair for pair in pairs if times[pair.target] >= FEWEST]
    if len({pair.target for pair in usable}) < 2:
        raise UsageError("Fewer than two labels have two texts or more: a classification cannot be tested.")
    return usable, unused


def testable(pairs: Sequence[Pair], divided: Split) -> None:
    """Raises UsageError, in one line, where a division leaves too little to learn from or to test on."""
    if not any(re.search(r"\w\w", question.text) for question in divided.training):
        raise UsageError("No text holds a word: a classification is learned from words.")
    groups = len({question.entity for question in (*divided.training, *divided.tested)})
    if not divided.tested or len({question.answers for question in divided.training}) < 2:
        raise UsageError(
            f"The {len(pairs)} texts are {groups} once near-duplicates count as one: too few to learn from and to test "
            "on. Give two or more different texts for each label."
        )


def _by_turns(questions: Sequence[Question]) -> list[Question]:
    """One of each label, then the second of each, and so on: any beginning of it is balanced."""
    turn: Counter[str] = Counter()
    placed = []
    for place, question in enumerate(questions):
        placed.append((turn[question.answers[0]], place, question))
        turn[question.answers[0]] += 1
    return [question for _, _, question in sorted(placed, key=lambda each: each[:2])]


def _chance(bench: Workbench, divided: Split, tested: Sequence[Question]) -> str:
    """The negative control: the cheapest arm on shuffled labels."""
    texts, labels = ([each.text for each in divided.training], [each.answers[0] for each in divided.training])
    random.Random(SEED).shuffle(labels)
    found = TfidfLinear(texts, labels).predict([question.text for question in tested])
    right = float(np.mean([label == question.answers[0] for label, question in zip(found, tested, strict=True)]))
    return f"Negative control: TF-IDF + linear, trained on shuffled labels, gets {right:.2f} of the test right."
