"""Clinics: a broken project is shown, the learner names its fault, and only then the fault is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence
from twolevers.learn.items import Feedback
from twolevers.learn.markup import Html
from twolevers.learn.predict import Guess, predict_choice, reveal
from twolevers.learn.progress import Progress
from twolevers.learn.static import building_pages, feedback_html
from twolevers.learn.verdicts import assess

if TYPE_CHECKING:
    import pandas as pd

QUESTION = "What is the fault of this project?"
FOLDED = "You have not named the fault yet: choose above, commit, and run this cell again. Or open it here."


@dataclass(frozen=True)
class Clinic:
    """One project. `faults` maps each suspect to what the evidence says of it; `fault` is the one that it is."""

    key: str
    faults: Mapping[str, str]
    fault: str

    def __post_init__(self) -> None:
        if self.fault not in self.faults:
            raise UsageError(f"clinic {self.key!r}: its fault is none of the suspects.")

    def suspects(self) -> list[str]:
        """The suspects as the learner sees them."""
        return list(self.faults)

    def findings(self) -> list[Feedback]:
        """What the evidence says of each suspect, the fault first."""
        order = sorted(self.faults, key=lambda suspect: suspect != self.fault)
        return [Feedback(suspect == self.fault, suspect, self.faults[suspect]) for suspect in order]


def diagnose(lesson: str, clinic: Clinic) -> Guess:
    """Ask for the fault; the choice is kept as a guess of the lesson. The last line of a cell."""
    return predict_choice(lesson, clinic.key, QUESTION, clinic.suspects())


def disclose(lesson: str, clinic: Clinic) -> Html:
    """The fault beside the learner's choice, and what the evidence says of each suspect; folded before the choice."""
    told = reveal(lesson, clinic.key, clinic.fault)
    findings = clinic.findings()
    html = told.html + feedback_html(findings)
    text = "\n".join([told.text, *(f"{'✓' if one.right else '✗'} {one.chosen} {one.text}" for one in findings)])
    chosen = "first" in (Progress(lesson).get("predict", clinic.key) or {})
    if chosen or building_pages():
        return Html(html, text)
    return Html(f"<details><summary>{FOLDED}</summary>{html}</details>", FOLDED)


def verdicts_of(rows: Sequence[Evidence], lesson: str) -> "pd.DataFrame":
    """What these rows say of each claim of a lesson: claim, article, comparisons (with their findings), verdict."""
    import pandas as pd

    table = []
    for one in assess(rows):
        if one.lesson == lesson:
            said = [f"{found.planned.comparison}, {found.row.metric}: {found.said}" for found in one.findings]
            row = {"claim": one.claim, "the article calls a mistake": one.statement, "comparisons": "; ".join(said)}
            table.append(row | {"verdict": str(one.verdict or "not decided")})
    return pd.DataFrame(table)
