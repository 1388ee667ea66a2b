"""An explorer: sliders over figures that are already measured; picture, alternative text and a sentence follow.

A lesson gives a function that draws a setting from its own tables, so a turn takes no model and no minutes.
"""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from twolevers.errors import UsageError
from twolevers.learn.assets import script
from twolevers.learn.static import building_pages

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 120


@dataclass(frozen=True)
class Dial:
    """A slider over a few settings: `values` as the lesson takes them, `at` the place of the first."""

    name: str
    label: str
    values: Sequence[Any]
    at: int = 0
    unit: str = ""

    @property
    def steps(self) -> list[str]:
        """What the page says at each place."""
        return [f"{_said(value)} {self.unit}".strip() for value in self.values]


@dataclass(frozen=True)
class Drawn:
    """One setting drawn: the figure, its alternative text and what to say of it."""

    figure: "Figure"
    alt: str
    words: str


class Explorer(anywidget.AnyWidget):
    """Sliders, a picture and a sentence. The page sends `{"type": "turn", "values": {slider name: place}}`.

    `draw` takes the values of that message and gives what to show with the sliders as the page needs them. `fails` is
    the same for a setting at which the thing goes wrong: it stands beside the first one where no kernel runs.
    """

    _esm = script("dom.js", "explore.js")
    _css = script("learn.css")

    sliders = traitlets.List().tag(sync=True)
    legend = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    turn = traitlets.Int().tag(sync=True)  # goes up with each answer: a place turned back to must still reach the page

    def __init__(
        self,
        draw: Callable[[Any], tuple[Drawn, list[dict[str, Any]]]],
        first: Any,
        legend: str,
        fails: Any = None,
    ):
        self._draw_place, self._fails = draw, fails
        super().__init__(legend=legend)
        self._show(first)
        self.on_msg(self._receive)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = [(self.picture, self.alt, self.words)]
        if self._fails is not None:
            drawn, _ = self._draw_place(self._fails)
            shown.append((_data(drawn.figure), drawn.alt, drawn.words))
        width = f"flex:1 1 {100 // len(shown) - 2}%;min-width:18em;margin:0"
        figures = "".join(
            f"<figure style='{width}'><img alt='{escape(alt)}' src='{picture}' style='max-width:100%;height:auto'>"
            f"<figcaption>{escape(words)}</figcaption></figure>"
            for picture, alt, words in shown
        )
        html = f"<div style='display:flex;flex-wrap:wrap;gap:1em'>{figures}</div>"
        static = {"text/html": html, "text/plain": "\n".join(f"{alt}\n{words}" for _, alt, words in shown)}
        if building_pages():
            return static, {}
        data, metadata = super()._repr_mimebundle_(**options)
        return {**data, **static}, metadata

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        notice = ""
        try:
            self._show(message.get("values"))
        except UsageError as error:
            notice = str(error)
        with self.hold_sync():
            self.notice, self.turn = notice, self.turn + 1

    def _show(self, place: Any) -> None:
        drawn, sliders = self._draw_place(place)
        picture = _data(drawn.figure)
        with self.hold_sync():
            self.picture, self.alt, self.words, self.sliders = picture, drawn.alt, drawn.words, sliders


def explorer(
    draw: Callable[..., Drawn], dials: Sequence[Dial], legend: str, fails: Mapping[str, int] | None = None
) -> Explorer:
    """An explorer of `draw(**{dial name: value})`; `fails` gives places of dials at which the figure shows a failure.

    The last line of a cell. Where no kernel runs, the first setting and `fails` stand side by side.
    """
    start = {dial.name: dial.at for dial in dials}

    def at(places: Any) -> tuple[Drawn, list[dict[str, Any]]]:
        chosen = {dial.name: _value(dial, places) for dial in dials}
        sliders = [
            {"name": one.name, "label": one.label, "steps": one.steps, "at": int(places[one.name])} for one in dials
        ]
        return draw(**chosen), sliders

    return Explorer(at, start, legend, {**start, **fails} if fails else None)


def _value(dial: Dial, places: Any) -> Any:
    place = places.get(dial.name) if isinstance(places, Mapping) else None
    last = len(dial.values) - 1
    if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place <= last:
        raise UsageError(f"Slider {dial.name!r} is at {place!r}: move it to a place from 0 to {last}.")
    return dial.values[place]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _data(figure: "Figure") -> str:
    """The figure as an address that holds it; the figure is closed."""
    from matplotlib import pyplot

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, bbox_inches="tight", facecolor="white")
    pyplot.close(figure)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
