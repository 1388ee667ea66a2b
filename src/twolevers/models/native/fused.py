"""Steps of the decoder that keep little for the backward pass: what is cheap to compute again is not stored.

With torch's own versions a lesson's training would need about twice the memory.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from twolevers.models.native.packing import Packing

SCORES = 3 * 2**18  # scores of attention at once: with more of them they leave the processor's cache
POSITIONS = 64  # rows of scores at once: 12 MB in float32 for 49,152 tokens


class RootMeanSquare(torch.autograd.Function):
    """y = weight · x / sqrt(mean(x²) + eps), weight frozen (arXiv 1910.07467). Keeps x and one number per row."""

    @staticmethod
    def forward(ctx, states: Tensor, weight: Tensor, eps: float) -> Tensor:
        """States (..., d), weight (d)."""
        exact = torch.promote_types(states.dtype, torch.float32)
        scale = torch.linalg.vector_norm(states, dim=-1, keepdim=True, dtype=exact)
        scale = (scale.square() / states.shape[-1] + eps).rsqrt()
        ctx.save_for_backward(states, weight, scale)
        return functional.rms_norm(states, (states.shape[-1],), weight, eps)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        """The gradient for the states only."""
        states, weight, scale = ctx.saved_tensors
        scaled = gradient * weight
        # Only the sum needs more digits than the gradient has.
        along = (scaled * states).sum(dim=-1, keepdim=True, dtype=scale.dtype) * scale.square() / states.shape[-1]
        result = torch.addcmul(scaled, states, along.to(states.dtype), value=-1)
        return result.mul_(scale.to(states.dtype)), None, None


class Gated(torch.autograd.Function):
    """y = silu(gate) · up for gate and up side by side (SwiGLU, arXiv 2002.05202). Keeps its input only."""

    @staticmethod
    def forward(ctx, gate_up: Tensor) -> Tensor:
        """States (..., 2 · inner) to (..., inner)."""
        ctx.save_for_backward(gate_up)
        gate, up = gate_up.chunk(2, dim=-1)
        return functional.silu(gate) * up

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        """The gradient for gate and up side by side."""
        gate, up = ctx.saved_tensors[0].chunk(2, dim=-1)
        result = torch.empty_like(ctx.saved_tensors[0])
        to_gate, to_up = result.chunk(2, dim=-1)
        to_gate.copy_(torch.ops.aten.silu_backward(gradient * up, gate))
        torch.mul(gradient, functional.silu(gate), out=to_up)
        return result


class Attention(torch.autograd.Function):
    """Rotary positions and grouped-query attention over packed rows. Keeps its turned input and the weights."""

    @staticmethod
    def forward(ctx, fused: Tensor, cosine: Tensor, sine: Tensor, packing: Packing) -> Tensor:
        """Queries, keys and values of every token (N, heads + 2 · kv_heads, D) to (N, heads · D)."""
        turned = rotate(fused, cosine, sine, packing.kv_heads)
        outputs, weights = attend(*packing.split(turned), packing.mask)
        ctx.save_for_backward(turned, weights, cosine, sine)
        ctx.packing = packing
        return packing.gather(outputs)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        """The gradient for queries, keys and values."""
        turned, weights, cosine, sine = ctx.saved_tensors
        packing, scale = ctx.packing, turned.shape[-1] ** -0.5
        query, key, value = packing.split(turned)
        outputs = packing.spread(gradient, turned.shape[-1])
        to_value = weights.transpose(1, 2) @ outputs
        to_weights = outputs @ value.transpose(1, 2)
        to_scores = torch.ops.aten._softmax_backward_data(to_weights, weights, -1, weights.dtype).mul_(scale)
        merged = packing.merge(to_scores @ key, to_scores.transpose(1, 2) @ query, to_value)
        return rotate(merged, cosine, -sine, packing.kv_heads), None, None, None


def rotate(fused: Tensor, cosine: Tensor, sine: Tensor, fixed: int) -> Tensor:
    """Turn (N, heads, D) by the rotary angles (N, 1, D / 2; arXiv 2104.09864), but for the last `fixed` heads.

    Halves are paired as in Llama checkpoints.
    """
    turned, heads = torch.empty_like(fused), fused.shape[1] - fixed
    first, second = fused[:, :heads].chunk(2, dim=-1)
    to_first, to_second = turned[:, :heads].chunk(2, dim=-1)
    torch.mul(first, cosine, out=to_first).addcmul_(second, sine, value=-1)
    torch.mul(second, cosine, out=to_second).addcmul_(first, sine)
    turned[:, heads:] = fused[:, heads:]
    return turned


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention: outputs (B, queries, D) and weights (B, queries, keys).

    Query heads that share a key head are rows of one matrix: no copy of keys and values per head. `mask` is added.
    """
    scores = torch.baddbmm(mask, query, key.transpose(1, 2), alpha=query.shape[-1] ** -0.5)
    weights = scores.softmax(dim=-1)
    return weights @ value, weights


