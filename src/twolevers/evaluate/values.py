"""Read a short text as tokens that facts can be compared by: words, part codes, numbers, units."""

import re
import unicodedata
from dataclasses import dataclass, replace
from fractions import Fraction

# kind -> {size in the kind's base unit: spellings}. A size is exact, so 0.1 kW and 100 W are equal.
_TABLE: dict[str, dict[str, str]] = {
    "watt": {"1": "w|watt|watts", "1000": "kw|kilowatt|kilowatts"},
    "watt hour": {
        "1": "wh|watt hour|watt hours",
        "1000": "kwh|kilowatt hour|kilowatt hours|kilowatt-hour|kilowatt-hours",
    },
    "decibel": {"1": "db|dba|db(a)|decibel|decibels"},
    "gram": {
        "1": "g|gram|grams|gramme|grammes",
        "1000": "kg|kgs|kilo|kilos|kilogram|kilograms|kilogramme|kilogrammes",
    },
    "metre": {
        "1/1000": "mm|millimetre|millimetres|millimeter|millimeters",
        "1/100": "cm|centimetre|centimetres|centimeter|centimeters",
        "1": "m|metre|metres|meter|meters",
    },
    "square metre": {"1": "m2|sqm|square metre|square metres|square meter|square meters"},
    "cubic metre": {"1": "m3|cubic metre|cubic metres|cubic meter|cubic meters"},
    "litre": {
        "1/1000": "ml|millilitre|millilitres|milliliter|milliliters",
        "1/100": "cl|centilitre|centilitres",
        "1/10": "dl|decilitre|decilitres",
        "1": "l|litre|litres|liter|liters",
    },
    "second": {
        "1": "s|sec|secs|second|seconds",
        "60": "min|mins|minute|minutes",
        "3600": "h|hr|hrs|hour|hours",
        "86400": "day|days",
        "604800": "week|weeks",
    },
    "month": {"1": "month|months", "12": "year|years|yr|yrs"},
    "degree": {"1": "°c|°|deg c|degree|degrees|degree celsius|degrees celsius|degrees c|celsius"},
    "volt": {"1": "v|volt|volts"},
    "ampere": {"1": "amp|amps|ampere|amperes"},
    "hertz": {"1": "hz|hertz", "1000": "khz|kilohertz"},
    "rpm": {"1": "rpm|r/min|rev/min|revolutions per minute"},
    "bar": {"1": "bar|bars"},
    "pascal": {"1": "pa|pascal|pascals", "1000": "kpa|kilopascal|kilopascals"},
    "lumen": {"1": "lm|lumen|lumens"},
    "percent": {"1": "%|percent|per cent"},
    "euro": {"1": "€|eur|euro|euros"},
    "pound": {"1": "£|gbp|pound|pounds"},
    "dollar": {"1": "$|usd|dollar|dollars"},
    "krone": {"1": "kr|nok|krone|kroner|crown|crowns"},
}
_UNITS = {
    spelling: (kind, Fraction(size))
    for kind, sizes in _TABLE.items()
    for size, spellings in sizes.items()
    for spelling in spellings.split("|")
}
_DURATIONS = {"second", "month"}
_SMALL = [
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}

