"""Lesson 07, the lab: how strict must the check be before it tells the arms apart?"""

from dataclasses import replace

import pandas as pd

from twolevers.evaluate.brand_rules import RULES
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.figures import bars
from twolevers.lessons.common.reading import levels
from twolevers.lessons.common.style import ARM_STYLE
from twolevers.lessons.style_and_tone.experiment import LABELS, SIZES

DIALS = (
    Dial("needed", "Rules that a reply must keep to count", tuple(range(1, len(RULES) + 1)), len(RULES) - 1),
    Dial("fact", "It must also state the right fact", (False, True)),
)
LEGEND = "When is a reply good enough?"
LOOKS = {**ARM_STYLE, f"tuned, {SIZES[0]} replies": replace(ARM_STYLE["tuned"], hatch="..")}


def passing(frame: pd.DataFrame, needed: int, fact: bool) -> pd.DataFrame:
    """Share of each arm's replies that keep at least `needed` rules (and state the fact): columns as `levels`."""
    kept = (frame["rules_kept"] * len(RULES)).round() >= needed
    return levels(frame.assign(good=kept & (frame["correct"] | (not fact))), "good")


def explore(frame: pd.DataFrame) -> Explorer:
    """Two sliders over the lesson's replies; where no kernel runs, a check that all pass beside the strict one."""

    def draw(needed: int, fact: bool) -> Drawn:
        table = passing(frame, needed, fact)
        table["label"] = table["arm"].map(LABELS)
        what = f"at least {needed} of {len(RULES)} rules" + (" and the right fact" if fact else "")
        figure, alt = bars(table, "Which replies would go out?", f"Share with {what}", LOOKS)
        value = table.set_index("arm")["value"]
        gap = value["tuned"] - value["prompt"]
        words = f"With {what}, the tuned arm is {gap:+.2f} from the prompt (n = {table['n'].min()} letters)."
        return Drawn(figure, alt, words)

    return explorer(draw, DIALS, LEGEND, fails={"needed": 1})
