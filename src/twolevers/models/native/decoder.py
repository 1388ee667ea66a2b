"""The transformer itself: a Llama-family decoder written out, so that the course can show and speed up each part.

Same mathematics and tensor names as Hugging Face `LlamaForCausalLM` (the tests compare logits), with four
things a lesson's budget needs: fused projections, rows packed end to end (`Packing`), a key-value cache whose shared
start is computed once, and layers that can be run one by one (a frozen trunk is then computed only once in training).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from twolevers.models.native.fused import (
    Attention,
    CrossEntropy,
    Gated,
    Part,
    RootMeanSquare,
    attend,
    attend_part,
    rotate,
)
from twolevers.models.native.packing import Packing
from twolevers.models.native.proven import SUPPORTED, Unproven, refuse


@dataclass(frozen=True)
class Shape:
    """The sizes of a decoder, read from its configuration."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    inner: int
    eps: float
    theta: float
    positions: int  # the most tokens that a prompt and its answer may have


Weight = Tensor | Callable[[Tensor], Tensor]  # a frozen matrix (out, in), or one in training that knows how to apply


@dataclass(frozen=True)
class Layer:
    """One block's tensors. Linear weights are (out, in); `qkv` and `gate_up` are stacked along out."""

    norm_in: Tensor
    qkv: Weight
    qkv_bias: Tensor | None
    q_norm: Tensor | None
    k_norm: Tensor | None
    out: Weight
    norm_mid: Tensor
    gate_up: Weight
    down: Weight


Past = tuple[Tensor, Tensor]  # keys and values, each (batch, kv_heads, positions, head_dim)


