"""The memory-saving steps have the values and gradients of torch's own."""

import torch
from torch.nn import functional

from twolevers.models.fused import POSITIONS, CrossEntropy, Gated, RootMeanSquare

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


def test_cross_entropy_in_pieces():
    n = 2 * POSITIONS + 3
    states = torch.randn(n, 8, generator=GENERATOR).requires_grad_()
    head, targets = torch.randn(50, 8, generator=GENERATOR), torch.randint(50, (n,), generator=GENERATOR)
    expected = functional.cross_entropy(states @ head.t(), targets)
    ours = CrossEntropy.apply(states, head, targets)
    torch.testing.assert_close(ours, expected)
    (gradient,) = torch.autograd.grad(3 * expected, states)
    torch.testing.assert_close(torch.autograd.grad(3 * ours, states)[0], gradient)
    with torch.no_grad():
        torch.testing.assert_close(CrossEntropy.apply(states, head, targets), expected)
