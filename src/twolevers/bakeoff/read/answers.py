"""The accepted answers of a cell: texts, lists and mappings in the forms that data sets and programs write."""

import ast
import json
import math
import unicodedata
from collections.abc import Iterator
from typing import Any

import regex

# Fields of a mapping that hold accepted answers, in the forms of SQuAD, TriviaQA, Natural Questions, DROP, CoQA, …
HOLDING = (
    *("text", "texts", "value", "values", "answer", "answers", "aliases", "short_answers", "spans", "input_text"),
    *("free_form_answer", "extractive_spans", "yes_no", "number", "correct_answer", "gold"),
)
BESIDE = frozenset(  # fields that say where or how: they may stand beside the answers
    {
        *("answer_start", "answer_end", "start", "end", "start_token", "end_token", "start_byte", "end_byte", "type"),
        *("normalized_aliases", "normalized_value", "matched_wiki_entity_name", "id", "span_start", "span_end", "span"),
        *("long_answer", "yes_no_answer", "date", "evidence", "highlighted_evidence", "unanswerable", "tokens"),
        *("score", "matchedwikientityname", "question", "category", "hit_id", "worker_id", "annotator", "rationale"),
    }
)
_QUOTED = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?\.?"
_ROW = regex.compile(rf"\s*\[\s*(?:(?P<each>{_QUOTED}|{_NUMBER})(?:\s+|(?=\]))|\.\.\.\s*)+\]\s*", regex.DOTALL)
_ARRAY = regex.compile(r"\s*(?:np\.)?array\((.*?)(?:,\s*dtype=[^)]*)?\)\s*", regex.DOTALL)


_INNER = regex.compile(r"(?:np\.)?array\((\[[^\[\]]*\])(?:,\s*dtype=[^)]*)?\)", regex.DOTALL)
_GLUED = regex.compile(r"\}\s*\n\s*\{")  # numpy puts no comma between mappings
_FINAL = regex.compile(r"\n\s*####\s*(\S.*?)\s*\Z")  # GSM8K: the answer stands last
_MAPPING = regex.compile(r"\{\s*(['\"])\w+\1\s*:")
_NUMPY = regex.compile(r"\bnp\.(?:(True|False)_|(?:u?int|float|str|bool)\d*_?\(([^()]*)\))")
_EITHER = regex.compile(r"\s\|\|?\s")


class NotUnderstood(ValueError):
    """A cell holds a list or a mapping in which no answer can be found; the message ends a sentence on the row."""


def accepted(value: Any) -> tuple[str, ...] | None:
    """Accepted answers of a cell: one text, a list (also as JSON, Python or numpy write it), a mapping that is known.

    None for an empty cell; an empty tuple for an empty list, which says that there is no answer. Truth values are yes
    and no. Raises NotUnderstood for other lists and mappings.
    """
    if isinstance(value, str):
        value = literal(value)
    if isinstance(value, dict | list | tuple | set):
        texts = (text.strip() for text in _texts(value))
        return tuple(dict.fromkeys(text for text in texts if text))
    text = plain(value)
    if _MAPPING.match(text):
        raise NotUnderstood("has as its answer a mapping that cannot be read: write a text or a list of texts")
    if match := _FINAL.search(text):
        return (match[1],)
    if _EITHER.search(text) and "\n" not in text:  # spellings that are accepted alike
        return tuple(dict.fromkeys(filter(None, map(str.strip, _EITHER.split(text)))))
    return (text,) if text else None


def literal(text: str) -> Any:
    """The list or mapping that a cell holds as text, else the text itself."""
    stripped = _NUMPY.sub(r"\1\2", _GLUED.sub("}, {", text.strip()))
    if stripped in ("True", "False") and stripped != text.strip():
        return stripped == "True"
    if stripped != text.strip() and _NUMPY.fullmatch(text.strip()):
        return stripped.strip("'\"")
    if stripped[:1] in ("[", "{"):
        stripped = _INNER.sub(lambda match: repr(literal(match[1])) if match[1][:1] == "[" else match[0], stripped)
    if match := _ARRAY.fullmatch(stripped):
        stripped = match[1].strip()
    if stripped[:1] not in ("[", "{", "("):
        return text
    if match := _ROW.fullmatch(stripped):
        return [_unquoted(each) for each in match.captures("each")]
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(stripped)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        # "(a, b)" and "(1998)" are words in brackets more often than a list.
        return text if isinstance(found, str | int | float) or (stripped[0] == "(" and not _all_text(found)) else found
    return text


def plain(value: Any) -> str:
    """A cell as text in NFC; "" for what is missing, yes and no for truth values.

    Raises NotUnderstood for lists and mappings.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list | tuple | set):
        raise NotUnderstood(f"holds {_named(value)}: write a text")
    text = str(value) if not isinstance(value, str) else value
    text = text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").strip()
    return unicodedata.normalize("NFC", text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple | set):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        known = {str(key).casefold(): each for key, each in value.items()}
        fields = [name for name in HOLDING if name in known]
        odd = [name for name in known if name not in HOLDING and name not in BESIDE]
        judged = known.get("yes_no_answer")
        if isinstance(judged, str) and judged.casefold() in ("yes", "no"):
            yield judged.casefold()
        elif not fields or (odd and not {"text", "value", "answer", "answers"} & set(fields)):
            raise NotUnderstood(f"has as its answer {_named(value)}: write a text or a list of texts")
        found = [text for name in fields for text in _texts(known[name]) if text.strip()]
        yield from found or _day(known.get("date"))
    else:
        yield plain(value)


def _day(value: Any) -> Iterator[str]:
    """A date in parts, as DROP writes it."""
    if isinstance(value, dict):
        parts = [plain(value.get(name)) for name in ("day", "month", "year")]
        yield " ".join(filter(None, parts))


def _named(value: Any) -> str:
    if isinstance(value, dict):
        return f"a mapping of {', '.join(map(str, value))[:60] or 'nothing'}"
    return "a list"


def _unquoted(text: str) -> Any:
    if text[0] not in "'\"":
        return text.rstrip(".") or text
    return regex.sub(r"\\(.)", r"\1", text[1:-1])


def _all_text(found: Any) -> bool:
    return isinstance(found, tuple) and bool(found) and all(isinstance(each, str) for each in found)
