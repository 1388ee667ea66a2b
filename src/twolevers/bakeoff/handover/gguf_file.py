"""A Llama-type model as a GGUF file, for the engines that read nothing else."""

from pathlib import Path

CONTROL = 3  # GGUF's token type of a special token; 1 is a normal one


def lacking(folder: Path) -> str:
    """Why the model in `folder` cannot be written, as a sentence's end; "" where it can."""
    import json

    kind = json.loads((folder / "config.json").read_text("utf-8")).get("model_type")
    if kind != "llama":
        return f"it is of the type {kind}, and only llama was tried"
    core = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    if core["model"].get("type") != "BPE" or "Digits" not in json.dumps(core["pre_tokenizer"]):
        return "its tokenizer is of another kind than was tried"
    return ""


def write(folder: Path, out: Path, kind: str = "Q8_0") -> Path:
    """Write the Llama-type model in `folder` (config, tokenizer, safetensors) to `out`; `kind` of weights Q8_0 or F16.

    Q8_0 rounds each block of 32 weights to 8 bits: the precision closest to the original that engines compute fast.
    Norms stay float32.
    """
    import gguf
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoTokenizer

    config, tokenizer = AutoConfig.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    writer = gguf.GGUFWriter(out, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType[f"MOSTLY_{kind}"])
    _add_tokenizer(writer, tokenizer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for key, tensor in load_file(folder / "model.safetensors").items():
        weight = tensor.float().numpy()
        if key.endswith("q_proj.weight"):
            weight = _interleave(weight, config.num_attention_heads)
        elif key.endswith("k_proj.weight"):
            weight = _interleave(weight, config.num_key_value_heads)
        stored = gguf.GGMLQuantizationType[kind if weight.ndim == 2 else "F32"]
        name = names.get_name(key, try_suffixes=(".weight",))
        writer.add_tensor(name, gguf.quantize(weight, stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _add_tokenizer(writer, tokenizer) -> None:
    import json

    core = json.loads(tokenizer.backend_tokenizer.to_str())
    tokens = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    special = {token["content"] for token in core["added_tokens"] if token["special"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([CONTROL if token in special else 1 for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in core["model"]["merges"]])
    writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_add_bos_token(False)
    writer.add_chat_template(tokenizer.chat_template)


def _interleave(weight, heads: int):
    """Rows of a query or key weight in the order GGUF keeps them: the two halves of a rotary pair side by side."""
    rows, width = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, width).swapaxes(1, 2).reshape(rows, width)