@dataclass(frozen=True)
class Part:
    """Attention over some of the keys, to be joined with the rest: what softmax needs is kept beside it."""

    sums: Tensor  # (B, queries, D): values weighted by exp(score - peak)
    peak: Tensor  # (B, queries, 1): the largest score
    total: Tensor  # (B, queries, 1): the sum of the weights, float32

    def map(self, change: Callable[[Tensor], Tensor]) -> "Part":
        """The same part in another arrangement."""
        return Part(change(self.sums), change(self.peak), change(self.total))

    def add(self, other: "Part") -> "Part":
        """Attention over the keys of both parts (as in arXiv 1805.02867)."""
        peak = torch.maximum(self.peak, other.peak)
        mine, theirs = ((part.peak - peak).float().exp_() for part in (self, other))
        kind = self.sums.dtype
        sums = (self.sums * mine.to(kind)).addcmul_(other.sums, theirs.to(kind))
        return Part(sums, peak, mine * self.total + theirs * other.total)

    def whole(self) -> Tensor:
        """Attention (B, queries, D), once all keys are in."""
        return self.sums / self.total.to(self.sums.dtype)


def attend_part(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Part:
    """As `attend`, over keys that are not all: queries (B, queries, D), `mask` added where there is one."""
    rows = max(16, SCORES // (len(key) * key.shape[1]))
    if query.shape[1] > 1.5 * rows and mask is None:
        parts = [attend_part(some, key, value) for some in query.split(rows, dim=1)]
        return Part(*(torch.cat([getattr(part, name) for part in parts], 1) for name in ("sums", "peak", "total")))
    if mask is None:
        scores = torch.bmm(query * query.shape[-1] ** -0.5, key.transpose(1, 2))
    else:
        scores = torch.baddbmm(mask, query, key.transpose(1, 2), alpha=query.shape[-1] ** -0.5)
    peak = scores.amax(-1, keepdim=True)
    weights = scores.sub_(peak).exp_()
    return Part(weights @ value, peak, weights.sum(-1, keepdim=True, dtype=torch.float32))


class CrossEntropy(torch.autograd.Function):
    """Mean cross-entropy (nats) of a frozen output layer, a few positions at a time (as in arXiv 2410.10989).

    The gradient is made beside the loss, so that no more than `POSITIONS` rows of scores over the vocabulary exist.
    """

    @staticmethod
    def forward(ctx, states: Tensor, head: Tensor, targets: Tensor) -> Tensor:
        """States (n, d), head (vocabulary, d), targets (n); padding comes last, with targets below 0, not counted."""
        wanted, counted = ctx.needs_input_grad[0], int((targets >= 0).sum())
        total, gradient = torch.zeros(()), torch.empty_like(states) if wanted else None
        for first in range(0, len(states), POSITIONS):
            part = slice(first, first + POSITIONS)
            scores = functional.linear(states[part], head).float()
            right = targets[part, None].clamp(min=0)
            peak = scores.amax(-1, keepdim=True)
            scores -= peak
            wrong = scores.gather(-1, right)
            scores.exp_()
            sums = scores.sum(-1, keepdim=True)
            total += (sums.log() - wrong)[: max(0, counted - first)].sum()
            if wanted:
                scores /= sums
                scores.scatter_add_(-1, right, -torch.ones(right.shape))
                torch.mm(scores.to(head.dtype), head, out=gradient[part])
        if wanted:
            gradient[counted:] = 0
        ctx.save_for_backward(gradient)
        ctx.counted = counted
        return total / counted

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        """The gradient for the states only."""
        (made,) = ctx.saved_tensors
        return made * (gradient / ctx.counted).to(made.dtype), None, None
