"""Whether an answer states an accepted one: every rule that decides "right" or "wrong" of a fact."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from twolevers.evaluate.dates import Date, Time
from twolevers.evaluate.lists import each_stated
from twolevers.evaluate.plain import composed
from twolevers.evaluate.polarity import Polarity, choice, polarity, states
from twolevers.evaluate.readings import day_stated, unsure, variants
from twolevers.evaluate.refusal import is_refusal
from twolevers.evaluate.shares import share, stated
from twolevers.evaluate.spans import cut, denial, find, without_article
from twolevers.evaluate.spellings import by_case
from twolevers.evaluate.values import NEGATIONS, Token, Value, read, spelling

_DENIED = "\ue002"  # stands where what follows "not" was cut out
_BE = frozenset({"is", "was", "are", "were"})
_NOT_BEFORE = regex.compile("(?:不[是含包]?|[没沒][有含]?|[無无未非勿]|ไม่)$")
_NOT_AFTER = regex.compile(".{0,5}?(?:ない|なし|無し|ません)")
_AMOUNT = regex.compile(
    r"\b(?:how (?:much|many|long|tall|wide|heavy|high|deep|big|far|fast|loud)|cost|price|fee|rate|percent\w*|ratio"
    r"|average|total|weigh\w*|amount|score|grade|mark)\b"
)


@dataclass(frozen=True)
class Match:
    """Whether an answer is right; `doubt` says in words why a person should look, "" where the reading is sure."""

    right: bool
    doubt: str = ""


def answer_match(
    prediction: str, accepted: Sequence[str], *, entity: str = "", rivals: Sequence[str] = (), question: str = ""
) -> bool:
    """Whether `prediction` states one of the `accepted` answers, and no rival to it.

    Both are read by `values.read`, so that case, citation markers, thousands separators, decimal forms, units and
    their aliases, dates, times, and hyphens in part codes do not matter. An accepted answer matches itself. Else, for
    each accepted answer ("World Health Organization (WHO)" is two, "B) Paris" is B and Paris):

    1. Its tokens must occur next to each other in the prediction, whole token by whole token: "43 dB" is in
       neither "143 dB" nor "4.3", 2年 is not in 12年. Words and codes may be split differently ("wifi", "Wi-Fi").
    2. An accepted number with a unit needs its unit in the prediction; an accepted bare number does not. Of a bare
       number with words ("Python 3.10") final zeros count, unless `question` asks for an amount.
    3. Several candidates are wrong. The kind of a value is what its unit measures (power, sound, time, price …).
       A prediction with another value of the kind that was matched, which no accepted answer holds, does not
       commit itself: "43 dB or 47 dB", "40-43 dB", "43 dB in eco mode and 47 dB in normal mode" are all wrong.
       The same value twice is fine ("1.2 kW (1200 W)").
    4. A bare number has no unit to tell its kind. It is wrong when "or" or "to" joins it to another number, or
       when another number stands before the same word ("7 programmes, or 9 programmes"). Of a number with words
       ("2025 model") another one is wrong only if it comes first. A text is wrong when "or" stands directly
       before or after it; "and" does not count against it, since it joins sentences too.
    5. What directly follows "not" is neither an answer nor a rival: "43 dB, not 47 dB" is right for 43 dB. What "is
       not" follows is no answer: "43 dB is not the answer". An accepted answer that holds "not" is looked for as it is.
    6. "yes", "no", "true", "false": the first word decides, else the statement: "It is waterproof" is a yes. A single
       letter must be the whole prediction or name the choice ("B) Paris", "option B").
    7. `entity`, the name asked about, is cut out of the prediction first (unless it is in an accepted answer or a
       rival), so that the 7 of "the Tarn 7 has 9 programmes" is not taken for the answer.
    8. `rivals` are the other names of a question that asks to choose. The first name decides: "B is louder than
       A" is wrong for A.

    No accepted answer: nothing matches (see `is_refusal`).
    """
    return judged(prediction, accepted, entity=entity, rivals=rivals, question=question).right


def judged(
    prediction: str, accepted: Sequence[str], *, entity: str = "", rivals: Sequence[str] = (), question: str = ""
) -> Match:
    """As `answer_match`, with the doubts that are left: numbers and dates with two readings, statements for yes."""
    texts = [text for text in accepted if text.strip()]
    if any(_same_text(prediction, text) for text in texts):
        return Match(True)
    found = [_one(prediction, text, texts, entity, rivals, question) for text in texts]
    right = [match for match in found if match.right]
    if right:
        return min(right, key=lambda match: match.doubt)
    doubts = [match.doubt for match in found if match.doubt]
    if not doubts and (doubt := next(filter(None, (unsure(prediction, text) for text in texts)), "")):
        doubts = [doubt]
    return Match(False, doubts[0] if doubts else "")


def mentions(text: str, name: str) -> bool:
    """Whether `name` occurs in `text`, read as `answer_match` reads: "korvanta-2018" is in "the Korvanta 2018"."""
    tokens = read(name)
    return bool(tokens) and any(True for _ in find(read(text), tokens))


def ambiguous(answer: str) -> str:
    """Why an accepted answer can be read in two ways ("1.200", "03/04/2024"), "" where it cannot."""
    for token in read(answer):
        if isinstance(token, Value) and token.other is not None:
            return f"{token.spelling} is {float(token.number):g} or {float(token.other):g}"
        if isinstance(token, Date) and len(token.readings) > 1:
            days = ["-".join(f"{part:02}" for part in reading if part is not None) for reading in token.readings]
            return f"{token.spelling} is {' or '.join(days)}"
    return ""


def _one(
    prediction: str, text: str, accepted: Sequence[str], entity: str, rivals: Sequence[str], question: str
) -> Match:
    asked = polarity({"y": "yes", "n": "no"}.get(text.strip().casefold(), text) if polarity(prediction) else text)
    if asked is not None:
        return _agrees(prediction, text, asked)
    wanted_letter, said_letter = choice(text), choice(prediction)
    if wanted_letter and said_letter:
        return Match(wanted_letter == said_letter)
    wanted = [tokens for each in variants(text, question) if (tokens := without_article(read(each)))]
    if not wanted:  # signs alone
        whole = composed(text).strip()
        return Match(not whole.isascii() and whole in composed(prediction))
    said = read(prediction)
    if entity and not any(mentions(each, entity) for each in (*accepted, *rivals)):
        said = cut(said, list(find(said, read(entity))))
    denied = cut(said, [denial(said, i) for i, token in enumerate(said) if token in NEGATIONS], _DENIED)
    allowed = [token for each in accepted for token in read(each) if isinstance(token, Value)]
    named = [start for rival in rivals for start, _ in find(said, read(rival))]
    doubt = ""
    wanted = [tokens for tokens in wanted if tokens != ["half"]] or [[]]  # a share, in whatever words
    for tokens in filter(None, wanted):
        found = _states(
            denied if NEGATIONS.isdisjoint(tokens) else said, tokens, allowed, min(named, default=len(said)), question
        )
        if found.right:
            return found
        doubt = doubt or found.doubt
    days = [tokens[0].readings[0] for tokens in wanted if len(tokens) == 1 and isinstance(tokens[0], Date)]
    if any(None in day[:1] and day_stated(prediction, day) for day in days):
        return Match(True)
    if part := next(filter(None, (share(read(each)) for each in variants(text))), None):
        right, near = stated(denied, part)
        return Match(right, doubt if right or not near else f"{text} and the share stated are nearly the same")
    return Match(each_stated(denied, text), doubt)


def _agrees(prediction: str, text: str, wanted: Polarity) -> Match:
    """A yes or a no, perhaps with its reason."""
    if is_refusal(prediction):
        return Match(False)
    values = [token for token in read(wanted.reason) if isinstance(token, Value) and token.kind]
    said = [token for token in read(prediction) if isinstance(token, Value) and token.kind]
    against = any(one.kind == other.kind and not one.same(other) for one in values for other in said)
    if (found := polarity(prediction)) is not None:
        return Match(found.yes == wanted.yes and not against, "its reason states another value" if against else "")
    if wanted.reason and mentions(prediction, wanted.reason):
        return Match(True, "it states the reason and neither yes nor no")
    if (stated := states(prediction)) is not None:
        return Match(stated == wanted.yes and not against, "it is a statement, read as yes or no")
    return Match(False)


def _states(said: list[Token], wanted: list[Token], allowed: list[Value], rival: int, question: str) -> Match:
    """`allowed`: the values of all accepted answers; `rival`: where `said` first names another choice."""
    if len(wanted) == 1 and isinstance(wanted[0], str) and regex.fullmatch("[a-z]", wanted[0]):
        return Match(said == wanted)
    every = list(find(said, wanted))
    spans = [(i, j) for i, j in every if not _denied(said, i, j)]
    if not spans:
        return Match(False, "it seems to deny the accepted answer" if every else "")
    if doubt := _zeros(said, wanted, spans, question):
        return Match(False, doubt)
    doubt = _doubt(said, wanted, spans)
    matched = [token for i, j in spans for token in said[i:j] if isinstance(token, Value) and token.kind]
    if not matched:
        return Match(spans[0][0] < rival and not any(_hedged(said, i, j) for i, j in spans), doubt)
    kinds, fine = {value.kind for value in matched}, [*allowed, *matched]
    others = [token for token in said if isinstance(token, Value) and token.kind in kinds]
    return Match(all(any(value.same(other) for value in fine) for other in others), doubt)


def _denied(said: list[Token], start: int, end: int) -> bool:
    """Whether the sentence says that said[start:end] is not so, in scripts with and without spaces."""
    before, after = said[max(0, start - 3) : start], said[end : end + 8]
    if len(after) > 1 and after[0] in _BE and after[1] in (*NEGATIONS, _DENIED):
        return True
    if _NOT_BEFORE.search(_joined(before)):
        return True
    if after and isinstance(after[0], str) and after[0].startswith(("없", "않", "아니", "아닙")):
        return True
    return bool(_NOT_AFTER.match(_joined(after)))


def _joined(tokens: Sequence[Token]) -> str:
    return "".join(token if isinstance(token, str) else " " for token in tokens)


def _zeros(said: list[Token], wanted: list[Token], spans: list[tuple[int, int]], question: str) -> str:
    """Why bare decimals that differ in final zeros (3.10 and 3.1) are taken for two, "" where they are not."""
    if _AMOUNT.search(composed(question)):
        return ""
    for start, end in spans:
        pairs = zip(wanted, said[start:end], strict=False)
        if not any(
            isinstance(one, Value) and isinstance(other, Value) and _versions(one, other) for one, other in pairs
        ):
            return ""
    return "a number with and without a final zero, such as 3.10 and 3.1, was taken for two versions"


def _versions(one: Value, other: Value) -> bool:
    plain = [regex.sub(r"^v", "", value.spelling) for value in (one, other)]
    if one.kind or other.kind or not all(regex.fullmatch(r"[1-9]\d*\.\d+", each) for each in plain):
        return False
    return plain[0] != plain[1] and one.number == other.number and one.number.denominator != 1


def _doubt(said: list[Token], wanted: list[Token], spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        for one, other in zip(wanted, said[start:end], strict=False):
            if spelling(one) != spelling(other):
                for each in (one, other):
                    if (isinstance(each, Value) and each.other is not None) or (
                        isinstance(each, Date) and len(each.readings) > 1
                    ):
                        return f"{ambiguous(each.spelling)}"
                if isinstance(one, Time) and isinstance(other, Time) and one.seconds != other.seconds:
                    return f"{one.spelling} does not say whether morning or afternoon is meant"
    return ""


def _hedged(said: list[Token], start: int, end: int) -> bool:
    """Whether the text or bare number at said[start:end] stands as one of several."""
    before, after = said[max(start - 2, 0) : start], said[end : end + 2]
    if "or" in (*before[-1:], *after[:1]):
        return True
    number = said[start]
    if not isinstance(number, Value):
        return False
    if end - start == 1:
        ranged = [side for side in (before[::-1], after) if side[:1] == ["to"] and isinstance(side[-1], Value)]
        return bool(ranged) or _other_number(said, number, after[:1])
    return _other_number(said[:start], number, said[start + 1 : end])


def _other_number(said: list[Token], number: Value, rest: list[Token]) -> bool:
    """Whether `said` holds another bare number directly before the same words."""
    size = len(rest)
    return bool(rest) and any(
        isinstance(token, Value) and not token.kind and not number.same(token) and said[i + 1 : i + 1 + size] == rest
        for i, token in enumerate(said)
        if isinstance(rest[0], str)
    )


def _same_text(one: str, other: str) -> bool:
    plain = [" ".join(composed(by_case(text)).split()) for text in (one, other)]
    return plain[0] == plain[1] and bool(plain[0])
