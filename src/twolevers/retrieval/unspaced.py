"""Scripts that put no spaces between words, for a search by words: each of their letters is a word of its own."""

import regex

_LETTER = regex.compile(r"(?=[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])\X")


def spaced(text: str) -> str:
    """`text` with spaces around each letter of such a script; other text as it is."""
    return _LETTER.sub(r" \g<0> ", text) if not text.isascii() and _LETTER.search(text) else text
