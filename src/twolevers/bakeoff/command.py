"""The bake-off from files to files: what `twolevers bakeoff` and lesson 15 call."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.bakeoff import plant as drills
from twolevers.bakeoff.tasks.protocol import Data, Report, Task
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.deadline import Deadline

if TYPE_CHECKING:
    from twolevers.bakeoff.freshness import Revisions
    from twolevers.models.api import LanguageModel

WRITING = 0.25  # share of the time in which pairs are written
GOOD_ENOUGH = 0.8  # share of right answers from which an arm is taken for fit to use, where nothing else is said


def compare(
    task: Task,
    out: Path,
    *,
    arms: Sequence[str] | None = None,
    seeds: int = 1,
    minutes: float = 15,
    model: str | None = None,
    device: str = "auto",
    embedder: str | None = None,
    good_enough: float = GOOD_ENOUGH,
    handover: Path | None = None,
    answers: Sequence[Path] = (),
    revisions: Path | None = None,
    plant: str | None = None,
    report: Report = print,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Read, run within `minutes`, write the files to `out`; returns the content of results.json.

    `answers`: files of answers made elsewhere, each an arm (see `brought`). `revisions`: a table of what changes in the
    documents (see `freshness`). `plant`: a drill with this fault (see `plant`), in a folder of its own under `out`.
    `handover`: a folder for what a team needs to go on, written after `minutes`.

    Called again with the same inputs and folder it goes on where it stopped. Raises UsageError, in one line, where the
    call or the data cannot be used; nothing has been run then. Ctrl-C is a TwoLeversError that says how to go on.
    """
    if handover and embedder:
        raise UsageError("--handover writes an index of the course's own embedder: leave out --embedder.")
    began, ends = clock(), Deadline.after(60 * minutes, clock)

    def told(line: str) -> None:
        report(f"{clock() - began:4.0f} s  {line}")

    arms = known(arms or task.kind.arms, task)
    given_task, task = task, with_answers(task, answers)
    drill, clean = None, None
    if plant is not None:  # an empty name is a slip, and must not overwrite the results of a decision
        task = drill = planted(task, plant, handover=handover, answers=answers, revisions=revisions)
        out, clean = drills.folder(out, plant), drills.earlier(out, task.kind)
    try:
        told("reading …")
        data = _read(task, out, told)
        changes = revised(revisions, data)
        _make(out)
        told("loading the models …")
        from twolevers.bakeoff import engine, freshness, grounds, larger
        from twolevers.bakeoff.handover import bundle
        from twolevers.bakeoff.models import Models
        from twolevers.bakeoff.results import content
        from twolevers.bakeoff.tasks import tongue
        from twolevers.bakeoff.tasks.questions import Questions
        from twolevers.bakeoff.write import write
        from twolevers.decide.weights import measured, named
        from twolevers.models.api import fetched
        from twolevers.models.devices import choose

        choose(device)
        began_loading = clock()
        fetched(model)  # once: a download is no part of the minutes
        ends = ends.sooner(began_loading - clock())
        models = Models.load(model, minutes, device, embedder)
        arms, unable = able(arms, models.model)
        for line in unable:
            told(line)
        if isinstance(given_task, Questions) and given_task.write_pairs:
            given_task.write(data, models, out, ends.sooner((1 - WRITING) * 60 * minutes), told)
            data = _read(task, out, told)
        source = handover and bundle.source(handover, given_task, data, models.model.name, named(model))
        seconds = 60 * minutes * (1 - freshness.SHARE if changes else 1)
        given = {"arms": arms, "seeds": seeds, "seconds": seconds, "report": told}
        found = engine.run(task, data, models, out, ends=ends.sooner(60 * minutes - seconds), **given)
        updates = freshness.measure(changes, data, found, models, ends, told) if changes else None
        texts = [item.text for item in data.items]
        unable = (*tongue.note(texts, models.model.name, bool(embedder)), *unable, *freshness.said(updates))
        found = replace(found, notes=(*unable, *found.notes), remote=models.model.device == "remote")
        told("comparing …")
        found = replace(found, notes=(*found.notes, *(larger.flips_seen() if ends.left > 0 else ())))
        results = {"revisions": updates} if updates else {}
        results |= content(models.model.name, found, task.kind, data.counts, digest(data), good_enough)
        if drill and found.contest:
            results["drill"] = drills.outcome(drill, found.contest, results, clean)
        answering = measured(models.model.name, model, out)
        stamped = None if drill else grounds.stamp(given_task, data, results, answering, out)
        for path in write(
            out,
            results,
            task.kind,
            found.frame,
            (*data.unused, *(changes.unused if changes else ())),
            stamped,
            grounds.hashes(data),
        ):
            told(f"written: {path}")
        if source:
            for line in [*bundle.hand_over(handover, source, found, results, told), f"written: {handover}"]:
                told(line)
    except KeyboardInterrupt:
        raise TwoLeversError(
            f"Stopped after {clock() - began:.0f} s. What was answered is kept in {out}: give the same command again "
            "to go on there."
        ) from None
    return results


