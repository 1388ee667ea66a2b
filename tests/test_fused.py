"""The memory-saving steps have the values and gradients of torch's own."""

import pytest
import torch
from torch.nn import functional

from twolevers.models.native import fused
from twolevers.models.native.fused import POSITIONS, Attention, CrossEntropy, Gated, RootMeanSquare, attend, attend_part
from twolevers.models.native.packing import Packing

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


def test_cross_entropy_counts_no_padding():
    states = torch.randn(8, 6, generator=GENERATOR).requires_grad_()
    head, targets = torch.randn(50, 6, generator=GENERATOR), torch.tensor([3, 1, 4, 1, 5, -1, -1, -1])
    expected = functional.cross_entropy(states[:5] @ head.t(), targets[:5])
    ours = CrossEntropy.apply(states, head, targets)
    torch.testing.assert_close(ours, expected)
    (gradient,) = torch.autograd.grad(expected, states)
    torch.testing.assert_close(torch.autograd.grad(ours, states)[0], gradient)


@pytest.mark.parametrize(("lengths", "start"), [((5, 3, 7), 0), ((4, 9), 6), ((40, 38, 3), 50)])
def test_attention_over_packed_rows(lengths, start):
    """Against torch's own on each row behind its start, positions turned the plain way; padding gets no gradient."""
    heads, kv_heads, dim = 4, 2, 8
    packing = Packing(lengths, heads, kv_heads, start).prepare(torch.float64)
    fused = torch.randn(packing.size, heads + 2 * kv_heads, dim, generator=GENERATOR, dtype=torch.float64)
    fused.requires_grad_()
    angles = torch.outer(packing.positions.double(), 10.0 ** -torch.arange(dim // 2).double())[:, None]
    cosine, sine = angles.cos(), angles.sin()
    first, second = fused[:, : heads + kv_heads].chunk(2, -1)
    turned = torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)
    expected = torch.zeros(packing.size, heads * dim, dtype=torch.float64)
    rows = [range(begin, begin + length) for begin, length in zip(packing.begins, lengths, strict=True)]
    for row in [range(start), *rows] if start else rows:
        seen = [*range(start), *row] if row.start >= start and start else [*row]
        query, key = turned[list(row), :heads], turned[seen, heads:]
        mask = torch.ones(len(row), len(seen), dtype=torch.bool).tril(len(seen) - len(row))
        value = fused[seen, heads + kv_heads :]
        shape = (each.transpose(0, 1)[None] for each in (query, key, value))
        outputs = functional.scaled_dot_product_attention(*shape, attn_mask=mask, enable_gqa=True)
        expected[list(row)] = outputs[0].transpose(0, 1).flatten(1)
    ours = Attention.apply(fused, cosine, sine, packing)[: packing.total]
    torch.testing.assert_close(ours, expected[: packing.total])
    weights = torch.randn(ours.shape, generator=GENERATOR, dtype=torch.float64)
    (gradient,) = torch.autograd.grad((expected[: packing.total] * weights).sum(), fused)
    (made,) = torch.autograd.grad((ours * weights).sum(), fused)
    torch.testing.assert_close(made, gradient)
    assert not made[packing.total :].any()


@pytest.mark.parametrize("scores", [64, fused.SCORES])
def test_attention_over_two_parts_is_attention_over_all(monkeypatch, scores):
    monkeypatch.setattr(fused, "SCORES", scores)  # with few at once the queries are taken in pieces
    query, key, value = (torch.randn(2, size, 4, generator=GENERATOR, dtype=torch.float64) for size in (50, 9, 9))
    mask = torch.zeros(2, 50, 9, dtype=torch.float64)
    mask[:, ::3, 7:] = float("-inf")
    first = attend_part(query, key[:, :6], value[:, :6])
    rest = attend_part(query, key[:, 6:], value[:, 6:], mask[:, :, 6:])
    torch.testing.assert_close(first.add(rest).whole(), attend(query, key, value, mask)[0], check_dtype=False)
