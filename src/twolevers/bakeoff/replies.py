"""The bake-off on replies: are the house's rules better told, shown or trained?"""

import hashlib
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from twolevers.arms.few_shot import FewShot
from twolevers.arms.prompt import Prompt
from twolevers.arms.prompts import build
from twolevers.arms.protocol import Arm
from twolevers.arms.retrieved_few_shot import RetrievedFewShot
from twolevers.arms.tuned import Tuned
from twolevers.bakeoff import fit
from twolevers.bakeoff.contest import ANSWERS, PLAN, Contest
from twolevers.bakeoff.house_rules import Rule, learn, said
from twolevers.bakeoff.likeness import named, near_duplicates
from twolevers.bakeoff.plan import Rates, keep, kept, plan
from twolevers.bakeoff.read.examples import Pair
from twolevers.bakeoff.split import Split
from twolevers.data.records import Question
from twolevers.errors import UsageError
from twolevers.evaluate.metrics import token_f1
from twolevers.evaluate.run import run
from twolevers.lessons.common.bench import Workbench
from twolevers.models.adapter import Recipe
from twolevers.models.lora import Example, Training, train

ARMS = ("prompt", "long_prompt", "few_shot", "retrieved_few_shot", "tuned")
TAUGHT = {"tuned": "replies"}
DROPPED_FIRST = ("retrieved_few_shot", "few_shot", "long_prompt", "prompt")
PLAIN = "Reply to the message."
SHOWN = 3
TESTED = 0.4
FEWEST = 10  # examples below which nothing can be learned and tested
MOST_PAIRS = 200
SEED = 15
PROBED = 4


class LongPrompt(Prompt):
    """The rules in words."""

    name = "long_prompt"


def contest(
    bench: Workbench,
    pairs: Sequence[Pair],
    out: Path,
    *,
    arms: Sequence[str] = ARMS,
    seeds: int = 1,
    minutes: float = 15,
    report: Callable[[str], object] = print,
) -> Contest:
    """Run `arms` on messages with their replies within `minutes`; a run that was killed goes on in `out`.

    The rules are learned from the training half alone. A reply counts as right when it keeps all of them;
    `rules_kept` is the share it keeps, `token_f1` its likeness to the reply that was given. Raises UsageError for too
    few examples, or replies that have no rule in common.
    """
    began = time.perf_counter()
    if len(pairs) < FEWEST:
        raise UsageError(f"{len(pairs)} examples are too few to learn from and to test on: give {FEWEST} or more.")
    divided, wanted = divide(pairs)
    if not divided.tested or len(divided.training) < 2:
        raise UsageError(
            f"The {len(pairs)} messages are nearly the same: too few different ones to learn from and to test on. "
            "Give different messages."
        )
    most = fit.limit(bench.model) // (2 * (SHOWN + 1))
    divided, cut_short = fit.split(divided, most, bench.model.tokenizer, "messages")
    rules = learn([wanted[question.question_id] for question in divided.training])
    if not rules:
        raise UsageError("The replies have no rule of style in common that code can check: compare answers instead.")
    longest = max(len(bench.model.tokenizer.encode(reply, add_special_tokens=False)) for reply in wanted.values())
    room = min(256, int(1.2 * longest) + 8)
    report(f"{len(rules)} rules learned: {', '.join(rule.name for rule in rules)}")
    content = repr((bench.model.key, bench.embedder.key, list(pairs), list(arms), seeds, minutes))
    key = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16]
    examples = [
        Example(build(each.text, instruction=PLAIN), fit.cut(wanted[each.question_id], most, bench.model.tokenizer))
        for each in divided.training
    ]
    planned = kept(out / PLAN, key)
    if planned is None:
        rates = _measure(bench, examples, rules, divided, arms, room)
        left = 60 * minutes - (time.perf_counter() - began)
        offered = min(len(examples), MOST_PAIRS)
        planned = plan(arms, DROPPED_FIRST, seeds, len(divided.tested), offered, rates, left)
        keep(out / PLAN, key, planned)
    report(str(planned))
    tested = divided.tested[: planned.tested]
    training: dict[str, Training] = {}
    frames = []
    for number in range(planned.seeds):
        if "tuned" in planned.arms:
            taught = examples[: planned.pairs]
            training[f"replies {number}"] = bench.teach("on replies", taught, _recipe(SEED + number))
        for name in planned.arms:
            if name in TAUGHT or not number:
                arm = _make(name, bench, examples, rules, room, training.get(f"replies {number}"))
                frame = run([arm], tested, journal=out / ANSWERS, key=key)
                frames.append(frame.assign(seed=number if name in TAUGHT else pd.NA))
    frame = pd.concat(frames, ignore_index=True)
    shares = [sum(rule.kept(text) for rule in rules) / len(rules) for text in frame["text"]]
    likeness = [token_f1(text, wanted[name]) for text, name in zip(frame["text"], frame["question_id"], strict=True)]
    frame = frame.assign(correct=[share == 1 for share in shares], rules_kept=shares, token_f1=likeness)
    given = sum(all(rule.kept(wanted[each.question_id]) for rule in rules) for each in tested) / len(tested)
    notes = (
        f"Rules learned from {len(examples)} replies: {'; '.join(rule.said for rule in rules)}",
        f"Of the replies that people gave to the tested messages, {given:.2f} keep all of these rules.",
        "Whether the facts in a reply are right was not checked: no fact is given with the examples.",
        *cut_short,
        *named([pair.text for pair in pairs]),
    )
    return Contest(planned, divided, frame, training, 0.0, notes)


