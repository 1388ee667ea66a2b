"""A model's folder with an adapter merged into its weights, in float16, as any engine of the field reads it."""

import json
import shutil
from pathlib import Path

from twolevers.errors import UsageError
from twolevers.models.adapter import Adapter
from twolevers.models.hub import tensor_files

BESIDE = ("tokenizer.json", "chat_template.jinja", "generation_config.json", "special_tokens_map.json")
BESIDE += ("vocab.json", "merges.txt", "tokenizer.model", "added_tokens.json")


def write(base: Path, adapter: Adapter | None, folder: Path) -> Path:
    """Write the model of `base`, with the adapter, to `folder`: config, tokenizer, one safetensors file.

    float16 keeps eight times finer steps than bfloat16, so that merged and unmerged weights answer alike; weights that
    do not fit into it stay float32. Raises UsageError where the adapter does not fit the model.
    """
    import torch
    from safetensors.torch import load_file, save_file

    tensors = {name: tensor for file in tensor_files(base) for name, tensor in load_file(file).items()}
    for name in adapter.pairs if adapter else ():
        key = f"{adapter.prefix}{name}.weight"
        if key not in tensors:
            raise UsageError(f"The adapter cannot be merged: {base.name} has no weights {key!r}.")
        tensors[key] = tensors[key].float() + adapter.delta(name)
    half = {name: tensor.to(torch.float16) for name, tensor in tensors.items()}
    fits = all(bool(tensor.isfinite().all()) for tensor in half.values())
    folder.mkdir(parents=True, exist_ok=True)
    kept = half if fits else {name: tensor.float() for name, tensor in tensors.items()}
    save_file({name: each.contiguous() for name, each in kept.items()}, folder / "model.safetensors", {"format": "pt"})
    for name in BESIDE:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)
    _edited(base / "config.json", folder, {"dtype": "float16" if fits else "float32"})
    settings = json.loads((base / "tokenizer_config.json").read_text("utf-8"))
    # A name that every version of transformers knows.
    plain = settings.get("tokenizer_class") == "TokenizersBackend"
    _edited(base / "tokenizer_config.json", folder, {"tokenizer_class": "PreTrainedTokenizerFast"} if plain else {})
    return folder


def _edited(path: Path, folder: Path, changes: dict[str, str]) -> None:
    settings = json.loads(path.read_text("utf-8")) | changes
    (folder / path.name).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
