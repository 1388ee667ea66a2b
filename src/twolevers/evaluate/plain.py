"""One plain spelling for a text before it is read: letter forms, digits and number words of any script, signs."""

import unicodedata
from fractions import Fraction

import regex

from twolevers.evaluate.clock import plain_clock, plain_halves
from twolevers.evaluate.english import plain_english
from twolevers.evaluate.ranks import plain_ranks
from twolevers.evaluate.spellings import by_case, plain_numbers
from twolevers.evaluate.units import pattern

SMALL = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORTH = {word: place for place, word in enumerate(SMALL, start=1)} | {
    word: 10 * place for place, word in enumerate(TENS, start=2)
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALES |= {
    "тыс": 1000,
    "тысяч": 1000,
    "млн": 10**6,
    "миллиона": 10**6,
    "миллионов": 10**6,
    "млрд": 10**9,
    "millionen": 10**6,
    "milliarden": 10**9,
    "milliards": 10**9,
}
_SCALES |= {"millones": 10**6, "millions": 10**6, "milioni": 10**6, "miliardi": 10**9, "milhões": 10**6}
_SCALES |= {"dozen": 12, "lakh": 10**5, "crore": 10**7, "mio": 10**6, "mrd": 10**9, "bn": 10**9}
_GROUPS = (
    r"[1-9]\d{0,2}(?:[,']\d{3})+(?:\.\d+)?",  # 1,200.50 and 1'200
    r"[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d+)?",  # 1,50,000
    r"[1-9]\d{0,2}(?:\.\d{3})+,\d+",  # 1.234,56
    r"[1-9]\d{0,2}(?:\.\d{3}){2,}",  # 1.234.567
    r"[1-9]\d{0,2}(?: \d{3})+,\d{1,2}",  # 1 234,56
)
_POINTED, _DOTTED = regex.compile("|".join(_GROUPS[:2])), regex.compile("|".join(_GROUPS[2:]))
NUMBER = rf"(?:(?:{'|'.join(_GROUPS)})(?![\d.,]*\d)|\d+(?:[.,]\d+)?|\.\d+)"

_UNDER_TEN = "|".join(SMALL[:9])
_BELOW_100 = rf"(?:(?:{'|'.join(TENS)})(?:[ -](?:{_UNDER_TEN}))?|{'|'.join(reversed(SMALL))})"
_BELOW_1000 = rf"(?:(?:{_UNDER_TEN}|a)[ -]hundred(?:(?: and)? {_BELOW_100})?|{_BELOW_100})"
_SCALE = rf"(?:{'|'.join(_SCALES)})\b\.?"
_WORDS = regex.compile(
    rf"\b(?:(?:{_BELOW_1000}|a|{NUMBER})[ -]{_SCALE}(?:,? (?:and )?(?:{_BELOW_1000})(?: {_SCALE})?)*"
    rf"|(?!one\b(?! hundred)){_BELOW_1000})(?![\w])"
)
_HALVES = (
    (regex.compile(rf"\b({_BELOW_100}|\d+) and a half\b"), r"\1.5"),
    (regex.compile(r"\b(\d+) 1/2\b"), r"\1.5"),
    (regex.compile(rf"\bhalf an? (?={pattern()}(?![a-z0-9]))"), "0.5 "),
)
_ONE = regex.compile(rf"\bone(?=[ -]{pattern()}(?![a-z0-9])|\.5)")
_HAN_DIGITS, _HAN_TENS, _HAN_MYRIADS = "〇零一二三四五六七八九兩两", "十百千", "万萬億亿"
_HAN = regex.compile(
    rf"(?:\d+(?:\.\d+)?)?[{_HAN_DIGITS}{_HAN_TENS}{_HAN_MYRIADS}만억]+(?:\d+[{_HAN_TENS}{_HAN_MYRIADS}]*)*"
)
_PART, _HAN_PART = regex.compile(rf"{NUMBER}|\p{{L}}+"), regex.compile(r"\d+(?:\.\d+)?|\D")
_MARKER = regex.compile(
    r"\s*\[\s*(?:(?:doc|document|source|passage|page)s?\s*)?\d+(?:\s*[,;-]\s*\d+)*\s*\]", regex.IGNORECASE
)
_COMPARED = (  # before their number; those after it are turned round first
    (r"(?:at least|no less than|not less than|minimum(?: of)?|min\.|>=)", "≥"),
    (r"(?:at most|no more than|not more than|up to|maximum(?: of)?|max\.|<=)", "≤"),
    (r"(?:more than|greater than|over)", ">"),
    (r"(?:less than|fewer than|under|below)", "<"),
)
_AMOUNT = rf"(?<![≥≤<>\d.,-])(?<![≥≤<>] )({NUMBER}(?: {pattern()})?)"
_COUNTED = rf"{_AMOUNT} (?:or|and) "
_AFTER = (
    (regex.compile(rf"{_COUNTED}(?:more|older|above|over|later|longer)\b"), r"≥ \1"),
    (regex.compile(rf"{_COUNTED}(?:less|fewer|younger|below|under|shorter)\b"), r"≤ \1"),
    (regex.compile(rf"{_AMOUNT} (?:at most|maximum|max\b\.?)"), r"≤ \1"),
    (regex.compile(rf"{_AMOUNT} (?:at least|minimum)\b"), r"≥ \1"),
)
_ORDINALS = (
    "first",
    "",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
)
_ENDS = {1: "st", 2: "nd", 3: "rd"}
_SIGNS = (
    (regex.compile(r"\bzero\b"), "0"),
    (regex.compile(r"\bthe second\b(?! hand)"), "2nd"),
    *((regex.compile(rf"\b{word}\b"), f"{n}{_ENDS.get(n, 'th')}") for n, word in enumerate(_ORDINALS, 1) if word),
    (regex.compile("&"), " and "),
    *((regex.compile(rf"(?<!\w){words}(?=\s*[€£$¥]?\s*\d)"), sign) for words, sign in _COMPARED),
    *_HALVES,
    *_AFTER,
    (regex.compile(r"\btwice\b"), "2 times"),
    (regex.compile(r"\bthrice\b"), "3 times"),
    (regex.compile(r"(?<![\w.])(\d+)\s?[x×](?!\s*\d|\w)"), r"\1 times"),
    (regex.compile(r"(?<=\d)\s+by\s+(?=\d)"), " x "),
    (regex.compile(r"(?<=\d):(?=\d)(?!\d\d(?!\d))"), " to "),
    (regex.compile(r"\bplus (?:or|/) minus |\+/-\s?"), "±"),
    (regex.compile(r"\b([1-4])(?:st|nd|rd|th) quarter(?: of)?\b"), r"q\1"),
)
_FRACTIONS = (
    *((regex.compile(rf"(?<=\d)\s*{written}"), f".{decimal}") for written, decimal in (("½", 5), ("¼", 25), ("¾", 75))),
    *((regex.compile(written), f"0.{decimal}") for written, decimal in (("½", 5), ("¼", 25), ("¾", 75))),
    (regex.compile("(?<=\\d)[\u00a0\u202f\u2009](?=\\d{3})"), "'"),
    (regex.compile(r"(?<=\d)\s?M(?=\s*€|(?!\w))"), " million"),
)
_TWICE = regex.compile(r"\b(\d+) \(\1\)")  # three (3) years
_POWER = regex.compile(r"(?<=\d)([²³])")
_OTHER_DIGIT = regex.compile(r"[^\P{Nd}0-9]")
_SHORT = (
    regex.compile(rf"((?:[€£$¥]|usd|eur)\s?{NUMBER})\s?(m|mn|b|bn)\b"),
    regex.compile(rf"(?<![\w.,])({NUMBER})(k|bn)(?![\w])"),
)
_FROM = regex.compile(r"\bfrom (?=\S*\d\S*(?: [^\W\d]+)? (?:to|until|till) \S*\d)")
_BETWEEN = regex.compile(r"\bbetween (?=\S*\d)((?:(?! and ).){1,24}) and (?=\S*\d)")


def composed(text: str) -> str:
    """`text` in one form of each letter (NFKC, case folded), as two spellings of one text are compared."""
    text = _POWER.sub(r"^\1", text)  # 10² is not 102
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return folded.replace("i\u0307", "i")  # what is left of the Turkish capital


def plain(text: str) -> str:
    """`text` composed, with ASCII digits, hyphens and quotes, number words as digits, without citation markers.

    Thin and no-break spaces between digits become "'", so that "1 200" written with one is a single number.
    """
    for each, written in _FRACTIONS:
        text = each.sub(written, text)
    text = plain_english(plain_clock(composed(plain_ranks(by_case(text)))))
    text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), text)
    text = text.translate(_CHARACTERS)
    text = plain_halves(plain_numbers(_MARKER.sub("", text)))
    for each in _SHORT:
        text = each.sub(_shorthand, text)
    for each, written in _SIGNS:
        text = each.sub(written, text)
    text = _TWICE.sub(r"\1", _WORDS.sub(_worded, text))
    text = _ONE.sub("1", text)
    text = _HAN.sub(_counted, text)
    return _FROM.sub("", _BETWEEN.sub(r"\1 to ", text))


