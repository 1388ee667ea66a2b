"""A row a lesson: what it asks, the minutes it takes, its claims, the data that its numbers rest on, how to measure it.

From here come the tables of README and notebook 00, the data hash in evidence, what lesson 11 measures on the spot, the
doctor's minutes and the tests' lists. `python -m twolevers.lessons.registry` prints the tables.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from twolevers import paths
from twolevers.errors import UsageError

if TYPE_CHECKING:
    from twolevers.evaluate.evidence import Evidence
    from twolevers.lessons.common.bench import Workbench

PAGES, QUESTIONS, REVISIONS = "catalogue.jsonl", "questions.csv", "revisions.jsonl"
TICKETS, KNOWN = "tickets.csv", "general_knowledge.csv"
LETTERS = ("replies.csv", "brand_guide.md")


@dataclass(frozen=True)
class Minutes:
    """Minutes to read, to run on two cores with nothing in the cache, and for the exercise; as its notebook says."""

    read: int
    run: int
    exercise: int


@dataclass(frozen=True)
class Lesson:
    """One lesson. `question` and `about` make its line in the tables.

    `claims`: those it is about or decides. `data`: the files of datasets/ that its numbers rest on. `seconds`: what
    `measure` takes on two cores with nothing in the cache, a plan; None where no `measure` is written.
    """

    stem: str
    question: str
    about: str
    minutes: Minutes
    claims: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def name(self) -> str:
        """Its folder below `lessons`: the stem without the number."""
        return self.stem.partition("_")[2]

    @property
    def title(self) -> str:
        """ "01 two levers"."""
        return self.stem.replace("_", " ")

    @property
    def data_hash(self) -> str:
        """Names the content of its data files in evidence, whatever the system ends lines with."""
        digest = hashlib.sha256()
        for name in self.data:
            content = (paths.datasets() / name).read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{name} {len(content)} ".encode() + content)
        return digest.hexdigest()[:12]

    def measure(self, bench: "Workbench") -> "list[Evidence]":
        """All that the lesson measures, in one call: what it writes into the ledger. Raises UsageError without one."""
        if self.seconds is None:
            raise UsageError(f"Lesson {self.stem} is measured by its notebook alone: run notebooks/{self.stem}.ipynb.")
        measure: Callable[[Workbench], list[Evidence]] = import_module(f"twolevers.lessons.{self.name}.measure").measure
        return measure(bench)


START = Lesson("00_start_here", "Can this machine run the course, and how does a lesson work?", "", Minutes(6, 1, 0))
LESSONS = (
    Lesson(
        "01_two_levers",
        "What does each lever do?",
        "You build both from parts.",
        Minutes(15, 3, 30),
        ("C01", "C02", "C17"),
        (PAGES, QUESTIONS),
        55,
    ),
    Lesson(
        "02_changing_data",
        "Does it change often?",
        "Twelve months of revisions, and pages that must go.",
        Minutes(15, 4, 34),
        ("C03", "C06", "C15"),
        (PAGES, QUESTIONS, REVISIONS),
        80,
    ),
    Lesson(
        "03_citations",
        "Must answers be checked?",
        "Who can name a source, and what a citation is worth.",
        Minutes(17, 6, 32),
        ("C04", "C16"),
        (PAGES, QUESTIONS),
        70,
    ),
    Lesson(
        "04_large_collections",
        "How much is there?",
        "From a thousand passages to a hundred thousand.",
        Minutes(17, 4, 34),
        ("C05",),
        (PAGES, QUESTIONS),
    ),
    Lesson(
        "05_staying_current",
        "Must it know today?",
        "A source that changes while the cell runs.",
        Minutes(15, 4, 34),
        ("C06",),
        (PAGES,),
    ),
    Lesson(
        "06_budget",
        "What does it cost?",
        "Measured tokens and seconds, dated prices, a break-even surface.",
        Minutes(20, 6, 44),
        ("C07", "C12", "C13", "C14"),
        (PAGES, QUESTIONS),
        75,
    ),
    Lesson(
        "07_style_and_tone",
        "Must it sound like us?",
        "Eight rules that code can check.",
        Minutes(17, 6, 36),
        ("C02", "C08", "C17", "C19"),
        (PAGES, *LETTERS),
        140,
    ),
    Lesson(
        "08_narrow_tasks",
        "Is it one narrow task?",
        "Prompts, linear classifiers and a tuned model.",
        Minutes(15, 6, 35),
        ("C09",),
        (TICKETS,),
        125,
    ),
    Lesson(
        "09_prompt_length",
        "Is the prompt too long?",
        "A guide distilled into the weights, and what is lost.",
        Minutes(15, 7, 34),
        ("C10",),
        (PAGES, *LETTERS),
        160,
    ),
    Lesson(
        "10_task_data",
        "How many examples do we have?",
        "Learning curves with intervals.",
        Minutes(15, 6, 35),
        ("C11",),
        (TICKETS,),
        175,
    ),
    Lesson(
        "11_the_numbers",
        "Do the article's numbers hold?",
        "Its table, rebuilt from your own ledger.",
        Minutes(18, 4, 30),
        ("C12", "C13", "C14", "C15", "C16", "C17"),
    ),
    Lesson(
        "12_both",
        "Is the best approach both?",
        "Facts, citations, and what goes wrong when the two are simply stacked.",
        Minutes(15, 4, 40),
        ("C18", "C19"),
        (PAGES, QUESTIONS),
        180,
    ),
    Lesson(
        "13_common_mistakes",
        "Where does a project go wrong?",
        "Four clinics: name the fault before it is told.",
        Minutes(24, 6, 40),
        ("C20", "C21", "C22", "C23"),
        (PAGES, QUESTIONS, TICKETS, KNOWN, *LETTERS),
    ),
    # Its evidence names the data of the brief that was measured.
    Lesson(
        "14_capstone",
        "Which lever would you pull?",
        "Eight clients: pick, justify, commit, and be measured.",
        Minutes(16, 4, 30),
        ("C24",),
    ),
    # Its evidence names the files that the bake-off read.
    Lesson(
        "15_your_own_data",
        "And on your own documents?",
        "A bake-off with its plan, report and record; on a town's libraries, then on your files.",
        Minutes(13, 4, 25),
    ),
)
COURSE = (START, *LESSONS)


def lesson(stem: str) -> Lesson:
    """The row of a stem; UsageError for one that is no lesson."""
    for row in COURSE:
        if row.stem == stem:
            return row
    raise UsageError(f"No lesson {stem!r}: its row is missing in lessons/registry.py.")


def readme_table(rows: Iterable[Lesson] = COURSE) -> str:
    """The README's table of lessons, in Markdown."""
    lines = ["| lesson | question | read | run | exercise |", "|---|---|---|---|---|"]
    for row in rows:
        minutes = [f"{n} min" if n else "–" for n in (row.minutes.read, row.minutes.run, row.minutes.exercise)]
        link = f"[`{row.stem}`](notebooks/{row.stem}.ipynb)"
        lines.append(f"| {link} | {f'{row.question} {row.about}'.strip()} | {' | '.join(minutes)} |")
    return "\n".join(lines)


def start_table(rows: Iterable[Lesson]) -> str:
    """Notebook 00's table of some lessons, in Markdown."""
    lines = [f"| [{row.title}]({row.stem}.ipynb) | {row.question} |" for row in rows]
    return "\n".join(["| lesson | question |", "|---|---|", *lines])


if __name__ == "__main__":
    print(readme_table(), start_table(LESSONS), sep="\n\n")
