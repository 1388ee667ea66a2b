"""Checks of exercises, in layers: is it the right kind of thing, is it the right value, does it hold in every case.

A check is a list of steps, read from top to bottom; the first that fails speaks, and names the likely mistake:

    check("01_two_levers", "Task 1", recall,
          is_a(float, hint="recall@3 is one number; did you keep the list of hits?"),
          holds(lambda r: 0 <= r <= 1, "recall@3 lies between 0 and 1; did you forget to divide by the questions?"),
          equals(0.82, tolerance=0.01, mistakes=[(0.41, "that is recall@1: look at the first three passages")]))

    check("01_two_levers", "Task 2", my_function, gives(4, args=(2, 2)), gives(0, args=(0, 5)))
"""

import functools
import math
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from twolevers.errors import TwoLeversError
from twolevers.learn.progress import Progress, Record

Step = Callable[[Any], str | None]
"""A step gets the learner's value and returns None when it passes, else the sentence that helps."""


class CheckFailed(AssertionError):
    """A check that did not pass. In a notebook its message stands alone, without a trace-back."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def check(lesson: str, task: str, value: Any, *steps: Step, note: str = "") -> None:
    """Run `steps` on the learner's `value`; store the outcome; print a line (and `note`) when all pass.

    Raises CheckFailed with one line when a step fails.
    """
    fault = _unstarted(value) or next(filter(None, (_run(step, value) for step in steps)), None)
    stored = _store(lesson, task, passed=fault is None)
    if fault:
        raise CheckFailed(f"✗ {task}: {fault}")
    print(f"✓ {task}: that's right. {note}".rstrip() + stored)


def with_given(check_: Callable[..., None]) -> Callable[..., None]:
    """A check that reads what the cells above gave beside the answer: CheckFailed where a learner overwrote it."""

    @functools.wraps(check_)
    def checked(answer: Any, *given: Any) -> None:
        again = "✗ What the cells above gave is not as it was{}: run them again, then this one."
        if any(isinstance(one, Mapping) and not one for one in given):
            raise CheckFailed(again.format(""))  # of nothing, any empty answer would be right
        try:
            check_(answer, *given)
        except (CheckFailed, TwoLeversError):
            raise
        except Exception as error:
            raise CheckFailed(again.format(f" ({_told(error)})")) from error

    return checked


def is_a(*kinds: type, hint: str = "") -> Step:
    """The value is of one of `kinds`; `float` takes any real number, `int` any whole one, numpy's included."""
    wanted = tuple({float: Real, int: Integral}.get(kind, kind) for kind in kinds)
    names = " or ".join(_kind(kind) for kind in kinds)

    def step(value: Any) -> str | None:
        truth = isinstance(value, bool) and bool not in kinds
        if isinstance(value, wanted) and not truth:
            return None
        return _sentence(f"your answer is {_kind(type(value))}, and {names} is wanted", hint)

    return step


def has_keys(keys: Iterable[Any], hint: str = "") -> Step:
    """The value is a dictionary with exactly these `keys`; `hint` says what to make where it is none."""
    wanted = list(keys)
    kind = is_a(dict, hint=hint or f"Make a dictionary with the keys {_listed(wanted)}.")

    def step(value: Any) -> str | None:
        if (fault := kind(value)) or set(value) == set(wanted):
            return fault
        missing = [key for key in wanted if key not in value]
        lacks = f" (missing: {_listed(missing)})" if 0 < len(missing) < len(wanted) else ""
        return f"the keys should be {_listed(wanted)}{lacks}."

    return step


def holds(test: Callable[[Any], Any], message: str) -> Step:
    """`test(value)` is true; else `message`."""
    return lambda value: None if bool(test(value)) else message


def equals(expected: Any, tolerance: float = 0.0, mistakes: Sequence[tuple[Any, str]] = (), hint: str = "") -> Step:
    """The value is `expected` (numbers within `tolerance`, absolute). `mistakes`: (wrong value or test, message)."""

    def step(value: Any) -> str | None:
        if _same(value, expected, tolerance):
            return None
        return _named(value, tolerance, mistakes) or _sentence(f"{_short(value)} is not the expected value", hint)

    return step


def gives(
    expected: Any,
    args: Sequence[Any] = (),
    tolerance: float = 0.0,
    mistakes: Sequence[tuple[Any, str]] = (),
    hint: str = "",
) -> Step:
    """The learner's function, called with `args`, returns `expected`; a case for each thing it must get right."""

    def step(function: Any) -> str | None:
        if not callable(function):
            return f"your answer is {_kind(type(function))}, and a function is wanted; leave off the brackets"
        call = f"{getattr(function, '__name__', 'your function')}({', '.join(map(_short, args))})"
        try:
            value = function(*args)
        except Exception as error:
            return _sentence(f"{call} raised {_told(error)}", hint)
        if _same(value, expected, tolerance):
            return None
        if value is None:
            return f"{call} returned nothing; is there a `return` at its end?"
        said = f"{call} returned {_short(value)}"
        named = _named(value, tolerance, mistakes)
        return f"{said}: {named}" if named else _sentence(f"{said}, and {_short(expected)} is expected", hint)

    return step


def _unstarted(value: Any) -> str | None:
    return "not started yet: put your answer in place of the …" if value is ... or value is None else None


def _run(step: Step, value: Any) -> str | None:
    try:
        return step(value)
    except Exception as error:  # a value of an unforeseen shape must not end in the check's own trace-back
        return f"your answer, {_short(value)}, could not be checked ({_told(error)}); has it the shape asked for?"


def _named(value: Any, tolerance: float, mistakes: Sequence[tuple[Any, str]]) -> str | None:
    for wrong, message in mistakes:
        if wrong(value) if callable(wrong) else _same(value, wrong, tolerance):
            return message
    return None


def _same(value: Any, expected: Any, tolerance: float) -> bool:
    value, expected = (one.tolist() if hasattr(one, "tolist") else one for one in (value, expected))
    if isinstance(value, bool) or isinstance(expected, bool):
        return value is expected
    if isinstance(value, Real) and isinstance(expected, Real):
        return math.isclose(value, expected, rel_tol=1e-9, abs_tol=tolerance)
    if isinstance(value, Mapping) and isinstance(expected, Mapping):
        return value.keys() == expected.keys() and all(_same(value[k], expected[k], tolerance) for k in expected)
    if isinstance(value, list | tuple) and isinstance(expected, list | tuple):
        pairs = zip(value, expected, strict=False)
        return len(value) == len(expected) and all(_same(a, b, tolerance) for a, b in pairs)
    return bool(value == expected)


def _store(lesson: str, task: str, passed: bool) -> str:
    def change(stored: Record | None) -> Record:
        stored = stored or {}
        return {"passed": passed or bool(stored.get("passed")), "tries": stored.get("tries", 0) + 1}

    try:
        Progress(lesson).update("check", task, change)
    except TwoLeversError as error:
        return f" (Not kept: {error})"
    return ""


def _kind(kind: type) -> str:
    names = {float: "a number", int: "a whole number", str: "a text", bool: "True or False", list: "a list"}
    return names.get(kind, f"a {kind.__name__}")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:120]


def _short(value: Any) -> str:
    return " ".join(reprlib.repr(value).split())


def _listed(keys: Sequence[Any]) -> str:
    """Keys as a sentence names them: "a", "b" and "c"."""
    said = [f'"{key}"' if isinstance(key, str) else str(key) for key in keys]
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))


def _sentence(fault: str, hint: str) -> str:
    return f"{fault}. {hint}" if hint else f"{fault}."