class Decoder:
    """A causal language model: tensors plus the functions that run them. Holds no state between calls."""

    def __init__(self, shape: Shape, embedding: Tensor, layers: Sequence[Layer], norm: Tensor, head: Tensor):
        self.shape, self.embedding, self.layers, self.norm, self.head = (
            shape,
            embedding,
            tuple(layers),
            norm,
            head,
        )
        self._rotary: tuple[Tensor, Tensor] | None = None

    @classmethod
    def build(cls, config, tensors: dict[str, Tensor], dtype: torch.dtype) -> "Decoder":
        """Arrange a checkpoint's `tensors` (Hugging Face names) for running in `dtype`."""
        refuse(config)
        shape, left = _shape(config), set(tensors)

        def take(name: str, *, optional: bool = False) -> Tensor | None:
            if optional and name not in tensors:
                return None
            left.discard(name)
            # A copy, or one tensor that is used as it stands would keep the whole file mapped.
            return tensors[name].to(dtype, copy=True).contiguous()

        layers = []
        for index in range(shape.layers):
            prefix = f"model.layers.{index}."
            qkv = [f"{prefix}self_attn.{part}_proj" for part in "qkv"]
            biased = f"{qkv[0]}.bias" in tensors
            layers.append(
                Layer(
                    norm_in=take(f"{prefix}input_layernorm.weight"),
                    qkv=torch.cat([take(f"{name}.weight") for name in qkv]),
                    qkv_bias=torch.cat([take(f"{name}.bias") for name in qkv]) if biased else None,
                    q_norm=take(f"{prefix}self_attn.q_norm.weight", optional=True),
                    k_norm=take(f"{prefix}self_attn.k_norm.weight", optional=True),
                    out=take(f"{prefix}self_attn.o_proj.weight"),
                    norm_mid=take(f"{prefix}post_attention_layernorm.weight"),
                    gate_up=torch.cat([take(f"{prefix}mlp.{part}_proj.weight") for part in ("gate", "up")]),
                    down=take(f"{prefix}mlp.down_proj.weight"),
                )
            )
        embedding = take("model.embed_tokens.weight")
        head, norm = take("lm_head.weight", optional=True), take("model.norm.weight")
        # A tensor nobody asked for belongs to mathematics that is not written here: the answers would be wrong.
        if unknown := sorted(name for name in left if not name.endswith("rotary_emb.inv_freq")):
            raise Unproven(
                f"This model has {len(unknown)} tensors that the course's engine does not know, the first "
                f"{unknown[0]!r}: choose a plain model of type {', '.join(SUPPORTED)}."
            )
        return cls(shape, embedding, layers, norm, embedding if head is None else head)

    @property
    def dtype(self) -> torch.dtype:
        """The number format the matrix products run in."""
        return self.embedding.dtype

    def with_layers(self, changed: dict[int, Layer]) -> "Decoder":
        """A decoder with some layers replaced; every other tensor is shared, not copied."""
        layers = [changed.get(index, layer) for index, layer in enumerate(self.layers)]
        return Decoder(self.shape, self.embedding, layers, self.norm, self.head)

    def rotary(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosine and sine (N, 1, head_dim / 2) of the rotary position embedding at N positions (arXiv 2104.09864)."""
        longest = int(positions.max()) + 1
        if self._rotary is None or self._rotary[0].shape[0] < longest:
            rows = max(longest, 1024)
            half = torch.arange(0, self.shape.head_dim, 2, dtype=torch.float32) / self.shape.head_dim
            angles = torch.outer(torch.arange(rows, dtype=torch.float32), self.shape.theta**-half)
            self._rotary = (angles.cos().to(self.dtype), angles.sin().to(self.dtype))
        cosine, sine = self._rotary
        return cosine[positions].unsqueeze(-2), sine[positions].unsqueeze(-2)

    def embed(self, ids: Tensor) -> Tensor:
        """Token ids (N) to hidden states (N, hidden)."""
        return functional.embedding(ids, self.embedding)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores over the vocabulary for hidden states (..., hidden), in float32."""
        return functional.linear(self.normalise(hidden, self.norm), self.head).float()

    def loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy (nats) of the target ids (n) at hidden states (n, hidden)."""
        return CrossEntropy.apply(self.normalise(hidden, self.norm), self.head, targets)

    def normalise(self, hidden: Tensor, weight: Tensor) -> Tensor:
        """Root-mean-square norm (arXiv 1910.07467)."""
        if not torch.is_grad_enabled():
            return functional.rms_norm(hidden, (hidden.shape[-1],), weight, self.shape.eps)
        return RootMeanSquare.apply(hidden, weight, self.shape.eps)

    def project(self, layer: Layer, hidden: Tensor) -> Tensor:
        """Queries, keys and values (N, heads + 2 · kv_heads, D) of hidden states (N, hidden), not yet turned."""
        shape = self.shape
        fused = linear(self.normalise(hidden, layer.norm_in), layer.qkv)
        if layer.qkv_bias is not None:
            fused = fused + layer.qkv_bias
        fused = fused.view(len(hidden), -1, shape.head_dim)
        if layer.q_norm is not None:
            query, key, value = fused.split([shape.heads, shape.kv_heads, shape.kv_heads], dim=1)
            fused = torch.cat([self.normalise(query, layer.q_norm), self.normalise(key, layer.k_norm), value], dim=1)
        return fused

    def finish(self, layer: Layer, hidden: Tensor, attended: Tensor) -> Tensor:
        """The rest of a block after attention (N, heads · D): output projection and gated MLP, added up."""
        hidden = hidden + linear(attended, layer.out)
        gate_up = linear(self.normalise(hidden, layer.norm_mid), layer.gate_up)
        return hidden + linear(Gated.apply(gate_up), layer.down)

    def block(
        self,
        layer: Layer,
        hidden: Tensor,
        rotary: tuple[Tensor, Tensor],
        packing: Packing,
        wanted: Tensor | None = None,
    ) -> Tensor:
        """One layer over the hidden states (N, hidden) of a pack, for training.

        With `wanted` (n token numbers) only those states (n, hidden) are finished and returned.
        """
        attended = Attention.apply(self.project(layer, hidden), *rotary, packing)
        if wanted is not None:
            hidden, attended = hidden[wanted], attended[wanted]
        return self.finish(layer, hidden, attended)

    @torch.no_grad()
    def read(
        self,
        ids: Tensor,
        packing: Packing,
        pasts: Sequence[Past] | None = None,
        wanted: Tensor | None = None,
        keep: Callable[[int, Tensor, Tensor], None] | None = None,
        follow: Callable[[int], Past] | None = None,
    ) -> Tensor:
        """Hidden states (N, hidden) of a pack's ids (N), or with `wanted` (n token numbers) of those only (n, hidden).

        `pasts` are the keys and values of what all rows follow. `keep(layer, keys, values)` is handed the new ones,
        (N, kv_heads, D) each. `follow(layer)` gives what each row follows besides, keys and values (R · kv_heads, P, D)
        each; the packing's mask then has their P columns in front.
        """
        shape, rotary, hidden = self.shape, self.rotary(packing.positions), self.embed(ids)
        for index, layer in enumerate(self.layers):
            turned = rotate(self.project(layer, hidden), *rotary, shape.kv_heads)
            if keep:
                keep(index, *turned[:, shape.heads :].split(shape.kv_heads, dim=1))
            query, key, value = packing.split(turned)
            if follow:
                key, value = (torch.cat(pair, dim=1) for pair in zip(follow(index), (key, value), strict=True))
            if pasts:
                own = attend_part(query, key, value, packing.mask).map(packing.gather)
                attended = self.after(turned[:, : shape.heads], pasts[index], own)
            else:
                attended = packing.gather(attend(query, key, value, packing.mask)[0])
            if wanted is not None and index == len(self.layers) - 1:
                hidden, attended = hidden[wanted], attended[wanted]
            hidden = self.finish(layer, hidden, attended)
        return hidden

    def after(self, query: Tensor, past: Past, own: Part) -> Tensor:
        """Attention (N, heads · D) of queries (N, heads, D) over the `past` that all see, joined with their own.

        `own` is the part over their own keys, (N, heads · …). What all rows share is one product for all tokens.
        """
        tokens, heads, kv_heads = *query.shape[:2], self.shape.kv_heads
        by_head = query.unflatten(1, (kv_heads, -1)).transpose(0, 1).reshape(kv_heads, -1, query.shape[2])
        shared = attend_part(by_head, past[0][0], past[1][0])
        shared = shared.map(lambda each: each.unflatten(1, (tokens, -1)).transpose(0, 1).reshape(tokens, heads, -1))
        return own.map(lambda each: each.view(tokens, heads, -1)).add(shared).whole().view(tokens, -1)

    def packing(self, lengths: Sequence[int], start: int = 0, past: int = 0) -> Packing:
        """How rows of these lengths lie in a pack (see `Packing`)."""
        return Packing(lengths, self.shape.heads, self.shape.kv_heads, start, past)

    def prefill(
        self, rows: Sequence[Sequence[int]], pasts: Sequence[Past] | None = None
    ) -> tuple[list[Tensor], list[Past]]:
        """Every row's hidden states (T, hidden), and each layer's keys and values of the first row."""
        packing = self.packing([len(row) for row in rows], past=pasts[0][0].shape[2] if pasts else 0)
        fresh: list[Past] = []

        def keep(_: int, keys: Tensor, values: Tensor) -> None:
            first = (each[: len(rows[0])].transpose(0, 1)[None].contiguous() for each in (keys, values))
            fresh.append(tuple(first))

        hidden = self.read(packing.pack(rows), packing.prepare(self.dtype), pasts, keep=keep)
        return [hidden[at : at + len(row)] for at, row in zip(packing.begins, rows, strict=True)], fresh


def linear(states: Tensor, weight: Weight) -> Tensor:
    """States (..., in) times a weight, frozen or in training."""
    return functional.linear(states, weight) if isinstance(weight, Tensor) else weight(states)


def _shape(config) -> Shape:
    rope = getattr(config, "rope_parameters", None) or {}
    return Shape(
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_dim=getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads,
        inner=config.intermediate_size,
        eps=config.rms_norm_eps,
        theta=rope.get("rope_theta") or getattr(config, "rope_theta", 10000.0),
        positions=getattr(config, "max_position_embeddings", None) or 2048,
    )
