"""Asking an OpenAI-compatible server: time-outs, tries, waits; whatever it does ends in an answer or in one line."""

import json
import os
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twolevers.errors import TwoLeversError, UsageError

if TYPE_CHECKING:
    import httpx

KEY, RATE = "TWOLEVERS_API_KEY", "TWOLEVERS_REQUESTS_PER_MINUTE"
SECONDS, CONNECT = 120.0, 10.0  # that one answer, and a connection, may take
TRIES, FEWER = 6, 3  # of a server that is busy; of one that is silent or talks nonsense
FIRST_WAIT, LONGEST_WAIT = 1.0, 120.0  # seconds before the next try
PASSING = {408, 409, 425, 429, 500, 502, 503, 504, 529}  # faults that may be gone at the next try
LARGEST = 8_000_000  # bytes of an answer
KEPT = "What was answered is kept: give the same command again to go on."


class Passing(Exception):
    """A fault that another try may not meet: what it was, how many tries it is worth, seconds that were asked for."""

    def __init__(self, what: str, tries: int = FEWER, seconds: float = 0.0):
        super().__init__(what)
        self.tries, self.seconds = tries, seconds


class Refused(Exception):
    """The server does not take the request; the text is its reason."""


@dataclass(frozen=True)
class Address:
    """Where a server is (`https://host/v1`), the model wanted there, and the key that it is shown."""

    url: str
    model: str = ""
    key: str = field(default="", repr=False)

    @classmethod
    def of(cls, text: str) -> "Address":
        """The address in `URL` or `URL#MODEL`, and the key from the environment: `TWOLEVERS_API_KEY`, or for openai.com
        `OPENAI_API_KEY`, which no other server is shown.

        Raises UsageError for a URL with a password or key in it, and for a key that cannot be one.
        """
        parts = urlsplit(text.strip())
        if not parts.hostname or parts.username or parts.password or parts.query:
            raise UsageError(f"A model's URL looks like http://localhost:8080/v1: a key goes into {KEY}, not there.")
        path = re.sub(r"/?(chat/completions)?/?$", "", parts.path)
        openai = parts.scheme == "https" and re.search(r"(^|\.)openai\.com$", parts.hostname)
        key = (os.environ.get(KEY, "") or (os.environ.get("OPENAI_API_KEY", "") if openai else "")).strip()
        if not (key.isascii() and key.isprintable()):
            raise UsageError(f"{KEY} holds signs that no key has: set it again.")
        return cls(f"{parts.scheme}://{parts.netloc}{path or '/v1'}", parts.fragment, key)


