"""The language model as the lessons use it: answer a batch of chats, score labels, wear an adapter."""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Every new batch shape makes oneDNN keep another compiled product, hundreds of MB by the end of a lesson. It reads this
# limit once, at its first product.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")

import torch
from torch import Tensor

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models.decoder import Decoder, Past, attend
from twolevers.models.memory import give_back
from twolevers.models.weights import locate
from twolevers.paths import threads

Chat = Sequence[dict[str, str]]  # [{"role": "system" | "user" | "assistant", "content": …}, …]

BATCH_TOKENS = 2048  # prompt tokens answered together: large enough for fast products, little memory
BATCH_ROWS = 64
SHORTEST_PREFIX = 8  # a shared start below this many tokens is not worth a pass of its own


@dataclass(frozen=True)
class Completion:
    """One answer. `seconds` is the row's share, by tokens, of its batch's time (throughput, not latency)."""

    text: str
    prompt_tokens: int
    new_tokens: int
    seconds: float


class LanguageModel:
    """A decoder with its tokenizer. Greedy and deterministic on one machine; holds no conversation state."""

    def __init__(self, decoder: Decoder, tokenizer, *, name: str, key: str):
        self.decoder, self.tokenizer, self.name, self.key = decoder, tokenizer, name, key

    @classmethod
    def load(cls, name: str | None = None, dtype: torch.dtype | None = None) -> "LanguageModel":
        """Load a model: None for the course's own (or `TWOLEVERS_MODEL`), a local folder, or a hub id.

        `dtype` defaults to bfloat16 where this processor multiplies it fast, else float32. Raises TwoLeversError
        with a remedy when the weights are missing, damaged or of an unsupported kind.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file
        from transformers import AutoConfig, AutoTokenizer

        torch.set_num_threads(threads())
        folder = locate(name)
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            raise TwoLeversError(f"No .safetensors weights in {folder}: run `twolevers models`, or name another model.")
        try:
            config = AutoConfig.from_pretrained(folder)
            tokenizer = AutoTokenizer.from_pretrained(folder)
            tensors = {key: tensor for file in files for key, tensor in load_file(file).items()}
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise TwoLeversError(
                f"The model in {folder} cannot be read ({reason}): run `twolevers models --verify`."
            ) from error
        if tokenizer.chat_template is None:
            raise UsageError(f"The model in {folder} has no chat template: choose an instruction-tuned model.")
        decoder = Decoder.build(config, tensors, dtype or fast_dtype())
        del tensors  # the decoder has its own, arranged for running
        give_back()
        return cls(decoder, tokenizer, name=folder.name, key=_fingerprint(folder, files, decoder.dtype))

    def encode(self, chat: Chat) -> list[int]:
        """Token ids of a chat, ending where the assistant's answer starts."""
        text = self.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True)
        return self.tokenizer.encode(text, add_special_tokens=False)

    @torch.no_grad()
    def generate(
        self, chats: Sequence[Chat], max_new_tokens: int = 24, tick: Callable[[int], None] | None = None
    ) -> list[Completion]:
        """Answer every chat greedily, stopping at end of turn; order kept. `tick(rows)` is called as rows finish."""
        prompts = [self.encode(chat) for chat in chats]
        if not prompts:
            return []
        start = shared_start(prompts)
        pasts = self.decoder.prefill(torch.tensor([prompts[0][:start]]))[1] if start else None
        done: dict[int, Completion] = {}
        for rows in batches([len(ids) - start for ids in prompts]):
            began = time.perf_counter()
            written = self._continue([prompts[row][start:] for row in rows], pasts, max_new_tokens)
            seconds = time.perf_counter() - began
            total = sum(len(prompts[row]) + len(new) for row, new in zip(rows, written, strict=True))
            for row, new in zip(rows, written, strict=True):
                share = seconds * (len(prompts[row]) + len(new)) / total
                text = self.tokenizer.decode(new, skip_special_tokens=True).strip()
                done[row] = Completion(text, len(prompts[row]), len(new), share)
            if tick:
                tick(len(rows))
        give_back()
        return [done[row] for row in range(len(prompts))]

    @torch.no_grad()
    def score(self, chat: Chat, options: Sequence[str]) -> list[float]:
        """Log-likelihood (natural log, summed over tokens, end of turn included) of each option as the answer."""
        prompt = self.encode(chat)
        pasts = self.decoder.prefill(torch.tensor([prompt[:-1]]))[1]
        rows = [[*self.tokenizer.encode(option, add_special_tokens=False), self.end] for option in options]
        ids = pad([[prompt[-1], *row[:-1]] for row in rows])
        hidden, _ = self.decoder.prefill(ids, pasts)
        chances = self.decoder.logits(hidden).log_softmax(-1)
        picked = chances.gather(-1, pad(rows).unsqueeze(-1)).squeeze(-1)
        return [float(picked[row, : len(tokens)].sum()) for row, tokens in enumerate(rows)]

    @property
    def end(self) -> int:
        """The token that closes a turn."""
        return self.tokenizer.eos_token_id

    def adapted(self, adapter) -> "LanguageModel":
        """This model wearing a LoRA adapter, merged into the layers it touches; the rest is shared, not copied."""
        decoder = self.decoder.with_layers(adapter.merged(self.decoder))
        return LanguageModel(decoder, self.tokenizer, name=self.name, key=f"{self.key}+{adapter.key}")

    def checksum(self) -> str:
        """SHA-256 over every weight: equal before and after means that no weight changed."""
        digest = hashlib.sha256()
        decoder = self.decoder
        for layer in decoder.layers:
            for tensor in vars(layer).values():
                if tensor is not None:
                    digest.update(tensor.view(torch.uint8).numpy())
        for tensor in (decoder.embedding, decoder.norm, decoder.head):
            digest.update(tensor.view(torch.uint8).numpy())
        return digest.hexdigest()

    def _continue(self, prompts: list[list[int]], pasts: list[Past] | None, limit: int) -> list[list[int]]:
        """Greedy tokens after each prompt (same batch), which all follow the shared start held in `pasts`."""
        decoder = self.decoder
        start = pasts[0][0].shape[2] if pasts else 0
        lengths = torch.tensor([len(ids) for ids in prompts])
        width = int(lengths.max())
        hidden, fresh = decoder.prefill(pad(prompts), pasts)
        last = hidden[torch.arange(len(prompts)), lengths - 1]
        del hidden
        # One layer at a time, so that the prompt's keys and values are never held twice.
        cache = [_room(fresh.pop(0), past, limit) for past in pasts or [None] * len(fresh)]
        slots = torch.arange(start + width + limit)
        seen = (slots < start + lengths[:, None]) | (slots >= start + width)
        rows, written = torch.arange(len(prompts)), [[] for _ in prompts]
        for step in range(limit):
            token = decoder.logits(last).argmax(-1)
            going = token != self.end
            for row, new in zip(rows[going].tolist(), token[going].tolist(), strict=True):
                written[row].append(new)
            if step == limit - 1 or not going.any():
                break
            # Finished rows are let go once a quarter of the batch is done: copying the cache is not free.
            if going.sum() <= 0.75 * len(rows):
                rows, token, lengths, seen = rows[going], token[going], lengths[going], seen[going]
                cache = [(keys[going], values[going]) for keys, values in cache]
            else:
                for row in rows[~going].tolist():
                    written[row].append(self.end)
            last = self._step(token, start + lengths + step, start + width + step, seen, cache)
        return [new[: new.index(self.end)] if self.end in new else new for new in written]

    def _step(self, token: Tensor, positions: Tensor, slot: int, seen: Tensor, cache: list[Past]) -> Tensor:
        """One new token per row: writes its keys and values at `slot`, returns hidden states (rows, hidden)."""
        decoder = self.decoder
        hidden = decoder.embed(token[:, None])
        rotary = decoder.rotary(positions[:, None])
        mask = seen[:, None, None, None, : slot + 1]
        for layer, (keys, values) in zip(decoder.layers, cache, strict=True):
            query, key, value = decoder.project(layer, hidden, rotary)
            keys[:, :, slot], values[:, :, slot] = key[:, :, 0], value[:, :, 0]
            attended = attend(query, keys[:, :, : slot + 1], values[:, :, : slot + 1], mask)
            hidden = decoder.finish(layer, hidden, attended)
        return hidden[:, 0]


