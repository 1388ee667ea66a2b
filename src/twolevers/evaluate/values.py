"""Read a short text as tokens that facts can be compared by: words, part codes, numbers with units, dates, times."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import regex

from twolevers.evaluate import dates
from twolevers.evaluate.dates import Date, Time
from twolevers.evaluate.plain import NUMBER, number, plain
from twolevers.evaluate.units import BEFORE, DURATIONS, UNITS, pattern

UNSPACED = r"[\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"  # scripts that put no spaces between words
NOT = "not"
SHORT = 500  # characters; what is read again and again is no longer
NEGATIONS = frozenset({NOT, "never", "without", "cannot", "nicht", "kein", "keine", "keinen", "ohne"})
_NOT = r"(?:is|was|are|were|do|does|did|has|have|had|can|could|will|wo|would|should|ca)n't|no(?=\s+[^\W\d])"
_END = r"(?![a-z0-9]|-[a-z]\d|-[a-z](?![a-z]))"  # "40W-B" is a part code, "40 W-rated" is not
_TIME = pattern(DURATIONS)
_LETTER = rf"(?:(?!{UNSPACED}|[\p{{Katakana}}ー])[\p{{L}}\p{{N}}])"
_TOKEN = regex.compile(
    r"\ue000(?P<date>\d+)\ue001"
    r"|(?P<address>[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)[^\s<>\"']*[^\s<>\"'.,;:!?)\]]"
    r"|(?<![\w.@-])(?:[a-z][\w-]*\.)+(?:com|org|net|edu|gov|io|eu|info|de|fr|uk|jp|cn|ru|in)(?![\w-])"
    r"(?:/[^\s<>\"']*[^\s<>\"'.,;:!?)\]])?/?)"
    r"|(?<![\w-])(?P<option>--[a-z][\w-]*|\.[a-z]\w*)"
    r"|(?P<phone>(?:\+\d{1,3}[\s.-]?)?\(\d{1,4}\)[\s.-]?\d{2,4}(?:[\s.-]\d{2,4})+|\+\d{1,3}(?:[\s.-]\d{2,4}){2,}|\+\d{8,15}"
    r"|(?<![\w.,-])\+?\d{1,3}[\s.-]\d{2,4}[\s.-]\d{5,8}|(?<![\w.,-])0\d{2,4}[\s/-]\d{2,8}(?:[\s-]\d{2,8})*"
    r"|(?<![\w.,-])1[\s.-]\d{3}[\s.-]\d{3}[\s.-]\d{4}"
    r"|(?<![\w.-])(?:\d{2,4}(?:-\d{2,4})+-\d{3,4}|\d{3}\.\d{3}\.\d{4}))(?![\w-])"
    rf"|(?:(?<!\w)v)?(?P<version>(?!(?:{NUMBER})(?![\d.]))\d+(?:\.\d+){{2,}})"
    r"|(?P<link>(?<=[\d\ue001])\s*[-/×]\s*(?=[\d\ue000])|(?<=\d)\s*x\s*(?=\d))"
    r"|(?P<order>[<>≤≥])"
    rf"|(?:(?P<before>{BEFORE})\s?)?(?P<sign>(?<!\w)-|\bminus\s+)?(?:(?<!\w)v(?=\d+\.\d))?(?P<number>{NUMBER})"
    rf"(?:[\s-]?(?P<unit>{pattern()})(?![\p{{Latin}}\p{{Cyrillic}}\p{{Arabic}}\p{{M}}0-9])"
    rf"(?:(?:\s*/\s*|\s+per\s+)(?P<per>[a-z]+)|\s+(?:an?|each|every)\s+(?P<each>{_TIME})\b)?)?{_END}"
    r"|(?P<code>(?=[a-z0-9-]*\d)[a-z0-9]+(?:-[a-z0-9]+|\.\d[a-z0-9]*)*)"
    rf"|(?P<not>\b(?:{_NOT})\b)"
    rf"|(?P<sign_word>\b(?:[a-z]|ab)[+-](?![\w+-]))"  # a mark or a blood group
    rf"|(?P<letter>(?={UNSPACED})\X)"
    r"|(?P<kana>[\p{Katakana}ー]+\p{M}*)"
    rf"|(?P<word>{_LETTER}(?:{_LETTER}|[\p{{M}}\u200c\u200d]|'(?=\p{{L}}))*(?:\++|\#+)?)"
)
_SCHEME = regex.compile(r"^(?:https?://)?(?:www\.)?")
_WITH_CENTS = frozenset({"cent", "dollar", "euro"})
_GAP, _SEPARATOR, _DOUBTFUL = map(regex.compile, (r"[\s-]", r"[^\d+]", r"[1-9]\d{0,2}\.\d{3}"))


@dataclass(frozen=True)
class Value:
    """A number as written, with its unit's kind and size (`kind` "": none) and what it is counted per.

    `other` is the second reading of a number such as "1.200", which is 1.2 to some and 1200 to others.
    """

    number: Fraction
    spelling: str
    kind: str = ""
    size: Fraction = Fraction(1)
    per: str = ""
    per_size: Fraction = Fraction(1)
    other: Fraction | None = None

    @property
    def amount(self) -> Fraction:
        """The value in the kind's base unit (W, g, m, l, s, months …), leaving `per` aside."""
        return self.number * self.size

    def same(self, other: object) -> bool:
        """Whether `other` states this value.

        No unit here: the numbers as written are equal, whatever unit `other` has, or it is the year, day or hour of a
        date or time. Else: the same kind and the same amount; "per year" and the like are compared only when both
        state one.
        """
        if isinstance(other, Date | Time):
            return not self.kind and other.holds(self.number)
        if not isinstance(other, Value):
            return False
        if not self.kind:
            return self._numbers_meet(other, Fraction(1), Fraction(1))
        if self.kind != other.kind:
            if "cent" in (self.kind, other.kind) and {self.kind, other.kind} <= _WITH_CENTS:
                sizes = [Fraction(1, 100) if each.kind == "cent" else Fraction(1) for each in (self, other)]
                return self._numbers_meet(other, *sizes)
            return _pounds(self, other) and self._numbers_meet(other, Fraction(1), Fraction(1))
        if self.per and other.per:
            return self.per == other.per and self._numbers_meet(
                other, self.size / self.per_size, other.size / other.per_size
            )
        return self._numbers_meet(other, self.size, other.size)

    def _numbers_meet(self, other: "Value", mine: Fraction, theirs: Fraction) -> bool:
        if self.number * mine == other.number * theirs:
            return True
        # Where both could be read in two ways, they were written by the same habit.
        doubtful = (self.other is None) != (other.other is None)
        one, two = self.other or self.number, other.other or other.number
        return doubtful and one * mine == two * theirs