_UNIT = "(?:" + "|".join(re.escape(u) for u in sorted(_UNITS, key=len, reverse=True)) + ")"
_TIME = "(?:" + "|".join(u for u in sorted(_UNITS, key=len, reverse=True) if _UNITS[u][0] in _DURATIONS) + ")"
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[,'\u2009]\d{3})+(?!\d)")
_NUMBER = rf"(?:{_GROUPED.pattern}(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)"
_END = r"(?![a-z0-9]|-[a-z]\d|-[a-z](?![a-z]))"  # "40W-B" is a part code, "40 W-rated" is not
_TOKEN = re.compile(
    rf"(?P<version>\d+(?:\.\d+){{2,}})"
    rf"|(?P<link>(?<=\d)\s*[-/×]\s*(?=\d)|(?<=\d)\s*x\s*(?=\d))"
    rf"|(?:(?P<before>€|£|\$|(?:eur|gbp|usd|nok)\s)\s?)?(?P<sign>(?<!\w)-|\bminus\s+)?(?P<number>{_NUMBER})"
    rf"(?:[\s-]?(?P<unit>{_UNIT})(?![a-z0-9])"
    rf"(?:(?:\s*/\s*|\s+per\s+)(?P<per>[a-z]+)|\s+(?:an?|each|every)\s+(?P<each>{_TIME})\b)?)?{_END}"
    r"|(?P<code>(?=[a-z0-9-]*\d)[a-z0-9]+(?:-[a-z0-9]+|\.\d[a-z0-9]*)*)"
    r"|(?P<word>[^\W_]+(?:'[^\W_]+)?\+*)"
)
_MARKER = re.compile(
    r"\s*\[\s*(?:(?:doc|document|source|passage|page)s?\s*)?\d+(?:\s*[,;-]\s*\d+)*\s*\]", re.IGNORECASE
)


@dataclass(frozen=True)
class Value:
    """A number as written, with its unit's kind and size (`kind` "": none) and what it is counted per."""

    number: Fraction
    spelling: str
    kind: str = ""
    size: Fraction = Fraction(1)
    per: str = ""
    per_size: Fraction = Fraction(1)

    @property
    def amount(self) -> Fraction:
        """The value in the kind's base unit (W, g, m, l, s, months …), leaving `per` aside."""
        return self.number * self.size

    def same(self, other: "Value") -> bool:
        """Whether `other` states this value.

        No unit here: the numbers as written are equal, whatever unit `other` has. Else: the same kind and the
        same amount; "per year" and the like are compared only when both state one.
        """
        if not self.kind:
            return self.number == other.number
        if self.kind != other.kind:
            return False
        if self.per and other.per:
            return self.per == other.per and self.amount / self.per_size == other.amount / other.per_size
        return self.amount == other.amount


Token = str | Value


def read(text: str) -> list[Token]:
    """Tokens of `text`: lower-case words, part codes without hyphens, and `Value`s.

    - Citation markers such as "[2]", "[1, 3]", "[source 2]" are removed; so are "the" and "an".
    - Numbers: "1,200", "1'200" and "1 200" with a thin or no-break space are 1200 (an ordinary space does not
      join digits); "4,3", "4.3" and "4.30" are equal; "½" is 0.5; "two" to "ninety-nine" are numbers, "one"
      only before a unit.
    - A unit may follow with a space, a hyphen or nothing, and is converted: "1.2 kW" equals "1200 watts",
      "24-month" equals "two years". "1 h 30 min" is one duration.
    - "60-90 °C", "43 or 47 dB", "60 x 85 cm": a number linked by -, /, x, "to", "or", "and" to a quantity
      takes its unit. A link sign between digits is the token "to" (x: "x").
    - "NT-4402-B" is the one token "nt4402b", "R49.550" is "r49.550". A hyphen elsewhere separates words.
    """
    tokens: list[Token] = []
    for match in _TOKEN.finditer(_plain(text)):
        part = match.groupdict()
        if part["number"]:
            tokens.append(_value(match))
        elif part["link"]:
            tokens.append("x" if part["link"].strip() in "x×" else "to")
        elif part["code"]:
            tokens.append(part["code"].replace("-", ""))
        elif (word := part["version"] or part["word"]) not in ("the", "an"):
            tokens.append(word)
    return _share_units(_join_durations(tokens))


def spelling(token: Token) -> str:
    """The token as written, without spaces and hyphens."""
    return token.spelling if isinstance(token, Value) else token


def _plain(text: str) -> str:
    for written, decimal in (("½", "5"), ("¼", "25"), ("¾", "75")):
        text = re.sub(rf"(\d)\s*{written}", rf"\1.{decimal}", text).replace(written, f"0.{decimal}")
    text = re.sub("[\u00a0\u202f\u2009](?=\\d{3})", "\u2009", text)
    text = "".join(c if c == "\u2009" else unicodedata.normalize("NFKC", c) for c in text).casefold()
    text = re.sub("[‐‑‒–—−]", "-", text.replace("’", "'"))
    text = _MARKER.sub("", text)
    tens = "|".join(_TENS)
    text = re.sub(
        rf"\b({tens})(?:[ -]({'|'.join(_SMALL[:9])}))?\b",
        lambda m: str(_TENS[m[1]] + (_SMALL.index(m[2]) + 1 if m[2] else 0)),
        text,
    )
    text = re.sub(rf"\b({'|'.join(_SMALL[1:])})\b", lambda m: str(_SMALL.index(m[1]) + 1), text)
    return re.sub(rf"\bone(?=[ -]{_UNIT}(?![a-z0-9]))", "1", text)


def _value(match: re.Match[str]) -> Value:
    digits = match["number"]
    digits = re.sub("[,'\u2009]", "", digits) if _GROUPED.match(digits) else digits.replace(",", ".")
    number = Fraction(digits) * (-1 if match["sign"] else 1)
    written = re.sub(r"[\s-]", "", match[0])
    unit = match["unit"] or (match["before"] or "").strip()
    if not unit:
        return Value(number, written)
    kind, size = _UNITS[unit]
    per = match["per"] or match["each"] or ""
    per_kind, per_size = _UNITS.get(per, (per, Fraction(1)))
    return Value(number, written, kind, size, per_kind, per_size)


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
            and big.kind in _DURATIONS
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
            shared[i] = replace(quantity, number=number.number, spelling=number.spelling)
    return shared
