"""Lesson 11, the lab: another margin, another level of doubt. Which cells of the table keep their word?"""

import math
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import BY_CONSTRUCTION, combine, judge
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.style import BLUE, EDGE, GREY, ORANGE, SKY, style
from twolevers.lessons.the_numbers.tables import CLAIMS, SAYS, margin_of, measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIALS = (
    Dial("margin", "Every margin, times the planned one", (0.0, 0.5, 1.0, 2.0, 4.0), 2),
    Dial("width", "Every interval, times as wide as measured", (0.5, 1.0, 2.0, 4.0), 1),
)
LEGEND = "How sure is each word?"
WORDS = {"agree": BLUE, "qualify": SKY, "contradict": ORANGE, "too close to call": GREY}
INK = {"agree": "white", "qualify": EDGE, "contradict": EDGE, "too close to call": "white"}  # of the marks
MARKS = {"agree": "+", "qualify": "±", "contradict": "−", "too close to call": "?"}


def words(table: pd.DataFrame, planned: pd.DataFrame, margin: float, width: float) -> dict[str, dict[str, int]]:
    """For each claim that is measured how many of its comparisons get which word. `planned`: `load_comparisons()`."""
    rows = measured(table)
    found: dict[str, dict[str, int]] = {}
    for row in rows[rows["finding"] != BY_CONSTRUCTION].itertuples():
        if row.claim not in CLAIMS:
            continue
        interval = Interval(row.value - width * (row.value - row.low), row.value + width * (row.high - row.value))
        factor = margin * margin_of(row.claim, row.comparison, row.metric, planned)
        said = str(judge(interval, expected="higher", margin=factor))
        counts = found.setdefault(row.claim, dict.fromkeys(WORDS, 0))
        counts[SAYS.get(said, said)] += 1
    return found


def cell(counts: dict[str, int]) -> str:
    """The one word of a cell from its comparisons' words."""
    back = {word: verdict for verdict, word in SAYS.items()}
    said = str(combine([back.get(word, word) for word, n in counts.items() for _ in range(n)]))
    return SAYS.get(said, said)


def explore(table: pd.DataFrame, planned: pd.DataFrame) -> Explorer:
    """Two sliders over the ledger's comparisons; where no kernel runs, intervals as a tiny test has them beside."""
    first = {claim: cell(counts) for claim, counts in words(table, planned, 1.0, 1.0).items()}

    def draw(margin: float, width: float) -> Drawn:
        found = words(table, planned, margin, width)
        now = {claim: cell(counts) for claim, counts in found.items()}
        turned = [claim for claim in now if now[claim] != first[claim]]
        items = f" (four times as wide: about {math.ceil(1 / width**2 * 100)} of 100 questions)" if width > 1 else ""
        said = "; ".join(f"{claim} {word}" for claim, word in now.items()) or "nothing is measured yet"
        text = f"{said}. Other than as planned: {', '.join(turned) or 'none'}.{items.replace('four', f'{width:g}')}"
        return Drawn(_plot(found, now), f"Stacked bars of comparisons by word. {text}", text)

    return explorer(draw, DIALS, LEGEND, fails={"width": 3})


def _plot(found: dict[str, dict[str, int]], now: dict[str, str]) -> "Figure":
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator

    with style():
        figure, axes = pyplot.subplots(figsize=(9, 1.8 + 0.5 * max(1, len(found))))
        for place, counts in enumerate(found.values()):
            left = 0
            for word, n in counts.items():
                if n:
                    axes.barh(place, n, left=left, color=WORDS[word], edgecolor=EDGE, height=0.62)
                    axes.text(left + n / 2, place, MARKS[word], ha="center", va="center", color=INK[word])
                    left += n
        for word, color in WORDS.items():
            axes.barh(0, 0, color=color, edgecolor=EDGE, label=f"{MARKS[word]} {word}")
        axes.set_yticks(range(len(found)), [f"{claim}: {now[claim]}" for claim in found])
        axes.set_ylim(len(found) - 0.4 if found else 0.6, -0.6)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set(xlabel="Comparisons", title="Which words would change?")
        figure.legend(loc="outside lower center", ncols=4)
    return figure
