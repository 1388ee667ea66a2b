"""Lesson 15: the bake-off step by step, on a town's libraries and then on the learner's own files.

Everything is written below one folder beside the notebook; the course's data and the learner's files stay as they are.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers import paths
from twolevers.bakeoff import grounds
from twolevers.bakeoff.command import compare, forecast
from twolevers.bakeoff.recheck import recheck, summary
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.errors import TwoLeversError
from twolevers.learn.markup import Html
from twolevers.learn.show import table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from twolevers.evaluate.evidence import Evidence

LESSON = grounds.LESSON
CHANGED = "services/exam-supervision.md"
ARMS = ("prompt", "rag", "tuned", "both")  # lesson 12 is about the fifth, stacked
SHOWN = 24  # lines of the record's block that a cell shows


@dataclass(frozen=True)
class Work:
    """Copies of the libraries' pages and questions, and where the bake-off writes."""

    folder: Path

    @property
    def task(self) -> Questions:
        """The bake-off on the copies."""
        return Questions(self.folder / "pages", self.folder / "questions.csv")

    @property
    def out(self) -> Path:
        """The folder of results, report and record."""
        return self.folder / "results"

    @property
    def record(self) -> Path:
        """The decision record."""
        return self.out / "decision-record.md"


def prepare(folder: Path | str) -> Work:
    """Copy the libraries' files to `folder`; a page that was changed there comes back as it was."""
    work, source = Work(Path(folder)), paths.datasets() / "library"
    try:
        shutil.copytree(source / "pages", work.folder / "pages", dirs_exist_ok=True)
        shutil.copyfile(source / "questions.csv", work.folder / "questions.csv")
    except OSError as error:
        raise TwoLeversError(f"{folder} cannot be written ({error.strerror or error}): name another folder.") from None
    return work


def page(work: Work, name: str) -> Html:
    """One page as the bake-off reads it."""
    text = (work.folder / "pages" / name).read_text("utf-8")
    return _verbatim(text)


def questions(work: Work, n: int = 6) -> "pd.DataFrame":
    """The first rows of the file of questions."""
    import pandas as pd

    return pd.read_csv(work.folder / "questions.csv", keep_default_na=False).head(n)


def plan(work: Work, minutes: float) -> Html:
    """What a bake-off would run and could show, before a model is loaded."""
    return _lines(forecast(work.task, work.out, arms=ARMS, minutes=minutes))


def run(work: Work, minutes: float) -> dict[str, Any]:
    """The bake-off; the content of results.json."""
    return compare(work.task, work.out, arms=ARMS, minutes=minutes)


def arms(results: Mapping[str, Any]) -> "pd.DataFrame":
    """A row an arm: right, low, high, n, declined, prompt_tokens, ms_alone, training_s."""
    import pandas as pd

    rows = [
        {
            "arm": name,
            "right": row["accuracy"],
            "low": row["interval"][0],
            "high": row["interval"][1],
            "n": row["n"],
            "declined": row.get("refused"),
            "prompt_tokens": round(row["prompt_tokens"]),
            "ms_alone": round(row["latency_ms"]["p50"]),
            "training_s": round(row["train_seconds"]),
        }
        for name, row in results["arms"].items()
    ]
    return pd.DataFrame(rows)


def chart(results: Mapping[str, Any]) -> "tuple[Figure, str]":
    """The share right of each arm with its interval, and the alternative text."""
    from twolevers.lessons.common.figures import bars
    from twolevers.lessons.common.style import ARM_STYLE

    frame = arms(results).rename(columns={"right": "value"})
    frame["label"] = [ARM_STYLE[arm].label for arm in frame["arm"]]
    return bars(frame, "Which arm answers the libraries' questions?", "Share of answers right, 95 % interval")


def comparisons(results: Mapping[str, Any]) -> "pd.DataFrame":
    """The planned comparisons: claim, difference, low, high, n, verdict."""
    import pandas as pd

    rows = []
    for one in results["comparisons"]:
        low, high = one["interval"] or (None, None)
        row = {"claim": f"{one['a']} > {one['b']}", "difference": one["difference"], "low": low, "high": high}
        rows.append(row | {"n": one["n"], "verdict": one["verdict"]})
    return pd.DataFrame(rows)


def advice(results: Mapping[str, Any]) -> Html:
    """The recommendation in words, how sure it is, and what would turn it."""
    said = results["recommendation"]
    turns = [f"It would be another choice if {each}." for each in said["reverses_if"]]
    return _lines([f"{said['headline']}. {said['reason']}", said["sure"], *turns])


def failures(results: Mapping[str, Any], n: int = 3) -> "pd.DataFrame":
    """Wrong answers of the arm that was chosen: question, answer, accepted, how."""
    import pandas as pd

    rows = [
        {"question": one["question"], "answer": one["answer"], "accepted": one["accepted"], "how": one["how"]}
        for one in results["failures"]["shown"][:n]
    ]
    return pd.DataFrame(rows, columns=["question", "answer", "accepted", "how"])


def notes(results: Mapping[str, Any]) -> Html:
    """What the report says of its own limits."""
    return _lines(results["notes"])


def block(work: Work) -> Html:
    """The first lines of what the record holds for machines."""
    front = work.record.read_text("utf-8").split("\n---\n")[0].splitlines()[1:]
    rest = f"… and {len(front) - SHOWN} more lines" if len(front) > SHOWN else ""
    text = "\n".join([*front[:SHOWN], rest]).rstrip()
    return _verbatim(text, "monospace")


def checked(work: Work) -> Html:
    """`twolevers recheck` on the record, as a table with its last line as the caption."""
    import pandas as pd

    stamp, found = recheck(work.record)
    words = {True: "✓ holds", False: "✗ stale", None: "? yours to judge"}
    rows = [{"about": one.about, "state": words[one.holds], "in words": one.says} for one in found]
    return table(pd.DataFrame(rows), summary(stamp, found))


def change(work: Work, old: str, new: str, name: str = CHANGED) -> Html:
    """Put `new` in the place of `old` in one page; TwoLeversError where the page does not hold it."""
    path = work.folder / "pages" / name
    text = path.read_text("utf-8")
    if old not in text:
        raise TwoLeversError(f"{name} does not hold {old!r}: choose words that stand in it.")
    path.write_text(text.replace(old, new), "utf-8")
    return page(work, name)


def ledger_rows(results: Mapping[str, Any]) -> "list[Evidence]":
    """What the lesson writes into the ledger: the arms and the planned comparisons, under no claim of the course."""
    return grounds.evidence(results)


def own(docs: str, asked: str, folder: Path | str, minutes: float = 0) -> Html:
    """The learner's own bake-off: nothing without paths, its plan without minutes, else run; results go to `folder`."""
    if not docs or not asked:
        return _lines(["Nothing is run yet: name your folder of documents and your file of questions, then run again."])
    task = Questions(Path(docs).expanduser(), Path(asked).expanduser())
    if not minutes:
        return _lines(forecast(task, Path(folder)))
    return advice(compare(task, Path(folder), minutes=minutes))


def _verbatim(text: str, font: str = "inherit") -> Html:
    style = f"white-space:pre-wrap;overflow-wrap:anywhere;max-width:46em;font-family:{font}"
    return Html(f"<div style='{style}'>{escape(text)}</div>", text)


def _lines(lines: list[str]) -> Html:
    return Html("".join(f"<p style='margin:.3em 0'>{escape(line)}</p>" for line in lines), "\n".join(lines))
