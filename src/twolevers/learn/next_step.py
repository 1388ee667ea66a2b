"""Where a learner stands and what comes next: for the progress page, and for the terminal when the lab starts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from twolevers import paths
from twolevers.learn.markup import Html


@dataclass(frozen=True)
class Standing:
    """How far one lesson is. Totals are 0 where the lesson has no such part."""

    lesson: str
    guesses: int
    items: int
    answered: int
    right_first: int
    tasks: int
    passed: int
    measures: bool  # whether a claim is decided by this lesson's measurements
    evidence: int
    minutes: float

    @property
    def started(self) -> bool:
        """Whether anything is stored of it."""
        return bool(self.guesses or self.answered or self.passed or self.evidence or self.minutes)

    @property
    def done(self) -> bool:
        """Whether every part that it has is done."""
        whole = self.answered >= self.items and self.passed >= self.tasks
        return self.started and whole and bool(self.evidence or not self.measures)


def next_step(found: Sequence[Standing]) -> Html:
    """The first lesson that is not done, with a link that opens it and its stated minutes."""
    ahead = [one for one in found if not one.done]
    if not ahead:
        said = "Next: every lesson is done. Measure your own documents with `twolevers bakeoff`."
        return Html(f"<p><strong>{escape(said)}</strong></p>", said)
    lesson = ahead[0].lesson
    title, minutes = stated(lesson)
    go = "go on with" if ahead[0].started else "begin"
    times = f"read {minutes.get('read', 0)}, run {minutes.get('run', 0)}, exercise {minutes.get('exercise', 0)} min"
    link = f"<a href='{escape(lesson, quote=True)}.ipynb'>{escape(lesson)}: {escape(title)}</a>"
    left = sum(sum(stated(one.lesson)[1].values()) for one in ahead)
    rest = f"All that is left takes about {left / 60:.0f} hours."
    html = f"<p><strong>Next:</strong> {go} {link} ({times}). {rest}</p>"
    return Html(html, f"Next: {go} {lesson}: {title} ({times}). {rest}")


def stated(lesson: str) -> tuple[str, dict[str, int]]:
    """A lesson's title and minutes as its notebook states them."""
    notebook = json.loads((paths.repository() / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    lines = "".join("".join(cell["source"]) + "\n" for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    title = next((line[2:].strip() for line in lines.splitlines() if line.startswith("# ")), lesson)
    return title, notebook["metadata"].get("twolevers", {}).get("minutes", {})
