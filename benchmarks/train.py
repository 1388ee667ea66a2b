"""LoRA training against `transformers.Trainer` + peft: tokens per second, and what was learned.

Every side trains on the same pairs with the same batch size, epochs, learning rate, rank and seed; repeat r uses
seed r. Every adapter then answers the same held-out questions through our engine, so that only the training differs.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common import Options, chosen, quality, race, row
from benchmarks.machine import gemm
from benchmarks.peers.jobs import TrainJob
from benchmarks.worker import Run, Side

if TYPE_CHECKING:
    from twolevers.arms.protocol import Arm
    from twolevers.data.records import Question
    from twolevers.lessons.common.bench import Workbench
    from twolevers.models.api import Example, LanguageModel
    from twolevers.models.native.decoder import Shape

FACTS = 10  # facts to memorise, each in its four training wordings
PAIRS = 64  # pairs to learn reading and citing from
HELD_OUT = 96  # questions about products that no pair is about


@dataclass(frozen=True)
class Case:
    """A training task: what is trained on, and the arm and questions that show what was learned."""

    job: TrainJob
    asked: "list[Question]"
    arm: "Callable[[LanguageModel], Arm]"


def rows(options: Options) -> list[dict[str, Any]]:
    """Both tasks, our recipe and our engine on all layers, against each peer; and the share of the GEMM rate."""
    from twolevers.lessons.common.bench import Workbench
    from twolevers.models.weights import LANGUAGE_MODEL, locate

    folder = locate(LANGUAGE_MODEL.name)
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        where = {"folder": str(folder), "scratch": scratch}
        fp32 = "float32, Trainer's defaults, LoRA r16 on all linear layers of all 30 layers"
        peers = [
            Side("Trainer defaults", "benchmarks.peers.trainer:PeftTrainer", where, ("peft", "accelerate"), fp32),
            Side(
                "Trainer bf16",
                "benchmarks.peers.trainer:PeftTrainer",
                {**where, "bf16": True},
                ("peft", "accelerate"),
                fp32.replace("float32", "bf16=True (autocast)"),
            ),
        ]
        peers = chosen(peers, options)
        bench = Workbench.load(LANGUAGE_MODEL.name)
        shape = bench.model.decoder.shape
        dtype = str(bench.model.decoder.dtype).removeprefix("torch.")
        everywhere = {**where, "layers": shape.layers}
        for case in (memorise(bench), read_and_cite(bench)):
            recipe = Side(f"ours, top {case.job.recipe.layers} layers", "benchmarks.peers.ours:Train", where)
            engine = Side("ours, all layers", "benchmarks.peers.ours:Train", everywhere)
            products = gemm(dtype)
            job = case.job
            rounds = [replace(job, recipe=replace(job.recipe, seed=seed)) for seed in range(options.repeats)]
            short = replace(job, examples=job.examples[: job.recipe.batch_size], recipe=replace(job.recipe, epochs=1))
            runs = race([recipe, engine, products], peers, short, rounds, options)
            tokens = _tokens(bench, job.examples) * job.recipe.epochs
            scores = {
                side.name: _scores(bench, case, runs[side.name])
                for side in (recipe, engine, *peers)
                if side.name in runs
            }
            clusters = [question.entity for question in case.asked] * options.repeats
            for ours in (recipe, engine):
                speed = [tokens / run.seconds for run in runs[ours.name]]
                for peer in (peer for peer in peers if peer.name in runs):
                    found.append(
                        row(
                            "train",
                            f"{job.name}, {ours.name}",
                            peer.name,
                            speed,
                            [tokens / run.seconds for run in runs[peer.name]],
                            "tokens/s",
                            **quality(scores[ours.name], scores[peer.name], clusters),
                            note=f"{len(job.examples)} pairs, {job.recipe.epochs} epochs, "
                            f"batch size {job.recipe.batch_size}, "
                            f"learning rate {job.recipe.learning_rate:g}. Ours: {dtype}. Peer: {peer.note}.",
                        )
                    )
                needed = flops(bench, job, shape.layers if ours is engine else job.recipe.layers) / 1e9
                found.append(
                    row(
                        "train",
                        f"{job.name}, {ours.name}",
                        f"rate of matrix products, {dtype}",
                        [needed / run.seconds for run in runs[ours.name]],
                        [run.result / 1e9 / run.seconds for run in runs[products.name]],
                        "GFLOP/s",
                        note="Share of the measured rate that the products needed take; it cannot pass 1.",
                    )
                )
    return found


def memorise(bench: "Workbench") -> Case:
    """Lesson 01's task on fewer facts: closed-book pairs, asked in wordings that were not trained on."""
    from twolevers.arms.tuned import Tuned, closed_book
    from twolevers.data.questions import HELD_OUT_WORDINGS, ask
    from twolevers.lessons.common.bench import check_leaks
    from twolevers.lessons.two_levers import experiment as two_levers

    facts = two_levers.facts(bench).head(FACTS)
    pairs = bench.training(facts)
    asked = [question for wording in HELD_OUT_WORDINGS for question in ask(facts, wording)]
    check_leaks(pairs, asked, unseen=False)
    return Case(TrainJob("memorise", closed_book(pairs), two_levers.RECIPE), asked, Tuned)


