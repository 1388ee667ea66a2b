"""A tiny model in GGUF: one layer, 260 tokens, tied embeddings and a chat template, as SmolLM2's file has."""

import string
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, RopeScalingType
from tokenizers.pre_tokenizers import ByteLevel

WIDTH, INNER, HEADS = 8, 16, 2
PIECES = ("gemma3", "phi3")  # families whose tokenizer is one of SentencePiece
TEMPLATE = "{% for message in messages %}{{ message['content'] + '<|im_end|>' }}{% endfor %}"


def write_tiny_gguf(path: Path, kind: str = "llama", template: str = TEMPLATE, scaled: str = "") -> Path:
    """Write random float32 weights of a `kind` (llama, qwen2, gemma3, phi3, starcoder2) with its tokenizer.

    `scaled`: positions as in Llama 3.1 ("tensor") or as YaRN's ("field"). Returns the path.
    """
    pieces = kind in PIECES
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens += ["▁", *string.ascii_lowercase] if pieces else [*sorted(ByteLevel.alphabet()), "ĊĊ"]
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
    writer.add_key_length(WIDTH // HEADS)
    writer.add_sliding_window(64)
    writer.add_tokenizer_model("llama" if pieces else "gpt2")
    writer.add_tokenizer_pre("smollm" if kind == "llama" else kind)
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3, *[1] * (len(tokens) - 3)])
    if pieces:
        writer.add_token_scores([-1000.0] * len(tokens))
    else:
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
    if kind == "gemma3":
        shapes |= {f"blk.0.attn_{name}_norm": (WIDTH // HEADS,) for name in ("q", "k")}
        shapes |= {f"blk.0.post_{name}_norm": (WIDTH,) for name in ("attention", "ffw")}
    shapes |= {f"blk.0.ffn_{name}": (INNER, WIDTH) for name in ("gate", "up") if name == "up" or kind != "starcoder2"}
    shapes |= {"blk.0.ffn_down": (WIDTH, INNER), "blk.0.attn_norm": (WIDTH,), "blk.0.ffn_norm": (WIDTH,)}
    if kind == "phi3":  # its projections lie in one tensor each
        for name in ("attn_q", "attn_k", "attn_v", "ffn_gate"):
            del shapes[f"blk.0.{name}"]
        shapes |= {"blk.0.attn_qkv": (3 * WIDTH, WIDTH), "blk.0.ffn_up": (2 * INNER, WIDTH)}
        shapes["output"] = (tokens, WIDTH)
    biased = {"llama": (), "gemma3": (), "phi3": (), "qwen2": ("attn_q", "attn_k", "attn_v")}.get(
        kind, ("attn", "ffn", "norm")
    )
    found = {f"{name}.weight": shape for name, shape in shapes.items()}
    return found | {f"{name}.bias": shape[:1] for name, shape in shapes.items() if any(part in name for part in biased)}
