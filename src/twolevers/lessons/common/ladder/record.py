"""Asks a model every lesson's central contest and writes the answers: one file a model and lesson, an arm at a time.

A file is JSON lines, gzipped: first a line on the model and the data, then for each arm a line on what was trained, how
long it took, where and by which code, and a line an answer. Scores are never written. Answers of an arm that is not
done stand in a file beside, so that a killed recording goes on where it was.
"""

import gzip
import json
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

import twolevers
from twolevers import cache, paths
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_comparisons
from twolevers.data.questions import load_questions
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate import journal
from twolevers.evaluate.evidence import machine, now
from twolevers.lessons import registry
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.ladder.central import Asked, Central, Shape, central
from twolevers.lessons.common.ladder.identity import Identity, opened
from twolevers.models.embedders.sentence import SentenceEmbedder
from twolevers.paths import write_atomically

SCHEMA = 1
SUFFIX = ".jsonl.gz"
UNDONE = ".part.jsonl"  # the answers of an arm that is being asked
BATCH = 50  # questions in one call: what a kill can lose
Report = Callable[[str], object]


def folder() -> Path:
    """Where recordings go that nobody gives a place."""
    return paths.home() / "ladder"


def record(
    name: str | None,
    stems: Sequence[str],
    device: str,
    n: int,
    out: Path,
    report: Report = print,
    seed: int | None = None,
) -> list[Path]:
    """Record these lessons' contests with a model (see `models.api.load`), `n` items each where there are as many.

    With a `seed` the arms that are trained are trained with it, and they alone are recorded, into a folder of the seed.
    Arms that a file has already are not asked again, whatever code they were recorded with: an arm's line names it.
    Returns the files. Raises UsageError where a file was made from another model, number of items or data.
    """
    model, identity, shape = opened(name, device)
    bench = Workbench(model, SentenceEmbedder.load(), load_catalogue(), load_questions())
    report(
        f"{identity.model}: {identity.billions:g} billion weights, stored as {identity.stored}, run in {identity.run}"
    )
    files = []
    for stem in stems:
        began = time.perf_counter()
        files.append(_lesson(central(stem), bench, identity, shape, n, out, report, seed))
        report(f"{stem}: recorded, {time.perf_counter() - began:.0f} s in this run")
    return files


def place(out: Path, identity: Identity, stem: str, seed: int | None = None) -> Path:
    """The file of a model and a lesson, or of one more training seed."""
    folder = out / identity.model.replace("/", "--")
    return (folder if seed is None else folder / f"seed-{seed}") / f"{stem}{SUFFIX}"


def _lesson(
    contest: Central,
    bench: Workbench,
    identity: Identity,
    shape: Shape,
    n: int,
    out: Path,
    report: Report,
    seed: int | None = None,
) -> Path:
    stem, asked = contest.lesson, contest.questions(n)
    file = place(out, identity, stem, seed)
    head = _head(contest, identity, len(asked), seed)
    done, code = _arms_in(file, head), _code()
    for arm, make in contest.arms.items():
        if seed is not None and arm not in contest.trained:
            continue
        if arm in done:
            report(f"{stem}: {arm}: recorded before")
            continue
        began = time.perf_counter()
        one = Asked(bench, asked, shape, seed)
        kept = _Kept(file.with_name(f".{stem}{UNDONE}"), json.dumps([arm, head, code["code"]]))
        answers = _answers(arm, make(one), asked, kept)
        seconds = round(time.perf_counter() - began + one.before + kept.before, 1)
        about = {"arm": arm, "trained": one.trained, "seconds": seconds, "created": now(), "machine": machine()}
        rows = [_row(contest, arm, question, answer) for question, answer in zip(asked, answers, strict=True)]
        _add(file, [*([] if done else [head]), about | code, *rows])
        kept.remove()
        done.append(arm)
        report(f"{stem}: {arm}: {len(rows)} answers, {seconds:.0f} s")
    return file


class _Kept:
    """The answers of an arm that is being asked, in a file: those under the same `key` are found again.

    `before`: the seconds that they took.
    """

    def __init__(self, file: Path, key: str):
        self.file, self.key = file, key
        rows = [row for row in journal.read(file)[0] if row.get("key") == key]
        self.answers = {row["answer"]["question_id"]: _restored(row["answer"]) for row in rows}
        self.before = sum(row["took"] for row in rows)

    def add(self, answers: Sequence[Answer], took: float) -> None:
        rows = [{"key": self.key, "answer": asdict(answer), "took": took / len(answers)} for answer in answers]
        journal.append(self.file, rows)
        self.answers |= {answer.question_id: answer for answer in answers}

    def remove(self) -> None:
        for file in (self.file, Path(f"{self.file}.lock")):
            file.unlink(missing_ok=True)


def _restored(row: dict[str, Any]) -> Answer:
    lists = {name: tuple(row[name]) for name in ("sources", "cited")}
    return Answer(**row | lists | {"usage": Usage(**row["usage"])})


def _head(contest: Central, identity: Identity, n: int, seed: int | None = None) -> dict[str, Any]:
    """The first line. All of it must be alike when a recording goes on. `training_seed`: in place of the lesson's."""
    row = registry.lesson(contest.lesson)
    return {
        **({} if seed is None else {"training_seed": seed}),
        "schema": SCHEMA,
        "lesson": row.stem,
        "claims": claims(contest),
        "n": n,
        "seed": contest.contest.seed,
        **asdict(identity),
        "data": row.data_hash,
    }


def _code() -> dict[str, str]:
    """Version of the course, and a hash of the code that can change an answer: lessons use parts of each other."""
    return {"version": twolevers.__version__, "code": cache.code("models", "retrieval", "arms", "lessons")}


def claims(contest: Central) -> list[str]:
    """The claims that the contest's pairs decide, by datasets/comparisons.csv."""
    rows, one = load_comparisons(), contest.contest
    fits = (rows["lesson"] == one.lesson) & (rows["metric"] == one.metric)
    fits &= rows["comparison"].isin([f"{a} > {b}" for a, b in one.pairs])
    return sorted(set(rows.loc[fits, "claim"]))


def _answers(arm: str, asked: Any, questions: Sequence[Any], kept: _Kept) -> list[Answer]:
    missing = [question for question in questions if question.question_id not in kept.answers]
    with tqdm(total=len(missing), desc=arm, unit="question", delay=3, leave=False) as bar:
        for start in range(0, len(missing), BATCH):
            began, part = time.perf_counter(), missing[start : start + BATCH]
            kept.add(asked.answer(part), time.perf_counter() - began)
            bar.update(len(part))
    return [kept.answers[question.question_id] for question in questions]


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
            if not all(isinstance(row, dict) for row in rows):
                raise ValueError("a line of it is no record")
            return rows
        reason = f"its form is number {rows[0]['schema']}, this version reads {SCHEMA}"
    except (OSError, EOFError, ValueError, LookupError, TypeError, RecursionError, zlib.error) as error:
        reason = str(error) or type(error).__name__
    raise TwoLeversError(f"{file} is no recording that can be read ({reason}): move it away and record again.")
