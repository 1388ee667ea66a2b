"""Requests to a server that speaks OpenAI's protocol: JSON there, JSON back, within bounds of time, size and tries.

The key goes into one header. It is in no message, name or file.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twolevers.errors import TwoLeversError, UsageError
from twolevers.models.remote_address import KEYS, Address, key_of_the_environment

if TYPE_CHECKING:
    import httpx

PASSING = {408, 409, 425, 429, 500, 502, 503, 504, 529}  # statuses that another try may not meet
SECRET = 8  # characters from which a key is told from other text


@dataclass(frozen=True)
class Limits:
    """What one request may take. `connect`, `answer` (a whole answer), `pause` (between tries) and `total` in seconds.

    A pause grows from `first` by doubling, drawn at random below that; a server's Retry-After counts instead.
    """

    connect: float = 10.0
    answer: float = 180.0
    first: float = 0.5
    pause: float = 60.0
    total: float = 600.0
    tries: int = 6
    size: int = 4_000_000  # bytes of an answer


class Refused(TwoLeversError):
    """The server understood and will not do it. `said` are its words, without the key."""

    def __init__(self, message: str, status: int, said: str):
        super().__init__(message)
        self.status, self.said = status, said


class _Passing(Exception):
    """A fault that another try may not meet: its description, and the seconds that the server asks to wait."""

    def __init__(self, what: str, wait: float | None = None):
        super().__init__(what)
        self.wait = wait


class Connection:
    """A server at one base address. Threads may share it: when one is told to wait, all wait."""

    def __init__(self, address: str, limits: Limits | None = None):
        self.address = Address.parse(address)
        self.host = self.address.host
        self.limits = limits or Limits()
        self.key_variable, self._key = key_of_the_environment()
        self._client: httpx.Client | None = None
        self._lock, self._ready = threading.Lock(), 0.0

    @property
    def way(self) -> str:
        """How requests travel, in words: encryption, proxy, and the variable that the key is from."""
        here, encrypted = self.address.here, self.address.encrypted
        said = ["on this machine" if here else "encrypted" if encrypted else "not encrypted"]
        if self.address.proxy:
            said.append(f"through the proxy {urlsplit(self.address.proxy).hostname}")
        said.append(f"with the key in {self.key_variable}" if self._key else "without a key")
        return ", ".join(said)

    def get(self, path: str) -> Any:
        """The JSON at `path`, in two tries: a wrong address is soon said."""
        return self._tried("GET", path, None, lambda found: found, min(2, self.limits.tries), threading.Event())[0]

    def post(
        self, path: str, body: dict[str, Any], read: Callable[[Any], Any], stop: threading.Event
    ) -> tuple[Any, float]:
        """What `read` makes of the JSON answered to `body`, and the seconds of the try that succeeded.

        Tries again after faults that may pass: those of the network, of a busy server, and answers that are cut off or
        that `read` cannot read (it raises ValueError, TypeError, LookupError). Set `stop` to end the waiting. Raises
        TwoLeversError in one line.
        """
        return self._tried("POST", path, body, read, self.limits.tries, stop)

    def _tried(self, method: str, path: str, body: Any, read: Callable, tries: int, stop: threading.Event) -> tuple:
        began = time.monotonic()
        for number in range(1, tries + 1):
            self._wait(stop)
            started = time.perf_counter()
            try:
                return read(self._once(method, path, body)), time.perf_counter() - started
            except _Passing as error:
                fault = error
            except (ValueError, TypeError, LookupError, RecursionError):
                fault = _Passing("its answer is not what the protocol says")
            growing = random.uniform(0, self.limits.first * 2**number)
            pause = fault.wait if fault.wait is not None else min(self.limits.pause, growing)
            if pause > self.limits.pause:
                raise TwoLeversError(
                    f"{self.host} asks to wait {pause:.0f} s ({fault}): run this again then; what was answered is kept."
                )
            if number == tries or time.monotonic() + pause - began > self.limits.total:
                break
            with self._lock:
                self._ready = max(self._ready, time.monotonic() + pause)
        raise TwoLeversError(
            f"{self.host} gave no usable answer in {number} tries ({fault}): look at the server, then run this again; "
            "what was answered is kept."
        )

    def _wait(self, stop: threading.Event) -> None:
        while (left := self._ready - time.monotonic()) > 0:
            # A little apart, so that waiting threads do not all come back at once.
            if stop.wait(left + random.uniform(0, self.limits.first / 2)):
                break
        if stop.is_set():
            raise TwoLeversError(f"The requests to {self.host} were given up.")

    def _once(self, method: str, path: str, body: Any) -> Any:
        import httpx

        try:
            status, headers, data = self._sent(method, path, body)
        except httpx.TimeoutException:
            raise _Passing("no answer in time") from None
        except httpx.ConnectError as error:
            raise _Passing(f"no connection: {_short(str(error), 100)}") from None
        except httpx.TransportError as error:
            raise _Passing(f"the connection broke: {type(error).__name__}") from None
        if len(self._key) >= SECRET:
            data = data.replace(self._key.encode(), b"[key]")
        if status in PASSING:
            raise _Passing(f"HTTP {status}", _retry_after(headers))
        if status in (401, 403):
            # What a server says here may hold a part of the key.
            found = f"the key in {self.key_variable}" if self._key else "requests without a key"
            raise UsageError(
                f"{self.host} refuses {found} (HTTP {status}): set {' or '.join(KEYS)} to a key of that server."
            )
        if status != 200:
            said = _short(data.decode("utf-8", "replace"), 200)
            raise Refused(
                f"{self.host} refuses the request (HTTP {status}; {said}): check the address, which ends in /v1 for "
                "most servers, the model's name and the length of the texts.",
                status,
                said,
            )
        return json.loads(data)

    def _sent(self, method: str, path: str, body: Any) -> "tuple[int, httpx.Headers, bytes]":
        ends, data = time.monotonic() + self.limits.answer, b""
        with self._open().stream(method, self.address.of(path), json=body) as response:
            for part in response.iter_bytes():
                data += part
                if len(data) > self.limits.size:
                    raise _Passing(f"an answer of more than {self.limits.size:,} bytes")
                if time.monotonic() > ends:
                    raise _Passing("no whole answer in time")
            return response.status_code, response.headers, data

    def _open(self) -> "httpx.Client":
        import httpx

        with self._lock:
            if self._client is None:
                headers = {"User-Agent": "twolevers"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})
                waits = httpx.Timeout(self.limits.answer, connect=self.limits.connect)
                # Nothing from the environment unseen: no proxy for this machine, no password from .netrc.
                verify = httpx.create_ssl_context(trust_env=True) if self.address.encrypted else True
                given = {"headers": headers, "timeout": waits, "trust_env": False, "verify": verify}
                try:
                    self._client = httpx.Client(**given, proxy=self.address.proxy)
                except (ImportError, ValueError):
                    raise UsageError(
                        "The proxy that the environment names (HTTPS_PROXY, ALL_PROXY) cannot be used: give one over "
                        "http, or put the server's host into NO_PROXY."
                    ) from None
        return self._client


def _short(text: str, length: int) -> str:
    return " ".join(text.split())[:length]


def _retry_after(headers: "httpx.Headers") -> float | None:
    """Seconds that the server asks to wait: Retry-After as a number or a date (RFC 9110, section 10.2.3)."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
