"""Fine-tuning: fit a LoRA adapter to question-and-answer pairs.

Three things make it fast enough for a lesson: layers below the tuned ones run once, not in each pass; the start
that all prompts share is computed once per step; and each frozen product stays one product (`MergedLinear`).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.nn import functional

from twolevers.errors import TwoLeversError
from twolevers.models.adam import Adam
from twolevers.models.adapter import FUSED, Adapter, Recipe
from twolevers.models.decoder import Decoder, Layer, causal
from twolevers.models.generation import READ_TOKENS, batches, pad
from twolevers.models.language_model import Chat, LanguageModel, shared_start
from twolevers.models.memory import give_back

STEP_TOKENS = 448  # tokens whose activations are kept at once: bounds the memory, not the batch


@dataclass(frozen=True)
class Example:
    """One training pair: a chat up to the answer, and the answer."""

    chat: Chat
    answer: str


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
    rows = prepare(model, examples, first)
    checks = prepare(model, held_out, first) if held_out else None
    adam = Adam(weights.parameters())
    per_pass = -(-len(examples) // recipe.batch)
    schedule = _schedule(per_pass * recipe.passes, recipe.warmup)
    history: list[dict[str, float]] = []
    best, kept = float("inf"), None
    for number in range(1, recipe.passes + 1):
        losses = []
        for picked in _shuffled(rows.lengths, recipe.batch, generator):
            losses.append(weights.backward(rows, picked))
            adam.step(recipe.rate * schedule(adam.steps))
            if tick:
                tick(len(picked))
        entry = {"pass": number, "loss": sum(losses) / len(losses), "seconds": time.perf_counter() - began}
        if checks:
            entry["held_out"] = weights.measure(checks)
            if recipe.patience and entry["held_out"] < best:
                best, kept = entry["held_out"], weights.pairs()
        history.append(entry)
        if recipe.patience and number - _best_pass(history) >= recipe.patience:
            break
    adapter = Adapter(recipe, model.name, kept or weights.pairs())
    give_back()
    read = (sum(rows.lengths) + len(examples) * rows.start.shape[1]) * len(history)
    return Training(adapter, history, time.perf_counter() - began, read)


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

    def layers(self) -> tuple[list[Layer], list[tuple[Tensor, Tensor]]]:
        """The tuned layers with the matrices as they stand, and for each product the fused matrices with the leaves
        that gather their gradients."""
        tuned, fused = [], []
        for index in range(self.first, self.decoder.shape.layers):
            layer, weights = self.decoder.layers[index], {}
            for name, parts in FUSED.items():
                pairs = [self.tensors[f"layers.{index}.{part}"] for part in parts]
                # The parts' A stacked, their B along a block diagonal.
                made = torch.cat([a for a, _ in pairs]), self.scale * torch.block_diag(*[b for _, b in pairs])
                leaves = [matrix.detach().requires_grad_() for matrix in made]
                fused += zip(made, leaves, strict=True)
                weights[name] = Merged(getattr(layer, name), *leaves)
            tuned.append(replace(layer, **weights))
        return tuned, fused

    def loss(self, layers: Sequence[Layer], rows: "Rows", picked: Sequence[int]) -> Tensor:
        """Mean cross-entropy (nats) over the answer tokens of the `picked` rows."""
        decoder = self.decoder
        start, hidden = rows.start, pad_states([rows.states[row] for row in picked])
        shared, length = start.shape[1], hidden.shape[1]
        after = decoder.rotary(torch.arange(shared, shared + length))
        before = decoder.rotary(torch.arange(shared)) if shared else None
        start_mask, mask = causal(shared, 0, decoder.dtype), causal(length, shared, decoder.dtype)
        ids, begins = [rows.ids[row] for row in picked], [rows.begins[row] for row in picked]
        spans = list(zip(ids, begins, strict=True))
        row = torch.cat([torch.full((len(each) - begin,), place) for place, (each, begin) in enumerate(spans)])
        place = torch.cat([torch.arange(begin - 1, len(each) - 1) for each, begin in spans])
        target = torch.cat([torch.tensor(each[begin:]) for each, begin in spans])
        for number, layer in enumerate(layers, start=1):
            past = None
            if shared:
                start, past = decoder.block(layer, start, before, start_mask, None)
            # Above the last attention only what predicts an answer counts.
            wanted = (row, place) if number == len(layers) else None
            hidden, _ = decoder.block(layer, hidden, after, mask, past, wanted)
        return decoder.loss(hidden, target)

    def backward(self, rows: "Rows", picked: Sequence[int]) -> float:
        """Add the gradients of one batch, taken in pieces that bound the memory; returns its mean loss."""
        total, (layers, fused) = 0.0, self.layers()
        for piece in batches([rows.lengths[row] for row in picked], STEP_TOKENS):
            part = [picked[place] for place in piece]
            loss = self.loss(layers, rows, part) * (rows.answer_tokens(part) / rows.answer_tokens(picked))
            loss.backward()
            total += float(loss.detach())
        # As autograd.backward with gradients given, which imports sympy: 60 MB and a second of every lesson.
        sum((made * leaf.grad).sum() for made, leaf in fused).backward()
        return total

    @torch.no_grad()
    def measure(self, rows: "Rows") -> float:
        """Mean loss per answer token over all rows."""
        layers, _ = self.layers()
        groups = batches(rows.lengths, READ_TOKENS)
        total = sum(float(self.loss(layers, rows, picked)) * rows.answer_tokens(picked) for picked in groups)
        return total / rows.answer_tokens(range(len(rows.ids)))


class Merged:
    """A weight in training: W + B·A summed once a step (B with its scale), used by every piece of the batch."""

    def __init__(self, weight: Tensor, down: Tensor, up: Tensor):
        self.down, self.up = down, up
        self.sum = torch.addmm(weight, up.detach().to(weight.dtype), down.detach().to(weight.dtype))

    def __call__(self, states: Tensor) -> Tensor:
        """States (..., in) to (..., out)."""
        return MergedLinear.apply(states, self.sum, self.down, self.up)


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
        """Gradients for the states, where they are wanted, A and B; none for W."""
        states, merged, down, up = ctx.saved_tensors
        flat, grad = states.flatten(0, -2), gradient.flatten(0, -2)
        to_down = (grad @ up.to(grad.dtype)).t() @ flat
        to_up = grad.t() @ (flat @ down.to(flat.dtype).t())
        to_states = gradient @ merged if ctx.needs_input_grad[0] else None
        return to_states, None, to_down.to(down.dtype), to_up.to(up.dtype)


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


@dataclass(frozen=True)
class Rows:
    """Examples ready for training: ids after the shared start, where answers begin in them, and hidden states.

    `start` (1, shared, hidden) and `states` (T, hidden each) enter the first tuned layer: nothing below it changes,
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
    shared = shared_start(prompts)
    # With `first` layers only, a prefill stops where the tuned layers begin.
    below = Decoder(decoder.shape, decoder.embedding, decoder.layers[:first], decoder.norm, decoder.head)
    start, pasts = torch.empty(1, 0, decoder.shape.hidden, dtype=decoder.dtype), None
    if shared:
        start, pasts = below.prefill(torch.tensor([prompts[0][:shared]]))
    ids = [
        [*prompt[shared:], *model.tokenizer.encode(example.answer, add_special_tokens=False), end]
        for prompt, example in zip(prompts, examples, strict=True)
    ]
    states: dict[int, Tensor] = {}
    for picked in batches([len(row) for row in ids], READ_TOKENS):
        hidden, _ = below.prefill(pad([ids[row] for row in picked]), pasts)
        for place, row in enumerate(picked):
            states[row] = hidden[place, : len(ids[row])].clone()
    begins = [len(prompt) - shared for prompt in prompts]
    give_back()
    return Rows(ids, begins, start, [states[row] for row in range(len(ids))])


def pad_states(states: Sequence[Tensor]) -> Tensor:
    """Hidden states of several rows (T, hidden each) as one right-padded tensor (rows, longest, hidden)."""
    return torch.nn.utils.rnn.pad_sequence(list(states), batch_first=True)


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
