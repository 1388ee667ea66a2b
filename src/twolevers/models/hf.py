"""Any other model, on any device: transformers runs it, and peft trains it (`hf_training`)."""

import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models.adapter import Adapter, Recipe
from twolevers.models.api import Chat, Completion, Example, Tick, Training, within
from twolevers.models.checkpoint import chat_text, end_of_turn, fingerprint, read_tokenizer, reading
from twolevers.models.hub import named, tensor_files
from twolevers.models.native.generation import batches
from twolevers.models.native.likelihood import label_rows

if TYPE_CHECKING:
    import numpy as np

Work = TypeVar("Work")
TOKENS = {"cpu": 6_144, "mps": 8_192, "cuda": 32_768}  # padded tokens of the rows that are answered together
USUAL = 2_048  # tokens of a model that does not say


class Body:
    """A network on its device, and which adapter is merged into it: one at a time, the plain weights kept beside."""

    def __init__(self, network: Any):
        from transformers import GenerationConfig

        said = network.generation_config.eos_token_id
        self.ends = said if isinstance(said, list) else [said]
        # Of the model's own habits nothing else: they draw at random, punish repetition, stop early.
        network.generation_config = GenerationConfig()
        self.network, self.worn = network, ""
        self._plain: list[tuple[Any, Tensor]] = []

    def wearing(self, adapter: Adapter | None, key: str) -> Any:
        """The network with the adapter (`key` names it, "" for none) merged into its weights."""
        if key == self.worn:
            return self.network
        while self._plain:
            module, weight = self._plain.pop()
            module.weight.data = weight
        from transformers.pytorch_utils import Conv1D

        self.worn = ""
        for name in adapter.pairs if adapter else ():
            module, delta = self._module(adapter.prefix + name), adapter.delta(name)
            weight = module.weight.data
            change = delta.t() if isinstance(module, Conv1D) else delta  # GPT-2 stores (in, out)
            self._plain.append((module, weight))
            module.weight.data = (weight.float() + change.to(weight.device)).to(weight.dtype)
        self.worn = key
        return self.network

    def _module(self, name: str) -> Any:
        try:
            return self.network.get_submodule(name)
        except AttributeError:
            raise TwoLeversError(f"The adapter does not fit: this model has no {name}. Train it again.") from None


