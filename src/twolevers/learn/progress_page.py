"""The learner's page in lesson 00: lessons done, quizzes, guesses, evidence and time, from what is stored here."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from twolevers import paths
from twolevers.data.claims import load_comparisons
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.statistics import wilson
from twolevers.learn.bank import load_bank
from twolevers.learn.ledger import Ledger
from twolevers.learn.markup import Html, inline, plain, table_html
from twolevers.learn.next_step import Standing, next_step
from twolevers.learn.predict import calibration
from twolevers.learn.progress import Progress, Record, moment, started_lessons
from twolevers.learn.quiz import CONFIDENCE
from twolevers.learn.static import building_pages
from twolevers.learn.verdicts import assess

START = "00_start_here"  # it shows the page and has no quiz or exercise of its own
PAUSE = timedelta(minutes=10)  # without a stored action for longer, nobody is taken to be at work
NEAR = 0.1  # of the scale: a guess so close to the measurement counts as near
DECK = "In the notebook, your own page stands here: lessons done, quizzes, guesses, evidence and time spent."
HOW_DONE = (
    "A lesson is **done** when every item of its quiz is answered, every task of its exercise has passed its check, "
    "and its measurements are in the ledger."
)
HOW_TIMED = (
    f"**Minutes** are a low estimate: the time between two stored actions (a guess, an answer, a check, a measurement) "
    f"where it is at most {PAUSE.seconds // 60} minutes. Longer gaps count as breaks; reading before the first action "
    "and after the last is not seen. Work in two lessons at once is counted once."
)
HOW_NEAR = (
    f"**Near** means within {NEAR:.0%} of the scale. **By chance**: what guessing without looking would reach. "
    "Your first guess counts."
)


def progress_page() -> Html:
    """The page: the last line of a cell shows it. In a deck, a sentence stands in its place."""
    if building_pages():
        return Html(f"<p>{inline(DECK)}</p>", DECK)
    rows = Ledger().history()
    found = standings(rows)
    blocks = [_summary(found), next_step(found), _lessons(found), HOW_DONE]
    if guesses := _guesses():
        blocks += [guesses, HOW_NEAR, calibration()]
    blocks += [_sureness(), _ledger(rows), HOW_TIMED]
    return _joined([block for block in blocks if block])


def standings(rows: list[Evidence]) -> list[Standing]:
    """Every lesson that can be opened, in order, with what is stored and measured (`rows` of the ledger)."""
    spent, evidence = minutes(rows), Counter(row.lesson for row in rows)
    deciding = set(load_comparisons()["lesson"])
    stems = sorted(path.stem for path in (paths.repository() / "notebooks").glob("[!.]*.ipynb"))
    found = []
    for lesson in (stem for stem in stems if stem != START):
        progress = Progress(lesson)
        items = _items(lesson)
        quiz = _answered(progress, items)
        found.append(
            Standing(
                lesson,
                guesses=sum("first" in record for record in progress.section("predict").values()),
                items=len(items),
                answered=len(quiz),
                right_first=sum(bool(record.get("first")) for record in quiz),
                tasks=_tasks(lesson),
                passed=_passed(progress.section("check")),
                measures=lesson in deciding,
                evidence=evidence[lesson],
                minutes=spent.get(lesson, 0.0),
            )
        )
    return found


def minutes(rows: list[Evidence]) -> dict[str, float]:
    """Minutes spent by lesson: gaps of at most `PAUSE` between stored actions, counted for the lesson they led to."""
    times: set[tuple[datetime, str]] = {
        (time.replace(second=0, microsecond=0), row.lesson) for row in rows if (time := moment(row.created))
    }
    times |= {(time, lesson) for lesson in started_lessons() for time in Progress(lesson).active()}
    ordered, spent = sorted(times), defaultdict(float)
    for (before, _), (after, lesson) in pairwise(ordered):
        if after - before <= PAUSE:
            spent[lesson] += (after - before).total_seconds() / 60
    return dict(spent)


def _items(lesson: str) -> set[str]:
    """Ids of the quiz's items."""
    bank = paths.datasets() / "quizzes" / f"{lesson}.yaml"
    return {item.id for item in load_bank(lesson).items} if bank.is_file() else set()


def _answered(progress: Progress, items: set[str]) -> list[Record]:
    records = [record for name, record in progress.section("quiz").items() if name in items]
    return [record for record in records if record.get("tries") or record.get("shown")]


def _tasks(lesson: str) -> int:
    """Number of checks in the exercise."""
    path = paths.repository() / "exercises" / f"{lesson}.ipynb"
    if not path.is_file():
        return 0
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return sum(bool(cell["metadata"].get("nbgrader", {}).get("grade")) for cell in cells)


def _passed(checks: dict[str, Record]) -> int:
    """Number of tasks of which every part that was tried ("Task 2a", "Task 2b") has passed."""
    parts = defaultdict(list)
    for name, record in checks.items():
        parts[name.rstrip("abcdef")].append(bool(record.get("passed")))
    return sum(all(passed) for passed in parts.values())


