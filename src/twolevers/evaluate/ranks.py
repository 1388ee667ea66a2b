"""Ranks and Roman numerals in one spelling: World War II is World War 2, Henry the Eighth Henry 8, the 12th rank 12."""

import regex

_VALUES = {"I": 1, "V": 5, "X": 10}
_ROMAN = r"X{0,3}(?:IX|IV|V?I{0,3})"  # up to 39; L, C, D and M are sizes, grades and initials too often
_NAMING = (
    r"chapter|part|volume|vol\.|book|act|scene|type|phase|stage|class|grade|level|section|article|title|annex|appendix"
    r"|war|division|kapitel|teil|band|buch|akt|phase|stufe|chapitre|partie|tome|acte|capítulo|parte|capitolo|глава|часть"
)
_CENTURY = r"century|jahrhundert|siècle|siecle|siglo|secolo|século|век|века|веке|wiek|wieku|eeuw"
_ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth", "Eleventh")
# A single letter counts after a word that numbers things, two and more after any capitalised word.
_FORMS = (
    regex.compile(rf"(?i:\b(?:{_NAMING})\s+)\K(?=[IVX])(?P<roman>{_ROMAN})(?![\w'’.-]*\w)"),
    regex.compile(rf"(?i:\b(?:{_NAMING})\s+)\K(?=[ivx])(?P<small>{_ROMAN.lower()})(?![\w'’.-]*\w)"),
    regex.compile(rf"(?<![\p{{L}}\p{{N}}])\p{{Lu}}\p{{L}}+\s\K(?=[IVX]{{2}})(?P<roman>{_ROMAN})(?![\w'’-])"),
    regex.compile(rf"(?<!\w)(?=[IVX])(?P<roman>{_ROMAN})(?:e|er|ème|th|\.)?(?=\s+(?i:{_CENTURY})\b)"),
    regex.compile(rf"\b(?i:{_CENTURY})\s+\K(?=[IVX])(?P<roman>{_ROMAN})(?!\w)"),
)
_THE = regex.compile(rf"(?<=\p{{Lu}}\p{{Ll}}+) the ({'|'.join(_ORDINALS)}|Twelfth)\b")
_FRENCH = regex.compile(r"(?<!\w)(\d{1,2})(?:ème|er|e)(?=\s+(?:siècle|étage|place|arrondissement)\b)")
RANK = regex.compile(r"\s*(?:the\s+)?(\d{1,4})(?:st|nd|rd|th)\b(?:\s+(\p{L}+))?[.]?\s*")
_ASKED = regex.compile(
    r"\b(?:what|which|on what|in which)\b.{0,30}\b(?:date|day|place|rank|position|floor|storey|century|edition|grade)\b"
    r"|\b(?:rank|place)d?\b"
)


def plain_ranks(text: str) -> str:
    """`text`, its case not yet folded, with Roman numerals as digits; "Henry the Eighth" is "Henry 8"."""
    for form in _FORMS:
        text = form.sub(lambda match: str(_roman(next(each for each in match.groups() if each))), text)
    text = _FRENCH.sub(r"\1", text)
    return _THE.sub(lambda match: f" {[*_ORDINALS, 'Twelfth'].index(match[1]) + 1}", text)


def cardinal(text: str) -> list[str]:
    """Other ways to say a rank, as `plain` leaves it: "12th floor" is floor 12 and 12 floor, "12th" is 12."""
    match = RANK.fullmatch(text)
    if not match:
        return []
    return [f"{match[2]} {match[1]}", f"{match[1]} {match[2]}"] if match[2] else [match[1]]


def asks_for_a_rank(question: str) -> bool:
    """Whether a question asks for a day or a rank, so that 12 and 12th are one answer."""
    return bool(_ASKED.search(question.casefold()))


def _roman(written: str) -> int:
    values = [_VALUES[letter] for letter in written.upper()]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