Token = str | Value | Date | Time


def read(text: str) -> list[Token]:
    """Tokens of `text`: lower-case words, part codes without hyphens, `Value`s, dates and times of day.

    - Citation markers such as "[2]", "[1, 3]", "[source 2]" are removed; so are "the" and "an".
    - Numbers: "1,200", "1'200", "1.200,00", "12,00,000" and "1 200" with a thin or no-break space (an ordinary space
      does not join digits); "4,3", "4.3" and "4.30" are equal; "½" is 0.5; "1.5 million" and "10k"; number words in
      English and Han numerals; "one" only before a unit or a power of ten. "007" is a code.
    - A unit may follow with a space, a hyphen or nothing, and is converted: "1.2 kW" equals "1200 watts",
      "24-month" equals "two years". "1 h 30 min" is one duration.
    - "60-90 °C", "43 or 47 dB", "60 x 85 cm": a number linked by -, /, x, "to", "or", "and" to a quantity
      takes its unit. A link sign between digits is the token "to" (x: "x").
    - Addresses (of mail, of a page without its scheme), options ("--force") and ".net" are one token each.
    - "NT-4402-B" is the one token "nt4402b", "R49.550" is "r49.550". A hyphen elsewhere separates words.
    - "isn't" is "is not", and so is "no" before a word. In scripts without spaces each letter is a token.
    """
    return list(_read_short(text) if len(text) <= SHORT else _read(text))


