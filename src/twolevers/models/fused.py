"""Steps of the decoder that keep little for the backward pass: what is cheap to compute again is not stored.

With torch's own versions a lesson's training would need about twice the memory.
"""

import torch
from torch import Tensor
from torch.nn import functional


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
        unit = states * scale
        scaled = gradient.to(scale.dtype) * weight
        along = (scaled * unit).mean(dim=-1, keepdim=True)
        return ((scaled - unit * along) * scale).to(states.dtype), None, None


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
        """d silu(x) / dx = s(x) · (1 + x · (1 - s(x))), s the logistic function."""
        gate, up = ctx.saved_tensors[0].chunk(2, dim=-1)
        logistic = torch.sigmoid(gate)
        swish = gate * logistic
        to_gate = gradient * up * (logistic + swish * (1 - logistic))
        return torch.cat([to_gate, gradient * swish], dim=-1)
