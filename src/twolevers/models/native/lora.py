"""Fine-tuning: fit a LoRA adapter to question-and-answer pairs.

Three things make it fast enough for a lesson: layers below the tuned ones run once, not in each pass; the start
that all prompts share is computed once per step; and each frozen product stays one product (`MergedLinear`).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from twolevers.errors import TwoLeversError
from twolevers.models.adapter import FUSED, Adapter, Recipe
from twolevers.models.api import Example, LanguageModel, Tick, Training, within
from twolevers.models.memory import give_back
from twolevers.models.native.adam import Adam
from twolevers.models.native.decoder import Decoder, Layer
from twolevers.models.native.generation import READ_TOKENS
from twolevers.models.native.model import shared_start
from twolevers.models.native.packing import packs
from twolevers.models.schedule import best_epoch, schedule, shuffled

# Tokens (with one of padding) whose activations `STEP_LAYERS` layers keep at once: bounds the memory, not the batch.
STEP_TOKENS, STEP_LAYERS = 767, 15
WANTED = 32  # states that predict answers are padded to a multiple of this


def train(
    model: LanguageModel,
    examples: Sequence[Example],
    recipe: Recipe,
    held_out: Sequence[Example] = (),
    tick: Tick | None = None,
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
    rows = prepare(model, examples, first)
    checks = prepare(model, held_out, first) if held_out else None
    adam = Adam(weights.values, weights.gradients)
    per_epoch = -(-len(examples) // recipe.batch_size)
    factor = schedule(per_epoch * recipe.epochs, recipe.warmup)
    history: list[dict[str, float]] = []
    best, kept = float("inf"), None
    for number in range(1, recipe.epochs + 1):
        losses = []
        for picked in shuffled(rows.lengths, recipe.batch_size, generator):
            losses.append(weights.backward(rows, picked))
            adam.step(recipe.learning_rate * factor(adam.steps))
            if tick:
                tick(len(picked))
        entry = {"epoch": number, "loss": sum(losses) / len(losses), "seconds": time.perf_counter() - began}
        if checks:
            entry["held_out"] = weights.measure(checks)
            if recipe.patience and entry["held_out"] < best:
                best, kept = entry["held_out"], weights.pairs()
        history.append(entry)
        if recipe.patience and number - best_epoch(history) >= recipe.patience:
            break
    adapter = Adapter(recipe, model.name, kept or weights.pairs())
    give_back()
    read = (sum(rows.lengths) + len(examples) * len(rows.start)) * len(history)
    return Training(adapter, history, time.perf_counter() - began, read)


class LowRank:
    """The matrices in training, and the tuned layers run with them.

    All values lie in one tensor, and so do their gradients: the optimiser moves them at once.
    """

    def __init__(self, decoder: Decoder, first: int, recipe: Recipe, generator: torch.Generator):
        self.decoder, self.first, self.scale = decoder, first, recipe.alpha / recipe.rank
        shapes = {}
        for index in range(first, decoder.shape.layers):
            for name, parts in FUSED.items():
                width = getattr(decoder.layers[index], name).shape[1]
                shapes[index, name] = (
                    [(recipe.rank, width)] * len(parts),
                    [(size, recipe.rank) for size in _sizes(decoder, name)],
                )
        count = sum(rows * columns for pair in shapes.values() for part in pair for rows, columns in part)
        self.values, self.gradients = torch.zeros(count), torch.zeros(count)
        self.products: dict[tuple[int, str], Merged] = {}
        place = 0
        for (index, name), (downs, ups) in shapes.items():
            views = []
            for flat in (self.values, self.gradients):
                at, pieces = place, []
                for rows, columns in (*downs, *ups):
                    pieces.append(flat[at : at + rows * columns].view(rows, columns))
                    at += rows * columns
                views.append((pieces[: len(downs)], pieces[len(downs) :]))
            place = at
            for down in views[0][0]:
                # As in peft: A uniform as for a linear layer, B zero, so that training starts at the base model.
                bound = down.shape[1] ** -0.5
                down.uniform_(-bound, bound, generator=generator)
            self.products[index, name] = Merged(getattr(decoder.layers[index], name), self.scale, *views)

    def pairs(self) -> dict[str, tuple[Tensor, Tensor]]:
        """A copy of the matrices as they stand, by peft's names."""
        return {
            f"layers.{index}.{part}": (a.clone(), b.clone())
            for (index, name), product in self.products.items()
            for part, a, b in zip(FUSED[name], *product.values, strict=True)
        }

    def layers(self) -> list[Layer]:
        """The tuned layers with the matrices as they stand."""
        for product in self.products.values():
            product.merge()
        return [
            replace(self.decoder.layers[index], **{name: self.products[index, name] for name in FUSED})
            for index in range(self.first, self.decoder.shape.layers)
        ]

    def loss(self, layers: Sequence[Layer], rows: "Rows", picked: Sequence[int]) -> Tensor:
        """Mean cross-entropy (nats) over the answer tokens of the `picked` rows."""
        decoder, start = self.decoder, len(rows.start)
        packing = decoder.packing([len(rows.ids[row]) for row in picked], start).prepare(decoder.dtype)
        hidden = torch.zeros(packing.size, decoder.shape.hidden, dtype=decoder.dtype)
        torch.cat([rows.start, *(rows.states[row] for row in picked)], out=hidden[: packing.total])
        places, targets = [], []
        for row, begin in zip(picked, packing.begins, strict=True):
            answer = rows.ids[row][rows.begins[row] :]
            places += range(begin + rows.begins[row] - 1, begin + len(rows.ids[row]) - 1)
            targets += answer
        wanted = packing.padded(torch.tensor(places), WANTED)
        target = torch.tensor(targets + [-1] * (len(wanted) - len(targets)))
        rotary = decoder.rotary(packing.positions)
        for number, layer in enumerate(layers, start=1):
            # Above the last attention only what predicts an answer counts.
            hidden = decoder.block(layer, hidden, rotary, packing, wanted if number == len(layers) else None)
        return decoder.loss(hidden, target)

    def backward(self, rows: "Rows", picked: Sequence[int]) -> float:
        """Add the gradients of one batch, taken in pieces that bound the memory; returns its mean loss."""
        total, layers = 0.0, self.layers()
        tokens = STEP_TOKENS * STEP_LAYERS // max(STEP_LAYERS, len(layers))
        for piece in packs([rows.lengths[row] for row in picked], tokens - len(rows.start)):
            part = [picked[place] for place in piece]
            loss = self.loss(layers, rows, part) * (rows.answer_tokens(part) / rows.answer_tokens(picked))
            loss.backward()
            total += float(loss.detach())
        return total

    @torch.no_grad()
    def measure(self, rows: "Rows") -> float:
        """Mean loss per answer token over all rows."""
        layers = self.layers()
        groups = packs(rows.lengths, READ_TOKENS - len(rows.start))
        total = sum(float(self.loss(layers, rows, picked)) * rows.answer_tokens(picked) for picked in groups)
        return total / rows.answer_tokens(range(len(rows.ids)))


