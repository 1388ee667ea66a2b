"""Our own engine as an `api.LanguageModel`: answers batches of chats, scores labels, wears adapters; on the CPU."""

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from twolevers.models import api, speed
from twolevers.models.adapter import Adapter, Recipe
from twolevers.models.api import Chat, Completion, Example, Tick, Training
from twolevers.models.checkpoint import chat_text, end_of_turn, fingerprint, read_config, read_tokenizer, reading
from twolevers.models.hub import named, tensor_files
from twolevers.models.memory import give_back
from twolevers.models.native import int8
from twolevers.models.native.decoder import Decoder
from twolevers.models.native.generation import CACHE_TOKENS, batches, common, continue_greedily
from twolevers.models.native.proven import refuse
from twolevers.models.weights import locate
from twolevers.paths import threads

if TYPE_CHECKING:
    import numpy as np

SHORTEST_PREFIX = 8  # a shared start below this many tokens is not worth a pass of its own


class NativeModel:
    """A decoder with its tokenizer. Greedy and deterministic on one machine; holds no conversation state."""

    device, trains = "cpu", True
    _worn: tuple[str, Decoder] | None = None  # the adapter used last, and the reader that wears it

    def __init__(self, decoder: Decoder, tokenizer, *, name: str, key: str, rounds: bool = False):
        self._decoder, self.tokenizer, self.name, self.key = decoder, tokenizer, name, key
        self.rounds = rounds  # to 8-bit integers, for answering

    @property
    def decoder(self) -> Decoder:
        """The network with its weights, as training uses it."""
        return self._decoder

    @cached_property
    def reader(self) -> Decoder:
        """The network that answers: `decoder`, or where that is faster its rounding to 8-bit integers."""
        return int8.rounded(self.decoder, self.peaks) if self.rounds else self.decoder

    @cached_property
    def peaks(self) -> int8.Peaks:
        """The largest activations on an ordinary text, which rounding evens out."""
        return int8.peaks(self.decoder, self.tokenizer.encode(int8.TEXT, add_special_tokens=False))

    @classmethod
    def load(cls, name: str | None = None, dtype: torch.dtype | None = None) -> "NativeModel":
        """Load a model of a family that this engine is tested for; `api.load` takes any other.

        `dtype` defaults to what was measured to be fast here (see `speed`; answers may then come from 8-bit integers).
        Raises TwoLeversError with a remedy when the weights are missing, damaged or of an unsupported kind.
        """
        return cls.read(locate(name), dtype)

    @classmethod
    def read(cls, folder: Path, dtype: torch.dtype | None = None) -> "NativeModel":
        """The model in `folder`; raises Unproven, before any weight is read, where the engine is not tested for it."""
        from safetensors.torch import load_file

        torch.set_num_threads(threads())
        files = tensor_files(folder)
        with reading(folder):
            config = read_config(folder)
            refuse(config)
            tokenizer = read_tokenizer(folder)
            tensors = {key: tensor for file in files for key, tensor in load_file(file).items()}
            rounds = dtype is None and speed.int8()
            decoder = Decoder.build(config, tensors, dtype or speed.dtype())
        del tensors  # the decoder has its own, arranged for running
        give_back()
        key = fingerprint(folder, files, str(decoder.dtype)) + "-int8" * rounds
        return cls(decoder, tokenizer, name=named(folder), key=key, rounds=rounds)

    def encode(self, chat: Chat) -> list[int]:
        """Token ids of a chat, ending where the assistant's answer starts."""
        return self.tokenizer.encode(chat_text(self.tokenizer, chat), add_special_tokens=False)

    @torch.no_grad()
    def generate(self, chats: Sequence[Chat], max_new_tokens: int = 24, tick: Tick | None = None) -> list[Completion]:
        """Answer every chat greedily, stopping at end of turn; order kept. `tick(rows)` is called as rows finish.

        Equal chats are answered once, and share the time.
        """
        asked = [tuple(self.encode(chat)) for chat in chats]
        if not asked:
            return []
        times = Counter(asked)
        prompts = [list(ids) for ids in times]
        api.within(self, prompts, max_new_tokens)
        began = time.perf_counter()
        start = shared_start(prompts)
        pasts = self.reader.prefill([prompts[0][:start]])[1] if start else None
        opening = (time.perf_counter() - began) / len(asked)
        done: dict[tuple[int, ...], Completion] = {}
        for rows in batches([len(ids) - start + max_new_tokens for ids in prompts], CACHE_TOKENS):
            began = time.perf_counter()
            rest = [prompts[row][start:] for row in rows]
            written = continue_greedily(self.reader, rest, pasts, max_new_tokens, self.end)
            seconds = time.perf_counter() - began
            total = sum(len(prompts[row]) + len(new) for row, new in zip(rows, written, strict=True))
            for ids, new in zip((tuple(prompts[row]) for row in rows), written, strict=True):
                share = opening + seconds * (len(ids) + len(new)) / total / times[ids]
                text = self.tokenizer.decode(new, skip_special_tokens=True).strip()
                done[ids] = Completion(text, len(ids), len(new), share)
            if tick:
                tick(sum(times[tuple(prompts[row])] for row in rows))
        give_back()
        return [done[ids] for ids in asked]

    @torch.no_grad()
    def score(self, chat: Chat, options: Sequence[str]) -> list[float]:
        """Log-likelihood (natural log, summed over tokens, end of turn included) of each option as the answer."""
        prompt = self.encode(chat)
        pasts = self.reader.prefill([prompt[:-1]])[1]
        rows = [[*self.tokenizer.encode(option, add_special_tokens=False), self.end] for option in options]
        hidden = self.reader.prefill([[prompt[-1], *row[:-1]] for row in rows], pasts)[0]
        chances = (self.reader.logits(states).log_softmax(-1) for states in hidden)
        return [float(each[range(len(row)), row].sum()) for each, row in zip(chances, rows, strict=True)]

    @property
    def max_length(self) -> int:
        """The most tokens that a prompt and its answer may have together."""
        return self.decoder.shape.positions

    def label_logprobs(self, chats: Sequence[Chat], labels: Sequence[str]) -> "np.ndarray":
        """Natural log of the probability of each label as the answer to each chat, (chats, labels)."""
        from twolevers.models.native.likelihood import log_likelihoods

        return log_likelihoods(self, chats, labels)

    def fit(
        self,
        examples: Sequence[Example],
        recipe: Recipe,
        held_out: Sequence[Example] = (),
        tick: Tick | None = None,
    ) -> Training:
        """Train a LoRA adapter on the examples (see `lora.train`)."""
        from twolevers.models.native.lora import train

        self._worn = None  # its merged layers, up to 200 MB, are made again when they are asked for
        give_back()
        return train(self, examples, recipe, held_out, tick)

    @cached_property
    def end(self) -> int:
        """The token that closes a turn."""
        return end_of_turn(self.tokenizer)

    def adapted(self, adapter: Adapter) -> "NativeModel":
        """This model wearing a LoRA adapter, merged into the layers it touches; the rest is shared, not copied."""
        return Adapted(self, adapter)

    def checksum(self) -> str:
        """SHA-256 over every weight: equal before and after means that no weight changed."""
        digest = hashlib.sha256()
        decoder = self.decoder
        parts = [tensor for layer in decoder.layers for tensor in vars(layer).values() if tensor is not None]
        for tensor in (*parts, decoder.embedding, decoder.norm, decoder.head):
            digest.update(tensor.view(torch.uint8).numpy())
        return digest.hexdigest()


