"""A form: choices, texts and numbers, sent together and kept by whoever asked. It knows no lesson."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import anywidget
import traitlets

from twolevers.errors import TwoLeversError, UsageError
from twolevers.learn.assets import script
from twolevers.learn.markup import inline, plain
from twolevers.learn.static import building_pages

LONGEST = 4_000  # letters of a text


@dataclass(frozen=True)
class Field:
    """One thing asked: one of `options`, else a text of `rows` lines, or a number where `rows` is 0."""

    name: str
    label: str
    options: tuple[str, ...] = ()
    rows: int = 4

    def page(self) -> dict[str, Any]:
        """As the page needs it."""
        kind = "choice" if self.options else "text" if self.rows else "number"
        found = {"name": self.name, "label": inline(self.label), "kind": kind, "rows": self.rows}
        return found | ({"options": list(self.options)} if self.options else {})

    def read(self, value: Any) -> str | float:
        """What was sent, checked. UsageError: what is missing."""
        said = plain(self.label)
        if self.options:
            if value not in self.options:
                raise UsageError(f"Choose one: {said}.")
            return str(value)
        text = str(value or "").strip()
        if len(text) > LONGEST:
            raise UsageError(f"{said}: at most {LONGEST} letters, please.")
        if self.rows:
            return text
        try:
            return float(text.replace(",", "."))
        except ValueError:
            raise UsageError(f"{said}: write a number.") from None


class Form(anywidget.AnyWidget):
    """The form. `keep` gets the checked values by name and returns what to say; a TwoLeversError of it is shown.

    The page sends `{"type": "send", "values": {name: value}}`. `closed` forms are shown and cannot be sent.
    """

    _esm = script("dom.js", "form.js")
    _css = script("learn.css")

    title = traitlets.Unicode().tag(sync=True)
    fields = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    submit = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    closed = traitlets.Bool().tag(sync=True)
    turn = traitlets.Int().tag(sync=True)  # goes up with each answer, so that the same one still reaches the page

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        keep: Callable[[dict[str, str | float]], str],
        values: Mapping[str, Any] | None = None,
        submit: str = "Keep this",
        closed: bool = False,
        notice: str = "",
    ):
        self._fields, self._kept = tuple(fields), keep
        stored = {name: str(value) for name, value in (values or {}).items()}
        shown = {"title": title, "fields": [field.page() for field in fields], "values": stored, "submit": submit}
        super().__init__(**shown, closed=closed, notice=notice)
        self.on_msg(self._receive)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        lines = [f"{plain(field.label)} ({' · '.join(field.options) or '…'})" for field in self._fields]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        html = f"<p><strong>{escape(self.title)}</strong></p><ul>{items}</ul><p>{escape(self.notice)}</p>"
        static = {"text/html": html, "text/plain": "\n".join([self.title, *lines, self.notice]).strip()}
        if building_pages():
            return static, {}
        data, metadata = super()._repr_mimebundle_(**options)
        return {**data, **static}, metadata

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        sent = message.get("values")
        try:
            if not isinstance(sent, Mapping):
                raise UsageError("Nothing was sent: fill in the form.")
            said = self._kept({field.name: field.read(sent.get(field.name)) for field in self._fields})
        except TwoLeversError as error:
            said = str(error)
        with self.hold_sync():
            self.notice, self.turn = said, self.turn + 1
