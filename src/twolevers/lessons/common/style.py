"""How figures look: fonts that carry to the back of a room, colours that everybody can tell apart.

The colours are those of Okabe and Ito ("Color universal design", 2008). An arm keeps its colour, its marker and its
hatch in every figure, so that none depends on colour alone.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType

from twolevers.arms import registry

BLACK, ORANGE, SKY, GREEN = registry.BLACK, registry.ORANGE, registry.SKY, registry.GREEN
YELLOW, BLUE, VERMILION, PURPLE = registry.YELLOW, registry.BLUE, registry.VERMILION, registry.PURPLE
GREY, BROWN = registry.GREY, registry.BROWN
EDGE = "#222222"  # around every bar and marker: yellow and sky blue alone are too faint on white


@dataclass(frozen=True)
class ArmStyle:
    """An arm's label, colour and the signs that stand in for the colour."""

    label: str
    color: str
    marker: str
    hatch: str
    linestyle: str = "-"

    def line(self) -> dict[str, object]:
        """Keywords for `Axes.plot` and `Axes.errorbar`."""
        edge = {"markeredgecolor": EDGE, "markeredgewidth": 1.0}
        return {
            "label": self.label, "color": self.color, "marker": self.marker, "linestyle": self.linestyle, **edge,
        }  # fmt: skip

    def bar(self) -> dict[str, object]:
        """Keywords for `Axes.bar` and `Axes.barh`."""
        return {"label": self.label, "color": self.color, "hatch": self.hatch, "edgecolor": EDGE}


ARM_STYLE = MappingProxyType(
    {row.name: ArmStyle(row.label, row.color, row.marker, row.hatch, row.line) for row in registry.ROWS}
)


def rc() -> dict[str, object]:
    """The settings of matplotlib that all figures share."""
    return {
        "figure.figsize": (8, 4.5),
        "figure.constrained_layout.use": True,
        "figure.facecolor": "white",
        "font.size": 14,
        "axes.titlesize": 16,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 14,
        "xtick.labelsize": 13,
        "ytick.labelsize": 13,
        "legend.fontsize": 13,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#DDDDDD",
        "lines.linewidth": 2.5,
        "lines.markersize": 9,
        "errorbar.capsize": 5,
        "hatch.linewidth": 0.8,
    }


def style() -> AbstractContextManager[None]:
    """A block in which figures are made in the course's style: `with style(): ...`."""
    from matplotlib import rc_context

    return rc_context(rc())
