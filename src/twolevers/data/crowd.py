"""A large collection to hide the catalogue in: pages of other makers, written with the catalogue's own sentences."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from twolevers.data.records import Document
from twolevers.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

SENTENCES = 4  # of about ten words each: a passage is as long as one of the catalogue's
PASSAGES = 4  # per product
YEARS = 3  # of one line that stand side by side, as in the catalogue
LATEST, EARLIEST = 2026, 2003
VARIANTS = 40  # of each sentence, with other numbers
PRODUCTS = 5_000  # per batch

_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z\"“])")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
# Between the first and the second half of two of the catalogue's names: Bris-an-uri.
MIDDLES = ["an", "el", "iv", "or", "un", "am", "er", "il", "os", "ud", "ar", "em", "in", "ol", "us", "av"]
MAKERS = ["Works", "Brothers", "Appliances", "& Daughters", "Home", "Domestic"]
COMPANY = "Norvik & Tarn"


def crowd(documents: Sequence[Document], n: int, seed: int = 0) -> Iterator["pa.Table"]:
    """`n` passages of invented products, in tables of up to 20,000 rows: passage_id, doc_id, title, text.

    Each product has an invented name and four passages. A passage joins four sentences of one line of the
    catalogue, with other names, another maker and other numbers: near-duplicates of real passages, as alike
    as competitors' pages, of which none answers a question on the catalogue. Two calls with one seed agree
    as far as both go. Raises UsageError when the names do not reach for `n`.
    """
    import numpy as np
    import pyarrow as pa

    lines = np.random.default_rng(seed).permutation(invented_lines(documents)).tolist()
    most = len(lines) * (LATEST - EARLIEST + 1) * PASSAGES
    if n > most:
        raise UsageError(f"A crowd of {n:,} passages needs more names than there are: ask for {most:,} at most.")
    pools = _pools(documents, np.random.default_rng([seed, 0]))
    for batch, start in enumerate(range(0, n, PRODUCTS * PASSAGES), start=1):
        rng = np.random.default_rng([seed, batch])
        first = (batch - 1) * PRODUCTS
        columns = _products(range(first, first + PRODUCTS), lines, pools, rng)
        yield pa.table(columns).slice(0, n - start)


def invented_lines(documents: Sequence[Document]) -> list[str]:
    """Every name of a product line that a crowd can have, in order: halves of the catalogue's with one between."""
    real = {document.line for document in documents if document.line}
    halves = [re.fullmatch(r"(.+?[aeiouy][^aeiouy]+)(.+)", line) for line in sorted(real)]
    heads = dict.fromkeys(half[1] for half in halves if half)
    tails = dict.fromkeys(half[2] for half in halves if half)
    names = dict.fromkeys(head + middle + tail for middle in MIDDLES for tail in tails for head in heads)
    return [name for name in names if name not in real]


def _products(numbers: range, lines: list[str], pools: list[list[list[str]]], rng: "np.random.Generator") -> dict:
    width = min(len(pool) for pool in pools)
    orders = rng.random((len(numbers), width)).argsort(axis=1)[:, : SENTENCES * PASSAGES].tolist()
    variants = rng.integers(VARIANTS, size=(len(numbers), SENTENCES * PASSAGES)).tolist()
    columns: dict[str, list[str]] = {"passage_id": [], "doc_id": [], "title": [], "text": []}
    for number, order, variant in zip(numbers, orders, variants, strict=True):
        family, sister = divmod(number, YEARS)
        name, year = lines[family % len(lines)], LATEST - YEARS * (family // len(lines))
        title, other = f"{name} {year - sister}", f"{name} {year - (sister + 1) % YEARS}"
        maker = f"{lines[family * 7 % len(lines)]} {MAKERS[family % len(MAKERS)]}"
        doc_id, pool = title.lower().replace(" ", "-"), pools[family % len(pools)]
        words = [pool[place][which] for place, which in zip(order, variant, strict=True)]
        for passage in range(PASSAGES):
            text = " ".join(words[passage * SENTENCES : (passage + 1) * SENTENCES])
            columns["passage_id"].append(f"{doc_id}#{passage}")
            columns["doc_id"].append(doc_id)
            columns["title"].append(title)
            columns["text"].append(text.replace("{p}", title).replace("{r}", other).replace("{m}", maker))
    return columns


def _pools(documents: Sequence[Document], rng: "np.random.Generator") -> list[list[list[str]]]:
    """For each line of the catalogue its sentences, with {p} for the product, {r} for a sibling and {m} for the
    maker, each in VARIANTS versions with other numbers."""
    pools: dict[str, dict[str, None]] = {}
    for document in documents:
        if document.kind == "product":
            text = document.text.replace(document.title, "{p}").replace(COMPANY, "{m}")
            text = re.sub(rf"{document.line} \d{{4}}", "{r}", text)
            pools.setdefault(document.line, {}).update(dict.fromkeys(_SENTENCE.split(" ".join(text.split()))))
    return [
        [[_NUMBER.sub(lambda found: _other(found[0], rng), text) for _ in range(VARIANTS)] for text in pool]
        for pool in pools.values()
    ]


def _other(number: str, rng: "np.random.Generator") -> str:
    """A number of the same size and form: the first digit stays, the others are drawn."""
    drawn = rng.integers(10, size=len(number)).tolist()
    rest = (str(new) if old.isdigit() else old for old, new in zip(number[1:], drawn, strict=False))
    return number[0] + "".join(rest)
