"""Raised digits as they are in plain text: 10 with a raised 2 is 10², not 102."""

import regex

_RAISED = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_SHORT = regex.compile(r"[\d+−n-]{1,3}")


def raised(text: str) -> str:
    """The raised forms of a short number or exponent; other text as it is."""
    return text.translate(_RAISED) if _SHORT.fullmatch(text.strip()) else text
