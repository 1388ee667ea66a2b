"""A drill: a named fault is planted into a copy of the data, in memory, and the report says who noticed it."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.bakeoff.grounds import RESULTS
from twolevers.bakeoff.tasks.kinds import Kind
from twolevers.bakeoff.tasks.protocol import Contest, Data, Report, Task
from twolevers.bakeoff.tasks.unstated import SAID
from twolevers.data.records import Document, Question
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.leaks import check_leaks

if TYPE_CHECKING:
    from twolevers.bakeoff.models import Models
    from twolevers.evaluate.deadline import Deadline

FAULTS = {
    "leak": "questions of the training side stand in the test",
    "stale": "documents state another value than is asked for",
    "duplicate": "documents or rows stand in the data twice, under other names",
    "wrong-key": "accepted answers belong to other questions",
}
SHARE = 3  # every third item has the fault
SEED = 19
COPY = "copy of "


@dataclass(frozen=True)
class Planted:
    """A task whose data has the fault; what it reads and runs is as the task's own, the caller's files untouched."""

    task: Task
    fault: str

    @property
    def kind(self) -> Kind:
        """The task's kind."""
        return self.task.kind

    def read(self, out: Any) -> Data:
        """What the task reads, with the fault. Raises UsageError where the data has no place for it."""
        data = self.task.read(out)
        if self.fault == "leak":
            return data
        made = {"stale": _stale, "duplicate": _doubled, "wrong-key": _wrong_key}[self.fault](data)
        return replace(made, notes=(*data.notes, f"Drill: {FAULTS[self.fault]}. It was planted on purpose."))

    def contest(self, data: Data, models: "Models", arms: Sequence[str], until: "Deadline", report: Report) -> Contest:
        """The task's contest; what the checks before a training say of the fault is in its `checks`."""
        made = self.task.contest(data, models, arms, until, report)
        if self.fault == "leak":
            return _leaking(made)
        if self.fault == "duplicate":
            return replace(made, checks=_split_apart(made))
        return replace(made, checks=tuple(note for note in made.notes if SAID in note))


def folder(out: Path, fault: str) -> Path:
    """Where a drill is written: beside the caller's own results, which stay as they are."""
    return out / f"drill-{fault}"


def earlier(out: Path, kind: Kind) -> dict[str, Any] | None:
    """The results of the same task without a fault, None where `out` has none that can be read."""
    try:
        found = json.loads((out / RESULTS).read_text("utf-8"))
        shares = [float(row["accuracy"]) for row in found["arms"].values()]
        clean = shares and found["task"] == kind.name and "drill" not in found
        return found if clean and found["recommendation"]["headline"] else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def allowed(**given: Any) -> None:
    """Raises UsageError for what a drill does not go with: it is on the data alone."""
    if names := [name for name, value in given.items() if value]:
        raise UsageError(f"--plant is a drill on the data alone: leave out --{names[0].replace('_', '-')}.")


