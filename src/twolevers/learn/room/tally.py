"""What the room did: where each learner is, the items most missed, sureness, guesses against measurements."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import mean, median

from twolevers.evaluate.statistics import wilson
from twolevers.learn.bank import load_bank
from twolevers.learn.items import Incomplete, Item
from twolevers.learn.own_items import PREFIX
from twolevers.learn.progress import ACTIVE, Record
from twolevers.learn.quiz import CONFIDENCE, same_item
from twolevers.learn.room.hand_in import Learner
from twolevers.paths import datasets


@dataclass(frozen=True)
class Missed:
    """An item that some got wrong at first: how many of how many, and what those still wrong believe."""

    lesson: str
    question: str
    missed: int
    answered: int
    misconceptions: tuple[tuple[int, str, str], ...]  # learners, what they chose, why it is wrong


@dataclass(frozen=True)
class Guessed:
    """One question that the room guessed and measured. Numbers only; `measured` has one value a learner."""

    lesson: str
    question: str
    unit: str
    scale: tuple[float, float]
    guesses: tuple[float, ...]
    measured: tuple[float, ...]

    @property
    def middle(self) -> tuple[float, float]:
        """Median guess and mean measurement."""
        return median(self.guesses), mean(self.measured)


def places(room: list[Learner]) -> list[list[str]]:
    """A row a learner: name, lesson last worked on, quiz answered, right first time, checks passed, last seen (UTC)."""
    rows = []
    for one in room:
        quiz = [record for stored in one.lessons.values() for record in _answered(stored["quiz"])]
        passed = sum(
            bool(record.get("passed")) for stored in one.lessons.values() for record in stored["check"].values()
        )
        last, lesson = max(
            ((max(stored[ACTIVE], default=""), name) for name, stored in one.lessons.items()), default=("", "–")
        )
        first = sum(bool(record.get("first")) for record in quiz)
        seen = last[:16].replace("T", " ") or "–"
        rows.append([one.name, lesson, str(len(quiz)), str(first), str(passed), seen])
    return rows


def missed(room: list[Learner], most: int = 10) -> list[Missed]:
    """The items that the largest share missed at first, of those that at least two answered, worst first."""
    found = []
    for path in sorted((datasets() / "quizzes").glob("*.yaml")):
        for item in load_bank(path.stem).items:
            records = [one.lessons.get(path.stem, {}).get("quiz", {}).get(item.id) for one in room]
            answered = [record for record in records if record and record.get("tries") and same_item(item, record)]
            wrong = [record for record in answered if not record.get("first")]
            if len(answered) >= 2 and wrong:
                found.append(Missed(path.stem, item.question, len(wrong), len(answered), _beliefs(item, wrong)))
    return sorted(found, key=lambda one: (-one.missed / one.answered, -one.answered))[:most]


def _beliefs(item: Item, wrong: list[Record]) -> tuple[tuple[int, str, str], ...]:
    """What learners whose answer is still wrong chose, with the misconception, most common first."""
    counts: Counter[tuple[str, str]] = Counter()
    for record in wrong:
        if record.get("right"):
            continue
        try:
            lines = item.grade(record.get("answer")).feedback
        except (Incomplete, TypeError):
            continue
        counts.update({(line.chosen, line.text) for line in lines if not line.right and line.chosen})
    return tuple((n, chosen, why) for (chosen, why), n in counts.most_common(3))


def sureness(room: list[Learner]) -> list[list[str]]:
    """A row for each level of sureness: how often right first time, with its Wilson interval."""
    rows = []
    records = [r for one in room for stored in one.lessons.values() for r in _answered(stored["quiz"])]
    for level in CONFIDENCE:
        hits = [bool(record.get("first")) for record in records if record.get("confidence") == level]
        if hits:
            share = wilson(sum(hits), len(hits))
            said = f"{sum(hits) / len(hits):.2f} [{share.low:.2f}, {share.high:.2f}]"
            rows.append([level, f"{sum(hits)} of {len(hits)}", said])
    return rows


def guesses(room: list[Learner]) -> list[Guessed]:
    """Every question with numbers that somebody guessed and somebody measured, in the course's order."""
    by_key: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for one in room:
        for lesson, stored in one.lessons.items():
            for key, record in stored["predict"].items():
                if record.get("kind") == "number":
                    by_key[lesson, key].append(record)
    found = []
    for (lesson, _), records in sorted(by_key.items()):
        guessed = tuple(float(r["first"]) for r in records if isinstance(r.get("first"), int | float))
        measured = tuple(float(r["measured"]) for r in records if isinstance(r.get("measured"), int | float))
        first = records[0]
        scale = (first.get("low"), first.get("high"))
        if guessed and measured and all(isinstance(end, int | float) for end in scale):
            found.append(
                Guessed(lesson, str(first.get("question", "")), str(first.get("unit", "")), scale, guessed, measured)
            )
    return found


def machines(room: list[Learner], most: int = 12) -> list[list[str]]:
    """Evidence that several learners measured: mean, lowest and highest value, and the seconds it took them."""
    by_row = defaultdict(dict)
    for one in room:
        for row in one.ledger:
            if row["value"] is not None:
                by_row[row["lesson"], row["claim"], row["arm"], row["metric"]][one.name] = (
                    row["value"],
                    row["seconds"],
                )
    rows = []
    for (lesson, claim, arm, metric), found in sorted(by_row.items()):
        values, seconds = zip(*found.values(), strict=True)
        if len(values) >= 2:
            spread = max(values) - min(values)
            times = f"{min(seconds):.0f} to {max(seconds):.0f}"
            cells = [lesson, claim or "–", arm, metric, str(len(values)), f"{mean(values):.3g}"]
            rows.append((spread, [*cells, f"{min(values):.3g} to {max(values):.3g}", times]))
    return [cells for _, cells in sorted(rows, key=lambda pair: -pair[0])][:most]


def _answered(quiz: dict[str, Record]) -> list[Record]:
    common = [record for key, record in quiz.items() if not key.startswith(PREFIX)]  # own items differ by machine
    return [record for record in common if record.get("tries") or record.get("shown")]