class Server:
    """One server. `ask` may be called by several threads: they wait together when it is busy."""

    def __init__(self, address: Address, seconds: float = SECONDS, sleep: Callable[[float], None] = time.sleep):
        import httpx

        self.address, self.seconds, self._sleep = address, seconds, sleep
        headers = {"Authorization": f"Bearer {address.key}"} if address.key else {}
        limits = httpx.Timeout(seconds, connect=min(CONNECT, seconds))
        proxied = urlsplit(address.url).hostname not in ("localhost", "127.0.0.1", "::1")
        self._client = httpx.Client(headers=headers, timeout=limits, trust_env=proxied, follow_redirects=False)
        self._gap = 60 / number(RATE, 60_000)
        self._lock, self._next = threading.Lock(), 0.0

    def ask(
        self, path: str, body: dict[str, Any] | None = None, check: Callable[[dict], object] = lambda found: None
    ) -> tuple[dict[str, Any], float]:
        """What the server answers, a JSON object that `check` has looked at, and the seconds of the last try.

        `check` raises Passing for an answer that is worth another try. Raises Refused, or TwoLeversError in one line.
        """
        for attempt in range(1, TRIES + 1):
            self._take_turn()
            began = time.monotonic()
            try:
                found = self._once(path, body)
                check(found)
                return found, time.monotonic() - began
            except Passing as fault:
                if attempt >= fault.tries:
                    raise TwoLeversError(
                        f"{self.address.url} gave {fault}, {attempt} times: check the server and the URL. {KEPT}"
                    ) from None
                if fault.seconds > LONGEST_WAIT:
                    raise TwoLeversError(
                        f"{self.address.url} gave {fault} and asks to wait {fault.seconds:.0f} s. {KEPT}"
                    ) from None
                self._rest(max(fault.seconds, FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)))
        raise AssertionError("every fault has fewer tries than TRIES")

    def _take_turn(self) -> None:
        """Wait for this request's place: not more in a minute than allowed, none while the server is at rest."""
        with self._lock:
            now = time.monotonic()
            at = max(self._next, now)
            self._next = at + self._gap
        if at > now:
            self._sleep(at - now)

    def _rest(self, seconds: float) -> None:
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def _once(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        import httpx

        ends = time.monotonic() + self.seconds
        try:
            method = "GET" if body is None else "POST"
            with self._client.stream(method, f"{self.address.url}{path}", json=body) as answer:
                content = b""
                for part in answer.iter_bytes():
                    content += part
                    if time.monotonic() > ends:  # one that drips never runs into the time for a single read
                        raise Passing(f"no whole answer in {self.seconds:.0f} s")
                    if len(content) > LARGEST:
                        raise Passing(f"more than {LARGEST // 1_000_000} MB for one answer")
        except httpx.TimeoutException:
            raise Passing(f"no answer in {self.seconds:.0f} s") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise UsageError(f"{self.address.url} is no URL of a server: check it.") from None
        except httpx.HTTPError as error:
            raise Passing(f"no answer ({self.said(str(error) or type(error).__name__)})") from None
        return self._read(answer, content)

    def _read(self, answer: "httpx.Response", content: bytes) -> dict[str, Any]:
        status, url, text = answer.status_code, self.address.url, content.decode("utf-8", "replace").strip()
        page = text.startswith("<") or "html" in answer.headers.get("content-type", "")
        if status in PASSING:
            raise Passing(f"HTTP {status}", TRIES, _retry_after(answer.headers.get("retry-after", "")))
        if status in (401, 403):
            what = "does not take the key" if self.address.key else "wants a key"
            raise TwoLeversError(f"{url} {what} (HTTP {status}): set {KEY} to one of that server. {KEPT}")
        if 300 <= status < 400:
            raise TwoLeversError(f"{url} sends elsewhere (HTTP {status}): name the address it moved to.")
        if page:
            raise TwoLeversError(
                f"{url} answers with a web page (HTTP {status}), not as an OpenAI-compatible server: check the URL, "
                "such as http://localhost:8080/v1."
            )
        if status >= 400:
            raise Refused(f"HTTP {status}: {self.said(_reason(text))}")
        try:
            found = json.loads(text)
        except ValueError:
            raise Passing("half an answer (no valid JSON)") from None
        if not isinstance(found, dict):
            raise Passing("JSON that is no object")
        if found.get("error"):
            raise Passing(f"an error ({self.said(_reason(text))})")
        return found

    def said(self, text: str) -> str:
        """Words of the server for a message: one short line, and never the key, which some servers repeat."""
        key = self.address.key
        line = " ".join(text.replace(key, "…").split() if key else text.split())
        return re.sub(r"\bsk-\S+", "…", line)[:160]


def number(variable: str, usual: int) -> int:
    """A positive whole number from the environment. Raises UsageError for anything else."""
    text = os.environ.get(variable, "").strip()
    if text and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise UsageError(f"{variable}={text!r} is not a positive whole number: unset it or set e.g. {usual}.")
    return int(text) if text else usual


def _retry_after(text: str) -> float:
    """Seconds of a Retry-After header, which holds a number or a date; 0 where it says nothing."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
        return max(0.0, (at - datetime.now(at.tzinfo or UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _reason(text: str) -> str:
    """The message in an error's JSON, or the text as it is."""
    try:
        error = json.loads(text)
        error = error.get("error", error)
        return str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, AttributeError):
        return text