class Adapted(NativeModel):
    """A model that wears an adapter. It is merged when used; of all that a base wears, only the last stays merged."""

    def __init__(self, base: NativeModel, adapter: Adapter):
        self.base, self.adapter = base, adapter
        self.tokenizer, self.name, self.key = base.tokenizer, base.name, f"{base.key}+{adapter.key}"

    @property
    def decoder(self) -> Decoder:
        """The base's network with the adapter in it, merged anew."""
        return self.base.decoder.with_layers(self.adapter.merged(self.base.decoder))

    @property
    def reader(self) -> Decoder:
        """The base's reader with the adapter in it."""
        base, worn = self.base, self.base._worn
        if worn is None or worn[0] != self.adapter.key:
            worn = base._worn = None  # 100 MB, given up before the next are taken
            layers = self.adapter.merged(base.decoder)
            if base.rounds:
                shape = base.decoder.shape
                layers = {at: int8.round_layer(layer, shape, base.peaks[at]) for at, layer in layers.items()}
            worn = base._worn = self.adapter.key, base.reader.with_layers(layers)
        return worn[1]


def shared_start(prompts: Sequence[list[int]]) -> int:
    """Number of tokens that all prompts begin with, 0 when too few; at least one token is left to each prompt."""
    # The first and last in order differ the soonest, so what they share is shared by all.
    first, last = min(prompts), max(prompts)
    length = min(common(first, last), min(len(ids) for ids in prompts) - 1)
    return length if length >= SHORTEST_PREFIX and len(prompts) > 1 else 0
