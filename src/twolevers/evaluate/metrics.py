"""Scores of one answer or of many. Every rule that decides "right" or "wrong" is written down here."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from twolevers.errors import UsageError
from twolevers.evaluate.values import Token, Value, read, spelling

_REFUSAL = re.compile(
    r"(?:sorry,? )?(?:(?:this |that |it )?(?:is |was )?not (?:stated |mentioned |given |found |available )?"
    r"in the (?:documents?|sources?|passages?|context|text)\b"
    r"|the (?:documents?|sources?|passages?|context|text) (?:do not|does not|don't|doesn't) "
    r"(?:say|state|mention|contain|give|specify|provide)\b"
    r"|(?:i|we) (?:do not|don't) know\b|no information\b)"
)


def answer_match(prediction: str, accepted: Sequence[str], *, entity: str = "", rivals: Sequence[str] = ()) -> bool:
    """Whether `prediction` states one of the `accepted` answers, and no rival to it.

    Both are read by `values.read`, so that case, citation markers, thousands separators, decimal forms, units and
    their aliases, and hyphens in part codes do not matter. Then, for each accepted answer:

    1. Its tokens must occur next to each other in the prediction, whole token by whole token: "43 dB" is in
       neither "143 dB" nor "4.3". Words and codes may be split differently ("NT 4402 B", "wifi", "Wi-Fi").
    2. An accepted number with a unit needs its unit in the prediction; an accepted bare number does not.
    3. Several candidates are wrong. The kind of a value is what its unit measures (power, sound, time, price …).
       A prediction with another value of the kind that was matched, which no accepted answer holds, does not
       commit itself: "43 dB or 47 dB", "40-43 dB", "43 dB in eco mode and 47 dB in normal mode" are all wrong.
       The same value twice is fine ("1.2 kW (1200 W)").
    4. A bare number has no unit to tell its kind. It is wrong when "or" or "to" joins it to another number, or
       when another number stands before the same word ("7 programmes, or 9 programmes"). Of a number with words
       ("2025 model") another one is wrong only if it comes first. A text is wrong when "or" stands directly
       before or after it; "and" does not count against it, since it joins sentences too.
    5. What directly follows "not" is neither an answer nor a rival: "43 dB, not 47 dB" is right for 43 dB.
    6. "yes" and "no": the first word of the prediction decides. A single letter must be the whole prediction.
    7. `entity`, the name asked about, is cut out of the prediction first (unless it is in an accepted answer or a
       rival), so that the 7 of "the Tarn 7 has 9 programmes" is not taken for the answer.
    8. `rivals` are the other names of a question that asks to choose. The first name decides: "B is louder than
       A" is wrong for A.

    No accepted answer: nothing matches (see `is_refusal`).
    """
    wanted = [tokens for tokens in map(_strip_article, map(read, accepted)) if tokens]
    said = read(prediction)
    if entity and not any(mentions(text, entity) for text in (*accepted, *rivals)):
        said = _cut(said, list(_spans(said, read(entity))))
    said = _cut(said, [(i, i + 2) for i, token in enumerate(said) if token == "not"])
    allowed = [token for tokens in wanted for token in tokens if isinstance(token, Value)]
    named = [start for rival in rivals for start, _ in _spans(said, read(rival))]
    return any(_states(said, tokens, allowed, min(named, default=len(said))) for tokens in wanted)


def mentions(text: str, name: str) -> bool:
    """Whether `name` occurs in `text`, read as `answer_match` reads: "korvanta-2018" is in "the Korvanta 2018"."""
    tokens = read(name)
    return bool(tokens) and any(True for _ in _spans(read(text), tokens))


def is_refusal(text: str) -> bool:
    """Whether `text` declines to answer: "Not in the documents." is the phrase the course's prompts ask for.

    Also accepted at the start: "It is not stated in the passages", "The documents do not say …", "I don't
    know", "No information …". Not a refusal when the text goes on to state a quantity with a unit.
    """
    plain = re.sub(r"\s+", " ", text.replace("’", "'").casefold()).lstrip(" \"'*-")
    return bool(_REFUSAL.match(plain)) and not any(isinstance(t, Value) and t.kind for t in read(text))


def token_f1(prediction: str, reference: str) -> float:
    """F1 of shared tokens, counted with repeats (SQuAD, Rajpurkar et al. 2016, section 6.1), values
    normalised.

    For free text only: it gives part marks for the right words around a wrong value. Two empty texts score 1.
    """
    said, wanted = Counter(map(_as_text, read(prediction))), Counter(map(_as_text, read(reference)))
    if not said and not wanted:
        return 1.0
    shared = (said & wanted).total()
    return 2 * shared / (said.total() + wanted.total())


def macro_f1(true: Sequence[str], predicted: Sequence[str]) -> float:
    """Unweighted mean of the F1 of every class that occurs in `true`; NaN for no items.

    F1 of a class = 2 TP / (2 TP + FP + FN). A predicted label that is no class (a model may write anything)
    is a miss for the true class and makes no class of its own.
    """
    truth, guess = np.asarray(true, dtype=object), np.asarray(predicted, dtype=object)
    if truth.shape != guess.shape:
        raise UsageError(f"macro_f1: {len(truth)} true labels but {len(guess)} predicted ones.")
    classes = sorted(set(true))
    both = [np.sum((truth == c) & (guess == c)) for c in classes]
    either = [np.sum(truth == c) + np.sum(guess == c) for c in classes]
    return float(np.mean(2 * np.array(both) / np.array(either))) if classes else float("nan")


def citation_scores(
    cited: Sequence[Sequence[str]], supporting: Sequence[Sequence[str]]
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Precision and recall of each answer's citations, and their means: (precision [n], recall [n], mean,
    mean).

    Precision: cited documents that support, over cited documents; NaN for an answer that cites nothing.
    Recall: supporting documents that are cited, over supporting documents; NaN where nothing supports (an
    unanswerable question). Means leave NaN out, so read precision beside its own n and beside recall: an arm
    that cites once, rightly, has precision 1. Repeated citations count once. A mean of nothing is NaN.
    """
    if len(cited) != len(supporting):
        raise UsageError(f"citation_scores: {len(cited)} answers but {len(supporting)} rows of supporting documents.")
    pairs = [(set(c), set(s)) for c, s in zip(cited, supporting, strict=True)]
    precision = np.array([len(c & s) / len(c) if c else np.nan for c, s in pairs], dtype=float)
    recall = np.array([len(c & s) / len(s) if s else np.nan for c, s in pairs], dtype=float)
    return precision, recall, _mean(precision), _mean(recall)


