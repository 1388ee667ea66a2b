"""The break-even map with four sliders: the map, its alternative text and a sentence follow each turn."""

import base64
import io
import math
from collections.abc import Mapping
from html import escape
from typing import Any

import anywidget
import traitlets

from twolevers.cost.model import Use
from twolevers.cost.tariffs import hosted
from twolevers.errors import UsageError
from twolevers.learn.assets import script
from twolevers.learn.static import building_pages
from twolevers.lessons.budget.cost_map import Setting, map_costs, measured_ratio, plot, turned, words

# name, label, lowest, highest, whether the slider runs in powers of ten
SLIDERS = (
    ("requests", "Requests a month", 10.0, 1e7, True),
    ("updates", "Updates a month", 0.1, 100.0, True),
    ("premium", "Price of a tuned token over an untuned one", 0.5, 8.0, False),
    ("ratio", "RAG's prompt tokens over the tuned model's", 1.0, 20.0, False),
)
MODEL = "gpt-4o-mini"
STEPS = 300  # so that the places where the sliders begin lie on a step


def explore(found: Mapping[str, Use], n: int) -> "Explorer":
    """Sliders over the cost map of a hosted model; the last line of a cell.

    `found` are the uses that `lessons.budget.experiment.uses` gives, `n` the questions they were measured on.
    """
    return Explorer(found, n)


class Explorer(anywidget.AnyWidget):
    """The map. The page sends `{"type": "turn", "values": {slider name: position 0 to 300}}`."""

    _esm = script("dom.js", "explore.js")
    _css = script("learn.css")

    sliders = traitlets.List().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    turn = traitlets.Int().tag(sync=True)  # goes up with each answer: a place turned back to must still reach the page

    def __init__(self, found: Mapping[str, Use], n: int):
        self._found, self._n, self._tariff = found, n, hosted(MODEL)
        premium = self._tariff.tuned.input.value / self._tariff.base.input.value
        super().__init__()
        self._draw(Setting(premium=premium, ratio=measured_ratio(found)))
        self.on_msg(self._receive)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        image = f"<img alt='{escape(self.alt)}' src='{self.picture}' style='max-width:100%'>"
        html = f"<figure>{image}</figure><p>{escape(self.words)}</p>"
        static = {"text/html": html, "text/plain": f"{self.alt}\n{self.words}"}
        if building_pages():
            return static, {}
        data, metadata = super()._repr_mimebundle_(**options)
        return {**data, **static}, metadata

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        notice = ""
        try:
            self._draw(setting(message.get("values")))
        except UsageError as error:
            notice = str(error)
        with self.hold_sync():
            self.notice, self.turn = notice, self.turn + 1

    def _draw(self, place: Setting) -> None:
        from matplotlib import pyplot

        arms, tariff = turned(self._found, self._tariff, place.ratio, place.premium)
        bills = map_costs(arms, tariff)
        named = f"{MODEL}, tuned {place.premium:.2g} × its price"
        figure, alt = plot(bills, named, self._n, place=place)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=120, bbox_inches="tight", facecolor="white")
        pyplot.close(figure)
        with self.hold_sync():
            self.picture = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
            self.alt, self.words = alt, words(bills, place)
            self.sliders = [_slider(place, *slider) for slider in SLIDERS]


def setting(positions: Any) -> Setting:
    """The setting for slider positions from 0 to `STEPS`. UsageError: a slider is missing or off its scale."""
    values = {}
    for name, _, low, high, powers in SLIDERS:
        place = positions.get(name) if isinstance(positions, Mapping) else None
        if isinstance(place, bool) or not isinstance(place, int | float) or not 0 <= place <= STEPS:
            raise UsageError(f"Slider {name!r} is at {place!r}: move it to a place from 0 to {STEPS}.")
        share = place / STEPS
        values[name] = low * (high / low) ** share if powers else low + (high - low) * share
    return Setting(**values)


def _slider(place: Setting, name: str, label: str, low: float, high: float, powers: bool) -> dict[str, Any]:
    """A slider as the page needs it: it says its value itself, at once, by the same scale as `setting`."""
    value = getattr(place, name)
    share = math.log(value / low) / math.log(high / low) if powers else (value - low) / (high - low)
    at = round(STEPS * min(max(share, 0.0), 1.0))
    return {"name": name, "label": label, "low": low, "high": high, "powers": powers, "at": at}