Matrices = tuple[list[Tensor], list[Tensor]]  # of the parts of a fused product: A (rank, in) each, B (out, rank) each


class Merged:
    """A weight in training: W + B·A summed once a step (B scaled), used by every piece of the batch."""

    def __init__(self, weight: Tensor, scale: float, values: Matrices, gradients: Matrices):
        self.weight, self.scale, self.values, self.gradients = weight, scale, values, gradients
        ranks = sum(len(down) for down in values[0])
        # The parts' A stacked, their B along a block diagonal.
        self.down = torch.empty(ranks, weight.shape[1], dtype=weight.dtype)
        self.up = torch.zeros(weight.shape[0], ranks, dtype=weight.dtype)
        self.sum = torch.empty_like(weight)

    def merge(self) -> None:
        """Take the matrices as they stand."""
        for down, up, (rows, columns) in zip(*self.values, self._blocks(), strict=True):
            self.down[columns] = down
            self.up[rows, columns] = up * self.scale
        torch.addmm(self.weight, self.up, self.down, out=self.sum)

    def add(self, to_down: Tensor, to_up: Tensor) -> None:
        """Add to the gradients of the fused A (ranks, in) and the fused, scaled B (out, ranks)."""
        for down, up, (rows, columns) in zip(*self.gradients, self._blocks(), strict=True):
            down += to_down[columns]
            up.add_(to_up[rows, columns], alpha=self.scale)

    def __call__(self, states: Tensor) -> Tensor:
        """States (N, in) to (N, out)."""
        # Autograd needs an input that wants a gradient; where nothing below is in training there is none.
        if torch.is_grad_enabled() and not states.requires_grad:
            states = states.detach().requires_grad_()
        return MergedLinear.apply(states, self)

    def _blocks(self) -> list[tuple[slice, slice]]:
        """Rows and columns of each part's B in the fused one."""
        row = column = 0
        found = []
        for up in self.values[1]:
            found.append((slice(row, row + len(up)), slice(column, column + up.shape[1])))
            row, column = row + len(up), column + up.shape[1]
        return found


