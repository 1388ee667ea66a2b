"""Fine-tuning through peft: the same recipe, order of batches, loss and schedule as our own engine's (`lora`)."""

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from twolevers.errors import TwoLeversError
from twolevers.models.adapter import Adapter, Recipe
from twolevers.models.api import Example, Tick, Training, within
from twolevers.models.native.adam import BETAS, EPSILON, LONGEST
from twolevers.models.native.packing import packs
from twolevers.models.schedule import best_epoch, schedule, shuffled

if TYPE_CHECKING:
    from twolevers.models.hf import TransformersModel

STEP_TOKENS = {"cpu": 1_024, "mps": 2_048, "cuda": 4_096}  # whose activations are kept at once: bounds the memory
NO_TARGET = -100
Row = tuple[list[int], list[int]]  # token ids of a prompt, and of its answer


def train(
    model: "TransformersModel",
    examples: Sequence[Example],
    recipe: Recipe,
    held_out: Sequence[Example] = (),
    tick: Tick | None = None,
) -> Training:
    """Fit an adapter to `examples`; only the answers (and the end of turn) count in the loss. See `lora.train`."""
    if not examples:
        raise TwoLeversError("No training examples were given: an adapter needs at least one.")
    began = time.perf_counter()
    rows, checks = _rows(model, examples), _rows(model, held_out)
    lengths = [len(prompt) + len(answer) for prompt, answer in rows]
    generator = torch.Generator().manual_seed(recipe.seed)
    targets = linear_layers(model.network, recipe.layers)
    history: list[dict[str, float]] = []
    best, kept = float("inf"), None
    with _in_training(model, targets, recipe) as (network, pairs):
        values = [value for value in network.parameters() if value.requires_grad]
        adam = torch.optim.Adam(values, lr=recipe.learning_rate, betas=BETAS, eps=EPSILON)
        factor, steps = schedule(-(-len(rows) // recipe.batch_size) * recipe.epochs, recipe.warmup), 0
        for number in range(1, recipe.epochs + 1):
            losses = []
            for picked in shuffled(lengths, recipe.batch_size, generator):
                steps += 1
                losses.append(_backward(network, [rows[row] for row in picked], model.device))
                nn.utils.clip_grad_norm_(values, LONGEST)
                adam.param_groups[0]["lr"] = recipe.learning_rate * factor(steps - 1)
                adam.step()
                adam.zero_grad()
                if tick:
                    tick(len(picked))
            entry = {"epoch": number, "loss": sum(losses) / len(losses), "seconds": time.perf_counter() - began}
            if checks:
                entry["held_out"] = _measure(network, checks, model.device)
                if recipe.patience and entry["held_out"] < best:
                    best, kept = entry["held_out"], pairs()
            history.append(entry)
            if recipe.patience and number - best_epoch(history) >= recipe.patience:
                break
        kept = kept or pairs()
    prefix = "model." if all(name.startswith("model.") for name in kept) else ""
    adapter = Adapter(recipe, model.name, {name.removeprefix(prefix): pair for name, pair in kept.items()}, prefix)
    return Training(adapter, history, time.perf_counter() - began, sum(lengths) * len(history))


def linear_layers(network: Any, layers: int) -> list[str]:
    """Names of all linear maps in the top `layers` blocks; the head and the embedding are none of them."""
    from transformers.pytorch_utils import Conv1D

    count = network.config.get_text_config().num_hidden_layers
    blocks = [
        name for name, module in network.named_modules() if isinstance(module, nn.ModuleList) and len(module) == count
    ]
    found = []
    for index in range(max(0, count - layers), count):
        block = f"{blocks[0]}.{index}" if blocks else ""
        inside = network.get_submodule(block).named_modules() if block else ()
        found += [f"{block}.{name}" for name, module in inside if isinstance(module, nn.Linear | Conv1D)]
    if not found:
        raise TwoLeversError("This model has no blocks of linear layers that an adapter could change: choose another.")
    return found


@contextmanager
def _in_training(
    model: "TransformersModel", targets: list[str], recipe: Recipe
) -> Iterator[tuple[Any, Callable[[], dict[str, tuple[Tensor, Tensor]]]]]:
    """The network with low-rank matrices in it, and a function that copies them; afterwards it is as it was."""
    from peft import LoraConfig, get_peft_model
    from transformers.pytorch_utils import Conv1D

    plain = model.network
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=0.0,
        target_modules=targets,
        task_type="CAUSAL_LM",
        fan_in_fan_out=isinstance(plain.get_submodule(targets[0]), Conv1D),
    )
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft and transformers about each other
        torch.manual_seed(recipe.seed)
        network = get_peft_model(plain, config)

    def pairs() -> dict[str, tuple[Tensor, Tensor]]:
        found = {}
        for name in targets:
            module = plain.get_submodule(name)
            both = (module.lora_A["default"].weight, module.lora_B["default"].weight)
            found[name] = tuple(each.detach().float().cpu().clone() for each in both)
        return found

    try:
        yield network, pairs
    finally:
        network.unload()
        if hasattr(plain, "peft_config"):
            del plain.peft_config
        plain.requires_grad_(False)


def _rows(model: "TransformersModel", examples: Sequence[Example]) -> list[Row]:
    prompts = [model.encode(example.chat) for example in examples]
    texts = [model.tokenizer.encode(example.answer, add_special_tokens=False) for example in examples]
    answers = [[*ids, model.end] for ids in texts]
    within(model, [[*prompt, *answer] for prompt, answer in zip(prompts, answers, strict=True)], 0)
    return list(zip(prompts, answers, strict=True))


def _backward(network: Any, rows: Sequence[Row], device: str) -> float:
    """Add the gradients of one batch, taken in pieces that bound the memory; returns its mean loss."""
    total, tokens = 0.0, sum(len(answer) for _, answer in rows)
    for piece in packs([len(prompt) + len(answer) for prompt, answer in rows], STEP_TOKENS[device]):
        loss = _loss(network, [rows[row] for row in piece], device) / tokens
        loss.backward()
        total += float(loss.detach())
    return total


@torch.no_grad()
def _measure(network: Any, rows: Sequence[Row], device: str) -> float:
    """Mean loss per answer token over all rows."""
    groups = packs([len(prompt) + len(answer) for prompt, answer in rows], STEP_TOKENS[device])
    total = sum(float(_loss(network, [rows[row] for row in group], device)) for group in groups)
    return total / sum(len(answer) for _, answer in rows)


def _loss(network: Any, rows: Sequence[Row], device: str) -> Tensor:
    """Cross-entropy (nats) summed over the answers' tokens."""
    from twolevers.models.hf import last_logits

    most = max(len(answer) for _, answer in rows)
    # The last token predicts nothing that counts; one more state before the answer predicts its first token.
    logits = last_logits(network, [[*prompt, *answer] for prompt, answer in rows], device, most + 1)[:, :-1]
    targets = [[NO_TARGET] * (most - len(answer)) + answer for _, answer in rows]
    wanted = torch.tensor(targets, device=logits.device).flatten()
    return functional.cross_entropy(logits.flatten(0, 1), wanted, ignore_index=NO_TARGET, reduction="sum")
