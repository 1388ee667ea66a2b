"""The embedder's transformer: BERT (arXiv 1810.04805) for inference only.

Same mathematics and tensor names as transformers' `BertModel` (the tests compare states). Importing that model class
costs a lesson a second and a hundred megabytes.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Dense:
    """A linear layer: weight (out, in) and bias (out)."""

    weight: Tensor
    bias: Tensor

    def __call__(self, states: Tensor) -> Tensor:
        """States (..., in) to (..., out), in the weight's format."""
        return functional.linear(states.to(self.weight.dtype), self.weight, self.bias)


@dataclass(frozen=True)
class Norm:
    """A layer norm over the last dimension, in float32."""

    weight: Tensor
    bias: Tensor
    eps: float

    def __call__(self, states: Tensor) -> Tensor:
        """States (..., d) to the same shape."""
        return functional.layer_norm(states.float(), self.weight.shape, self.weight, self.bias, self.eps)


class Encoder:
    """Token ids to contextual states. Matrix products in the format it was built for, norms and sums in float32."""

    def __init__(self, config: dict, tensors: dict[str, Tensor], dtype: torch.dtype):
        """`config`: config.json of a BERT; `tensors`: its weights. KeyError names what is missing."""
        if config["model_type"] != "bert" or config.get("hidden_act", "gelu") != "gelu":
            raise ValueError(f"not a BERT with gelu: {config['model_type']}")
        self.heads, self.hidden, eps = config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]

        def dense(*names: str) -> Dense:
            parts = [[tensors[f"{name}.{part}"] for name in names] for part in ("weight", "bias")]
            return Dense(*(torch.cat(part).to(dtype, copy=True) for part in parts))

        def norm(name: str) -> Norm:
            return Norm(*(tensors[f"{name}.{part}"].to(torch.float32, copy=True) for part in ("weight", "bias")), eps)

        kept = {name: tensors[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")}
        self.words = kept["word"].to(torch.float32, copy=True)
        # All text is of the first type, so its vector is part of every position's.
        self.places = kept["position"].float() + kept["token_type"][0].float()
        self.first = norm("embeddings.LayerNorm")
        self.layers = []
        for index in range(config["num_hidden_layers"]):
            at = f"encoder.layer.{index}"
            attention = dense(*(f"{at}.attention.self.{part}" for part in ("query", "key", "value")))
            self.layers.append(
                (
                    *(attention, dense(f"{at}.attention.output.dense"), norm(f"{at}.attention.output.LayerNorm")),
                    *(dense(f"{at}.intermediate.dense"), dense(f"{at}.output.dense"), norm(f"{at}.output.LayerNorm")),
                )
            )

    @torch.inference_mode()
    def __call__(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """States (B, T, hidden), float32, for right-padded ids (B, T) with `lengths` (B) real tokens."""
        rows, width = ids.shape
        seen = (torch.arange(width) < lengths[:, None])[:, None, None]
        states = self.first(self.words[ids] + self.places[:width])
        for attention, output, norm, inner, outer, last in self.layers:
            heads = attention(states).view(rows, width, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            attended = functional.scaled_dot_product_attention(*heads, attn_mask=seen)
            states = norm(states + output(attended.transpose(1, 2).flatten(2)))
            states = last(states + outer(functional.gelu(inner(states))))
        return states