class MergedLinear(torch.autograd.Function):
    """y = x·(W + B·A)ᵀ with one product forward and one back, as for a frozen W; A and B get low-rank gradients.

    Training through the rounded sum W + B·A means that the model trained is the merged model served.
    """

    @staticmethod
    def forward(ctx, states: Tensor, weight: Merged) -> Tensor:
        """States (N, in) to (N, out)."""
        ctx.save_for_backward(states)
        ctx.weight, ctx.below = weight, states.grad_fn is not None
        return functional.linear(states, weight.sum)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, None]:
        """The gradient for the states, where something below wants it; those of A and B are added to the weight's."""
        (states,), weight = ctx.saved_tensors, ctx.weight
        weight.add((gradient @ weight.up).t() @ states, gradient.t() @ (states @ weight.down.t()))
        return gradient @ weight.sum if ctx.below else None, None


def _sizes(decoder: Decoder, name: str) -> list[int]:
    shape = decoder.shape
    sizes = {
        "qkv": [shape.heads * shape.head_dim, *[shape.kv_heads * shape.head_dim] * 2],
        "out": [shape.hidden],
        "gate_up": [shape.inner, shape.inner],
        "down": [shape.hidden],
    }
    return sizes[name]


@dataclass(frozen=True)
class Rows:
    """Examples ready for training: ids after the shared start, where answers begin in them, and hidden states.

    `start` (shared, hidden) and `states` (T, hidden each) enter the first tuned layer: nothing below it changes,
    so they are computed once.
    """

    ids: list[list[int]]
    begins: list[int]
    start: Tensor
    states: list[Tensor]

    @property
    def lengths(self) -> list[int]:
        """Tokens of each row after the shared start."""
        return [len(ids) for ids in self.ids]

    def answer_tokens(self, picked: Sequence[int]) -> int:
        """Answer tokens (end of turn included) of the picked rows."""
        return sum(len(self.ids[row]) - self.begins[row] for row in picked)


@torch.no_grad()
def prepare(model: LanguageModel, examples: Sequence[Example], first: int) -> Rows:
    """Encode examples and run the layers below `first`."""
    decoder, end = model.decoder, model.end
    prompts = [model.encode(example.chat) for example in examples]
    answers = [[*model.tokenizer.encode(example.answer, add_special_tokens=False), end] for example in examples]
    within(model, [[*prompt, *answer] for prompt, answer in zip(prompts, answers, strict=True)], 0)
    shared = shared_start(prompts)
    # With `first` layers only, a prefill stops where the tuned layers begin.
    below = Decoder(decoder.shape, decoder.embedding, decoder.layers[:first], decoder.norm, decoder.head)
    start, pasts = torch.empty(0, decoder.shape.hidden, dtype=decoder.dtype), None
    if shared:
        (start,), pasts = below.prefill([prompts[0][:shared]])
    ids = [[*prompt[shared:], *answer] for prompt, answer in zip(prompts, answers, strict=True)]
    states: dict[int, Tensor] = {}
    for picked in packs([len(row) for row in ids], READ_TOKENS):
        for row, hidden in zip(picked, below.prefill([ids[row] for row in picked], pasts)[0], strict=True):
            states[row] = hidden.clone()
    begins = [len(prompt) - shared for prompt in prompts]
    give_back()
    return Rows(ids, begins, start.clone(), [states[row] for row in range(len(ids))])