class TransformersModel:
    """A chat model that transformers runs. Greedy; holds no conversation state."""

    trains = True

    def __init__(self, body: Body, tokenizer: Any, *, name: str, key: str, adapter: Adapter | None = None):
        self.body, self.tokenizer, self.name, self.adapter = body, tokenizer, name, adapter
        self._worn = adapter.key if adapter else ""
        self.key = f"{key}+{self._worn}" if adapter else key
        self.device = body.network.device.type
        self.end = end_of_turn(tokenizer)
        self.ends = sorted({self.end, tokenizer.eos_token_id, *body.ends} - {None})

    @classmethod
    def read(cls, folder: Path, device: str = "cpu", dtype: torch.dtype | None = None) -> "TransformersModel":
        """The model in `folder`, on `device` ("cpu", "cuda", "mps"); `dtype` defaults to what is fast there.

        No code from the folder is run, and only safetensors are read. Raises TwoLeversError or UsageError, in one line,
        where the model is damaged, unknown to transformers, or larger than the memory.
        """
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()
        files, number = tensor_files(folder), dtype or _format(device)
        given = {"dtype": number, "use_safetensors": True, "local_files_only": True, "trust_remote_code": False}
        with reading(folder):
            tokenizer = read_tokenizer(folder)
        with reading(folder), _memory(device):
            network, found = AutoModelForCausalLM.from_pretrained(folder, **given, output_loading_info=True)
            network = network.to(device).eval()
        if missing := sorted(found["missing_keys"]):
            raise TwoLeversError(f"The model in {folder} lacks {missing[0]} and more: fetch it again, whole.")
        network.requires_grad_(False)
        return cls(
            Body(network), tokenizer, name=named(folder), key=fingerprint(folder, files, f"hf {device} {number}")
        )

    @property
    def network(self) -> Any:
        """The network, with this model's adapter in it."""
        return self.body.wearing(self.adapter, self._worn)

    @property
    def max_length(self) -> int:
        """The most tokens that a prompt and its answer may have together."""
        config = self.body.network.config.get_text_config()
        known = (getattr(config, "max_position_embeddings", None), getattr(self.tokenizer, "model_max_length", None))
        return next((int(each) for each in known if isinstance(each, int | float) and 0 < each < 10**7), USUAL)

    def encode(self, chat: Chat) -> list[int]:
        """Token ids of a chat, ending where the assistant's answer starts."""
        return self.tokenizer.encode(chat_text(self.tokenizer, chat), add_special_tokens=False)

    @torch.no_grad()
    def generate(self, chats: Sequence[Chat], max_new_tokens: int = 24, tick: Tick | None = None) -> list[Completion]:
        """Answer every chat greedily, stopping at end of turn; order kept. `tick(rows)` is called as rows finish."""
        from transformers import GenerationConfig

        prompts = [self.encode(chat) for chat in chats]
        within(self, prompts, max_new_tokens)
        network, done = self.network, {}
        greedy = GenerationConfig(
            max_new_tokens=max_new_tokens, do_sample=False, eos_token_id=self.ends, pad_token_id=self.ends[0]
        )

        def write(rows: Sequence[int]) -> list[list[int]]:
            given = left_padded([prompts[row] for row in rows], self.device)
            found = network.generate(**given, generation_config=greedy)
            return [self._before_end(ids) for ids in found[:, given["input_ids"].shape[1] :].tolist()]

        began = time.perf_counter()
        for rows, written in self._in_batches([len(ids) + max_new_tokens for ids in prompts], write):
            seconds = time.perf_counter() - began
            total = sum(len(prompts[row]) + len(new) for row, new in zip(rows, written, strict=True))
            for row, new in zip(rows, written, strict=True):
                text = self.tokenizer.decode(new, skip_special_tokens=True).strip()
                share = seconds * (len(prompts[row]) + len(new)) / total
                done[row] = Completion(text, len(prompts[row]), len(new), share)
            if tick:
                tick(len(rows))
            began = time.perf_counter()
        return [done[row] for row in range(len(prompts))]

    @torch.no_grad()
    def label_logprobs(self, chats: Sequence[Chat], labels: Sequence[str]) -> "np.ndarray":
        """Natural log of the probability of each label as the answer to each chat, (chats, labels)."""
        import numpy as np

        answers = label_rows(self.tokenizer, labels, self.end)
        prompts = [self.encode(chat) for chat in chats]
        within(self, prompts, max(map(len, answers)))
        # A label's last token is only predicted, and labels with the same beginning are predicted in one pass.
        stems = longest({answer[:-1] for answer in answers})
        passes = [(place, stem) for place in range(len(prompts)) for stem in stems]
        table, network = np.empty((len(prompts), len(labels))), self.network
        keep = 1 + max(map(len, stems))

        def read(group: Sequence[int]) -> Tensor:
            rows = [[*prompts[place], *stem] for place, stem in (passes[each] for each in group)]
            return last_logits(network, rows, self.device, keep).log_softmax(-1).cpu()

        for group, chances in self._in_batches([len(prompts[place]) + len(stem) for place, stem in passes], read):
            for row, (place, stem) in zip(chances, (passes[each] for each in group), strict=True):
                for label, answer in enumerate(answers):
                    if stem[: len(answer) - 1] == answer[:-1]:
                        steps = torch.arange(len(answer)) + keep - 1 - len(stem)
                        table[place, label] = float(row[steps, list(answer)].sum())
        return table

    def fit(
        self,
        examples: Sequence[Example],
        recipe: Recipe,
        held_out: Sequence[Example] = (),
        tick: Tick | None = None,
    ) -> Training:
        """Train a LoRA adapter on the examples (see `hf_training.train`)."""
        from twolevers.models.hf_training import train

        with _memory(self.device):
            return train(self, examples, recipe, held_out, tick)

    def adapted(self, adapter: Adapter) -> "TransformersModel":
        """This model wearing an adapter, which is merged when it is used; the weights are shared."""
        if self.adapter:
            raise UsageError("This model wears an adapter already: adapt the plain one.")
        return TransformersModel(self.body, self.tokenizer, name=self.name, key=self.key, adapter=adapter)

    def _in_batches(
        self, lengths: Sequence[int], work: Callable[[Sequence[int]], Work]
    ) -> Iterator[tuple[list[int], Work]]:
        """Rows of similar length and what `work` makes of them; where the memory is too small, half of them at once."""
        waiting = batches(lengths, TOKENS[self.device])
        while waiting:
            rows, done = waiting.pop(0), None
            with _memory(self.device, forgiving=len(rows) > 1):
                done = work(rows)
            if done is None:
                waiting[:0] = [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
            else:
                yield rows, done

    def _before_end(self, ids: list[int]) -> list[int]:
        return ids[: next((place for place, token in enumerate(ids) if token in self.ends), len(ids))]


def left_padded(rows: Sequence[Sequence[int]], device: str) -> dict[str, Tensor]:
    """Ids and mask (rows, width), every row ending at the right."""
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(row)) + list(row) for row in rows])
    seen = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    return {"input_ids": ids.to(device), "attention_mask": seen.to(device)}


def last_logits(network: Any, rows: Sequence[Sequence[int]], device: str, keep: int) -> Tensor:
    """Scores over the vocabulary at the last `keep` tokens of each row, (rows, keep, vocabulary), float32."""
    given: dict[str, Any] = left_padded(rows, device)
    known = inspect.signature(getattr(network, "get_base_model", lambda: network)().forward).parameters
    if "position_ids" in known:
        given["position_ids"] = (given["attention_mask"].cumsum(-1) - 1).clamp(min=0)
    if "logits_to_keep" in known:
        given["logits_to_keep"] = keep
    return network(**given, use_cache=False).logits[:, -keep:].float()


def longest(beginnings: set[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Those that no other one begins with, in order."""
    ordered = sorted(beginnings)
    after = [*ordered[1:], None]  # what begins with one follows it at once
    return [one for one, other in zip(ordered, after, strict=True) if not other or other[: len(one)] != one]


def _format(device: str) -> torch.dtype:
    if device == "cpu":
        from twolevers.models import speed

        return speed.dtype()
    return torch.bfloat16 if device == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


@contextmanager
def _memory(device: str, forgiving: bool = False) -> Iterator[None]:
    """Say in one line that the memory is full; where `forgiving`, the work is left undone and nothing is said."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        if forgiving:
            return
        raise TwoLeversError(
            f"The memory of {device} is full: choose a smaller model, fewer passages, or another --device."
        ) from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):
            raise
        raise TwoLeversError("The memory is full: close programs, or choose a smaller model.") from error
