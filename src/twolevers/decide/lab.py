"""Lesson 14, the lab: the advisor's answer while the weights are turned by hand. No model runs.

Four criteria have a slider. The other two stay as the learner scored them, or as the client's page has them.
"""

from collections.abc import Sequence

from twolevers.decide import lesson
from twolevers.decide.advisor import advise
from twolevers.decide.advisor_figure import picture
from twolevers.decide.capstone import Capstone
from twolevers.evaluate.evidence import Evidence
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer

TURNED = {
    "quality": "Right answers matter",
    "freshness": "Fresh facts matter",
    "sources": "A source to show matters",
    "cost": "Cost matters",
}
SCALE = (0, 1, 2, 3, 4, 5)
LEGEND = "How much does each matter to this client? (0 not at all, 5 most)"


def explore(work: Capstone, evidence: Sequence[Evidence], model: str) -> Explorer:
    """Four sliders over the advisor's weights for a brief; `evidence`: the ledger's rows, read for `model` alone.

    Where no kernel runs, a client to whom right answers do not matter stands beside the first setting.
    """
    stated = dict(work.brief.matters) | work.state().get("score", {}).get("weights", {})
    rows = [row for row in evidence if row.lesson != lesson.LESSON and row.model == model]
    dials = [Dial(name, label, SCALE, SCALE.index(stated[name])) for name, label in TURNED.items()]

    def draw(**weights: int) -> Drawn:
        found = advise(lesson.requirements(work.brief, {**stated, **weights}), rows)
        figure, alt = picture(found)
        words = " ".join(line for line in found.words if not line.startswith("Weightings won"))
        return Drawn(figure, alt, f"First by these weights: {found.first}. {words}")

    return explorer(draw, dials, LEGEND, fails={"quality": 0, "cost": len(SCALE) - 1})
