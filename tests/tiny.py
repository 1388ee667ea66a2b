"""A tiny random model on disk, for tests of mechanics only: two layers, a vocabulary of single words."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

WORDS = [
    *("<|im_start|>", "<|im_end|>", "<unk>", "system", "user", "assistant", ":", ".", "?", "how", "loud", "is", "the"),
    *("oven", "kettle", "washer", "31", "43", "dB", "[1]", "[2]", "not", "in", "documents", "answer", "question"),
    *("what", "colour", "red", "blue", "green", "of", "a", "b", "c", "d"),
]
TEMPLATE = (
    "{% for m in messages %}<|im_start|> {{ m['role'] }} : {{ m['content'] }} <|im_end|> {% endfor %}"
    "{% if add_generation_prompt %}<|im_start|> assistant : {% endif %}"
)


def save_tiny_model(folder: Path, kind: str = "llama", seed: int = 0, changed: dict | None = None) -> Path:
    """Write a random model of three layers and its tokenizer to `folder`; `changed` settings of its configuration."""
    torch.manual_seed(seed)
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(WORDS),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=256,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=None,  # a padding token gets a zero embedding, and could then never be answered
        tie_word_embeddings=kind == "llama",
        use_sliding_window=bool((changed or {}).get("sliding_window")),
        initializer_range=0.3,
        **(changed or {}),
    )
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folder)
    core = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<unk>",
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


def save_rough_model(folder: Path, kind: str = "llama", seed: int = 0) -> Path:
    """A tiny model whose norms and biases are random too, not the ones and zeros that would hide a forgotten one."""
    save_tiny_model(folder, kind, seed)
    tensors = load_file(folder / "model.safetensors")
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in tensors.items():
        if tensor.dim() == 1:
            tensors[name] = tensor + 0.3 * torch.randn(tensor.shape, generator=generator)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder
