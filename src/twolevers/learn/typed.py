"""Reading what a learner typed, and shuffling what they put in order."""

import random
import re

from twolevers.learn.items import Incomplete


def shuffled(seed: str, n: int) -> list[int]:
    """A fixed order of `range(n)` for `seed` that is never the sorted one (n > 1)."""
    order = list(range(n))
    random.Random(seed).shuffle(order)
    return order if order != sorted(order) or n < 2 else [*order[1:], order[0]]


def parse_number(typed: str, unit: str = "") -> float:
    """The number in `typed`: decimal comma or point, thousands parted, a unit or % after it. Raises Incomplete."""
    text = re.sub(r"[\s_]", "", typed).replace("−", "-")
    percent = text.endswith("%") and unit != "%"
    text = text.removesuffix("%")
    if unit and text.lower().endswith(unit.replace(" ", "").lower()):
        text = text[: -len(unit.replace(" ", ""))]
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", text):
        text = text.replace(",", "")
    text = text.replace(",", ".")
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,2})?", text, re.I):
        raise Incomplete(f"Type a number{f' in {unit}' if unit else ''}, such as 0.4 or 12.")
    return float(text) / (100 if percent else 1)


def normal(text: str) -> str:
    """`text` in small letters, words only, without articles."""
    return " ".join(word for word in re.findall(r"\w+", text.casefold()) if word not in ("a", "an", "the"))
