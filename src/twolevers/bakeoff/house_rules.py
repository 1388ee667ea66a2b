"""Rules of style that code can check, learned from replies: what nearly all of them do, and other replies might not."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

NEARLY_ALL = 0.95  # share of the replies that keep what is taken for a rule
WORDS = (1, 2, 3, 4, 5, 6)  # lengths of an opening or a closing that is looked for, in words
SENTENCE = re.compile(r"[.!?]+(?:\s|$)")


@dataclass(frozen=True)
class Rule:
    """One rule: its name, how a prompt says it, and the check of a reply."""

    name: str
    said: str
    kept: Callable[[str], bool]


def learn(replies: Sequence[str]) -> list[Rule]:
    """The rules that at least `NEARLY_ALL` of the replies keep: opening, closing, signs they avoid, length, form.

    Nothing here knows what a reply is about. Fewer than two replies teach nothing.
    """
    texts = [reply.strip() for reply in replies if reply.strip()]
    if len(texts) < 2:
        return []
    rules = [*_ends(texts), *_signs(texts), *_lengths(texts), *_blocks(texts)]
    return [rule for rule in rules if np.mean([rule.kept(text) for text in texts]) >= NEARLY_ALL]


def said(rules: Sequence[Rule]) -> str:
    """The rules as an instruction."""
    return "\n".join(["Reply to the message. Keep these rules:", *(f"- {rule.said}" for rule in rules)])


def _ends(texts: Sequence[str]) -> list[Rule]:
    """The longest opening and closing, in words, that the replies share."""
    found = []
    for name, place in (("opening", 0), ("closing", -1)):
        for length in WORDS:
            parts = Counter(_part(text, place, length) for text in texts)
            common, times = parts.most_common(1)[0]
            if times < NEARLY_ALL * len(texts):
                break
            best = common, length
            found = [rule for rule in found if rule.name != name] + [_end(name, place, *best)]
    return found


def _end(name: str, place: int, common: str, length: int) -> Rule:
    verb = "Begin" if place == 0 else "End"
    return Rule(name, f'{verb} with "{common}".', lambda text: _part(text, place, length) == common)


def _part(text: str, place: int, length: int) -> str:
    words = text.split()
    return " ".join(words[:length] if place == 0 else words[-length:])


def _signs(texts: Sequence[str]) -> list[Rule]:
    signs = {"!": "exclamation marks", "?": "questions", ":": "colons", "(": "brackets", "\n-": "lists"}
    rules = [
        Rule(f"no {words}", f"Use no {words}.", lambda text, sign=sign: sign not in text)
        for sign, words in signs.items()
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
    for name, count in (
        ("words", lambda text: len(text.split())),
        ("sentences", lambda text: len(SENTENCE.findall(text))),
    ):
        low, high = np.quantile([count(text) for text in texts], ((1 - NEARLY_ALL) / 2, (1 + NEARLY_ALL) / 2))
        least, most = int(np.floor(0.9 * low)), int(np.ceil(1.1 * high))
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
