"""Times of day and halves as people say them: half past five, halb sechs, 午後5時, une heure et demie, die Hälfte."""

import regex

from twolevers.evaluate.units import DURATIONS, pattern

_HALF = regex.compile(
    r"(?<![\w-])(?:hälfte|moitié|mitad|metà|metade|helft|половин[аыу]|połow[aęy])(?![\w-])|一半|半分|절반"
)
_QUARTER = regex.compile(r"(?<!\w)(?:ein|un|um|een) (?:viertel|quart|cuarto|quarto|kwart)(?!\w)")
_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_GERMAN = ("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf")
_HOURS = {word: place for words in (_SMALL, _GERMAN) for place, word in enumerate(words, 1)}
_HOUR = rf"({'|'.join(_HOURS)}|1[0-2]|[1-9])(?![\w:.%])"
_PAST = regex.compile(rf"\b(half|(?:a )?quarter|\d{{1,2}}) (past|to) {_HOUR}")
_GERMAN_PAST = regex.compile(rf"\b(halb|viertel nach|viertel vor) {_HOUR}")
_HALVES_OF_THE_DAY = (
    (regex.compile(r"(?:午前|上午|早上|오전)\s?(\d{1,2})\s?[時时点點시](?:\s?(\d\d)\s?[分분])?"), "am"),
    (regex.compile(r"(?:午後|下午|晚上|오후)\s?(\d{1,2})\s?[時时点點시](?:\s?(\d\d)\s?[分분])?"), "pm"),
)
_HOUR_OF = regex.compile(r"(?<!\d)(\d{1,2})\s?[時시](?![間间간])(?:\s?(\d\d)\s?[分분](?![間钟鐘]))?")
_DURATION = pattern(DURATIONS)
_HALF_UNITS = (
    (regex.compile(r"(?<!\w)(?:(?:une? )?demi[- ]heure|(?:una )?media hora)(?!\w)"), " 0.5 hour"),
    (
        regex.compile(r"(?<!\w)(?:una )?mezz['’ ]?ora(?!\w)|(?<!\w)meia hora(?!\w)|полчаса|半小时|半小時|半時間"),
        " 0.5 hour",
    ),
    (regex.compile(r"(?<!\w)(?:eine[nr]? )?halbe[ns]? (?=(?:stunde|jahr|tag|minute)\b)"), " 0.5 "),
    (regex.compile(r"полгода|(?<![前後后上下])半年(?!度)"), " 0.5 year"),
    (regex.compile(r"(?<!\w)(?:eineinhalb|anderthalb|полтора)(?!\w)"), "1.5"),
    (regex.compile(r"(?<!\w)zweieinhalb(?!\w)"), "2.5"),
    (regex.compile(r"(?<!\w)dreieinhalb(?!\w)"), "3.5"),
    (regex.compile(r"(?<!\w)(?:une heure et demie|(?:una )?hora y media|un'ora e mezza)(?!\w)"), "1.5 hours"),
    (regex.compile(r"(?<!\w)(?:un an et demi|(?:un )?año y medio)(?!\w)"), "1.5 years"),
    (regex.compile(r"(?<!\w)(?:une?|eine?[nmr]?|una|uno|uma?|een)(?= (?:" + _DURATION + r")(?![\p{L}\p{M}]))"), "1"),
)
_AFTERWARDS = regex.compile(
    r"(?<![\w.,])(\d{1,3}) (heures?|ans|horas?|años|ore|anni) (?:et demie?|y medi[ao]|e mezz[oa])"
)


def plain_clock(text: str) -> str:
    """`text`, case folded: times of day as 5:30 or 5 pm, halves of durations as decimals, other halves in English."""
    text = _QUARTER.sub("a quarter", _HALF.sub(" half ", text))
    for each, written in _HALF_UNITS:
        text = each.sub(written, text)
    for each, half in _HALVES_OF_THE_DAY:
        text = each.sub(lambda match, half=half: f" {match[1]}:{match[2] or '00'} {half} ", text)
    text = _HOUR_OF.sub(lambda match: f" {match[1]}:{match[2] or '00'} ", text)
    text = _GERMAN_PAST.sub(_german, _PAST.sub(_past, text))
    return text


def plain_halves(text: str) -> str:
    """`text` as `plain_numbers` leaves it: 2 heures et demie as 2.5 heures."""
    return _AFTERWARDS.sub(r"\1.5 \2", text)


def _past(match: regex.Match[str]) -> str:
    minutes = {"half": 30, "quarter": 15, "a quarter": 15}.get(match[1]) or int(match[1])
    if minutes > 30 or (minutes == 30 and match[2] == "to") or (match[1].isdigit() and match[3].isdigit()):
        return match[0]  # "10 to 12" is a range
    return _written(_hour(match[3]), minutes if match[2] == "past" else -minutes)


def _german(match: regex.Match[str]) -> str:
    return _written(_hour(match[2]), {"halb": -30, "viertel nach": 15, "viertel vor": -15}[match[1]])


def _hour(written: str) -> int:
    return _HOURS.get(written) or int(written)


def _written(hour: int, minutes: int) -> str:
    total = (60 * hour + minutes) % 720 or 720
    return f"{total // 60 or 12}:{total % 60:02}"
