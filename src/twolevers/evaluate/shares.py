"""Shares of a whole: "half" and 50 %, a quarter and 25 %."""

from fractions import Fraction

from twolevers.evaluate.values import Token, Value

NEAR = Fraction(1, 150)  # "a third" and 33 % are told to a person, not decided
_NO_SHARE_AFTER = frozenset({"1st", "2nd", "other", "latter", "better", "upper", "lower"})  # the second half
_NO_SHARE_BEFORE = frozenset({"past", "hour", "day", "time", "board", "term", "year", "life", "marathon"})


def share(tokens: list[Token]) -> Fraction | None:
    """The share that an accepted answer is, and nothing else: 1/2 of "half" and of "50 %"."""
    tokens = [token for token in tokens if token not in ("a", "of")]
    return _share(tokens, 0) if len(tokens) == 1 else None


def stated(said: list[Token], wanted: Fraction) -> tuple[bool, bool]:
    """Whether `said` states this share and no other; and whether it states one that is nearly the same."""
    found = [each for place in range(len(said)) if (each := _share(said, place)) is not None]
    if not found:
        return False, False
    return all(each == wanted for each in found), all(abs(each - wanted) < NEAR for each in found)


def _share(tokens: list[Token], place: int) -> Fraction | None:
    token = tokens[place]
    if isinstance(token, Value):
        if token.kind == "percent":
            return token.amount / 100
        return token.number if not token.kind and 0 < token.number < 1 else None
    if token != "half":
        return None
    before, after = tokens[max(0, place - 1) : place], tokens[place + 1 : place + 2]
    if (before and before[0] in _NO_SHARE_AFTER) or (
        after and (isinstance(after[0], Value) or after[0] in _NO_SHARE_BEFORE)
    ):
        return None
    return Fraction(1, 2)