def outcome(task: Planted, contest: Contest, results: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict:
    """What results.json and the report say of a drill, JSON-ready: fault, planted, noticed, checks, verdict.

    `before`: the results of the same command without the fault, None where there are none.
    """
    return {
        "fault": task.fault,
        "planted": FAULTS[task.fault],
        "noticed": bool(contest.checks),
        "checks": list(contest.checks) or ["No check noticed it."],
        "verdict": _verdict(results, before),
    }


def _verdict(results: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    if before is None:
        return "What it did to the verdict cannot be seen: run the same command without --plant, then this one again."
    one, other = (each["recommendation"]["headline"] for each in (before, results))
    moved = [
        f"{arm} {100 * before['arms'][arm]['accuracy']:.0f} % to {100 * row['accuracy']:.0f} %"
        for arm, row in results["arms"].items()
        if arm in before["arms"]
    ]
    said = (
        f"the same with and without the fault: {one}" if one == other else f"without the fault: {one}; with it: {other}"
    )
    return f"The verdict is {said}. Right answers before and after: {', '.join(moved)}."


def _leaking(made: Contest) -> Contest:
    """Every other test item is one that was trained on. The check refuses it; the drill goes on without the check."""
    known = {question.question_id for question in made.tested}
    pool = {one.question_id: one for each in made.training.values() for one in each if one.question_id not in known}
    leaked = list(pool.values())[: max(1, len(made.tested) // 2)]
    if not leaked:
        raise UsageError("--plant leak needs items to train on, and there are none: give more of them.")
    both = zip(leaked, made.tested[: len(leaked)], strict=False)
    tested = [*(each for pair in both for each in pair), *made.tested[len(leaked) :]]
    checks = []
    for name, questions in made.training.items():
        try:
            check_leaks(questions, tested, unseen=made.unseen[name])
        except TwoLeversError as error:
            checks.append(f"The leak check refused to train: {error}")
    note = f"Drill: {len(leaked)} of {len(tested)} test items were trained on, on purpose. The check was left out then."
    return replace(made, tested=tested, training={}, notes=(*made.notes, note), checks=tuple(dict.fromkeys(checks)))


def _doubled(data: Data) -> Data:
    """Every third document (with its questions) or row a second time."""
    documents: tuple[Document, ...] = getattr(data, "documents", ())
    items = list(data.items)
    if not documents:
        return replace(data, items=[*items, *(replace(each, text=f"{each.text} !") for each in items[::SHARE])])
    copies = [replace(each, doc_id=f"{COPY}{each.doc_id}") for each in documents[::SHARE]]
    twice = {each.doc_id.removeprefix(COPY) for each in copies}
    for question in data.items:
        if question.doc_ids and set(question.doc_ids) <= twice:
            named = tuple(f"{COPY}{name}" for name in question.doc_ids)
            items.append(replace(question, question_id=f"{question.question_id} copy", doc_ids=named))
    return replace(data, items=tuple(items), documents=(*documents, *copies))  # type: ignore[call-arg]


def _split_apart(made: Contest) -> tuple[str, ...]:
    """What is said where no copy stands on the other side of the division than its original."""
    tested = {_bare(question.text) for question in made.tested}
    trained = {_bare(question.text) for each in made.training.values() for question in each}
    named = tuple(note for note in made.notes if "nearly the same as another" in note)
    if tested & trained:
        return named
    return (*named, "Every copy went to the side of its original: near-duplicates were found before the division.")


def _bare(text: str) -> str:
    return text.removesuffix(" !").casefold()


def _stale(data: Data) -> Data:
    """Every third document that states an accepted answer states that of another question instead."""
    documents: tuple[Document, ...] = getattr(data, "documents", ())
    if not documents:
        raise UsageError("--plant stale changes documents: give --docs with --questions.")
    texts = {each.doc_id: each.text for each in documents}
    stated = [
        (question, name)
        for question in data.items
        for name in question.doc_ids[:1]
        if question.answers and question.answers[0] in texts.get(name, "")
    ]
    others = _others([question.answers for question, _ in stated])
    changed = 0
    for (question, name), other in list(zip(stated, others, strict=True))[::SHARE]:
        if other and (said := texts[name].replace(question.answers[0], other[0])) != texts[name]:
            texts[name], changed = said, changed + 1
    if not changed:
        raise UsageError("--plant stale needs questions that name a document (doc_id) which states their answer.")
    return replace(data, documents=tuple(replace(each, text=texts[each.doc_id]) for each in documents))  # type: ignore


def _wrong_key(data: Data) -> Data:
    """Every third item has the accepted answer, or the label, of another."""
    items = list(data.items)
    if not items or not isinstance(items[0], Question):
        if len({each.target for each in items}) > len(items) / 2:
            raise UsageError("--plant wrong-key: replies are judged by their style, and any reply has it.")
        others = _others([(each.target,) for each in items])
        places = [place for place, other in enumerate(others) if other][::SHARE]
        for place in places:
            items[place] = replace(items[place], target=others[place][0])
        return replace(data, items=items)
    places = [place for place, each in enumerate(items) if each.answers]
    others = _others([items[place].answers for place in places])
    for place, other in list(zip(places, others, strict=True))[::SHARE]:
        items[place] = replace(items[place], answers=other or items[place].answers)
    return replace(data, items=tuple(items))


def _others(answers: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """For each of these answers that of another question, one of about as many letters; () where all are equal."""
    generator = random.Random(SEED)
    found = []
    for one in answers:
        different = [other for other in answers if other[0].casefold() != one[0].casefold()]
        generator.shuffle(different)
        found.append(min(different, key=lambda other, one=one: abs(len(other[0]) - len(one[0])), default=()))
    return found