def _summary(found: list[Standing]) -> str:
    answered, first = sum(one.answered for one in found), sum(one.right_first for one in found)
    done, spent = sum(one.done for one in found), sum(one.minutes for one in found)
    if not any(one.started for one in found):
        return "**Nothing is stored yet.** This page fills as you work; run the cell again to see it."
    return (
        f"**{done} of {len(found)} lessons done.** Quiz items: {answered} answered, {first} right first time. "
        f"Time: at least {spent:.0f} minutes."
    )


def _lessons(found: list[Standing]) -> Html:
    def share(part: int, whole: int) -> str:
        return f"{part} of {whole}" if whole else "–"

    columns = ["lesson", "state", "guesses", "quiz answered", "right first time", "tasks passed", "evidence", "minutes"]
    rows = []
    for one in found:
        state = "✓ done" if one.done else "started" if one.started else "–"
        right = share(one.right_first, one.answered)
        cells = [one.lesson, state, str(one.guesses), share(one.answered, one.items), right]
        rows.append([*cells, share(one.passed, one.tasks), str(one.evidence), f"{one.minutes:.0f}"])
    return _table("Lessons", columns, rows, {2, 6, 7})


def _guesses() -> Html | None:
    """First guesses against what was measured, beside what blind guessing would reach."""
    records = [r for lesson in started_lessons() for r in Progress(lesson).section("predict").values()]
    judged = [record for record in records if "first" in record and "measured" in record]
    numbers = [record for record in judged if record.get("kind") == "number"]
    choices = [record for record in judged if record.get("kind") == "choice"]
    bounded = [record for record in numbers if isinstance(record.get("within"), bool)]
    near = [abs(one["first"] - one["measured"]) <= NEAR * (one["high"] - one["low"]) for one in numbers]
    rows = [
        _share("numbers near the measurement", near, [_chance(one) for one in numbers]),
        _share("numbers inside its interval", [one["within"] for one in bounded], []),
        _share(
            "choices right", [bool(one.get("within")) for one in choices], [1 / len(one["options"]) for one in choices]
        ),
    ]
    rows = [row for row in rows if row]
    return _table("Your guesses", ["guesses", "hit", "share, 95 % interval", "by chance"], rows) if rows else None


def _chance(record: Record) -> float:
    """Part of the scale that is near the measurement."""
    low, high, measured = record["low"], record["high"], record["measured"]
    reach = NEAR * (high - low)
    return max(0.0, min(high, measured + reach) - max(low, measured - reach)) / (high - low)


def _sureness() -> Html | None:
    """Right first time by how sure the learner said to be."""
    records = [r for lesson in started_lessons() for r in Progress(lesson).section("quiz").values()]
    rows = []
    for level in CONFIDENCE:
        first = [bool(record.get("first")) for record in records if record.get("confidence") == level]
        rows.append(_share(f"sure: {level}", first, []))
    rows = [row[:3] for row in rows if row]
    return (
        _table("Quiz: how sure, how often right first time", ["you said", "right", "share, 95 % interval"], rows)
        if (rows)
        else None
    )


def _ledger(rows: list[Evidence]) -> Html | None:
    """Claims by verdict."""
    if not rows:
        return None
    claims = defaultdict(list)
    for one in assess(rows):
        so_far = ", so far" if one.findings and one.missing else ""
        claims[f"{one.verdict}{so_far}" if one.verdict else "not measured yet"].append(one.claim)
    listed = [[verdict, str(len(ids)), ", ".join(ids)] for verdict, ids in sorted(claims.items())]
    return _table(
        f"Your ledger: {len(rows):,} rows, and the claims they decide", ["verdict", "claims", "which"], listed
    )


def _share(name: str, hits: list[bool], chances: list[float]) -> list[str] | None:
    if not hits:
        return None
    interval = wilson(sum(hits), len(hits))
    share = f"{sum(hits) / len(hits):.2f} [{interval.low:.2f}, {interval.high:.2f}]"
    return [name, f"{sum(hits)} of {len(hits)}", share, f"{sum(chances) / len(chances):.2f}" if chances else "–"]


def _table(caption: str, columns: list[str], rows: list[list[str]], numeric: set[int] = frozenset()) -> Html:
    lines = [" · ".join(cells) for cells in (columns, *rows)]
    return Html(table_html(caption, columns, rows, frozenset(numeric)), "\n".join([caption, *lines]))


def _joined(blocks: list[str | Html]) -> Html:
    pages = [block if isinstance(block, Html) else Html(f"<p>{inline(block)}</p>", plain(block)) for block in blocks]
    html = "".join(page.html for page in pages)
    return Html(f"<div role='region' aria-label='Your progress'>{html}</div>", "\n".join(page.text for page in pages))