def fast_dtype() -> torch.dtype:
    """bfloat16 where this processor has instructions for it, else float32."""
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16") else torch.float32


def shared_start(prompts: Sequence[list[int]]) -> int:
    """Number of tokens that all prompts begin with, 0 when too few; at least one token is left to each prompt."""
    # The first and last in order differ the soonest, so what they share is shared by all.
    first, last = min(prompts), max(prompts)
    shared = next(
        (place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    length = min(shared, min(len(ids) for ids in prompts) - 1)
    return length if length >= SHORTEST_PREFIX and len(prompts) > 1 else 0


def batches(lengths: Sequence[int], limit: int = BATCH_TOKENS) -> list[list[int]]:
    """Row numbers grouped by length, longest first, each group of at most `limit` padded tokens."""
    groups: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        # Rows come longest first, so a group's first row is its padded width.
        if groups and len(groups[-1]) < BATCH_ROWS and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= limit:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def pad(rows: Sequence[Sequence[int]]) -> Tensor:
    """Right-padded ids (rows, longest). Pad tokens are never attended to: they come last."""
    width = max(len(row) for row in rows)
    return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])


def _room(kept: Past, past: Past | None, limit: int) -> Past:
    """A layer's cache for a batch: the shared start, the prompt, and `limit` empty slots."""
    rows, heads, width, dim = kept[0].shape
    start = past[0].shape[2] if past else 0
    roomy = []
    for part, tensor in enumerate(kept):
        room = tensor.new_empty(rows, heads, start + width + limit, dim)
        if past:
            room[:, :, :start] = past[part]
        room[:, :, start : start + width] = tensor
        roomy.append(room)
    return roomy[0], roomy[1]


def _fingerprint(folder: Path, files: Sequence[Path], dtype: torch.dtype) -> str:
    """Content key of a model folder: the manifest's hashes where there is one, else the files' own."""
    manifest = folder / "manifest.json"
    digest = hashlib.sha256(str(dtype).encode())
    if manifest.exists():
        digest.update(manifest.read_bytes())
    else:
        for file in files:
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]
