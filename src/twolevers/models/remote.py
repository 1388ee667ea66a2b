"""A language model on a server that speaks OpenAI's protocol (llama.cpp, vLLM, Ollama, a hosted one): answers only.

It stands in for `LanguageModel` where an arm only asks. It cannot be trained, and likelihoods cannot be had of it.
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models.language_model import Chat, Completion
from twolevers.models.remote_address import CALL
from twolevers.models.remote_http import Connection, Limits, Refused

AT_ONCE = 4  # requests in progress at a time


class RemoteModel:
    """The model `served` at a server. Greedy, as far as the server is; holds no conversation state.

    `adapters`: what the server calls the adapter of each kind, such as {"closed": "0"}. A number is the place of an
    adapter in llama.cpp's list, given to each request; any other name is asked for as a model, as vLLM wants it.
    """

    def __init__(
        self, connection: Connection, served: str, adapters: Mapping[str, str] | None = None, worn: str | None = None
    ):
        self.connection, self.served = connection, served
        self.adapters, self.worn = dict(adapters or {}), worn
        self.tokenizer = RoughTokenizer()
        self._fields: dict[str, str | None] = {"max_tokens": "max_tokens", "temperature": "temperature"}

    @classmethod
    def load(
        cls, address: str, adapters: Mapping[str, str] | None = None, limits: Limits | None = None
    ) -> "RemoteModel":
        """Find the model at `http://host:port/v1#name`; without a name, the only one that the server lists.

        Raises UsageError for an address that is none, a server that refuses the key, and a name that is missing.
        """
        base, _, name = address.partition("#")
        connection = Connection(base, limits)
        try:
            listed = connection.get("/models")
            names = [each["id"] for each in listed["data"]]
        except (Refused, LookupError, TypeError):
            names = []
        if not name and len(names) != 1:
            found = f"serves {', '.join(map(str, names[:5]))}" if names else "does not list its models"
            raise UsageError(f"{connection.host} {found}: name one at the end of the address, as in …/v1#name.")
        return cls(connection, name or str(names[0]), adapters)

    @property
    def name(self) -> str:
        """The model and its host, for reports; of a file's path only the file."""
        served = re.split(r"[/\\]", self.served)[-1] if self.served.endswith(".gguf") else self.served
        return f"{served} at {self.connection.host}"

    @property
    def asked_for(self) -> str:
        """The name that requests bear: the model's, or that of an adapter that is served under its own."""
        return self.worn if self.worn and not self.worn.isdigit() else self.served

    @property
    def key(self) -> str:
        """Names cached answers: model, host and adapter. The weights behind a name cannot be seen from here."""
        return repr(("served", self.connection.host, self.served, self.worn))

    def adapted(self, kind: str) -> "RemoteModel":
        """The same model wearing the server's adapter of this kind."""
        return RemoteModel(self.connection, self.served, self.adapters, self.adapters[kind])

    def generate(
        self, chats: Sequence[Chat], max_new_tokens: int = 24, tick: Callable[[int], None] | None = None
    ) -> list[Completion]:
        """Answer every chat, order kept; `tick(1)` is called as each is done.

        Tokens are those that the server counts (0 where it does not); `seconds` is the latency of the request with up
        to `AT_ONCE` in progress. Raises TwoLeversError in one line when the server keeps failing.
        """
        stop = threading.Event()

        def one(chat: Chat) -> Completion:
            done = self._answer(chat, max_new_tokens, stop)
            if tick:
                tick(1)
            return done

        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                return list(pool.map(one, chats))
            except BaseException:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _answer(self, chat: Chat, room: int, stop: threading.Event) -> Completion:
        for _ in range(1 + len(self._fields)):
            try:
                found, seconds = self.connection.post(CALL, self._body(chat, room), _read, stop)
                return Completion(*found, seconds)
            except Refused as error:
                if not self._other_fields(error):
                    raise
        raise TwoLeversError(f"{self.connection.host} takes no request in the form that it asks for.")

    def _body(self, chat: Chat, room: int) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.asked_for, "messages": list(chat)}
        for name, value in (("max_tokens", room), ("temperature", 0)):
            if field := self._fields[name]:
                body[field] = value
        if places := sorted({int(each) for each in self.adapters.values() if each.isdigit()}):
            # Named all, the others with 0: an adapter that the server applies by itself would speak in every arm.
            worn = int(self.worn) if self.worn and self.worn.isdigit() else None
            body["lora"] = [{"id": place, "scale": float(place == worn)} for place in places]
        return body

    def _other_fields(self, error: Refused) -> bool:
        """Whether the refusal names a field that some models want otherwise; then the next request has it so."""
        if error.status == 400 and "max_completion_tokens" in error.said:
            changed = {"max_tokens": "max_completion_tokens"}
        elif error.status == 400 and "temperature" in error.said:
            changed = {"temperature": None}
        else:
            return False
        self._fields |= changed
        return True


class RoughTokenizer:
    """Stands where a served model's tokenizer is not known: for limits, never for counts that are reported."""

    def encode(self, text: str, add_special_tokens: bool = False) -> list[str]:
        """Pieces of at most four letters, and every sign by itself: more than most tokenizers make of European text."""
        return re.findall(r"\w{1,4}|[^\w\s]", text)


def _read(found: Any) -> tuple[str, int, int]:
    """Text, prompt tokens and new tokens of a chat completion."""
    text = found["choices"][0]["message"].get("content")
    if not isinstance(text, str | None):
        raise TypeError(type(text).__name__)
    usage = found.get("usage") or {}
    # Half of a surrogate pair, from an emoji that was cut, could not be written down.
    text = (text or "").encode("utf-8", "replace").decode().strip()
    return text, int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
