"""Spellings that are turned into the usual one before a text is read: by their case, of numbers, of days."""

import unicodedata
from fractions import Fraction

import regex

from twolevers.evaluate.units import pattern

# What the case of a letter tells is written out before case is folded.
_CASED = (
    (regex.compile(r"(?<=\d)\s?º(?=\s?[CF]\b)"), "°"),
    (regex.compile(r"(?<=\d)\s+C(?![\w°+#-])"), " °C"),
    (regex.compile(r"(?<=\d)\s+F(?![\w°+#-])"), " °F"),
    (regex.compile(r"(?<=\d)(\s?)mW(h?)\b"), r"\1milliwatt\2"),
    (regex.compile(r"(?<=\d)\s?([kMG])b(?:/s|ps)?\b"), r" \1bit"),
    (regex.compile(r"(?<=\d)\s?in\.?(?=\s*(?:$|[.,;)×x]))"), " inch"),
)
_INCH = regex.compile(r'(?<=\d)\s?(?:"|\'\'|”)(?!\w)')
_POWER = regex.compile(r"(?<![\w.,])(?:(\d+(?:\.\d+)?)\s?[x×*·]\s?)?10(?:\^|\*\*)(-?\d{1,2})(?![\w.])")
_SCIENTIFIC = regex.compile(r"(?<![\w.,-])(\d+(?:\.\d+)?)e([+-]?\d{1,2})(?![\w.])")
_PROPER = regex.compile(r"(?<![\w.,/^-])(\d{1,2})(?: ?/ ?| out of )(\d{1,2})(?![\w/^]|[.,-]\d)")
_PARTS = {"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "eighth": 8, "tenth": 10}
_TOPS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "nine": 9}
_SHARE = regex.compile(rf"\b({'|'.join(_TOPS)})[ -]({'|'.join(_PARTS)})(s?)\b(?=\s*(?:$|[.,;:!?)]|of\b))")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_ERA = regex.compile(rf"({'|'.join(_ERAS)})(\d{{1,3}}|元)(?=年)")
_OPEN = regex.compile(r"(?<![\w.,+-])(\d+(?:\.\d+)?)\+(?![\w+-])")  # 18+
_GROUPED = regex.compile(r"(?<![\w.,'] )(?<![\w.,'])([1-9]\d{0,2}(?: \d{3}){2,})(?! ?\d)")
_OF_HUNDRED = regex.compile(r"百分之([\d〇零一二三四五六七八九十]+)")
# Number words of other languages that are no words of English ("six", "once").
_WORDS = {
    **{"zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10},
    **{"zwölf": 12, "vierzehn": 14, "zwanzig": 20, "dreissig": 30, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5},
    **{"sept": 7, "huit": 8, "neuf": 9, "douze": 12, "quatorze": 14, "quinze": 15, "vingt": 20, "trente": 30},
    **{"dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10},
    **{"doce": 12, "treinta": 30, "tre": 3, "quattro": 4, "cinque": 5, "sette": 7, "otto": 8, "dieci": 10},
    **{"dois": 2, "duas": 2, "três": 3, "quatro": 4, "twee": 2, "drie": 3, "vijf": 5, "zes": 6, "zeven": 7},
    **{"два": 2, "две": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7, "десять": 10, "тридцать": 30},
    **{"दो": 2, "तीन": 3, "चार": 4, "पाँच": 5, "दस": 10, "तीस": 30},
}
_OTHER_MEANING = ("sept", "neuf", "dos", "tre", "tres", "acht")  # numbers only before a unit
_COUNTED = regex.compile(
    rf"(?<![\w-])(?:({'|'.join(word for word in _WORDS if word not in _OTHER_MEANING)})(?![\w\p{{M}}-])"
    rf"|({'|'.join(_OTHER_MEANING)})(?= {pattern()}(?![\p{{L}}\p{{M}}])))"
)
_DAYS = {name[:3]: name for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")}
_DAY = r"(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)(?:\.|(?:s|nes|r|ur)?day)?"
_GERMAN_DAYS = dict(mo="mon", di="tue", mi="wed", do="thu", fr="fri", sa="sat", so="sun")
_GERMAN_WEEK = regex.compile(r"\b(mo|di|mi|do)\.?\s?(?:[-–]|bis)\s?(do|fr|sa|so)\b")
_WEEK = regex.compile(rf"\b({_DAY})\s*(?:-|to|until|till|through)\s*({_DAY})(?!\w)")


def by_case(text: str) -> str:
    """`text` before its case is folded: mW apart from MW, "20 C" as °C, 6" as inches."""
    for each, written in _CASED:
        text = each.sub(written, text)
    if sum(map(text.count, '"”“')) == 1 or text.count("''") == 1:  # no quotation marks, which come in pairs
        text = _INCH.sub(" inch", text)
    return text


def plain_numbers(text: str) -> str:
    """`text`, case folded: 1e6, 10^6, 3/4, two thirds as decimals, 令和6年 as 2024年, 18+ as ≥ 18, 百分之五 as 5%.

    Number words of other languages become digits.
    """
    text = _OF_HUNDRED.sub(r"\1%", text)
    text = _POWER.sub(lambda match: _decimal(match[1] or "1", match[2], match[0]), text)
    text = _ERA.sub(lambda match: str(_ERAS[match[1]] + (1 if match[2] == "元" else int(match[2]))), text)
    text = _SHARE.sub(lambda match: f"{_TOPS[match[1]]}/{_PARTS[match[2]]}", text)
    text = _GROUPED.sub(lambda match: match[1].replace(" ", ""), _OPEN.sub(r"≥ \1", text))
    text = _SCIENTIFIC.sub(lambda match: _decimal(match[1], match[2], match[0]), text)
    text = _PROPER.sub(_quotient, text)
    text = _GERMAN_WEEK.sub(lambda match: f"{_GERMAN_DAYS[match[1]]}-{_GERMAN_DAYS[match[2]]}", text)
    text = _WEEK.sub(lambda match: f"{_day(match[1])} to {_day(match[2])}", text)
    return _COUNTED.sub(lambda match: str(_WORDS[match[1] or match[2]]), unicodedata.normalize("NFKC", text))


def _decimal(digits: str, power: str, written: str) -> str:
    """The number without its power; as it was written where it is too long to write out."""
    if abs(int(power)) > 15:
        return f"{digits}e{int(power)}"
    return _written(Fraction(digits) * Fraction(10) ** int(power)) or written


def _quotient(match: regex.Match[str]) -> str:
    """A proper fraction as a decimal; others ("24/7", "50/50") are no fractions."""
    top, bottom = int(match[1]), int(match[2])
    return _written(Fraction(top, bottom)) if 0 < top < bottom else match[0]


def _written(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.15f}".rstrip("0")


def _day(written: str) -> str:
    return _DAYS[written[:3]]