def _read(text: str) -> list[Token]:
    text = plain(text)
    found = dates.find(text)
    for place in range(len(found) - 1, -1, -1):
        start, end, _ = found[place]
        text = f"{text[:start]}\ue000{place}\ue001{text[end:]}"
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        part = match.groupdict()
        if part["date"]:
            tokens.append(found[int(part["date"])][2])
        elif part["number"]:
            tokens.append(_value(match))
        elif part["link"]:
            tokens.append("x" if part["link"].strip() in "x×" else "to")
        elif part["not"]:
            tokens += [*filter(None, [part["not"].removesuffix("n't")]), NOT] if "'" in part["not"] else [NOT]
        elif part["phone"]:
            tokens.append(_SEPARATOR.sub("", part["phone"]))
        elif part["address"]:
            tokens.append(_SCHEME.sub("", part["address"]).rstrip("/"))
        elif part["option"]:
            tokens.append(part["option"])
        elif part["code"]:
            tokens.append(part["code"].replace("-", ""))
        elif (word := part["version"] or match[0]) not in ("the", "an"):
            tokens.append("to" if word in ("until", "till") else word.replace("'", ""))
    return _share_units(_join_durations(tokens))


@lru_cache(4096)
def _read_short(text: str) -> tuple[Token, ...]:
    return tuple(_read(text))


def spelling(token: Token) -> str:
    """The token as written, without spaces and hyphens."""
    return token if isinstance(token, str) else token.spelling


def _pounds(one: Value, other: Value) -> bool:
    """Whether one is in lb and the other in pounds, which may be weights or money."""
    written = sorted(value.spelling.lstrip("-0123456789.,'") for value in (one, other))
    return written[0] in ("lb", "lbs") and written[1] in ("pound", "pounds")


def _value(match: regex.Match[str]) -> Token:
    digits, written = match["number"], _GAP.sub("", match[0])
    unit = match["unit"] or (match["before"] or "").strip(" .")
    if not unit and digits[0] == "0" and digits.isdigit() and len(digits) > 1:
        return digits
    sign = -1 if match["sign"] else 1
    kind, size = UNITS.get(unit, ("", Fraction(1)))
    per = match["per"] or match["each"] or ""
    per_kind, per_size = UNITS.get(per, (per, Fraction(1)))
    doubtful = _DOUBTFUL.fullmatch(digits)
    other = sign * Fraction(digits.replace(".", "")) if doubtful else None
    return Value(sign * number(digits), written, kind, size, per_kind, per_size, other)


def _join_durations(tokens: list[Token]) -> list[Token]:
    """ "1 h 30 min" and "2 years and 6 months" become one value."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-2:] if joined[-1:] == ["and"] else joined[-1:]
        big = before[0] if before else None
        if (
            isinstance(big, Value)
            and isinstance(token, Value)
            and big.kind == token.kind
            and big.kind in DURATIONS
            and token.size < big.size
            and token.amount < big.size
        ):
            del joined[len(joined) - len(before) :]
            token = replace(big, number=big.number + token.amount / big.size, spelling=big.spelling + token.spelling)
        joined.append(token)
    return joined


def _share_units(tokens: list[Token]) -> list[Token]:
    shared = list(tokens)
    for i in range(len(shared) - 3, -1, -1):
        number, link, quantity = shared[i : i + 3]
        linked = isinstance(number, Value) and isinstance(quantity, Value) and link in ("to", "or", "and", "x")
        if linked and not number.kind:
            shared[i] = replace(quantity, number=number.number, spelling=number.spelling, other=number.other)
    return shared
