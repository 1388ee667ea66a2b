"""The eight rules of the brand guide (datasets/brand_guide.md), each checked by code.

A rule looks at the text alone. It says nothing of whether the facts are right: `metrics.answer_match` does.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

GREETING = "Dear neighbour,"
SIGN_OFF = "Yours, Norvik & Tarn"
OFFER = "Shall we"
SENTENCES = (2, 3)  # between greeting and sign-off
WORDS = 16  # most words of a sentence

# House term: the everyday words that it replaces.
APPLIANCES = {
    "hearthjug": ("kettle",),
    "bakechest": ("oven",),
    "washwheel": ("washing machine", "washer"),
    "airwheel": ("tumble dryer", "dryer"),
    "dishwheel": ("dishwasher",),
    "dusthound": ("vacuum cleaner", "vacuum"),
    "brewstand": ("coffee machine", "coffee maker"),
    "airwell": ("air purifier", "purifier"),
    "coldchest": ("fridge", "refrigerator"),
    "stirwheel": ("blender",),
}
OTHER_TERMS = {"care promise": ("guarantee", "warranty"), "mending": ("repair",), "neighbour": ("customer",)}
TOPICS = ("size", "running", "care", "parts", "app", "promise", "make", "price", "returns", "delivery", "mending")
NEXT = ("post", "call", "order", "visit", "keep")

_EVERYDAY = [word for words in (APPLIANCES | OTHER_TERMS).values() for word in words]
_BANNED = re.compile(rf"\b(?:{'|'.join(_EVERYDAY)})(?:e?s|e?d|ing)?\b", re.IGNORECASE)
_HOUSE = re.compile(rf"\b(?:{'|'.join(APPLIANCES)})s?\b", re.IGNORECASE)
_IMPERIAL = re.compile(
    r"\b(?:inch(?:es)?|pounds?|ounces?|gallons?|pints?|quarts?|fahrenheit|horsepower)\b"
    r"|\d[\s-]?(?:in|ft|feet|foot|yards?|yd|lbs?|oz|miles?|mph|psi|hp|°f)\b|\d[\"″]",
    re.IGNORECASE,
)
_GLUED = re.compile(r"\d(?:dB|W|kW|kg|g|l|L|ml|m|cm|mm|bar|kPa)\b")


@dataclass(frozen=True)
class Rule:
    """One rule: what it asks (as a customer-service hand would be told), what it looks at, and its check."""

    name: str
    statement: str
    looks_at: str
    check: Callable[[str], bool]


def letter(text: str) -> str:
    """The reply without its hand-off line, as far as it has one."""
    lines = text.strip().splitlines()
    return "\n".join(lines[:-1] if lines and lines[-1].lstrip().startswith("{") else lines).strip()


def body(text: str) -> str:
    """The reply without greeting, sign-off and hand-off line, as far as it has them."""
    inner = letter(text).removeprefix(GREETING).strip()
    return inner.removesuffix(".").removesuffix(SIGN_OFF).strip() if signs_off(text) else inner


def sentences(text: str) -> list[str]:
    """Parts of the body between line ends, full stops, question and exclamation marks."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", body(text)) if part.strip()]


def greets(text: str) -> bool:
    """Starts with the greeting, to the letter."""
    return text.lstrip().startswith(GREETING)


def stays_calm(text: str) -> bool:
    """Holds no exclamation mark."""
    return "!" not in text


def uses_house_terms(text: str) -> bool:
    """Holds a house term for an appliance, and none of the everyday words that house terms replace."""
    return bool(_HOUSE.search(text)) and not _BANNED.search(text)


def keeps_short(text: str) -> bool:
    """Has two or three sentences between greeting and sign-off, none over 16 words; lines without an end mark, as
    other greetings and names are, do not count as sentences.
    """
    parts = sentences(text)
    ended = sum(part.endswith((".", "!", "?")) for part in parts)
    return SENTENCES[0] <= ended <= SENTENCES[1] and all(len(part.split()) <= WORDS for part in parts)


def signs_off(text: str) -> bool:
    """Ends with the sign-off, a hand-off line after it left aside."""
    return letter(text).removesuffix(".").endswith(SIGN_OFF)


def is_metric(text: str) -> bool:
    """Holds no imperial unit, and a space between a number and its unit's symbol."""
    return not _IMPERIAL.search(text) and not _GLUED.search(text)


def offers_next_step(text: str) -> bool:
    """Asks one question and no other, and it begins with "Shall we"."""
    asked = [part for part in sentences(text) if part.endswith("?")]
    return len(asked) == 1 and asked[0].startswith(OFFER)


def hand_off(text: str) -> dict[str, str] | None:
    """The last line read as the hand-off: {"topic": …, "next": …} with values from the lists; None: there is none."""
    lines = text.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else None
    except json.JSONDecodeError:
        return None
    right = isinstance(found, dict) and list(found) == ["topic", "next"]
    return found if right and found["topic"] in TOPICS and found["next"] in NEXT else None


def hands_off(text: str) -> bool:
    """The last line is a hand-off that the customer register can read."""
    return hand_off(text) is not None


RULES = (
    Rule("greeting", f"Begin with “{GREETING}”", "the first words", greets),
    Rule("calm", "Use no exclamation mark.", "every character", stays_calm),
    Rule(
        "house_terms",
        "Call the appliance by its house term; never use the everyday words on the list.",
        "every word",
        uses_house_terms,
    ),
    Rule(
        "length",
        f"Write {SENTENCES[0]} or {SENTENCES[1]} sentences of at most {WORDS} words each.",
        "the sentences between greeting and sign-off",
        keeps_short,
    ),
    Rule("sign_off", f"Close with “{SIGN_OFF}”", "the last line before the hand-off", signs_off),
    Rule("metric", "Use metric units only, with a space before the symbol.", "numbers and units", is_metric),
    Rule(
        "next_step",
        f"Ask one question only: the offer of a next step, “{OFFER} …?”",
        "the questions between greeting and sign-off",
        offers_next_step,
    ),
    Rule(
        "hand_off",
        'End with one line {"topic": …, "next": …}, its values taken from the lists.',
        "the last line",
        hands_off,
    ),
)


def check(text: str) -> dict[str, bool]:
    """Which rules the text obeys, by name, in the order of the guide. An empty text obeys none."""
    return {rule.name: bool(text.strip()) and rule.check(text) for rule in RULES}
