"""Where a model's server is, how requests get there, and the key for it: read once, from the call and the environment."""

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from twolevers.errors import UsageError

KEYS = ("TWOLEVERS_API_KEY", "OPENAI_API_KEY")  # the first that is set
CALL = "/chat/completions"


@dataclass(frozen=True)
class Address:
    """A server's base address without its query, the query, host with port, and the proxy that leads there, if any.

    `here`: it is this machine, where no proxy applies, whatever the environment says.
    """

    base: str
    query: str
    host: str
    here: bool
    proxy: str | None

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `http://host:port/v1`. Raises UsageError for another scheme, no host, or a password in it."""
        try:
            parts = urlsplit(text)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            raise UsageError("The server's address is not one: give http://host:port/v1.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"A server's address begins with http:// or https:// and a host, not {parts.scheme}://.")
        if parts.username is not None or parts.password is not None:
            raise UsageError(f"No name or password belongs into the address: put the key into {KEYS[0]}.")
        path = parts.path.rstrip("/").removesuffix(CALL) or "/v1"
        host = (f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname) + port
        here = _is_here(parts.hostname)
        proxy = None if here else _proxy(parts.scheme, host)
        return cls(f"{parts.scheme}://{host}{path}", parts.query, host, here, proxy)

    @property
    def encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        return self.base.startswith("https:")

    def of(self, path: str) -> str:
        """The whole address of a path below the base."""
        return self.base + path + (f"?{self.query}" if self.query else "")


def key_of_the_environment() -> tuple[str, str]:
    """The variable that holds the key, and the key; two empty texts without one."""
    for name in KEYS:
        if key := os.environ.get(name, "").strip():
            if not (key.isascii() and key.isprintable()):
                raise UsageError(f"The key in {name} holds characters that no key has: copy it again.")
            return name, key
    return "", ""


def _is_here(host: str) -> bool:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return found.is_loopback or found.is_unspecified


def _proxy(scheme: str, host: str) -> str | None:
    known = getproxies()
    found = known.get(scheme) or known.get("all")
    return None if not found or proxy_bypass(host) else found
