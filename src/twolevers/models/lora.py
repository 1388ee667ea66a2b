"""Fine-tuning by low-rank adapters (LoRA, arXiv 2106.09685): train, save, load, merge.

The base weights W stay frozen; each adapted matrix is used as W + (alpha / rank) · B·A. Adapters are stored in
peft's file format, so any peft installation can load them.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from twolevers.errors import TwoLeversError
from twolevers.models.decoder import Decoder, Layer, causal
from twolevers.models.language_model import Chat, LanguageModel, batches, pad
from twolevers.paths import write_atomically

Row = tuple[list[int], int]  # token ids of prompt, answer and end of turn; where the answer begins
STEP_TOKENS = 1536  # tokens whose activations are kept at once: about 50 kB each in a 15-layer adapter

# Where each of peft's modules sits in our fused weights: our name, and the order of the stacked parts.
FUSED = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "out": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune. `layers` counts from the top; below them nothing is trained and activations are cached."""

    layers: int = 15
    rank: int = 16
    alpha: int = 32
    rate: float = 2e-3
    passes: int = 3
    batch: int = 16
    warmup: float = 0.1
    patience: int = 0  # stop after this many passes without a better held-out loss; 0 never stops
    seed: int = 0


@dataclass(frozen=True)
class Example:
    """One training pair: a chat up to the answer, and the answer."""

    chat: Chat
    answer: str


