"""Questions with options to choose from, as the usual sets hold them: the options are read out with the question."""

from typing import Any

from twolevers.bakeoff.read.answers import NotUnderstood, literal, plain
from twolevers.bakeoff.read.table import plain_name

NAMES = ("choices", "options", "answer_choices", "candidates", "endings")
RIGHT = ("answer_key", "answer_idx", "answer_index", "correct_option", "correct_choice", "label", "answer", "target")
RIGHT += ("correct_answer", "correct", "gold")
LETTERS = "ABCDEFGHIJ"


def chosen(values: dict[str, Any], question: str) -> tuple[str, tuple[str, ...]] | None:
    """The question with its options, and what is accepted (the letter, the option); None for a row without options.

    An answer may be a letter, a number from 0 on, or the option itself. Raises NotUnderstood where it is none of them.
    """
    row = {plain_name(key): value for key, value in values.items()}
    options = _options(row)
    if len(options) < 2:
        return None
    right = next((row[key] for name in RIGHT if (key := plain_name(name)) in row and row[key] not in (None, "")), None)
    if isinstance(right, list | dict):
        return None
    place = _place(right, options)
    if place is None:
        raise NotUnderstood(f"has the answer {plain(right)[:30]!r}, which is none of its options")
    letters = LETTERS[: len(options)]
    read_out = "\n".join(f"{letter}) {option}" for letter, option in zip(letters, options.values(), strict=True))
    shown = question if all(option in question for option in options.values()) else f"{question}\n{read_out}"
    return shown, (letters[place], list(options.values())[place])


def _options(row: dict[str, Any]) -> dict[str, str]:
    """Options by the name that an answer may use."""
    for name in NAMES:
        value = row.get(plain_name(name))
        value = literal(value) if isinstance(value, str) else value
        if isinstance(value, dict) and isinstance(value.get("text"), list):
            return dict(zip(map(plain, value.get("label", LETTERS)), map(plain, value["text"]), strict=False))
        if isinstance(value, dict):
            return {plain(key): plain(each) for key, each in value.items()}
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            return {plain(each.get("label", LETTERS[n])): plain(each.get("text")) for n, each in enumerate(value[:10])}
        if isinstance(value, list) and len(value) <= len(LETTERS):
            return dict(zip(LETTERS, map(plain, value), strict=False))
    for form in ("{}", "option{}", "opt{}", "choice{}"):
        for names in ("abcdefghij", "123456789"):
            held = {}
            for name in names:
                cell = row.get(form.format(name)) if form != "{}" or names[0] == "a" else None
                if cell in (None, ""):
                    break
                held[name.upper()] = plain(cell)
            if len(held) > 2:
                return held
    return {}


def _place(right: Any, options: dict[str, str]) -> int | None:
    names, texts = list(options), list(options.values())
    if isinstance(right, int) and not isinstance(right, bool):
        return right if right < len(texts) else None
    said = plain(right).strip("(). ")
    for found in (names, texts, list(LETTERS[: len(texts)])):
        plain_ones = [each.casefold() for each in found]
        if said.casefold() in plain_ones:
            return plain_ones.index(said.casefold())
    return int(said) if said.isdigit() and int(said) < len(texts) else None
