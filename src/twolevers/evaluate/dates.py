"""Dates and times of day in a text, as people write them in many languages."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import regex

# Month names are read in these languages. Abbreviations in English alone: elsewhere they collide with words.
LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "ca", "nl", "da", "sv", "nb", "fi", "et", "lv", "lt", "pl", "cs", "sk", "sl"),
    *("hu", "ro", "bg", "ru", "uk", "el", "tr", "id", "ar", "he", "hi"),
)
# Those of other languages that are no other words.
SHORT = {"mrz": 3, "okt": 10, "dez": 12, "févr": 2, "avr": 4, "juil": 7, "déc": 12, "dic": 12, "giu": 6, "ott": 10}
_LIKELY = regex.compile(r"\d|\bnoon|midday|midnight")
Day = tuple[int | None, int | None, int | None]  # year, month, day; None where it is not said


@dataclass(frozen=True)
class Date:
    """A day, or less of it ("March 2024", "15 March"). `readings`: two where day and month may be swapped."""

    readings: tuple[Day, ...]
    spelling: str

    def same(self, other: object) -> bool:
        """Whether `other` states this date: each part that is said here is said there, and equal."""
        if not isinstance(other, Date):
            return False
        if len(self.readings) == len(other.readings) == 2:  # both written by the same habit
            return all(map(_within, self.readings, other.readings))
        return any(_within(mine, theirs) for mine in self.readings for theirs in other.readings)

    def holds(self, number: object) -> bool:
        """Whether a bare number is this date's year or day."""
        return any(number in (day[0], day[2]) for day in self.readings)