@dataclass(frozen=True)
class Adapter:
    """Trained low-rank matrices by peft module name (`layers.17.self_attn.q_proj`): A (rank, in), B (out, rank)."""

    recipe: Recipe
    base: str
    pairs: dict[str, tuple[Tensor, Tensor]]

    @property
    def key(self) -> str:
        """Content key of the adapter."""
        digest = hashlib.sha256()
        for name, (first, second) in sorted(self.pairs.items()):
            digest.update(name.encode() + first.numpy().tobytes() + second.numpy().tobytes())
        return digest.hexdigest()[:12]

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(first.numel() + second.numel() for first, second in self.pairs.values())

    def delta(self, name: str) -> Tensor:
        """The change (out, in) that the adapter adds to one weight matrix, float32."""
        first, second = self.pairs[name]
        return self.recipe.alpha / self.recipe.rank * second @ first

    def merged(self, decoder: Decoder) -> dict[int, Layer]:
        """The adapted layers with the adapter added into their weights."""
        changed = {}
        for index, layer in enumerate(decoder.layers):
            if f"layers.{index}.self_attn.q_proj" not in self.pairs:
                continue
            weights = {}
            for name, parts in FUSED.items():
                delta = torch.cat([self.delta(f"layers.{index}.{part}") for part in parts])
                weight = getattr(layer, name)
                weights[name] = (weight.float() + delta).to(weight.dtype)
            changed[index] = replace(layer, **weights)
        return changed

    def save(self, folder: Path) -> Path:
        """Write `adapter_config.json` and `adapter_model.safetensors` (peft's format); the configuration comes last."""
        from safetensors.torch import save

        tensors = {}
        for name, (first, second) in self.pairs.items():
            tensors[f"base_model.model.model.{name}.lora_A.weight"] = first.contiguous()
            tensors[f"base_model.model.model.{name}.lora_B.weight"] = second.contiguous()
        indices = sorted({int(name.split(".")[1]) for name in self.pairs})
        config = {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": self.base,
            "r": self.recipe.rank,
            "lora_alpha": self.recipe.alpha,
            "lora_dropout": 0.0,
            "bias": "none",
            "target_modules": sorted({part.split(".")[1] for parts in FUSED.values() for part in parts}),
            "layers_to_transform": indices,
            "layers_pattern": "layers",
            "twolevers_recipe": asdict(self.recipe),
        }
        write_atomically(folder / "adapter_model.safetensors", save(tensors))
        write_atomically(folder / "adapter_config.json", json.dumps(config, indent=2) + "\n")
        return folder

    @classmethod
    def load(cls, folder: Path) -> "Adapter":
        """Read an adapter written by `save`. Raises TwoLeversError when it is missing or damaged."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
            tensors = load_file(folder / "adapter_model.safetensors")
            recipe = Recipe(**config["twolevers_recipe"])
            suffix = ".lora_A.weight"
            pairs = {
                name.removeprefix("base_model.model.model.").removesuffix(suffix): (
                    first,
                    tensors[name.removesuffix(suffix) + ".lora_B.weight"],
                )
                for name, first in tensors.items()
                if name.endswith(suffix)
            }
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise TwoLeversError(f"The adapter in {folder} cannot be read ({error}): train it again.") from error
        return cls(recipe, config["base_model_name_or_path"], pairs)


@dataclass(frozen=True)
class Training:
    """What a training run produced. `history` rows: pass, loss, held_out (mean nats per answer token), seconds."""

    adapter: Adapter
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    tokens: int = 0  # prompt and answer tokens, counted once per pass


def train(
    model: LanguageModel,
    examples: Sequence[Example],
    recipe: Recipe,
    held_out: Sequence[Example] = (),
    tick: Callable[[int], None] | None = None,
) -> Training:
    """Fit an adapter to `examples`; only the answers (and the end of turn) count in the loss.

    With `held_out` the loss on them is measured after each pass, and the best pass is kept when
    `recipe.patience` is set. `tick(rows)` is called after each batch.
    """
    if not examples:
        raise TwoLeversError("No training examples were given: an adapter needs at least one.")
    began = time.perf_counter()
    decoder = model.decoder
    first = max(0, decoder.shape.layers - recipe.layers)
    generator = torch.Generator().manual_seed(recipe.seed)
    weights = LowRank(decoder, first, recipe, generator)
    rows = [_row(model, example) for example in examples]
    trunk = _trunk(decoder, rows, first)
    checks = [_row(model, example) for example in held_out]
    check_trunk = _trunk(decoder, checks, first)
    optimiser = torch.optim.AdamW(weights.parameters(), lr=recipe.rate, weight_decay=0.0)
    per_pass = -(-len(rows) // recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, _schedule(per_pass * recipe.passes, recipe.warmup))
    history: list[dict[str, float]] = []
    best, kept = float("inf"), None
    for number in range(1, recipe.passes + 1):
        losses = []
        for picked in _shuffled([len(row[0]) for row in rows], recipe.batch, generator):
            optimiser.zero_grad(set_to_none=True)
            losses.append(weights.backward(trunk, rows, picked))
            torch.nn.utils.clip_grad_norm_(weights.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            if tick:
                tick(len(picked))
        entry = {"pass": number, "loss": sum(losses) / len(losses), "seconds": time.perf_counter() - began}
        if checks:
            entry["held_out"] = weights.measure(check_trunk, checks)
            if recipe.patience and entry["held_out"] < best:
                best, kept = entry["held_out"], weights.pairs()
        history.append(entry)
        if recipe.patience and number - _best_pass(history) >= recipe.patience:
            break
    adapter = Adapter(recipe, model.name, kept or weights.pairs())
    tokens = sum(len(row[0]) for row in rows) * len(history)
    return Training(adapter, history, time.perf_counter() - began, tokens)


class LowRank:
    """The matrices in training, and the tuned layers run with them."""

    def __init__(self, decoder: Decoder, first: int, recipe: Recipe, generator: torch.Generator):
        self.decoder, self.first, self.scale = decoder, first, recipe.alpha / recipe.rank
        self.tensors: dict[str, tuple[Tensor, Tensor]] = {}
        for index in range(first, decoder.shape.layers):
            for name, parts in FUSED.items():
                weight = getattr(decoder.layers[index], name)
                for part, size in zip(parts, _sizes(decoder, name), strict=True):
                    # As in peft: A uniform as for a linear layer, B zero, so that training starts at the base model.
                    bound = weight.shape[1] ** -0.5
                    down = torch.empty(recipe.rank, weight.shape[1]).uniform_(-bound, bound, generator=generator)
                    up = torch.zeros(size, recipe.rank)
                    self.tensors[f"layers.{index}.{part}"] = (down.requires_grad_(), up.requires_grad_())

    def parameters(self) -> list[Tensor]:
        """Every trained tensor."""
        return [tensor for pair in self.tensors.values() for tensor in pair]

    def pairs(self) -> dict[str, tuple[Tensor, Tensor]]:
        """A copy of the matrices as they stand."""
        return {name: (a.detach().clone(), b.detach().clone()) for name, (a, b) in self.tensors.items()}

    def loss(self, states: Sequence[Tensor], rows: Sequence[Row]) -> Tensor:
        """Mean cross-entropy (nats) over the answer tokens of a batch, from the cached trunk `states`."""
        decoder = self.decoder
        hidden = torch.nn.utils.rnn.pad_sequence(list(states), batch_first=True)
        length = hidden.shape[1]
        rotary, mask = decoder.rotary(torch.arange(length)), causal(length)
        for index in range(self.first, decoder.shape.layers):
            layer = decoder.layers[index]
            weights = {name: self._weight(index, layer, name) for name in FUSED}
            hidden, _ = decoder.block(replace(layer, **weights), hidden, rotary, mask, None)
        # Answer positions first, then the large output matrix: it is by far the widest product.
        row = torch.cat([torch.full((len(ids) - begin,), number) for number, (ids, begin) in enumerate(rows)])
        place = torch.cat([torch.arange(begin - 1, len(ids) - 1) for ids, begin in rows])
        target = torch.cat([torch.tensor(ids[begin:]) for ids, begin in rows])
        return functional.cross_entropy(decoder.logits(hidden[row, place]), target)

    def backward(self, states: Sequence[Tensor], rows: Sequence[Row], picked: Sequence[int]) -> float:
        """Add the gradients of one batch, taken in pieces that bound the memory; returns its mean loss."""
        answers = sum(len(rows[row][0]) - rows[row][1] for row in picked)
        total = 0.0
        for piece in batches([len(rows[row][0]) for row in picked], STEP_TOKENS):
            part = [picked[place] for place in piece]
            share = sum(len(rows[row][0]) - rows[row][1] for row in part) / answers
            loss = self.loss([states[row] for row in part], [rows[row] for row in part]) * share
            loss.backward()
            total += float(loss.detach())
        return total

    @torch.no_grad()
    def measure(self, states: Sequence[Tensor], rows: Sequence[Row]) -> float:
        """Mean loss per answer token over all rows."""
        total = count = 0.0
        for picked in batches([len(ids) for ids, _ in rows]):
            tokens = sum(len(rows[row][0]) - rows[row][1] for row in picked)
            total += float(self.loss([states[row] for row in picked], [rows[row] for row in picked])) * tokens
            count += tokens
        return total / count

    def _weight(self, index: int, layer: Layer, name: str) -> Callable[[Tensor], Tensor]:
        """A fused weight in training: its parts' A stacked, their B along a block diagonal."""
        pairs = [self.tensors[f"layers.{index}.{part}"] for part in FUSED[name]]
        down = torch.cat([pair[0] for pair in pairs]).to(self.decoder.dtype)
        up = (self.scale * torch.block_diag(*[pair[1] for pair in pairs])).to(self.decoder.dtype)
        merged = torch.addmm(getattr(layer, name), up.detach(), down.detach())
        return lambda states: MergedLinear.apply(states, merged, down, up)


