"""The memory-saving steps have the values and gradients of torch's own."""

import torch
from torch.nn import functional

from twolevers.models.fused import Gated, RootMeanSquare

GENERATOR = torch.Generator().manual_seed(0)


def test_root_mean_square():
    states = torch.randn(2, 3, 8, generator=GENERATOR, dtype=torch.float64).requires_grad_()
    weight = torch.randn(8, generator=GENERATOR, dtype=torch.float64)
    expected = functional.rms_norm(states, (8,), weight, 1e-5)
    ours = RootMeanSquare.apply(states, weight, 1e-5)
    torch.testing.assert_close(ours, expected)
    (gradient,) = torch.autograd.grad(expected.sin().sum(), states)
    torch.testing.assert_close(torch.autograd.grad(ours.sin().sum(), states)[0], gradient)


def test_gated():
    states = torch.randn(4, 12, generator=GENERATOR, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(Gated.apply, (states,))
    gate, up = states.chunk(2, dim=-1)
    torch.testing.assert_close(Gated.apply(states), functional.silu(gate) * up)