def read_and_cite(bench: "Workbench") -> Case:
    """Lesson 12's task: pairs with retrieved passages, asked about products that no pair is about."""
    from twolevers.arms.both import Both, open_book
    from twolevers.lessons.both import experiment as both

    pairs = random.Random(both.SEED).sample(both.pairs(bench), PAIRS)
    job = TrainJob("read and cite", open_book(pairs, bench.retriever, both.K, seed=both.SEED), both.RECIPE)
    return Case(job, both.tested(bench)[:HELD_OUT], lambda model: Both(model, bench.retriever, both.K))


def flops(bench: "Workbench", job: TrainJob, layers: int) -> float:
    """Floating point operations of the matrix products that this training cannot do without.

    Per token and matrix of in × out: 2·in·out forward; the same again back to its input in the tuned layers (W is
    frozen, so it has no gradient), but not for the q, k, v of the lowest of them, below which nothing is tuned.
    LoRA of rank r adds 2·r·(in + out) forward and twice that back. Attention of a row of T tokens takes
    2·T²·heads·head_dim forward (causal half of two products) and twice that back. The output matrix is used on
    answer tokens only, forward and back. Layers below the tuned ones run once for all passes; the tokens that all
    prompts start with count once below and once a batch above, though most engines compute them for each row.
    """
    from twolevers.models.native.model import shared_start

    shape, vocabulary = bench.model.decoder.shape, bench.model.decoder.head.shape[0]
    prompts = [bench.model.encode(example.chat) for example in job.examples]
    answers = [_answer_tokens(bench, example) for example in job.examples]
    start = shared_start(prompts)
    own = [len(prompt) - start + answer for prompt, answer in zip(prompts, answers, strict=True)]
    batches = -(-len(own) // job.recipe.batch_size)
    matrices = _matrices(shape)
    weights = sum(a * b for a, b in matrices)
    width = shape.heads * shape.head_dim
    qkv = shape.hidden * (width + 2 * shape.kv_heads * shape.head_dim)
    pairs = sum(length * (length + 2 * start) for length in own)
    once = (shape.layers - layers) * (2 * weights * (sum(own) + start) + 2 * width * (pairs + start**2))
    tokens = sum(own) + batches * start
    low_rank = 6 * job.recipe.rank * sum(a + b for a, b in matrices)
    linear = layers * (4 * weights + low_rank) * tokens - 2 * qkv * tokens
    attention = layers * 6 * width * (pairs + batches * start**2)
    return once + job.recipe.epochs * (linear + attention + 4 * shape.hidden * vocabulary * sum(answers))


def _matrices(shape: "Shape") -> list[tuple[int, int]]:
    """(in, out) of every linear matrix of one layer."""
    width, narrow = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    attention = [(shape.hidden, width), (shape.hidden, narrow), (shape.hidden, narrow), (width, shape.hidden)]
    return [*attention, (shape.hidden, shape.inner), (shape.hidden, shape.inner), (shape.inner, shape.hidden)]


def _tokens(bench: "Workbench", examples: "Sequence[Example]") -> int:
    """Prompt and answer tokens of one pass, padding not counted."""
    return sum(len(bench.model.encode(example.chat)) + _answer_tokens(bench, example) for example in examples)


def _answer_tokens(bench: "Workbench", example: "Example") -> int:
    return len(bench.model.tokenizer.encode(example.answer, add_special_tokens=False)) + 1


def _scores(bench: "Workbench", case: Case, runs: Sequence[Run]) -> list[float]:
    """1 for each held-out question answered right, else 0; seed after seed."""
    from twolevers.evaluate.run import run
    from twolevers.evaluate.scorers.facts import FACTS
    from twolevers.models.adapter import Adapter

    scores: list[float] = []
    for done in runs:
        arm = case.arm(bench.model.adapted(Adapter.load(Path(done.result))))
        scores += run([arm], case.asked, FACTS, journal=None, key="")["correct"].astype(float).tolist()
    return scores