def rouge_l(prediction: str, reference: str) -> float:
    """F1 of the longest common subsequence of words (Lin 2004, section 3). Shown only because it misleads.

    A fluent answer with an invented value keeps most of its words, so it scores high. Never use it for facts.
    """
    said, wanted = prediction.casefold().split(), reference.casefold().split()
    if not said or not wanted:
        return float(said == wanted)
    row = [0] * (len(wanted) + 1)
    for word in said:
        diagonal = 0
        for j, other in enumerate(wanted, start=1):
            diagonal, row[j] = row[j], diagonal + 1 if word == other else max(row[j], row[j - 1])
    return 2 * row[-1] / (len(said) + len(wanted))


def _states(said: list[Token], wanted: list[Token], allowed: list[Value], rival: int) -> bool:
    """`allowed`: the values of all accepted answers; `rival`: where `said` first names another choice."""
    if wanted in (["yes"], ["no"]):
        return said[:1] == wanted
    if len(wanted) == 1 and isinstance(wanted[0], str) and len(wanted[0]) == 1:
        return said == wanted
    spans = list(_spans(said, wanted))
    matched = [token for i, j in spans for token in said[i:j] if isinstance(token, Value) and token.kind]
    if not spans:
        return False
    if not matched:
        return spans[0][0] < rival and not any(_hedged(said, i, j) for i, j in spans)
    kinds, fine = {value.kind for value in matched}, [*allowed, *matched]
    others = [token for token in said if isinstance(token, Value) and token.kind in kinds]
    return all(any(value.same(other) for value in fine) for other in others)


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


def _spans(said: list[Token], wanted: list[Token]) -> Iterator[tuple[int, int]]:
    """Every (start, end) where `said` holds `wanted`: token by token or, with words in it, by joined spelling."""
    n = len(wanted)
    if any(isinstance(token, str) for token in wanted):
        target = "".join(map(spelling, wanted))
        for start in range(len(said)):
            joined = ""
            for end in range(start, len(said)):
                joined += spelling(said[end])
                if joined == target and end - start + 1 != n:
                    yield start, end + 1
                if len(joined) >= len(target):
                    break
    for start in range(len(said) - n + 1):
        if all(_equal(w, s) for w, s in zip(wanted, said[start : start + n], strict=True)):
            yield start, start + n


def _equal(wanted: Token, said: Token) -> bool:
    if isinstance(wanted, Value) and isinstance(said, Value):
        return wanted.same(said)
    return spelling(wanted) == spelling(said) if isinstance(wanted, str) else False


def _cut(tokens: list[Token], spans: list[tuple[int, int]]) -> list[Token]:
    """Tokens with each span replaced by an empty word, so that its neighbours do not become adjacent."""
    starts = {i for i, _ in spans}
    inside = {k for i, j in spans for k in range(i, j)}
    return ["" if i in starts else t for i, t in enumerate(tokens) if i in starts or i not in inside]


def _strip_article(tokens: list[Token]) -> list[Token]:
    return tokens[1:] if len(tokens) > 1 and tokens[0] == "a" else tokens


def _as_text(token: Token) -> str:
    return f"{token.amount} {token.kind} {token.per}" if isinstance(token, Value) else token


def _mean(scores: np.ndarray) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if known.size else float("nan")
