"""Guess first, measure after: the learner commits a guess, it is kept, and it is set beside the measurement."""

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import anywidget
import traitlets

from twolevers.errors import TwoLeversError, UsageError
from twolevers.learn.assets import script
from twolevers.learn.dots import Dot, dots, number
from twolevers.learn.items import Incomplete
from twolevers.learn.markup import Html, inline, plain
from twolevers.learn.progress import Progress, Record, started_lessons
from twolevers.learn.static import building_pages
from twolevers.learn.typed import parse_number


def predict(
    lesson: str, key: str, question: str, *, low: float, high: float, unit: str = "", step: float | None = None
) -> "Guess":
    """Ask for a number between `low` and `high` (in `unit`, slider steps of `step`); the last line of a cell.

    Raises UsageError when the scale is empty or the step does not fit it.
    """
    step = (high - low) / 100 if step is None else step
    if not all(map(math.isfinite, (low, high, step))) or not low < high or not 0 < step <= high - low:
        raise UsageError(
            f"predict {key!r}: low {low}, high {high}, step {step} is no scale; give low < high, 0 < step."
        )
    return Guess(lesson, key, question, {"kind": "number", "low": low, "high": high, "step": step, "unit": unit})


def predict_choice(lesson: str, key: str, question: str, options: Sequence[str]) -> "Guess":
    """Ask which of `options` it will be. Raises UsageError when there are fewer than two different ones."""
    if len(options) < 2 or len(set(options)) < len(options):
        raise UsageError(f"predict_choice {key!r}: give two or more options, each once.")
    return Guess(lesson, key, question, {"kind": "choice", "options": list(options)})


class Guess(anywidget.AnyWidget):
    """The question, and after the commit the guess. The page sends `{"type": "commit", "value": ...}`."""

    _esm = script("dom.js", "predict.js")
    _css = script("learn.css")

    question = traitlets.Unicode().tag(sync=True)
    scale = traitlets.Dict().tag(sync=True)
    guess = traitlets.Dict().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)

    def __init__(self, lesson: str, key: str, question: str, scale: dict[str, Any]):
        self._asked, self._scale, self._key = question, scale, key
        self._progress = Progress(lesson)
        super().__init__(question=inline(question), scale=scale)
        # Stored before there is a guess, so that `reveal` knows question and unit even when nobody guessed.
        self._keep(lambda stored: {**stored, "question": question, **scale})
        self.on_msg(self._receive)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        scale = self._scale
        among = (
            " · ".join(scale["options"]) if "options" in scale else _span(scale["low"], scale["high"], scale["unit"])
        )
        static = {
            "text/html": f"<p><strong>Predict.</strong> {self.question} <em>({escape(among)})</em></p>",
            "text/plain": f"Predict. {plain(self._asked)} ({among})",
        }
        if building_pages():
            return static, {}
        data, metadata = super()._repr_mimebundle_(**options)
        return {**data, **static}, metadata

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        self.notice = ""
        try:
            guess = self._valid(message.get("value"))
        except Incomplete as error:
            self.notice = str(error)
            return
        self._keep(lambda stored: {**stored, "first": stored.get("first", guess), "guess": guess})

    def _valid(self, value: Any) -> float | str:
        if "options" in self._scale:
            if value not in self._scale["options"]:
                raise Incomplete("Choose one first.")
            return value
        low, high, unit = (self._scale[name] for name in ("low", "high", "unit"))
        guess = parse_number(str(value or ""), unit)
        if not low <= guess <= high:
            raise Incomplete(f"Choose a number in {_span(low, high, unit)}.")
        return guess

    def _keep(self, change: Callable[[Record], Record]) -> None:
        def fitting(stored: Record | None) -> Record:
            same = stored if stored and stored.get("kind") == self._scale["kind"] else {}
            return change(same)

        try:
            record = self._progress.update("predict", self._key, fitting)
        except TwoLeversError as error:
            self.notice = f"Your guess is not being kept. {error}"
            record = change(dict(self.guess))
        if "guess" in record:
            unit = self._scale.get("unit", "")
            words = _own_words(_shown(record["first"], unit), _shown(record["guess"], unit))
            turn = self.guess.get("turn", 0) + 1  # committing the same guess again must still reach the page
            self.guess = {"first": record["first"], "guess": record["guess"], "words": words, "turn": turn}


