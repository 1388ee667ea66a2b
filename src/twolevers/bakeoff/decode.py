"""Bytes as people save them, as text: with or without a byte order mark, UTF-8, UTF-16, Western or Chinese."""

import codecs

from twolevers.errors import UsageError

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
GUESSED = ("big5", "big5hkscs", "cp950", "gb18030", "shift_jis", "euc_jp", "euc_kr", "cp1251", "cp1252")
SAMPLE = 100_000  # bytes that a guess looks at
BINARY, FEW = 0.02, 8  # share and number of control characters from which on bytes are no text


def decode(data: bytes, name: str) -> str:
    """The text of `data`. UTF-8 and UTF-16 are told apart surely, other encodings by how likely the text looks.

    Raises UsageError where the bytes are no text in any of them; `name` says which file in the message.
    """
    text = _decode(data)
    controls = sum(character < " " and character not in "\t\n\r\f\v" for character in text[:SAMPLE])
    if controls > max(FEW, BINARY * min(len(text), SAMPLE)):
        raise UsageError(f"{name} holds no text (it looks like a program, a picture or an archive): leave it out.")
    return text


def _decode(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    if encoding := _unmarked_utf16(data):
        return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3:  # a file cut off within a character
            return data.decode("utf-8", errors="replace")
    return data.decode(_guess(data), errors="replace")


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: Latin letters leave a zero in every other byte."""
    sample = data[:SAMPLE]
    half = max(1, len(sample) // 2)
    if sample[1::2].count(0) > 0.3 * half and sample[::2].count(0) < 0.05 * half:
        return "utf-16-le"
    if sample[::2].count(0) > 0.3 * half and sample[1::2].count(0) < 0.05 * half:
        return "utf-16-be"
    return None


def _guess(data: bytes) -> str:
    """The likeliest of `GUESSED`. Western text has lone letters above 127, East Asian text has them in rows."""
    from charset_normalizer import from_bytes

    sample = data[:SAMPLE]
    if _lone_letters(sample):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=[*GUESSED]).best()
    return best.encoding if best else "cp1252"


def _lone_letters(sample: bytes) -> bool:
    """Whether most bytes above 127 stand alone, as accents do between plain letters."""
    high = [byte > 127 for byte in sample]
    runs = sum(here and not before for before, here in zip([False, *high], high, strict=False))
    # A Big5 or Shift-JIS character may end in a plain byte, so that one character alone looks like an accent.
    return sum(high) < 1.5 * runs and not _mostly_wide(sample)


def _mostly_wide(sample: bytes) -> bool:
    """Whether the text, read as Big5, is Chinese throughout: hardly a letter beside its characters."""
    try:
        text = sample.decode("big5")
    except UnicodeDecodeError:
        return False
    wide = sum("\u3000" <= character <= "\u9fff" for character in text)
    return wide > sum("a" <= character.casefold() <= "z" for character in text)
