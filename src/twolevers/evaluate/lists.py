"""An accepted answer that is a list: its parts count in any order."""

import itertools

import regex

from twolevers.evaluate.spans import find, without_article
from twolevers.evaluate.values import Token, Value, read

MOST, WORDS, BETWEEN = 8, 4, 2  # parts of a list, tokens of a part, tokens between two parts ("and", "the")
_BETWEEN = regex.compile(
    r"\s*[;、،]\s*|\s*,\s+(?:(?:and|und|et|y|e|en|och|og|и)\s+)?|\s+(?:and|und|et|y|e|en|och|og|и|&|\+)\s+|(?<=\p{Han})和"
)


def parts(text: str) -> list[list[Token]]:
    """The tokens of each part of a list such as "red, dark blue and 5 kg"; [] where the text is none."""
    cut = [each.strip(" .") for each in _BETWEEN.split(text)]
    if not 2 <= len(cut) <= MOST:
        return []
    read_parts = [without_article(read(each)) for each in cut]
    return read_parts if all(0 < len(each) <= WORDS for each in read_parts) else []


def each_stated(said: list[Token], text: str) -> bool:
    """Whether every part of the list `text` stands in `said`, all of them next to one another, and no other value."""
    wanted = parts(text)
    if not wanted:
        return False
    spans: list[tuple[int, int]] = []
    for tokens in wanted:
        free = [span for span in find(said, tokens) if all(span[1] <= i or span[0] >= j for i, j in spans)]
        if not free:
            return False
        spans.append(free[0])
    spans.sort()
    gaps = [said[end:start] for (_, end), (start, _) in itertools.pairwise(spans)]
    if any(len(gap) > BETWEEN or "or" in gap or "to" in gap for gap in gaps):
        return False
    values = [token for tokens in wanted for token in tokens if isinstance(token, Value)]
    return all(
        any(value.same(token) or token.same(value) for value in values)
        for token in said
        if values and isinstance(token, Value)
    )
