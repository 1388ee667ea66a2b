"""Answering with products of 8-bit integers: several times as fast as float32 where a processor has them (VNNI).

Weights are rounded for each output, activations for each token. Where a few channels are far larger than the others,
both are first evened out (SmoothQuant, arXiv 2211.10438), folded into the weights before so that it costs nothing.
Training stays in float32.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from twolevers.models.native.decoder import Decoder, Layer, Shape, linear

# What peaks are looked up on: passages and a question, as models are asked here.
TEXT = """Use the passages to answer the question in a few words. Cite the passage like [1].
[1] Opening hours. The library on Mill Street is open from Tuesday to Saturday, 9:30 to 18:00; on the first Sunday of
each month the reading room opens at 11. Members borrow up to 12 books for 28 days, and renew them twice by telephone,
e-mail or at the desk. A lost card costs $4.50.
[2] Night bus N7 leaves the harbour at 00:15, 01:15 and 02:45 and needs 35 minutes to the airport. Children under six
ride free; dogs (on a lead) pay the reduced fare of 1,80 euros.
Question: Until when may I keep a book, and how often can I renew it?
You may keep it for 28 days and renew it twice [1]. Dear Ms Otieno, thank you for your letter; we are sorry about the
delay, and your refund was sent on 3 May 2026."""
LEVELS, ZERO = 127, 128  # whole numbers on each side of 0, and what stands for 0 without a sign
ALPHA = 0.5  # how much of the outliers the weights take over
OPENING = 8  # tokens at the start of a text, which no model treats like others
NAMES = ("qkv", "out", "gate_up", "down")

Peaks = list[dict[str, Tensor]]  # for each layer and product: the largest size of each input channel (in)


class Rounded:
    """A weight (out, in) in 8-bit integers, for products with activations that are rounded as they come."""

    def __init__(self, weight: Tensor):
        self.shape = weight.shape
        self.scales = weight.abs().amax(1).clamp(min=1e-12) / LEVELS  # one for each output
        whole = (weight / self.scales[:, None]).round_().to(torch.int8)
        self.packed = torch.ops.onednn.qlinear_prepack(whole, None)
        self.zeros = torch.zeros(len(weight), dtype=torch.long)

    def __call__(self, states: Tensor) -> Tensor:
        """States (N, in), float32, to (N, out)."""
        # The product takes one scale for all rows: brought to the same size, each has its own.
        size = states.abs().amax(-1, keepdim=True).clamp_(min=1e-12)
        whole = (states * (LEVELS / size)).add_(ZERO + 0.5).to(torch.uint8)  # which rounds, as it cuts off
        weight, plain = (self.packed, self.scales, self.zeros), (None, 1.0, 0, torch.float32, "none", [], "")
        return torch.ops.onednn.qlinear_pointwise(whole, 1 / LEVELS, ZERO, *weight, *plain).mul_(size)


def exact() -> bool:
    """Whether the products are right on this processor: without VNNI sums of 16 bits overflow at the ends."""
    try:
        weight = torch.full((16, 256), 127.0)
        return torch.allclose(Rounded(weight)(torch.ones(2, 256)), torch.full((2, 16), 127.0 * 256), rtol=0.02)
    except (RuntimeError, AttributeError):  # an installation of torch without them
        return False


@torch.no_grad()
def peaks(decoder: Decoder, ids: Sequence[int]) -> Peaks:
    """The largest size that each channel has before each product, over the tokens `ids` of an ordinary text."""
    seen: Peaks = []

    def watch(weight: Tensor, name: str, into: dict[str, Tensor]) -> "Watched":
        into[name] = torch.zeros(weight.shape[1])
        return Watched(weight, into, name)

    layers = {}
    for index, layer in enumerate(decoder.layers):
        seen.append({})
        layers[index] = replace(layer, **{name: watch(getattr(layer, name), name, seen[-1]) for name in NAMES})
    watched = decoder.with_layers(layers)
    pasts = decoder.prefill([list(ids[:OPENING])])[1]
    watched.prefill([list(ids[OPENING:])], pasts)
    return seen


@dataclass(frozen=True)
class Watched:
    """A weight that notes the largest size of each input channel."""

    weight: Tensor
    seen: dict[str, Tensor]
    name: str

    def __call__(self, states: Tensor) -> Tensor:
        """States (N, in) to (N, out)."""
        torch.maximum(self.seen[self.name], states.abs().amax(0), out=self.seen[self.name])
        return linear(states, self.weight)


def rounded(decoder: Decoder, found: Peaks) -> Decoder:
    """The decoder (float32) with all products of its layers in 8-bit integers; the rest is shared."""
    layers = enumerate(zip(decoder.layers, found, strict=True))
    return decoder.with_layers({index: round_layer(layer, decoder.shape, top) for index, (layer, top) in layers})


def round_layer(layer: Layer, shape: Shape, found: dict[str, Tensor]) -> Layer:
    """One layer rounded, its channels evened out by the `found` peaks."""
    groups, values = shape.heads // shape.kv_heads, shape.kv_heads * shape.head_dim
    factors = {name: _factors(getattr(layer, name), found[name]) for name in NAMES}
    # Heads that share a value head take one factor.
    shared = factors["out"].view(shape.kv_heads, groups, shape.head_dim).amin(1).flatten()
    every = shared.view(shape.kv_heads, 1, -1).expand(-1, groups, -1).flatten()
    qkv, bias = layer.qkv / factors["qkv"], layer.qkv_bias
    qkv[-values:] *= shared[:, None]
    if bias is not None:
        bias = torch.cat([bias[:-values], bias[-values:] * shared])
    gate_up = layer.gate_up / factors["gate_up"]
    gate_up[shape.inner :] *= factors["down"][:, None]
    return replace(
        layer,
        norm_in=layer.norm_in * factors["qkv"],
        qkv=Rounded(qkv),
        qkv_bias=bias,
        out=Rounded(layer.out / every),
        norm_mid=layer.norm_mid * factors["gate_up"],
        gate_up=Rounded(gate_up),
        down=Rounded(layer.down / factors["down"]),
    )


def _factors(weight: Tensor, top: Tensor) -> Tensor:
    """What activations are multiplied by and the weight's columns divided by, (in)."""
    even = weight.abs().amax(0).clamp(min=1e-5) ** (1 - ALPHA) / top.clamp(min=1e-5) ** ALPHA
    return even / even.mean()
