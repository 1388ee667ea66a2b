"""Asks a model every lesson's central contest and writes the answers: one file a model and lesson, an arm at a time.

A file is JSON lines, gzipped: first a line on the model and the data, then for each arm a line on what was trained, how
long it took, where and by which code, and a line an answer. Scores are never written.
"""

import gzip
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

import twolevers
from twolevers import cache, paths
from twolevers.arms.protocol import Answer
from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_comparisons
from twolevers.data.questions import load_questions
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.evidence import machine, now
from twolevers.lessons import registry
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.ladder.central import Asked, Central, Shape, central
from twolevers.lessons.common.ladder.identity import Identity, opened
from twolevers.models.embedders.sentence import SentenceEmbedder
from twolevers.paths import write_atomically

SCHEMA = 1
SUFFIX = ".jsonl.gz"
BATCH = 64
Report = Callable[[str], object]


def folder() -> Path:
    """Where recordings go that nobody gives a place."""
    return paths.home() / "ladder"


def record(
    name: str | None, stems: Sequence[str], device: str, n: int, out: Path, report: Report = print
) -> list[Path]:
    """Record these lessons' contests with a model (see `models.api.load`), `n` items each where there are as many.

    Arms that a file has already are not asked again, whatever code they were recorded with: an arm's line names it.
    Returns the files. Raises UsageError where a file was made from another model, number of items or data.
    """
    model, identity, shape = opened(name, device)
    bench = Workbench(model, SentenceEmbedder.load(), load_catalogue(), load_questions())
    report(
        f"{identity.model}: {identity.billions:g} billion weights, stored as {identity.stored}, run in {identity.run}"
    )
    return [_lesson(central(stem), bench, identity, shape, n, out, report) for stem in stems]


def place(out: Path, identity: Identity, stem: str) -> Path:
    """The file of a model and a lesson."""
    return out / identity.model.replace("/", "--") / f"{stem}{SUFFIX}"


def _lesson(
    contest: Central, bench: Workbench, identity: Identity, shape: Shape, n: int, out: Path, report: Report
) -> Path:
    stem, asked = contest.lesson, contest.questions(n)
    file = place(out, identity, stem)
    head = _head(contest, identity, len(asked))
    done = _arms_in(file, head)
    for arm, make in contest.arms.items():
        if arm in done:
            report(f"{stem}: {arm}: recorded before")
            continue
        began = time.perf_counter()
        one = Asked(bench, asked, shape)
        answers = _answers(arm, make(one), asked)
        seconds = round(time.perf_counter() - began, 1)
        about = {"arm": arm, "trained": one.trained, "seconds": seconds, "created": now(), "machine": machine()}
        about |= _code(stem)
        rows = [_row(contest, arm, question, answer) for question, answer in zip(asked, answers, strict=True)]
        _add(file, [*([] if done else [head]), about, *rows])
        done.append(arm)
        report(f"{stem}: {arm}: {len(rows)} answers, {seconds:.0f} s")
    return file


def _head(contest: Central, identity: Identity, n: int) -> dict[str, Any]:
    """The first line. All of it must be alike when a recording goes on."""
    row = registry.lesson(contest.lesson)
    return {
        "schema": SCHEMA,
        "lesson": row.stem,
        "claims": claims(contest),
        "n": n,
        "seed": contest.contest.seed,
        **asdict(identity),
        "data": row.data_hash,
    }


def _code(stem: str) -> dict[str, str]:
    """Version of the course, and a hash of the code that can change an answer."""
    parts = ("models", "retrieval", "arms", "lessons/common/ladder/central.py", f"lessons/{registry.lesson(stem).name}")
    return {"version": twolevers.__version__, "code": cache.code(*parts)}


def claims(contest: Central) -> list[str]:
    """The claims that the contest's pairs decide, by datasets/comparisons.csv."""
    rows, one = load_comparisons(), contest.contest
    fits = (rows["lesson"] == one.lesson) & (rows["metric"] == one.metric)
    fits &= rows["comparison"].isin([f"{a} > {b}" for a, b in one.pairs])
    return sorted(set(rows.loc[fits, "claim"]))


def _answers(arm: str, asked: Any, questions: Sequence[Any]) -> list[Answer]:
    answers: list[Answer] = []
    with tqdm(total=len(questions), desc=arm, unit="question", delay=3, leave=False) as bar:
        for start in range(0, len(questions), BATCH):
            answers += asked.answer(questions[start : start + BATCH])
            bar.update(len(answers) - bar.n)
    return answers


def _row(contest: Central, arm: str, question: Any, answer: Answer) -> dict[str, Any]:
    said = asdict(answer)
    usage = said.pop("usage")
    about = {"lesson": contest.lesson, "claims": claims(contest), "arm": arm, "seed": contest.contest.seed}
    return {**about, "question": question.text, **said, **usage, "seconds": round(usage["seconds"], 3)}


def _arms_in(file: Path, head: dict[str, Any]) -> list[str]:
    """The arms that a file has, if it is this recording's."""
    if not file.exists():
        return []
    kept, *rest = lines(file)
    if differs := [key for key in head if json.loads(json.dumps(head[key])) != kept.get(key)]:
        raise UsageError(
            f"{file} was recorded with another {', '.join(differs)}: move it away, or give another --out folder."
        )
    return [row["arm"] for row in rest if "trained" in row]


def _add(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Add lines as one more gzip member; a killed process leaves the file as it was."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    before = file.read_bytes() if file.exists() else b""
    write_atomically(file, before + gzip.compress(text.encode(), mtime=0))


def lines(file: Path) -> list[dict[str, Any]]:
    """The lines of a recording, the first on the model. TwoLeversError where it cannot be read."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            rows = [json.loads(line) for line in stream]
        if rows[0]["schema"] == SCHEMA:
            return rows
        reason = f"its form is number {rows[0]['schema']}, this version reads {SCHEMA}"
    except (OSError, EOFError, ValueError, LookupError, TypeError) as error:
        reason = str(error) or type(error).__name__
    raise TwoLeversError(f"{file} is no recording that can be read ({reason}): move it away and record again.")