@dataclass(frozen=True)
class Time:
    """A time of day in seconds after midnight; `open`: written without "am" or "pm" and no later than 12:59."""

    seconds: int
    open: bool
    spelling: str

    def same(self, other: object) -> bool:
        """Whether `other` is this time; one that is `open` may be in the morning or in the afternoon."""
        if not isinstance(other, Time):
            return False
        return self.seconds == other.seconds or (self.open and (self.seconds + 43200) % 86400 == other.seconds)

    def holds(self, number: object) -> bool:
        """Whether a bare number is this time's hour."""
        return self.seconds % 3600 == 0 and number in {self.seconds // 3600, (self.seconds // 3600 - 1) % 12 + 1}


def find(text: str) -> list[tuple[int, int, Date | Time]]:
    """Every (start, end, date or time) of a text as `plain.plain` leaves it, in order, none within another."""
    if not _LIKELY.search(text):
        return []
    found: list[tuple[int, int, Date | Time]] = []
    for match in _pattern().finditer(text):
        part = {name: value for name, value in match.groupdict().items() if value}
        token = _time(part, match[0]) if "hour" in part or "word" in part else _date(part, match[0])
        if token:
            found.append((*match.span(), token))
    return found


def _within(mine: Day, theirs: Day) -> bool:
    return all(part is None or part == other for part, other in zip(mine, theirs, strict=True))


@cache
def _months() -> dict[str, int]:
    """Names of months in `LANGUAGES`, as `plain` spells them; those that mean two months are left out."""
    from babel import Locale

    from twolevers.evaluate.plain import composed

    found: dict[str, int] = {"sept": 9} | SHORT
    doubtful = set()
    for language in LANGUAGES:
        months = Locale.parse(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated") if language == "en" else ("wide",):
                for number, name in months[context][width].items():
                    name = composed(name).strip(". ")
                    if found.setdefault(name, number) != number:
                        doubtful.add(name)
    return {name: number for name, number in found.items() if name not in doubtful and len(name) > 2}


@cache
def _pattern() -> regex.Pattern[str]:
    names = "|".join(regex.escape(name) for name in sorted(_months(), key=len, reverse=True))
    month = rf"(?P<month>{names})\b\.?"
    day = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º|ª|o(?=\s+de\b))?"
    year = r"(?P<year>[12]\d{3})(?![\w-])"
    of = r"[\s-]*(?:(?:of|de|den|der|del|d')\s*)?"
    end = r"(?!\w|[-./:]\d)"
    weekday = (
        r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\.?),?\s+(?:the )?"
    )
    clock = r"(?:t\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:z|[+-]\d{2}:?\d{2})?| 00:00(?::00)?)?"  # of programs
    forms = (
        rf"(?P<day>\d{{1,2}})-(?P<month>{names})-(?P<year>\d{{2}})(?![\w-])",
        rf"(?:{weekday}|the )?{day}{of}{month}"
        rf"(?:,?{of}{year}(?:\s?(?:г\.|года\b))?|(?<!may)(?!\w)|(?<=may)(?!\s+[a-z]))",
        rf"(?:{weekday})?{month}\s+{day}(?:,?\s*{year})?{end}",
        rf"{month},?{of}{year}",
        r"(?<!\w-)(?P<year>[12]\d{3})(?P<gap>[-/.])(?P<month>\d{1,2})(?P=gap)(?P<day>\d{1,2})"
        + clock
        + r"(?!\d|[-./]\d)",
        r"(?<!\w-)(?P<year>(?:19|20)\d{2})-(?P<month>0[1-9]|1[0-2])(?![\w-])",
        r"(?P<month>0?[1-9]|1[0-2])/(?P<year>(?:19|20)\d{2})(?![\w/-])",
        r"(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?![\w.,-])",
        rf"(?<!\w-)(?P<one>\d{{1,2}})(?P<gap>[-/.])\s?(?P<two>\d{{1,2}})(?P=gap)\s?(?P<year>[12]\d{{3}}){end}",
        rf"(?<!\w-)(?P<one>\d{{2}})(?P<gap>[/.])(?P<two>\d{{2}})(?P=gap)(?P<year>\d{{2}}){end}",
        rf"(?<!\w-)(?P<one>\d{{1,2}})/(?P<two>\d{{1,2}})/(?P<year>\d{{2}}){end}",
        r"(?P<year>[12]\d{3})\s?[年년]\s?(?:(?P<month>\d{1,2})\s?[月월]\s?(?:(?P<day>\d{1,2})\s?[日일號号])?)?",
        r"(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일號号]",
        r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?)?\s*(?P<half>[ap]\.?m\b\.?|uhr\b|o'clock\b)",
        r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2}))?(?![\w:])",
        r"(?:12\s)?(?P<word>noon|midday|midnight)\b",
    )
    return regex.compile(r"(?<![\w]|\d[.,:/])(?:" + "|".join(f"(?:{form})" for form in forms) + ")")


def _date(part: dict[str, str], spelling: str) -> Date | None:
    year = int(part["year"]) if "year" in part else None
    if year is not None and year < 100:
        year += 2000 if year < 70 else 1900
    if "one" in part:
        one, two = int(part["one"]), int(part["two"])
        orders = [(year, two, one), (year, one, two)]
    else:
        named = part.get("month")
        month = None if named is None else int(named) if named.isdigit() else _months()[named]
        orders = [(year, month, int(part["day"]) if "day" in part else None)]
    readings = tuple(dict.fromkeys(order for order in orders if _valid(*order)))
    return Date(readings, spelling) if readings else None


def _valid(year: int | None, month: int | None, day: int | None) -> bool:
    try:
        date(2000 if year is None else year, month or 1, day or 1)
    except ValueError:
        return False
    return True


def _time(part: dict[str, str], spelling: str) -> Time | None:
    if "word" in part:
        return Time(0 if part["word"] == "midnight" else 43200, False, spelling)
    hour, minute, second = (int(part.get(name, 0)) for name in ("hour", "minute", "second"))
    half = part.get("half", "")[:1]
    if hour > 24 or minute > 59 or second > 59 or (half in ("a", "p") and not 1 <= hour <= 12):
        return None
    if half in ("a", "p"):
        hour = hour % 12 + (12 if half == "p" else 0)
    return Time(3600 * (hour % 24) + 60 * minute + second, half not in ("a", "p") and 1 <= hour <= 12, spelling)
