"""Other ways to write an accepted answer, and what an answer comes so near to that a person should decide."""

import unicodedata

import regex

from twolevers.evaluate.plain import composed, plain
from twolevers.evaluate.ranks import RANK, asks_for_a_rank, cardinal
from twolevers.evaluate.values import Token, Value, read

_ABOUT = regex.compile(
    r"\s*(?:(?:about|around|approx(?:\.|imately)?|roughly|circa|ca\.?|nearly|almost|etwa|environ|unos|около|約|约|약)\s*"
    r"|[~≈]\s*)(?=[€$£¥]?\s?[\p{N}])",
    regex.IGNORECASE,
)
_ARTICLE = regex.compile(
    r"\s*(?:le|la|les|der|die|das|den|dem|el|los|las|il|lo|gli|os|as|am|im)\s+(?=\S)|\s*l['’](?=\p{L})",
    regex.IGNORECASE,
)
_SPACED = regex.compile(r"(?<=\d)\s(?=\d)")
_FIRM = regex.compile(
    r"\s*(\p{L}[\p{L}\d&' -]{2,}?),?\s+(?:Inc|Ltd|LLC|GmbH|Corp|Corporation|plc|PLC|Limited|AG|S\.A|S\.p\.A|B\.V)\.?\s*"
)
_DAY = regex.compile(r"\s*(0?[1-9]|[12]\d|3[01])\.\s?(0?[1-9]|1[0-2])\.\s*")
_ONCE = regex.compile(r"\s*(?:(once)|(?:1|one) time)\s*", regex.IGNORECASE)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe"})
_FREE = regex.compile(
    r"(?:for |is |it's )?free(?: of charge)?|gratis|kostenlos|gratuite?|at no (?:extra )?(?:cost|charge)|complimentary"
)
_DAYS = regex.compile(r"(?<![\w.,])(0?[1-9]|[12]\d|3[01])\.\s?(0?[1-9]|1[0-2])\.(?![\w.])")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MONEY = frozenset({"euro", "dollar", "pound", "franc", "yen", "rupee", "won", "yuan", "krone", "zloty", "real"})


def variants(text: str, question: str = "") -> list[str]:
    """The answer, the answer without a bracket at its end, its abbreviation or value in the bracket, its choice.

    "About 5 kg" is 5 kg too, "Smith, John" John Smith, "24.12." 24 December, "Apple Inc." Apple, "12th" 12,
    and 12 is 12th where `question` asks for a day or a rank.
    """
    found = [text]
    if match := _ABOUT.match(text):
        found.append(text[match.end() :])
    if match := _ARTICLE.match(text):
        found.append(text[match.end() :])
    if regex.fullmatch(r"\s*[1-9]\d{0,2} \d{3}(?!\d).*", text, regex.DOTALL):
        found.append(_SPACED.sub("", text))
    if match := regex.fullmatch(r"\s*(\p{Lu}[\p{L}'’-]+),\s(\p{Lu}[\p{L}'’-]+(?: \p{Lu}\.?)?)\s*", text):
        found.append(f"{match[2]} {match[1]}")
    if match := regex.fullmatch(r"\s*(.*[^\s(])\s+\(([^()]+)\)[.]?\s*", text):
        found.append(match[1])
        inside = read(match[2])
        short = regex.fullmatch(r"(?=.*\p{Lu})[\p{Lu}\d&.-]{2,10}", match[2])
        if short or (inside and all(isinstance(token, Value) and token.kind for token in inside)):
            found.append(match[2])
    if match := regex.fullmatch(r"\s*\(?[A-Ha-h][).:]\s+(\S.*)", text):
        found.append(match[1])
    if match := _DAY.fullmatch(text):
        found.append(f"{match[1]} {_MONTHS[int(match[2]) - 1]}")
    if match := _FIRM.fullmatch(text):
        found.append(match[1])
    if match := _ONCE.fullmatch(text):
        found += ["1 time", "one time"] if match[1] else ["once"]
    found += cardinal(plain(text).strip())
    if regex.fullmatch(r"\s*\d{1,3}\s*", text) and asks_for_a_rank(question):
        found += [f"{text.strip()}{end}" for end in ("st", "nd", "rd", "th")]
    return found


def day_stated(prediction: str, wanted: tuple[int | None, int | None, int | None]) -> bool:
    """Whether a text has a day and month as 24.12., which is a number elsewhere; `wanted`: year, month, day."""
    days = [(int(match[2]), int(match[1])) for match in _DAYS.finditer(prediction)]
    return bool(days) and all(day == wanted[1:] for day in days)


def unsure(prediction: str, text: str) -> str:
    """Why a person should look at an answer that was taken for wrong, "" where it is far from the accepted one."""
    if _nearly(prediction, text):
        return "it differs from an accepted answer in accents or in spaces between digits alone"
    if _spelt(prediction, text):
        return "it differs from an accepted answer in how umlauts are written"
    said, wanted = read(prediction), read(text)
    if len(wanted) == 1 and isinstance(wanted[0], Value):
        if any(_degrees(one, wanted[0]) for one in said):
            return "the same temperature in the other scale, or nearly"
        if wanted[0].number == 0 and wanted[0].kind in _MONEY and _FREE.search(composed(prediction)):
            return f"{text} and free may be the same"
        bare = not wanted[0].kind and wanted[0].number.denominator == 1
        ranks = [match[1] for token in said if isinstance(token, str) and (match := RANK.fullmatch(token))]
        if bare and str(wanted[0].number) in ranks:
            return f"a rank was not taken for the number {text}"
    if _FREE.fullmatch(composed(text).strip(" .")) and _FREE.search(composed(prediction)):
        return f"{text} and what is said may be the same"
    return ""


def _degrees(one: Token, other: Token) -> bool:
    if not isinstance(one, Value) or not isinstance(other, Value):
        return False
    by = {one.kind: one.number, other.kind: other.number}
    return set(by) == {"degree", "fahrenheit"} and abs(by["degree"] * 9 / 5 + 32 - by["fahrenheit"]) <= 1


def _spelt(prediction: str, text: str) -> bool:
    said, wanted = (composed(each).translate(_UMLAUTS) for each in (prediction, text))
    if said == composed(prediction) and wanted == composed(text):
        return False
    return len(wanted) > 2 and bool(regex.search(rf"(?<!\w){regex.escape(wanted)}(?!\w)", said))


def _nearly(prediction: str, text: str) -> bool:
    """Whether the answer would be in the text if accents, and spaces between digits, did not count."""
    plain = [composed(prediction), composed(text)]
    bare = [_SPACED.sub("", "".join(map(_letter, unicodedata.normalize("NFD", each)))) for each in plain]
    if bare == plain or len(bare[1]) < 2 or plain[1] in plain[0]:
        return False
    return bool(regex.search(rf"(?<!\w){regex.escape(bare[1])}(?!\w)", bare[0]))


def _letter(character: str) -> str:
    return "" if unicodedata.combining(character) else character
