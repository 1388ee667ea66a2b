"""A tiny model in GGUF: one layer, 260 tokens, tied embeddings and a chat template, as SmolLM2's file has."""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter, RopeScalingType
from tokenizers.pre_tokenizers import ByteLevel

WIDTH, INNER, HEADS = 8, 16, 2
TEMPLATE = "{% for message in messages %}{{ message['content'] + '<|im_end|>' }}{% endfor %}"


def write_tiny_gguf(path: Path, kind: str = "llama", template: str = TEMPLATE, scaled: str = "") -> Path:
    """Write random float32 weights of a `kind` (llama, qwen2, starcoder2) with its tokenizer; returns the path.

    `scaled`: positions as in Llama 3.1 ("tensor") or as YaRN's ("field").
    """
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *sorted(ByteLevel.alphabet()), "ĊĊ"]
    writer = GGUFWriter(path, kind)
    writer.add_name("tiny")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_layer_norm_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm" if kind == "llama" else kind)
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3, *[1] * (len(tokens) - 3)])
    writer.add_token_merges(["Ċ Ċ"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    if template:
        writer.add_chat_template(template)
    if scaled == "field":
        writer.add_rope_scaling_type(RopeScalingType.YARN)
    if scaled == "tensor":
        writer.add_tensor("rope_freqs.weight", np.ones(WIDTH // HEADS // 2, np.float32))
    generator = np.random.default_rng(0)
    for name, shape in _shapes(kind, len(tokens)).items():
        writer.add_tensor(name, generator.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _shapes(kind: str, tokens: int) -> dict[str, tuple[int, ...]]:
    shapes = {"token_embd": (tokens, WIDTH), "output_norm": (WIDTH,)}
    shapes |= {f"blk.0.attn_{name}": (WIDTH, WIDTH) for name in ("q", "k", "v", "output")}
    shapes |= {f"blk.0.ffn_{name}": (INNER, WIDTH) for name in ("gate", "up") if name == "up" or kind != "starcoder2"}
    shapes |= {"blk.0.ffn_down": (WIDTH, INNER), "blk.0.attn_norm": (WIDTH,), "blk.0.ffn_norm": (WIDTH,)}
    biased = {"llama": (), "qwen2": ("attn_q", "attn_k", "attn_v")}.get(kind, ("attn", "ffn", "norm"))
    found = {f"{name}.weight": shape for name, shape in shapes.items()}
    return found | {f"{name}.bias": shape[:1] for name, shape in shapes.items() if any(part in name for part in biased)}
