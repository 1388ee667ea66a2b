"""Where a list of tokens holds another, and tokens with a stretch cut out."""

from collections.abc import Iterator

import regex

from twolevers.evaluate.values import Token, spelling

CUT = ""  # stands where something was cut out
_PARTICLES = regex.compile("[이가은는을를에의로와과도만다]|에서|으로|이다|입니다|이에요|예요|까지|부터|이며|이고")


def find(said: list[Token], wanted: list[Token]) -> Iterator[tuple[int, int]]:
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
    if not isinstance(wanted, str):
        return wanted.same(said)
    written = spelling(said)
    # Korean joins its particles to the word.
    return wanted == written or (
        "가" <= wanted[:1] <= "힣" and _PARTICLES.fullmatch(written, len(wanted)) and written.startswith(wanted)
    )


def denial(said: list[Token], place: int) -> tuple[int, int]:
    """The span of a "not" and what it denies."""
    return place, place + (3 if said[place + 1 : place + 2] == ["a"] else 2)


def cut(tokens: list[Token], spans: list[tuple[int, int]], mark: str = CUT) -> list[Token]:
    """Tokens with each span replaced by a mark, so that its neighbours do not become adjacent."""
    starts = {i for i, _ in spans}
    inside = {k for i, j in spans for k in range(i, j)}
    return [mark if i in starts else t for i, t in enumerate(tokens) if i in starts or i not in inside]


def without_article(tokens: list[Token]) -> list[Token]:
    """Without an "a" in front, unless it is all there is."""
    return tokens[1:] if len(tokens) > 1 and tokens[0] == "a" else tokens
