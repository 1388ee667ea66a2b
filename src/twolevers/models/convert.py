"""Turn a quantised GGUF file into an ordinary safetensors folder, once."""

import io
from contextlib import redirect_stderr
from pathlib import Path


def to_safetensors(gguf: Path, folder: Path) -> None:
    """Write model (bf16), tokenizer and chat template of `gguf` into `folder`; same input, same bytes.

    The quantised numbers are expanded to fp32, then rounded to bf16, the precision models are released in.
    Raises OSError when the disk is full or read-only, ValueError for what would be read wrongly. SmolLM2-135M takes
    about 20 s and 1.5 GB of memory.
    """
    if _scales_positions(gguf):
        raise ValueError("it scales rotary positions, which is lost in reading")
    with redirect_stderr(io.StringIO()):  # three progress bars that say less than one line
        _save_tokenizer(gguf, folder)
        _save_model(gguf, folder)


def _save_tokenizer(gguf: Path, folder: Path) -> None:
    from tokenizers import pre_tokenizers
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    if _field(gguf, "tokenizer.ggml.pre") == "smollm":
        # This splitting rule is: every digit alone, then GPT-2's rule. transformers applies only the second half,
        # which cuts "\n\n1" in a way the model never saw in training.
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    tokenizer.model_max_length = _context_length(gguf)
    tokenizer.save_pretrained(folder)


def _field(gguf: Path, name: str) -> object:
    """What the file says under `name`, None where it says nothing."""
    from gguf import GGUFReader

    field = GGUFReader(gguf).get_field(name)
    return field.contents() if field else None


def _scales_positions(gguf: Path) -> bool:
    """Whether transformers' reader, which drops this, would make a model that answers wrongly (Llama 3.1, YaRN)."""
    from gguf import GGUFReader

    reader, kind = GGUFReader(gguf), _field(gguf, "general.architecture")
    scaled = _field(gguf, f"{kind}.rope.scaling.type") not in (None, "none")
    return any(tensor.name.startswith("rope_f") for tensor in reader.tensors) or (scaled and kind != "gpt-oss")


def _context_length(gguf: Path) -> int:
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(gguf.parent, gguf_file=gguf.name).max_position_embeddings


def _save_model(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    source, found = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, output_loading_info=True)
    if missing := sorted(found["missing_keys"]):  # transformers would make them up
        raise ValueError(f"the file lacks {missing[0]}")
    settings = source.config.to_dict()
    settings.pop("quantization_config", None)
    settings.pop("_model_name_or_path", None)
    # The loaded object refuses to be saved (it counts as quantised), so its numbers go into a fresh one.
    fresh = AutoModelForCausalLM.from_config(type(source.config)(**settings), dtype=torch.bfloat16)
    fresh.load_state_dict(source.state_dict())
    fresh.generation_config = source.generation_config
    fresh.save_pretrained(folder)