def divide(pairs: Sequence[Pair], seed: int = SEED) -> tuple[Split, dict[str, str]]:
    """About `TESTED` of the messages for the test, near-duplicates together; and each one's reply by its id."""
    groups = near_duplicates([pair.text for pair in pairs])
    asked = [
        Question(f"t{place + 1}", pair.text, (), "reply", (), f"g{group}", "", "")
        for place, (pair, group) in enumerate(zip(pairs, groups, strict=True))
    ]
    order = sorted(set(groups))
    random.Random(seed).shuffle(order)
    held: set[int] = set()
    taken = 0
    for group in order:
        size = int((groups == group).sum())
        if taken + size <= max(1, TESTED * len(pairs)):
            held.add(group)
            taken += size
    shuffled = random.Random(seed).sample(list(zip(asked, groups, strict=True)), len(asked))
    split = Split(
        tuple(question for question, group in shuffled if group not in held),
        tuple(question for question, group in shuffled if group in held),
        0,
    )
    return split, {question.question_id: pair.target for question, pair in zip(asked, pairs, strict=True)}


def _measure(
    bench: Workbench,
    examples: Sequence[Example],
    rules: Sequence[Rule],
    divided: Split,
    arms: Sequence[str],
    room: int,
) -> Rates:
    asked, few, once = divided.tested[:PROBED], examples[: 2 * PROBED], _recipe(0, passes=1)
    trained = train(bench.model, few, once) if "tuned" in arms else None  # the first go warms up, too
    began = time.perf_counter()
    if trained:
        train(bench.model, few, once)
    each = (time.perf_counter() - began) / len(few)
    answering = {}
    for name in arms:
        arm = _make(name, bench, examples, rules, room, trained)
        began = time.perf_counter()
        arm.answer(asked)
        answering[name] = (time.perf_counter() - began) / len(asked)
    return Rates(answering, {"replies": each * _recipe(0).passes}, TAUGHT)


def _make(
    name: str,
    bench: Workbench,
    examples: Sequence[Example],
    rules: Sequence[Rule],
    room: int,
    training: Training | None,
) -> Arm:
    if name == "tuned":
        assert training is not None
        return Tuned(bench.model.adapted(training.adapter), PLAIN, room)
    if name == "few_shot":
        return FewShot(bench.model, examples[:SHOWN], said(rules), room)
    if name == "retrieved_few_shot":
        return RetrievedFewShot(bench.model, examples, bench.embedder, SHOWN, said(rules), room)
    return LongPrompt(bench.model, said(rules), room) if name == "long_prompt" else Prompt(bench.model, PLAIN, room)


def _recipe(seed: int, passes: int = 2) -> Recipe:
    return Recipe(layers=15, rank=16, rate=2e-3, passes=passes, batch=8, seed=seed)
