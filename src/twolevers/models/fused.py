"""Steps of the decoder that keep little for the backward pass: what is cheap to compute again is not stored.

With torch's own versions a lesson's training would need about twice the memory.
"""

import torch
from torch import Tensor
from torch.nn import functional

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


class CrossEntropy(torch.autograd.Function):
    """Mean cross-entropy (nats) of a frozen output layer, a few positions at a time (as in arXiv 2410.10989).

    The gradient is made beside the loss, so that no more than `POSITIONS` rows of scores over the vocabulary exist.
    """

    @staticmethod
    def forward(ctx, states: Tensor, head: Tensor, targets: Tensor) -> Tensor:
        """States (n, d), head (vocabulary, d), targets (n)."""
        wanted = ctx.needs_input_grad[0]
        total, gradient = torch.zeros(()), torch.empty_like(states) if wanted else None
        for first in range(0, len(states), POSITIONS):
            part = slice(first, first + POSITIONS)
            scores = functional.linear(states[part], head).float()
            right = targets[part, None]
            total += (scores.logsumexp(-1) - scores.gather(-1, right)[:, 0]).sum()
            if wanted:
                chances = scores.softmax(-1).scatter_add_(-1, right, -torch.ones(right.shape))
                torch.mm(chances.to(head.dtype), head, out=gradient[part])
        ctx.save_for_backward(gradient)
        return total / len(states)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        """The gradient for the states only."""
        (made,) = ctx.saved_tensors
        return made * (gradient / len(made)).to(made.dtype), None, None
