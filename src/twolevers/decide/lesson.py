"""Lesson 14 up to the commit: the brief as a page, the ledger's rows to cite, and a form for each step."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from html import escape
from typing import TYPE_CHECKING

from twolevers.decide import rubric
from twolevers.decide.advisor import METRICS, Requirements
from twolevers.decide.brief import CRITERIA, Brief, names
from twolevers.decide.capstone import Capstone
from twolevers.evaluate.evidence import Evidence
from twolevers.learn.form import Field, Form
from twolevers.learn.ledger import Ledger
from twolevers.learn.markup import Html

if TYPE_CHECKING:
    import pandas as pd

LESSON = "14_capstone"
IMPORTANCE = ("1", "2", "3", "4", "5")
SHOWN = 25  # rows of the ledger offered for citing


def briefs() -> "pd.DataFrame":
    """The briefs to choose from, with the steps taken: name, title, client, your steps."""
    import pandas as pd

    rows = []
    for name in names():
        work = Capstone(name)
        steps = ", ".join(work.done()) or "not begun"
        rows.append({"brief": name, "title": work.brief.title, "client": work.brief.client, "your steps": steps})
    return pd.DataFrame(rows)


def page(work: Capstone) -> Html:
    """The brief on one page."""
    brief = work.brief
    facts = {
        "questions a month": f"{brief.facts.questions_a_month:,.0f}",
        "changes a month": f"{brief.facts.changes_a_month:g}",
        "budget": f"{brief.facts.budget_a_month:,g} euros a month",
        "the wait": f"{brief.facts.latency_seconds:g} s at most",
        "risk": brief.facts.risk,
        "data on hand": brief.facts.on_hand,
        "an answer counts when": brief.goal.words,
    }
    rows = "".join(f"<dt><strong>{escape(name)}</strong></dt><dd>{escape(text)}</dd>" for name, text in facts.items())
    html = f"<h3>{escape(brief.title)}</h3><p><em>{escape(brief.client)}</em></p><p>{escape(brief.page)}</p>"
    lines = [brief.title, brief.client, brief.page, *(f"{name}: {text}" for name, text in facts.items())]
    return Html(f"<div style='max-width:46em'>{html}<dl>{rows}</dl></div>", "\n".join(lines))


def score(work: Capstone) -> Form:
    """How much does each criterion matter to this client?"""
    fields = [Field(name, f"**{name}**: {said} (1 hardly, 5 most)", IMPORTANCE) for name, said in CRITERIA.items()]

    def keep(values: dict) -> str:
        work.score({name: int(value) for name, value in values.items()})
        return "Kept. Now pick an arm."

    return _form(work, "score", "Score the criteria", fields, keep, _stored(work, "score").get("weights", {}))


def pick(work: Capstone) -> Form:
    """The arm that you would build."""

    def keep(values: dict) -> str:
        work.pick(values["arm"])
        return "Kept. Now say why."

    return _form(work, "pick", "Pick an arm", [Field("arm", "I would build", work.arms)], keep, _stored(work, "pick"))


def justify(work: Capstone) -> Form:
    """Why, with evidence by id."""
    label = "Why? Name the criteria that decide, and cite rows of your ledger by id"

    def keep(values: dict) -> str:
        work.justify(values["because"])
        unknown = [name for name in rubric.cited(values["because"]) if Ledger().cited(name) is None]
        return f"Kept. But {unknown[0]} is no row of your ledger: copy the id." if unknown else "Kept."

    field = Field("because", label, rows=7)
    return _form(work, "justify", "Justify", [field], keep, _stored(work, "justify"))


def change(work: Capstone) -> Form:
    """What would change your mind, and the cost."""
    fields = [
        Field("would_change", "What would change your mind (a condition with a number), and what would you do then?"),
        Field("cost", "Cost in euros a month, people's hours included", rows=0),
    ]

    def keep(values: dict) -> str:
        work.change(values["would_change"], values["cost"])
        return "Kept. Commit when you are ready: after that nothing changes."

    return _form(work, "change", "What would change your mind", fields, keep, _stored(work, "change"))


def commit(work: Capstone) -> Form:
    """The point of no return."""

    def keep(_: dict) -> str:
        work.commit()
        return "Committed. Run on: the contest is measured now."

    return _form(work, "commit", "Commit", [], keep, {}, "I commit to this decision")


def evidence(work: Capstone) -> "pd.DataFrame":
    """The ledger's rows that speak of this brief's task: id, lesson, arm, metric, value, low, high, n."""
    import pandas as pd

    needs = requirements(work.brief)
    about = [row for row in Ledger().newest() if row.lesson != LESSON and _speaks(row, needs)]
    columns = ["id", "lesson", "arm", "metric", "value", "low", "high", "n"]
    return pd.DataFrame([row.to_dict() for row in about[-SHOWN:]], columns=columns)


def requirements(brief: Brief, weights: dict[str, int] | None = None) -> Requirements:
    """What the brief, or the learner's weights, asks of an arm."""
    return Requirements(weights or dict(brief.matters), tuple(brief.quality_from), brief.facts.latency_seconds)


def _stored(work: Capstone, step: str) -> dict:
    return work.state().get(step, {})


def _form(
    work: Capstone,
    step: str,
    title: str,
    fields: Sequence[Field],
    keep: Callable[[dict], str],
    values: dict,
    submit: str = "Keep this",
) -> Form:
    """The form of a step, with what was kept; closed after the commit."""
    committed = _stored(work, "commit")
    notice = f"Committed at {committed['at']}." if committed else ""
    return Form(f"{work.brief.title}: {title}", fields, keep, values, submit, bool(committed), notice)


def _speaks(row: Evidence, needs: Requirements) -> bool:
    """Whether a row's metric is one that the advisor reads for this task; comparisons of two arms count too."""
    metrics = [*needs.quality_from, *(metric for listed in METRICS.values() for metric in listed)]
    return any(fnmatchcase(row.metric, metric) for metric in metrics)
