"""Rules of style that code can check, learned from replies: what nearly all of them do, and other replies might not."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import regex

NEARLY_ALL = 0.95  # share of the replies that keep what is taken for a rule
WORDS = (1, 2, 3, 4, 5, 6)  # lengths of an opening or a closing that is looked for, in words
LETTERS = tuple(range(2, 25))  # and in letters, where a script puts no spaces between words
SENTENCE = re.compile(r"[.!?؟۔।॥…։]+(?:\s|$)|[。！？｡።]+")  # the marks of the world's scripts
UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


@dataclass(frozen=True)
class Rule:
    """One rule: its name, how a prompt says it, and the check of a reply."""

    name: str
    said: str
    kept: Callable[[str], bool]


def learn(replies: Sequence[str]) -> list[Rule]:
    """The rules that at least `NEARLY_ALL` of the replies keep: opening, closing, signs they avoid, length, form.

    Nothing here knows what a reply is about. In scripts without spaces letters are counted, not words.
    Fewer than two replies teach nothing.
    """
    texts = [reply.strip() for reply in replies if reply.strip()]
    if len(texts) < 2:
        return []
    rules = [*_ends(texts), *_signs(texts), *_lengths(texts), *_blocks(texts)]
    return [rule for rule in rules if np.mean([rule.kept(text) for text in texts]) >= NEARLY_ALL]


def said(rules: Sequence[Rule]) -> str:
    """The rules as an instruction."""
    return "\n".join(["Reply to the message. Keep these rules:", *(f"- {rule.said}" for rule in rules)])


def unspaced(texts: Sequence[str]) -> bool:
    """Whether most letters of these texts are of a script that puts no spaces between words."""
    whole = "".join(texts)
    letters = sum(character.isalpha() for character in whole)
    return len(UNSPACED.findall(whole)) > letters / 2


def _ends(texts: Sequence[str]) -> list[Rule]:
    """The longest opening and closing that the replies share, in words or in letters."""
    by_letter = unspaced(texts)
    found = []
    for name, place in (("opening", 0), ("closing", -1)):
        for length in LETTERS if by_letter else WORDS:
            parts = Counter(_part(text, place, length, by_letter) for text in texts)
            common, times = parts.most_common(1)[0]
            if times < NEARLY_ALL * len(texts):
                break
            best = common, length
            found = [rule for rule in found if rule.name != name] + [_end(name, place, *best, by_letter)]
    return found


def _end(name: str, place: int, common: str, length: int, by_letter: bool) -> Rule:
    verb = "Begin" if place == 0 else "End"
    return Rule(name, f'{verb} with "{common}".', lambda text: _part(text, place, length, by_letter) == common)


def _part(text: str, place: int, length: int, by_letter: bool) -> str:
    parts = text.strip() if by_letter else text.split()
    return ("" if by_letter else " ").join(parts[:length] if place == 0 else parts[-length:])


def _signs(texts: Sequence[str]) -> list[Rule]:
    signs = {"exclamation marks": "!！", "questions": "?？؟", "colons": ":：", "brackets": "(（", "lists": ("\n-",)}
    rules = [
        Rule(f"no {words}", f"Use no {words}.", lambda text, signs=signs: not any(sign in text for sign in signs))
        for words, signs in signs.items()
    ]
    contraction = re.compile(r"\b\w+'(?:s|re|ve|ll|d|t|m)\b", re.IGNORECASE)
    rules.append(
        Rule("no contractions", "Use no contractions.", lambda text: not contraction.search(text.replace("’", "'")))
    )
    emoji = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
    return [*rules, Rule("no emoji", "Use no emoji.", lambda text: not emoji.search(text))]


def _lengths(texts: Sequence[str]) -> list[Rule]:
    """Between the ends of what nearly all replies take, a tenth added on both sides."""
    rules = []
    letters = ("characters", lambda text: len("".join(text.split())))
    for name, count in (
        letters if unspaced(texts) else ("words", lambda text: len(text.split())),
        ("sentences", lambda text: len(SENTENCE.findall(text))),
    ):
        low, high = np.quantile([count(text) for text in texts], ((1 - NEARLY_ALL) / 2, (1 + NEARLY_ALL) / 2))
        least, most = max(int(low >= 1), int(np.floor(0.9 * low))), int(np.ceil(1.1 * high))
        if most:
            rules.append(_length(name, count, least, most))
    return rules


def _length(name: str, count: Callable[[str], int], least: int, most: int) -> Rule:
    return Rule(
        f"{least} to {most} {name}", f"Write {least} to {most} {name}.", lambda text: least <= count(text) <= most
    )


def _blocks(texts: Sequence[str]) -> list[Rule]:
    lines = Counter(min(9, text.count("\n") + 1) for text in texts)
    common, _ = lines.most_common(1)[0]
    rules = [Rule("one paragraph", "Write one paragraph.", lambda text: "\n" not in text)] if common == 1 else []
    block = re.compile(r"\{[^{}]*:[^{}]*\}")
    if sum(bool(block.search(text)) for text in texts) > len(texts) / 2:
        rules.append(Rule("JSON block", "Add a JSON block in curly braces.", lambda text: bool(block.search(text))))
    return rules