class MergedLinear(torch.autograd.Function):
    """y = x·(W + B·A)ᵀ with one product forward and one back, as for a frozen W; A and B get low-rank gradients.

    Training through the rounded sum W + B·A means that the model trained is the merged model served.
    """

    @staticmethod
    def forward(ctx, states, merged, down, up):
        """States (..., in); merged (out, in); down A (rank, in); up B (out, rank), scale included."""
        ctx.save_for_backward(states, merged, down, up)
        return functional.linear(states, merged)

    @staticmethod
    def backward(ctx, gradient):
        """Gradients for the states, A and B; none for W."""
        states, merged, down, up = ctx.saved_tensors
        flat, grad = states.flatten(0, -2), gradient.flatten(0, -2)
        to_down = (grad @ up).t() @ flat
        to_up = grad.t() @ (flat @ down.t())
        return gradient @ merged, None, to_down, to_up


def _best_pass(history: list[dict[str, float]]) -> int:
    scored = [entry for entry in history if "held_out" in entry]
    return int(min(scored, key=lambda entry: entry["held_out"])["pass"]) if scored else len(history)


def _sizes(decoder: Decoder, name: str) -> list[int]:
    shape = decoder.shape
    sizes = {
        "qkv": [shape.heads * shape.head_dim, *[shape.kv_heads * shape.head_dim] * 2],
        "out": [shape.hidden],
        "gate_up": [shape.inner, shape.inner],
        "down": [shape.hidden],
    }
    return sizes[name]


def _row(model: LanguageModel, example: Example) -> Row:
    """Token ids of prompt, answer and end of turn, and where the answer begins."""
    prompt = model.encode(example.chat)
    answer = model.tokenizer.encode(example.answer, add_special_tokens=False)
    return [*prompt, *answer, model.end], len(prompt)


@torch.no_grad()
def _trunk(decoder: Decoder, rows: Sequence[Row], first: int) -> list[Tensor]:
    """Hidden states (T, hidden) that enter layer `first`, per row: computed once, since nothing below is trained."""
    states: dict[int, Tensor] = {}
    for picked in batches([len(ids) for ids, _ in rows]):
        ids = pad([rows[row][0] for row in picked])
        rotary, mask = decoder.rotary(torch.arange(ids.shape[1])), causal(ids.shape[1])
        hidden = decoder.embed(ids)
        for layer in decoder.layers[:first]:
            hidden, _ = decoder.block(layer, hidden, rotary, mask, None)
        for place, row in enumerate(picked):
            states[row] = hidden[place, : len(rows[row][0])].clone()
    return [states[row] for row in range(len(rows))]


def _shuffled(lengths: Sequence[int], size: int, generator: torch.Generator) -> list[list[int]]:
    """Batches of similar length in random order: little padding, yet a new mix in each pass."""
    jitter = torch.rand(len(lengths), generator=generator) * 0.2 + 0.9
    order = sorted(range(len(lengths)), key=lambda row: lengths[row] * float(jitter[row]))
    groups = [order[begin : begin + size] for begin in range(0, len(order), size)]
    return [groups[place] for place in torch.randperm(len(groups), generator=generator).tolist()]


def _schedule(steps: int, warmup: float) -> Callable[[int], float]:
    """Linear warm-up, then linear decay to a tenth."""
    rising = max(1, int(steps * warmup))
    return lambda step: (step + 1) / rising if step < rising else 1 - 0.9 * (step - rising) / max(1, steps - rising)
