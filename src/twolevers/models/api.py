"""The one door to a language model: what arms, lessons and bake-off ask of it, and `load`, which chooses the engine."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from twolevers.models.adapter import Adapter, Recipe

Chat = Sequence[dict[str, str]]  # [{"role": "system" | "user" | "assistant", "content": …}, …]
Tick = Callable[[int], object]  # told how many rows were done


@dataclass(frozen=True)
class Completion:
    """One answer. `seconds` is the row's share, by tokens, of its batch's time (throughput, not latency)."""

    text: str
    prompt_tokens: int
    new_tokens: int
    seconds: float


@dataclass(frozen=True)
class Example:
    """One training pair: a chat up to the answer, and the answer."""

    chat: Chat
    answer: str


@dataclass(frozen=True)
class Training:
    """What a training run produced. `history` rows: pass, loss, held_out (mean nats per answer token), seconds."""

    adapter: "Adapter"
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    tokens: int = 0  # prompt and answer tokens, counted once per pass


class LanguageModel(Protocol):
    """A chat model that answers greedily. `key` changes whenever answers may change: it names what is kept.

    `device`: "cpu", "cuda", "mps" or "remote". `trains`: whether `fit`, `adapted` and `label_logprobs` work; where they
    do not, they raise UsageError in one line.
    """

    name: str
    key: str
    device: str
    trains: bool
    tokenizer: Any  # encode(text, add_special_tokens=False) and decode(ids, skip_special_tokens=True)

    @property
    def max_length(self) -> int:
        """The most tokens that a prompt and its answer may have together."""

    def encode(self, chat: Chat) -> list[int]:
        """Token ids of a chat, ending where the assistant's answer starts."""

    def generate(self, chats: Sequence[Chat], max_new_tokens: int = 24, tick: Tick | None = None) -> list[Completion]:
        """Answer every chat, order kept; `tick(rows)` is called as rows finish.

        Raises UsageError for a prompt that is longer than the model reads.
        """

    def label_logprobs(self, chats: Sequence[Chat], labels: Sequence[str]) -> "np.ndarray":
        """Natural log of the probability of each label as the answer to each chat, (chats, labels)."""

    def fit(
        self,
        examples: Sequence[Example],
        recipe: "Recipe",
        held_out: Sequence[Example] = (),
        tick: Tick | None = None,
    ) -> Training:
        """Train a LoRA adapter on the examples; only the answers (and the end of turn) count in the loss.

        With `held_out` the loss on them is measured after each pass, and the best pass is kept when `recipe.patience`
        is set. What `tick` raises ends the training.
        """

    def adapted(self, adapter: "Adapter") -> "LanguageModel":
        """This model wearing an adapter; the weights are shared."""


def load(name: str | None = None, device: str = "auto") -> LanguageModel:
    """Load a model, in the engine that is right for it: our own on the CPU where its tests cover the model, else
    transformers and peft; a server's model answers over the network.

    `name`: None for the course's own (or `TWOLEVERS_MODEL`), a folder, a hub id (`owner/model`), a `FILE.gguf`, or the
    URL of an OpenAI-compatible server (`http://localhost:8080/v1`, `https://…/v1#MODEL` where it has several).
    `device`: "auto" (a GPU where PyTorch finds one), "cpu", "cuda" or "mps". Raises TwoLeversError or UsageError, in
    one line with the remedy.
    """
    from twolevers.models.devices import choose

    if url := _url(name):
        from twolevers.models.remote import RemoteModel

        return RemoteModel.connect(url)
    where = choose(device)
    folder = fetched(name)
    if where == "cpu":
        from twolevers.models.native.model import NativeModel
        from twolevers.models.native.proven import Unproven

        try:
            return NativeModel.read(folder)
        except Unproven:
            pass
    from twolevers.models.hf import TransformersModel

    return TransformersModel.read(folder, where)


def fetched(name: str | None = None) -> "Path | None":
    """The folder of a model, which is downloaded or converted first where it must be; None for a URL."""
    from twolevers.models.weights import locate

    return None if _url(name) else locate(name)


def _url(name: str | None) -> str:
    wanted = name or os.environ.get("TWOLEVERS_MODEL", "")
    return wanted if re.match(r"https?://", wanted) else ""


def within(model: LanguageModel, prompts: Sequence[Sequence[int]], room: int) -> None:
    """Raise UsageError when a prompt (token ids) with `room` tokens behind it is longer than the model reads."""
    from twolevers.errors import UsageError

    longest = max((len(ids) for ids in prompts), default=0)
    if longest + room > model.max_length:
        raise UsageError(
            f"A prompt has {longest} tokens and its answer may have {room}; {model.name} reads {model.max_length}: "
            "shorten the passages or ask for fewer."
        )
