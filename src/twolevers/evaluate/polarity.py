"""Yes and no: as words, as true and false, as a statement; and the letter of a choice."""

from dataclasses import dataclass

import regex

from twolevers.evaluate.plain import composed
from twolevers.evaluate.values import NEGATIONS, read

_YES = r"yes|yep|yeah|sure|definitely|true|correct|absolutely|certainly|indeed|of course"
_YES += r"|ja|oui|sí|sì|sim|да|tak|はい|是的?|对的?|對的?|네|예|हाँ|نعم|evet"
_NO = r"no|nope|false|incorrect|nein|non|não|нет|nie|いいえ|不是的?|否|아니[요오]|नहीं|لا|hayır"
_WORD = rf"(?:(?P<yes>{_YES})|(?P<no>{_NO}))"
_LEAD = r"[\s\"'*_(“”„«‘’「]*(?:(?:the )?(?:correct )?answer(?: is)?:?\s+|response:\s*)?[\"'*_“„«‘「]*"
_ALONE = regex.compile(
    rf"{_LEAD}{_WORD}(?![\w-])[\"'*_)”“»’」]*\s*(?:[.!।。！]*[\s\"'”“»’」]*$|(?:[,.;:!–—。，、]|-\s|\s\(|\s+because\b)\s*(?!\d)(?P<reason>.*))",
    regex.DOTALL,
)
_FIRST = regex.compile(rf"{_LEAD}{_WORD}(?![\w-])(?!\.\s*\d)(?!,? not\b)")
_DENIES = regex.compile(
    rf"{_LEAD}(?:(?:definitely|certainly|absolutely|of course|sure|surely) )?"
    r"(?:not(?! only\b| just\b)|never|by no means|under no)\b"
)
_TRUE = regex.compile(
    r"(?:it|this|that|the (?:statement|claim|answer|sentence))(?:'s| is) (?P<not>not )?"
    r"(?:(?P<yes>true|correct|yes|right)|(?P<no>false|incorrect|no|wrong))\b"
)
_VERB = regex.compile(
    r"\b(?:is|are|was|were|does|do|did|can|could|may|might|must|will|would|should|has|have|had|cannot|comes?|needs?)\b"
    r"|n't\b|\b(?:it|that|this|there|he|she)['’]s\b|\b(?:they|you|we)['’]re\b"
)
_CHOICE = (
    regex.compile(r"[\s\"'*_]*\(?(?P<letter>[a-h])(?:[)]|[.:](?=\s))"),
    regex.compile(
        r"(?:.{0,60}?\b(?:answer|option|choice|letter)\s*(?:is)?\s*:?\s*)[\"'*_(]*(?P<letter>[b-h]|a(?=[\W]*$))(?!\w|')"
    ),
)


@dataclass(frozen=True)
class Polarity:
    """A yes or a no, and the reason that follows it."""

    yes: bool
    reason: str = ""


def polarity(text: str) -> Polarity | None:
    """The yes or no that a text begins with ("Yes, within 30 days", "True", "The answer is no"), None without one.

    "No charge" and "No. 5" are neither.
    """
    plain = composed(text)
    if match := _ALONE.match(plain):
        return Polarity(bool(match["yes"]), (match["reason"] or "").strip())
    return None


def states(text: str) -> bool | None:
    """What a statement says of the question asked: a sentence without a negation is a yes; None for no sentence."""
    plain = composed(text)
    if match := _FIRST.match(plain):
        return bool(match["yes"])
    if _DENIES.match(plain):
        return False
    if match := _TRUE.search(plain):
        return bool(match["yes"]) != bool(match["not"])
    if len(plain.split()) < 2 or not _VERB.search(plain):
        return None
    return NEGATIONS.isdisjoint(read(text))


def choice(text: str) -> str:
    """The letter of a choice: "b" of "B", "B) Paris", "(b)", "option B", "The answer is B."; "" without one."""
    plain = composed(text)
    if regex.fullmatch(r"[\s\"'(*_]*[a-h][\s\"'*_.:)]*", plain):
        return plain.strip("\"'*_().: \n\t")
    return next((match["letter"] for pattern in _CHOICE if (match := pattern.match(plain))), "")
