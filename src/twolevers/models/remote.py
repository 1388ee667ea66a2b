"""A model behind an OpenAI-compatible URL: it answers over the network, and can be asked for nothing else.

Every answer is kept as it comes until the whole call is answered: one that the server broke goes on where it stopped.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NoReturn

from twolevers import cache
from twolevers.errors import UsageError
from twolevers.models.api import Chat, Completion, Example, Tick, Training
from twolevers.models.server import Address, Passing, Refused, Server, number
from twolevers.paths import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from twolevers.models.adapter import Adapter, Recipe

AT_ONCE = "TWOLEVERS_REQUESTS_AT_ONCE"
USUAL = 4_096  # tokens that are taken to fit where the server does not say


class Pieces:
    """Stands in for a tokenizer that the server does not show: pieces of about a token, for cutting and estimates."""

    def encode(self, text: str, *, add_special_tokens: bool = False) -> list[str]:
        """The text in pieces: up to four letters or digits with the space before, or one of any other sign."""
        return re.findall(r"\s?\w{1,4}|\s|[^\w\s]", text)

    def decode(self, ids: Sequence[str], *, skip_special_tokens: bool = False) -> str:
        """The text of pieces."""
        return "".join(ids)


class RemoteModel:
    """A chat model on a server, asked at temperature 0."""

    device, trains = "remote", False

    def __init__(self, server: Server, name: str, max_length: int = USUAL):
        self._server, self._id, self.max_length, self.tokenizer = server, name, max_length, Pieces()
        # Some servers call a model by its file: where that lies is nobody's business.
        self.name = re.split(r"[/\\]", name)[-1] if name.lower().endswith(".gguf") else name
        self.key = hashlib.sha256(f"{server.address.url} {name}".encode()).hexdigest()[:12]
        self._at_once, self._lock = number(AT_ONCE, 4), threading.Lock()
        # What many servers know and some refuse; those are asked without.
        self._wishes: dict[str, Any] = {"temperature": 0, "chat_template_kwargs": {"enable_thinking": False}}
        self._limit = "max_tokens"

    @classmethod
    def connect(cls, text: str, make: Callable[[Address], Server] = Server) -> "RemoteModel":
        """The model at `URL`, or `URL#MODEL` where the server has several.

        Raises UsageError where the model must be named or is not there, TwoLeversError where the server is not.
        """
        address = Address.of(text)
        server, known = make(address), {}
        try:
            listed = server.ask("/models")[0].get("data") or []
            known = {str(each["id"]): each for each in listed if isinstance(each, dict) and each.get("id")}
        except Refused:  # a server may list nothing
            if not address.model:
                raise UsageError(f"{address.url} does not list its models. Name one: {address.url}#MODEL.") from None
        some = ", ".join(list(known)[:5]) + (", …" if len(known) > 5 else "")
        if not address.model and len(known) != 1:
            raise UsageError(f"{address.url} lists these models: {some or 'none'}. Name one: {address.url}#MODEL.")
        if address.model and known and address.model not in known:
            raise UsageError(f"{address.url} has no model {address.model!r}; it lists {some}.")
        name = address.model or next(iter(known))
        return cls(server, name, _length(known.get(name, {})))

    def encode(self, chat: Chat) -> list[str]:
        """Pieces of a chat: an estimate of its tokens, not what the server reads."""
        return [piece for turn in chat for piece in self.tokenizer.encode(turn["content"])]

    def generate(self, chats: Sequence[Chat], max_new_tokens: int = 24, tick: Tick | None = None) -> list[Completion]:
        """Answer every chat, order kept; of a call that broke, what was answered is found again. `seconds` are of the
        request itself.

        Raises UsageError when the server refuses a request, TwoLeversError when it gives no answer after several tries.
        """
        pool = ThreadPoolExecutor(self._at_once)
        try:
            asked = [pool.submit(self._answer, chat, max_new_tokens) for chat in chats]
            for each in as_completed(asked):
                each.result()
                if tick:
                    tick(1)
            done = [each.result() for each in asked]
        finally:
            pool.shutdown(cancel_futures=True)
        for chat in chats:  # asked again, they are answered anew: no time is told that was not taken
            self._place(chat, max_new_tokens).unlink(missing_ok=True)
        return done

    def label_logprobs(self, chats: Sequence[Chat], labels: Sequence[str]) -> "np.ndarray":
        """A server gives none: raises UsageError."""
        self._cannot("give the probabilities of labels")

    def fit(
        self, examples: Sequence[Example], recipe: "Recipe", held_out: Sequence[Example] = (), tick: Tick | None = None
    ) -> Training:
        """A server trains nothing: raises UsageError."""
        self._cannot("be trained")

    def adapted(self, adapter: "Adapter") -> "RemoteModel":
        """A server wears no adapter: raises UsageError."""
        self._cannot("wear an adapter")

    def _cannot(self, what: str) -> NoReturn:
        raise UsageError(
            f"{self.name} answers over the network and cannot {what}: ask it with prompt, few_shot or rag, or name a "
            "folder, hub id or GGUF file to --model."
        )

    def _place(self, chat: Chat, limit: int) -> "Path":
        return cache.place("remote", self.key, [dict(turn) for turn in chat], limit)

    def _answer(self, chat: Chat, limit: int) -> Completion:
        place = self._place(chat, limit)
        found = _kept(place)
        if found is None:
            found = self._asked(chat, limit)
            write_atomically(place, json.dumps(asdict(found), ensure_ascii=False))
        return found

    def _asked(self, chat: Chat, limit: int) -> Completion:
        while True:
            wishes, name = dict(self._wishes), self._limit
            body = {"model": self._id, "messages": [dict(turn) for turn in chat], **wishes, name: limit}
            try:
                found, seconds = self._server.ask("/chat/completions", body, check=content)
                break
            except Refused as refused:
                self._wish_less(str(refused), wishes, name)
        text = content(found)
        used = found.get("usage") if isinstance(found.get("usage"), dict) else {}
        guesses = {"prompt_tokens": len(self.encode(chat)), "completion_tokens": len(self.tokenizer.encode(text))}
        read, wrote = (used[key] if isinstance(used.get(key), int) else guess for key, guess in guesses.items())
        return Completion(text, read, wrote, seconds)

    def _wish_less(self, reason: str, wishes: dict[str, Any], name: str) -> None:
        """Ask without what the server refuses by name. Raises UsageError where it names nothing that was asked for."""
        unknown = next((wish for wish in wishes if wish in reason), None)
        with self._lock:
            if unknown:
                self._wishes.pop(unknown, None)
            elif name == "max_tokens" and "max_completion_tokens" in reason:
                self._limit = "max_completion_tokens"
            else:
                raise UsageError(f"{self._server.address.url} refuses a request to {self.name} ({reason}).")


def content(found: dict[str, Any]) -> str:
    """The text of an answer, without thoughts. Raises Passing where there is none."""
    try:
        text = found["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise Passing("an answer without a choice") from None
    if not isinstance(text, str | None):
        raise Passing("an answer whose content is no text")
    return re.sub(r"^\s*<think>.*?(</think>|$)", "", text or "", flags=re.DOTALL).strip()


def _length(about: dict[str, Any]) -> int:
    """The most tokens that a server says its model reads."""
    meta = about.get("meta") if isinstance(about.get("meta"), dict) else {}
    said = (about.get("max_model_len"), about.get("context_length"), meta.get("n_ctx"), meta.get("n_ctx_train"))
    return next((each for each in said if isinstance(each, int) and each > 0), USUAL)


def _kept(place: "Path") -> Completion | None:
    try:
        return Completion(**json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # none yet, or damaged: asked again
