"""Lesson 05, the source: a small shop on this machine whose facts change by a clock; indexes that read it over HTTP.

The shop's clock is simulated: it moves on by one minute when `Shop.tick` is called, and stands still while a model
answers. The requests, the indexing and their seconds are real.
"""

import json
import random
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.request import ProxyHandler, build_opener

from twolevers.data.records import Document
from twolevers.lessons.common.moving_facts import refresh, search_in
from twolevers.models.embedders.protocol import Embedder
from twolevers.retrieval.search import NamedFirst
from twolevers.retrieval.store import LanceStore

PRICE, STOCK = "price", "stock"
CHANCE = {PRICE: 0.06, STOCK: 0.06}  # that a product's fact changes within a minute
PRICES, PIECES = range(100, 400), range(3, 98)  # apart, so that one is not taken for the other
SECONDS = 10  # after which a request to the feed is given up


@dataclass(frozen=True)
class Change:
    """At a minute, a product's fact took a value; `minute` 0 is the opening."""

    minute: int
    product: str
    fact: str
    value: int


class Shop:
    """The shop: products with a price and a stock. In a `with` block it also tells them as an HTTP feed.

    All changes are drawn beforehand with `seed`, no value twice for one fact, so that an old value is never true
    again. `late` products open for sale at minute `opens`.
    """

    def __init__(self, products: Sequence[str], late: Sequence[str], opens: int, minutes: int, seed: int):
        self.minute, self.minutes = 0, minutes
        self.changes = _drawn(products, late, opens, minutes, seed)

    @property
    def address(self) -> str:
        """Where the feed is read, inside the `with` block: a port of this machine that the system chose."""
        return f"http://127.0.0.1:{self._server.server_port}/feed.json"

    def tick(self) -> list[Change]:
        """Move the clock on by a minute; returns what changed."""
        self.minute += 1
        return [change for change in self.changes if change.minute == self.minute]

    def history(self, product: str, fact: str, minute: int) -> list[Change]:
        """The values of a fact up to a minute, oldest first."""
        mine = [one for one in self.changes if (one.product, one.fact) == (product, fact)]
        return [change for change in mine if change.minute <= minute]

    def value(self, product: str, fact: str, minute: int) -> int | None:
        """What was true of a fact at a minute; None before the product was on sale."""
        past = self.history(product, fact, minute)
        return past[-1].value if past else None

    def sheets(self) -> list[Document]:
        """The page of each product on sale, as the feed tells it now."""
        names = dict.fromkeys(change.product for change in self.changes if change.minute <= self.minute)
        return [_sheet(name, *(self.value(name, fact, self.minute) for fact in (PRICE, STOCK))) for name in names]

    def __enter__(self) -> "Shop":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Index:
    """An index of a feed. Each `poll` reads the feed and takes in what changed, as a version with a tag.

    `polls` has a row per poll: minute (of the shop), pages that changed, seconds (request, embedding and writing).
    """

    def __init__(self, address: str, embedder: Embedder):
        self.address, self.embedder = address, embedder
        self._opener = build_opener(ProxyHandler({}))  # whatever proxy this machine uses, the shop is on the machine
        self._folder = tempfile.TemporaryDirectory(prefix="twolevers-")
        self.store = LanceStore(Path(self._folder.name))
        self.pages: list[Document] = []
        self.polls: list[dict[str, float]] = []

    @property
    def minute(self) -> int:
        """The shop's minute that the index knows."""
        return int(self.polls[-1]["minute"])

    def poll(self) -> None:
        """Read the feed and bring the index up to it."""
        began = time.perf_counter()
        with self._opener.open(self.address, timeout=SECONDS) as answer:
            told = json.load(answer)
        pages = [Document(**page) for page in told["pages"]]
        done = refresh(self.store, self.embedder, self.pages, pages)
        seconds = time.perf_counter() - began
        self.pages = pages
        self.polls.append({"minute": told["minute"], "pages": done.pages, "seconds": seconds})
        self.store.tag(tag(told["minute"]))

    def search(self) -> NamedFirst:
        """The search over the index as it is."""
        return search_in(self.store, self.embedder)

    def search_at(self, minute: int) -> NamedFirst:
        """The search over the index as it was after the poll of that minute."""
        return search_in(self.store.at(tag(minute)), self.embedder)


def tag(minute: int) -> str:
    """The name of a version of the index: the shop's minute that it knows."""
    return f"minute-{minute}"


def _drawn(products: Sequence[str], late: Sequence[str], opens: int, minutes: int, seed: int) -> list[Change]:
    rng, changes = random.Random(seed), []
    for product in (*products, *late):
        begins = opens if product in late else 0
        for fact, values in ((PRICE, PRICES), (STOCK, PIECES)):
            times = [m for m in range(begins + 1, minutes + 1) if rng.random() < CHANCE[fact]]
            fresh = rng.sample(values, len(times) + 1)
            changes += [Change(m, product, fact, value) for m, value in zip((begins, *times), fresh, strict=True)]
    return sorted(changes, key=lambda change: change.minute)


def _sheet(product: str, price: int, stock: int) -> Document:
    text = f"The price of the {product} today is {price} crowns. The stock of the {product} is {stock} pieces."
    doc_id = "today-" + product.casefold().replace(" ", "-")
    return Document(doc_id, product, text, "product", product.rsplit(" ", 1)[0], None, {}, "all")


def _handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Feed(BaseHTTPRequestHandler):
        """Answers every GET with the shop's minute and its pages."""

        def do_GET(self) -> None:  # the name is the library's
            body = json.dumps({"minute": shop.minute, "pages": [vars(page) for page in shop.sheets()]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a notebook is no place for a server's log."""

    return Feed