def planted(task: Task, fault: str, **given: Any) -> drills.Planted:
    """The task with a fault. Raises UsageError for one that is not known, and for what a drill does not go with."""
    if fault not in drills.FAULTS:
        raise UsageError(f"There is no fault {fault!r}: choose from {', '.join(drills.FAULTS)}.")
    drills.allowed(**given, write_pairs=getattr(task, "write_pairs", False))
    return drills.Planted(task, fault)


def with_answers(task: Task, answers: Sequence[Path]) -> Task:
    """The task, with an arm for each of these files of answers."""
    from twolevers.bakeoff.brought import WithAnswers, read_answers

    return WithAnswers(task, *read_answers(answers)) if answers else task


def revised(path: Path | None, data: Data) -> "Revisions | None":
    """The revisions of the documents. Raises UsageError where there are no documents."""
    from twolevers.bakeoff.freshness import read_revisions

    if path is None:
        return None
    if not (documents := getattr(data, "documents", ())):
        raise UsageError("--revisions changes documents: give --docs with --questions.")
    return read_revisions(path, documents)


def forecast(
    task: Task, out: Path, *, arms: Sequence[str] | None = None, seeds: int = 1, minutes: float = 15
) -> list[str]:
    """What `compare` would run, how long, and what it could show, in lines. No model is loaded, nothing is written."""
    from twolevers.bakeoff.forecast import lines

    said: list[str] = []
    data = _read(task, out, said.append)
    if not data.items:
        return [*said, "The pairs are not written yet: what could be shown is known once a run has written them."]
    return [*said, *lines(task.kind, data, known(arms or task.kind.arms, task), seeds, minutes)]


def known(arms: Sequence[str], task: Task) -> list[str]:
    """The arms, each once. Raises UsageError for one that the task does not have."""
    if unknown := [arm for arm in arms if arm not in task.kind.arms]:
        raise UsageError(f"There is no arm {unknown[0]!r}: choose from {', '.join(task.kind.arms)}.")
    return list(dict.fromkeys(arms))


def able(arms: Sequence[str], model: "LanguageModel") -> tuple[list[str], tuple[str, ...]]:
    """The arms that can run with the model, and a sentence on those that cannot. Raises UsageError where none can."""
    from twolevers.arms.registry import ARMS

    if model.trains:
        return list(arms), ()
    left = [arm for arm in arms if ARMS[arm].adapter]
    if len(left) == len(arms):
        raise UsageError(
            f"{model.name} answers over the network and cannot be trained, which {', '.join(left)} would need: give "
            "other --arms, or name a folder, hub id or GGUF file to --model."
        )
    said = f"{model.name} answers over the network and cannot be trained: left out {', '.join(left)}."
    return [arm for arm in arms if arm not in left], (said,) if left else ()


def digest(data: Data) -> str:
    """Names the inputs."""
    content = repr((data.items, getattr(data, "documents", ())))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:12]


def _read(task: Task, out: Path, report: Report) -> Data:
    data = task.read(out)
    for line in data.said:
        report(line)
    return data


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TwoLeversError(f"{out} cannot be made ({error.strerror}): give another --out.") from error
