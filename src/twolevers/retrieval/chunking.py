"""Documents cut into passages of a few sentences."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from twolevers.errors import UsageError

if TYPE_CHECKING:
    from twolevers.data.records import Document


@dataclass(frozen=True)
class Passage:
    """A piece of a document, small enough for a prompt; `score` is set by the search that found it."""

    passage_id: str
    doc_id: str
    title: str
    text: str
    score: float = 0.0

    @property
    def searchable(self) -> str:
        """What is indexed: a passage seldom repeats which product it is about, its title does."""
        return f"{self.title}. {self.text}" if self.title else self.text


# A full stop does not end a sentence after these words, after a single capital letter, or (second set) before
# a number.
ABBREVIATIONS = frozenset({"approx", "ca", "cf", "dr", "e.g", "i.e", "incl", "mr", "mrs", "ms", "prof", "st", "vs"})
NUMBERED = frozenset({"art", "eq", "fig", "figs", "no", "nos", "nr", "p", "pp", "sec", "vol"})

_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•#|]|\d+[.)])\s)")  # blank line; before a list item, heading
_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9À-ÞĀ-Ž])")
_WIDE_END = re.compile(r"(?<=[。！？｡])(?![。！？｡」』）”’])")  # needs no space after it
# Scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, kana, Han.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
LETTERS = 2  # letters of such a script that make about a word
LONG_WORD = 40  # letters from which on a word is no word but an address or code, of a word for every ten
_LAST_WORD = re.compile(r"([^\s(\[\"'“‘]+)$")


def sentences(text: str) -> list[str]:
    """Split into sentences; decimals ("1.35 m"), abbreviations ("e.g.", "No. 4") and initials stay whole.

    White space is made single. A blank line, a list item and a heading also end a sentence.
    """
    found = []
    lines = (" ".join(block.split()) for block in _BLOCK.split(text))
    for line in (part.strip() for whole in lines for part in _WIDE_END.split(whole)):
        start = 0
        for end in _END.finditer(line):
            if not _abbreviated(line[start : end.start()], line[end.start()], line[end.end()]):
                found.append(line[start : end.end()].strip())
                start = end.end()
        found.append(line[start:])
    return [sentence for sentence in found if sentence]


def length(text: str) -> int:
    """Words of a text. In scripts without spaces two letters make a word, in addresses and codes ten signs."""
    return sum(_size(word) for word in text.split())


def chunk(documents: Iterable["Document"], max_words: int = 60, overlap_sentences: int = 0) -> list[Passage]:
    """Cut each document into passages of whole sentences, of at most `max_words` words and similar length.

    A passage begins with the last `overlap_sentences` sentences of the one before it, where they fit. A
    sentence longer than `max_words` is cut between words, one without spaces between letters (`length`). Ids are
    `doc_id#0`, `doc_id#1`, ... A document without text gives no passage. Raises UsageError for two documents with one
    id and for impossible sizes.
    """
    if max_words < 1 or overlap_sentences < 0:
        raise UsageError(f"chunk() needs max_words of 1 or more (got {max_words}) and no negative overlap.")
    passages, seen = [], set()
    for document in documents:
        if document.doc_id in seen:
            raise UsageError(f"Two documents have the id {document.doc_id!r}: give each its own.")
        seen.add(document.doc_id)
        pieces = [piece for sentence in sentences(document.text) for piece in _fit(sentence, max_words)]
        for number, group in enumerate(_groups(pieces, max_words, overlap_sentences)):
            passage_id = f"{document.doc_id}#{number}"
            passages.append(Passage(passage_id, document.doc_id, document.title, " ".join(group)))
    return passages


def _abbreviated(before: str, mark: str, after: str) -> bool:
    word = _LAST_WORD.search(before)
    if mark != "." or not word:
        return False
    name = word[1].lower()
    return name in ABBREVIATIONS or (name in NUMBERED and after.isdigit()) or re.fullmatch("[A-Z]", word[1]) is not None


def _size(word: str) -> int:
    if word.isascii():
        return 1 if len(word) <= LONG_WORD else -(-len(word) // 10)
    wide = len(_UNSPACED.findall(word))
    return max(1, -(-wide // LETTERS), 1 if len(word) <= LONG_WORD else -(-len(word) // 10))


def _fit(sentence: str, max_words: int) -> Iterator[str]:
    words: list[str] = []
    size = 0
    for word in sentence.split():
        for part in _parts(word, max_words):
            if words and size + _size(part) > max_words:
                yield " ".join(words)
                words, size = [], 0
            words.append(part)
            size += _size(part)
    if words:
        yield " ".join(words)


def _parts(word: str, max_words: int) -> list[str]:
    """A word, or pieces of at most `max_words` in size; letters and the marks upon them stay together."""
    if _size(word) <= max_words:
        return [word]
    letters = regex.findall(r"\X", word)
    step = max(1, len(letters) * max_words // _size(word))
    return ["".join(letters[start : start + step]) for start in range(0, len(letters), step)]


def _groups(pieces: Sequence[str], max_words: int, overlap: int) -> Iterator[list[str]]:
    """Fill groups in order, each up to an even share of the document rather than to the brim."""
    sizes = [length(piece) for piece in pieces]
    share = sum(sizes) / max(1, -(-sum(sizes) // max_words))
    group, words, carried = [], 0, 0
    for piece, size in zip(pieces, sizes, strict=True):
        if len(group) > carried and (words >= share or words + size > max_words):
            yield group
            group = group[len(group) - overlap :] if overlap < len(group) else group[1:]
            while group and sum(map(length, group)) + size > max_words:
                group = group[1:]
            words, carried = sum(map(length, group)), len(group)
        group = [*group, piece]
        words += size
    if group:
        yield group