_CHARACTERS = {ord(dash): "-" for dash in "‐‑‒–—−"} | {ord("’"): "'", ord("‘"): "'", ord("٫"): ".", ord("٬"): ","}
_CHARACTERS |= {0xE000: " ", 0xE001: " "}  # the reader's own marks


def number(digits: str) -> Fraction:
    """The value of what `NUMBER` matches."""
    if digits.isdigit():
        return Fraction(int(digits))
    if _POINTED.fullmatch(digits):
        return Fraction(digits.replace(",", "").replace("'", ""))
    if _DOTTED.fullmatch(digits):
        return Fraction(digits.replace(".", "").replace(" ", "").replace(",", "."))
    return Fraction(digits.replace(",", "."))


def _shorthand(match: regex.Match[str]) -> str:
    return f"{match[1]} {dict(k='thousand', m='million', mn='million').get(match[2], 'billion')}"


def _worded(match: regex.Match[str]) -> str:
    total = current = Fraction(0)
    for word in _PART.findall(match[0]):
        if word in _WORTH:
            current += _WORTH[word]
        elif word == "hundred" and current < 100:
            current = (current or 1) * 100
        elif word in _SCALES:
            total, current = total + (current or 1) * _SCALES[word], Fraction(0)
        elif word[0].isdigit() or word[0] == ".":
            current += number(word)
    return _digits(total + current)


def _counted(match: regex.Match[str]) -> str:
    """Han numerals: 二〇二四 digit by digit, 三百五十 and 3万5千 by place."""
    text = match[0]
    if len(text) > 1 and all(character in _HAN_DIGITS for character in text):
        return "".join(str(int(unicodedata.numeric(character))) for character in text)
    total = section = Fraction(0)
    current: Fraction | None = None
    for part in _HAN_PART.findall(text):
        if part[0].isdigit() and part.isascii():
            current = Fraction(part)
        elif part in _HAN_DIGITS:
            current = (current or 0) * 10 + Fraction(int(unicodedata.numeric(part)))
        elif part in _HAN_TENS:
            section, current = section + (1 if current is None else current) * int(unicodedata.numeric(part)), None
        else:
            size = {"만": 10**4, "억": 10**8}.get(part) or int(unicodedata.numeric(part))
            total, section, current = total + ((section + (current or 0)) or 1) * size, Fraction(0), None
    return _digits(total + section + (current or 0))


def _digits(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"
