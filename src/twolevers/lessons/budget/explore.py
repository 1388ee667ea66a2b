"""The break-even map with four sliders: the map, its alternative text and a sentence follow each turn."""

import math
from collections.abc import Mapping
from typing import Any

from twolevers.cost.model import Use
from twolevers.cost.tariffs import hosted
from twolevers.errors import UsageError
from twolevers.learn.explore import Drawn, Explorer
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


LEGEND = "What would change the answer?"
FAILS = Setting(requests=1e6, updates=1.0, premium=6.0, ratio=2.0)  # a prompt half as long, at six times the price


def explore(found: Mapping[str, Use], n: int) -> "CostMap":
    """Sliders over the cost map of a hosted model; the last line of a cell.

    `found` are the uses that `lessons.budget.experiment.uses` gives, `n` the questions they were measured on.
    """
    return CostMap(found, n)


class CostMap(Explorer):
    """The map. The page sends `{"type": "turn", "values": {slider name: position 0 to 300}}`."""

    def __init__(self, found: Mapping[str, Use], n: int):
        self._found, self._n, self._tariff = found, n, hosted(MODEL)
        premium = self._tariff.tuned.input.value / self._tariff.base.input.value
        super().__init__(self._at, Setting(premium=premium, ratio=measured_ratio(found)), LEGEND, FAILS)

    def _at(self, turn: Any) -> tuple[Drawn, list[dict[str, Any]]]:
        place = turn if isinstance(turn, Setting) else setting(turn)
        arms, tariff = turned(self._found, self._tariff, place.ratio, place.premium)
        bills = map_costs(arms, tariff)
        figure, alt = plot(bills, f"{MODEL}, tuned {place.premium:.2g} × its price", self._n, place=place)
        return Drawn(figure, alt, words(bills, place)), [_slider(place, *slider) for slider in SLIDERS]


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
