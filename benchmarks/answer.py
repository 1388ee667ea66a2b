"""Answering a batch of prompts with retrieved passages: seconds per prompt, and whether the answers are the same.

Each repeat has prompts of its own, so that an engine which keeps prompts cannot answer from the repeat before.
Every engine starts from chats and ends with texts; templates and tokens are part of the time.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common import Options, chosen, quality, race, row
from benchmarks.worker import Side

if TYPE_CHECKING:
    from twolevers.data.records import Question
    from twolevers.lessons.common.bench import Workbench
    from twolevers.models.adapter import Adapter
    from twolevers.models.api import Chat

Draw = Callable[["Workbench", int], "list[tuple[Chat, Question]]"]  # prompts and what they ask, by number
PROMPTS = 64
WARM_UP = 16
SEED = 3
REFERENCE = "transformers fp32"


def rows(options: Options) -> list[dict[str, Any]]:
    """Against each peer: the model as it is, with lesson 12's adapter merged, and on prompts that share passages."""
    from twolevers.lessons.both import experiment as both
    from twolevers.lessons.common.bench import Workbench
    from twolevers.models.weights import LANGUAGE_MODEL, locate

    folder = locate(LANGUAGE_MODEL.name)
    names = {side.name for side in chosen(competitors(folder, ""), options)}
    bench = Workbench.load(LANGUAGE_MODEL.name)
    with tempfile.TemporaryDirectory() as scratch:
        tuned = merge(folder, both.train_open_book(bench).adapter, Path(scratch, "tuned"))
        cases = [
            ("as it is", folder, prompts),
            ("adapter merged", tuned, prompts),
            ("overlapping", folder, overlapping),
        ]
        return [row for case, model, draw in cases for row in _case(bench, case, model, draw, names, options)]


def competitors(folder: Path, scratch: str) -> list[Side]:
    """Every peer with its best settings on the model in `folder`."""
    model, converted = {"folder": str(folder)}, {"folder": str(folder), "scratch": scratch}
    generate = "benchmarks.peers.generate:Generate"
    batches = "batches of 16 sorted by length, left-padded"
    q8 = "8-bit weights (Q8_0)"
    return [
        Side(REFERENCE, generate, {**model, "dtype": "float32"}, (), f"float32, {batches}"),
        Side("transformers bf16", generate, {**model, "dtype": "bfloat16"}, (), f"bfloat16, {batches}"),
        Side(
            "CTranslate2 int8",
            "benchmarks.peers.ctranslate2_int8:CTranslate2",
            converted,
            ("ctranslate2",),
            "int8, batches of 16, one replica a thread",
        ),
        Side(
            "OpenVINO GenAI",
            "benchmarks.peers.openvino:OpenVino",
            converted,
            ("openvino_genai",),
            f"{q8}, continuous batching of all prompts, prefix caching",
        ),
        Side(
            "llama.cpp",
            "benchmarks.peers.llama_cpp:LlamaCpp",
            converted,
            ("xllamacpp",),
            f"{q8}, 8 slots, prefix caching",
        ),
    ]


def merge(folder: Path, adapter: "Adapter", out: Path) -> Path:
    """A copy of the model in `folder` with the adapter added into its weights, which every engine can convert."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, out)
    tensors = load_file(folder / "model.safetensors")
    for name in adapter.pairs:
        key = f"model.{name}.weight"
        tensors[key] = (tensors[key].float() + adapter.delta(name)).to(tensors[key].dtype)
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    (out / "manifest.json").unlink()  # it names the weights as they were
    return out


def prompts(bench: "Workbench", n: int) -> "list[tuple[Chat, Question]]":
    """`n` held-out questions with two or three passages of 40 words by turns: about 100 to 250 tokens of context."""
    from twolevers.arms.prompts import build

    questions = bench.held_out("test", n, SEED)
    found = bench.retriever.search([question.text for question in questions], 3)
    return [
        (build(question.text, passages[: 2 + place % 2]), question)
        for place, (question, passages) in enumerate(zip(questions, found, strict=True))
    ]


def overlapping(bench: "Workbench", n: int) -> "list[tuple[Chat, Question]]":
    """`n` questions with three passages, each fact asked in four wordings in turn: where many ask about few things."""
    from twolevers.arms.prompts import build
    from twolevers.data.questions import ask

    rows = bench.questions[(bench.questions["kind"] == "fact") & (bench.questions["split"] == "test")]
    rows = rows.sample(n=min(-(-n // 4), len(rows)), random_state=SEED)
    questions = [
        question for four in zip(*(ask(rows, wording) for wording in range(4)), strict=True) for question in four
    ]
    found = bench.retriever.search([question.text for question in questions[:n]], 3)
    return [(build(question.text, near), question) for question, near in zip(questions, found, strict=False)]


def _case(
    bench: "Workbench", case: str, folder: Path, draw: "Draw", names: set[str], options: Options
) -> list[dict[str, Any]]:
    """Rows of one model and kind of prompts, raced by our two precisions and the peers named."""
    drawn = draw(bench, WARM_UP + PROMPTS * options.repeats)
    chats = [chat for chat, _ in drawn]
    size = (len(chats) - WARM_UP) // options.repeats
    rounds = [chats[begin : begin + size] for begin in range(WARM_UP, WARM_UP + size * options.repeats, size)]
    asked = [question for _, question in drawn[WARM_UP : WARM_UP + size * options.repeats]]
    default = Side("ours", "benchmarks.peers.ours:Answer", {"folder": str(folder)})
    exact = Side("ours fp32", "benchmarks.peers.ours:Answer", {"folder": str(folder), "dtype": "float32"})
    with tempfile.TemporaryDirectory() as scratch:
        peers = [side for side in competitors(folder, scratch) if side.name in names]
        runs = race([default, exact], peers, chats[:WARM_UP], rounds, options)
    texts = {name: [text for run in done for text in run.result] for name, done in runs.items()}
    seconds = {name: [run.seconds / size for run in done] for name, done in runs.items()}
    right = {name: _right(said, asked) for name, said in texts.items()}
    same = {name: _same(said, texts.get(REFERENCE)) for name, said in texts.items()}
    dtype = str(bench.model.decoder.dtype).removeprefix("torch.")
    pairs = [(default, peer) for peer in peers] + [(exact, peer) for peer in peers if peer.name == REFERENCE]
    return [
        row(
            "answer",
            f"{'model ' if draw is prompts else 'prompts '}{case}, {ours.name}",
            peer.name,
            seconds[ours.name],
            seconds[peer.name],
            "s/prompt",
            **quality(right[ours.name], right[peer.name], [question.entity for question in asked]),
            identical_ours=same[ours.name],
            identical_theirs=same[peer.name],
            note=f"{size} prompts a repeat. Ours: {'float32' if ours is exact else dtype}. Peer: {peer.note}.",
        )
        for ours, peer in pairs
        if peer.name in runs
    ]


def _right(texts: Sequence[str], questions: "Sequence[Question]") -> list[float]:
    from twolevers.evaluate.metrics import answer_match

    return [
        float(answer_match(text, question.answers, entity=question.entity))
        for text, question in zip(texts, questions, strict=True)
    ]


def _same(texts: Sequence[str], reference: Sequence[str] | None) -> float:
    """Share of answers equal to the reference's, letter by letter; NaN when the reference did not take part."""
    if reference is None:
        return float("nan")
    return sum(a == b for a, b in zip(texts, reference, strict=True)) / len(reference)
