"""What fine-tuning leaves behind: low-rank matrices (LoRA, arXiv 2106.09685) that can be saved, loaded and merged.

The base weights W stay frozen; each adapted matrix is used as W + (alpha / rank) · B·A. Adapters are stored in
peft's file format, so any peft installation can load them.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from twolevers.errors import TwoLeversError
from twolevers.models.native.decoder import Decoder, Layer
from twolevers.paths import write_atomically

# Where each of peft's modules sits in our fused weights: our name, and the order of the stacked parts.
FUSED = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "out": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
WRAPPED = "base_model.model."  # what peft puts before the names of a model that it wraps


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune. `layers` counts from the top; below them nothing is trained and activations are cached."""

    layers: int = 15
    rank: int = 16
    alpha: int = 32
    learning_rate: float = 2e-3
    epochs: int = 3
    batch_size: int = 16
    warmup: float = 0.1
    patience: int = 0  # stop after this many epochs without a better held-out loss; 0 never stops
    seed: int = 0


@dataclass(frozen=True)
class Adapter:
    """Trained low-rank matrices by module name (`layers.17.self_attn.q_proj`): A (rank, in), B (out, rank).

    `prefix`: what stands before the names in transformers' model.
    """

    recipe: Recipe
    base: str
    pairs: dict[str, tuple[Tensor, Tensor]]
    prefix: str = "model."

    @property
    def key(self) -> str:
        """Content key of the adapter."""
        digest = hashlib.sha256()
        for name, (first, second) in sorted(self.pairs.items()):
            digest.update(name.encode() + first.numpy().tobytes() + second.numpy().tobytes())
        return digest.hexdigest()[:12]

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(first.numel() + second.numel() for first, second in self.pairs.values())

    def delta(self, name: str) -> Tensor:
        """The change (out, in) that the adapter adds to one weight matrix, float32."""
        first, second = self.pairs[name]
        return self.recipe.alpha / self.recipe.rank * second @ first

    def merged(self, decoder: Decoder) -> dict[int, Layer]:
        """The adapted layers with the adapter added into their weights."""
        changed = {}
        for index, layer in enumerate(decoder.layers):
            if f"layers.{index}.self_attn.q_proj" not in self.pairs:
                continue
            weights = {}
            for name, parts in FUSED.items():
                delta = torch.cat([self.delta(f"layers.{index}.{part}") for part in parts])
                weight = getattr(layer, name)
                weights[name] = (weight.float() + delta).to(weight.dtype)
            changed[index] = replace(layer, **weights)
        return changed

    def save(self, folder: Path) -> Path:
        """Write `adapter_config.json` and `adapter_model.safetensors` (peft's format); the configuration comes last."""
        from safetensors.torch import save

        tensors, before = {}, f"{WRAPPED}{self.prefix}"
        for name, (first, second) in self.pairs.items():
            tensors[f"{before}{name}.lora_A.weight"] = first.contiguous()
            tensors[f"{before}{name}.lora_B.weight"] = second.contiguous()
        parts = [name.split(".") for name in self.pairs]
        at = next((place for place, part in enumerate(parts[0]) if part.isdigit()), 1)
        indices = sorted({int(part[at]) for part in parts})
        config = {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": self.base,
            "r": self.recipe.rank,
            "lora_alpha": self.recipe.alpha,
            "lora_dropout": 0.0,
            "bias": "none",
            "target_modules": sorted({part[-1] for part in parts}),
            "layers_to_transform": indices,
            "layers_pattern": parts[0][at - 1],
            "twolevers_prefix": self.prefix,
            "twolevers_recipe": asdict(self.recipe),
        }
        write_atomically(folder / "adapter_model.safetensors", save(tensors))
        write_atomically(folder / "adapter_config.json", json.dumps(config, indent=2) + "\n")
        return folder

    @classmethod
    def load(cls, folder: Path) -> "Adapter":
        """Read an adapter written by `save`. Raises TwoLeversError when it is missing or damaged."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
            tensors = load_file(folder / "adapter_model.safetensors")
            recipe = Recipe(**config["twolevers_recipe"])
            suffix, prefix = ".lora_A.weight", config.get("twolevers_prefix", "model.")
            pairs = {
                name.removeprefix(f"{WRAPPED}{prefix}").removesuffix(suffix): (
                    first,
                    tensors[name.removesuffix(suffix) + ".lora_B.weight"],
                )
                for name, first in tensors.items()
                if name.endswith(suffix)
            }
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise TwoLeversError(f"The adapter in {folder} cannot be read ({error}): train it again.") from error
        return cls(recipe, config["base_model_name_or_path"], pairs, prefix)