def reveal(lesson: str, key: str, measured: float | str, low: float | None = None, high: float | None = None) -> Html:
    """The guess beside the measurement (with its 95 % interval from `low` to `high`), and how guesses fare so far.

    Works without a guess. The first guess counts, whatever it was changed to. `measured` is the winner's name for a
    `predict_choice`.
    """
    progress = Progress(lesson)
    record = progress.get("predict", key) or {}
    guess = record.get("first")
    if not isinstance(measured, str):
        measured = float(measured)
        if not math.isfinite(measured):
            return _page("Not measured", ["The measurement gave no number, so there is nothing to compare."], "")
    interval = None if low is None or high is None else (float(low), float(high))
    unit = str(record.get("unit", ""))
    said = [_measured_words(measured, interval, unit)]
    if guess is None:
        if not building_pages():  # a deck has no learner
            said.insert(0, "You made no guess.")
        return _page(str(record.get("question", key)), said, _drawn(record, None, measured, interval, unit))
    if isinstance(guess, str) != isinstance(measured, str):
        raise UsageError(f"reveal {key!r}: the guess is {guess!r} and the measurement {measured!r}: one kind, please.")
    words = _own_words(_shown(guess, unit), _shown(record["guess"], unit))
    within = _within(guess, measured, interval)
    said = [words, *said, _compared(guess, measured, interval, unit)]
    try:
        progress.update("predict", key, lambda stored: {**(stored or {}), "measured": measured, "within": within})
        said.append(calibration())
    except TwoLeversError as error:
        said.append(str(error))
    return _page(str(record.get("question", key)), said, _drawn(record, guess, measured, interval, unit))


def calibration() -> str:
    """How the first guesses of all lessons fare against the measurements they were set beside, in a sentence."""
    records = [r for lesson in started_lessons() for r in Progress(lesson).section("predict").values()]
    judged = [record for record in records if isinstance(record.get("within"), bool)]
    if not judged:
        return ""
    right = sum(record["within"] for record in judged)
    said = f"So far {right} of {len(judged)} guesses agreed with the measurement."
    scaled = [
        (r["first"] - r["measured"]) / (r["high"] - r["low"])
        for r in judged
        if r.get("kind") == "number" and "measured" in r and r["high"] > r["low"]
    ]
    if len(scaled) >= 2:
        lean = sum(scaled) / len(scaled)
        way = "too high" if lean > 0 else "too low"
        said += f" Your numbers were on average {abs(lean):.0%} of the scale {way}."
    return said


def _within(guess: float | str, measured: float | str, interval: tuple[float, float] | None) -> bool | None:
    if isinstance(guess, str):
        return guess == measured
    return interval[0] <= guess <= interval[1] if interval else None


def _measured_words(measured: float | str, interval: tuple[float, float] | None, unit: str) -> str:
    said = f"Measured: {_shown(measured, unit).rstrip('.')}"
    return f"{said} (95 % interval {_span(*interval)})." if interval else f"{said}."


def _compared(guess: float | str, measured: float | str, interval: tuple[float, float] | None, unit: str) -> str:
    if isinstance(guess, str) or isinstance(measured, str):
        return "✓ Your guess was right." if guess == measured else "✗ It went another way than you guessed."
    off = number(abs(guess - measured), unit)
    way = "too high" if guess > measured else "too low"
    if interval is None:
        return "Your guess is exact." if guess == measured else f"Your guess is {off} {way}."
    if interval[0] <= guess <= interval[1]:
        return "✓ Your guess lies within the interval."
    return f"✗ Your guess lies outside the interval, {off} {way}."


def _own_words(first: str, guess: str) -> str:
    return f"Your guess: {first}." if first == guess else f"Your first guess: {first} (changed to {guess})."


def _shown(value: Any, unit: str) -> str:
    return value if isinstance(value, str) else number(value, unit)


def _span(low: float, high: float, unit: str = "") -> str:
    return f"{number(low)} to {number(high, unit)}"


def _drawn(record: Record, guess: Any, measured: Any, interval: tuple[float, float] | None, unit: str) -> str:
    if isinstance(measured, str) or record.get("kind") != "number":
        return ""
    rows = [Dot("Measured", measured, interval)]
    if guess is not None:
        rows.insert(0, Dot("Your guess", guess, guess=True))
    return dots(rows, record["low"], record["high"], plain(str(record["question"])), unit)


def _page(question: str, said: list[str], drawn: str) -> Html:
    lines = "".join(f"<p style='margin:.3em 0'>{escape(line)}</p>" for line in said if line)
    box = "border-left:4px solid #0072B2;padding:.2em 0 .2em 1em;margin:.6em 0"
    html = f"<div class='tl-reveal' style='{box}'><p><strong>{inline(question)}</strong></p>{drawn}{lines}</div>"
    return Html(html, "\n".join([plain(question), *(line for line in said if line)]))
