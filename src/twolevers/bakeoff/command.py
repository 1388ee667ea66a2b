"""The bake-off from files to files: what `twolevers bakeoff` and lesson 15 call."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.errors import TwoLeversError, UsageError

if TYPE_CHECKING:
    from twolevers.bakeoff.read.rows import Unused


def compare_on_questions(
    docs: Path,
    questions: Path | None,
    out: Path,
    *,
    arms: Sequence[str] | None = None,
    seeds: int = 1,
    minutes: float = 15,
    model: str | None = None,
    make_pairs: int = 0,
    reviewed: Path | None = None,
    report: Callable[[str], object] = print,
) -> dict[str, Any]:
    """Read, run within `minutes`, write the four files to `out`; returns the content of results.json.

    Without `questions`, or to add to the training, up to `make_pairs` pairs of each document are made by rule
    (`cloze`); 0 makes none. `reviewed` is the review.csv of an earlier run in which a person said what is right.
    Called again with the same inputs and folder it goes on where it stopped. Raises UsageError, in
    one line, where the call or the data cannot be used; nothing has been run then.
    """
    from twolevers.bakeoff import contest, review
    from twolevers.bakeoff.cloze import MADE, cloze
    from twolevers.bakeoff.read.documents import read_documents
    from twolevers.bakeoff.read.key import without_keys
    from twolevers.bakeoff.read.questions import read_questions

    arms = _known(arms or contest.ARMS, contest.ARMS)
    verdicts = review.read_reviewed(reviewed) if reviewed else {}
    given = [out, *(path for path in (questions, reviewed) if path)]
    documents, unused = read_documents(docs, given)
    asked = []
    if questions:
        asked, more = read_questions(questions, {document.doc_id for document in documents})
        documents, keys = without_keys(documents, asked)
        unused += [*more, *keys]
    made = cloze(documents, per_document=make_pairs) if make_pairs else []
    if made and not questions:
        asked, made = made, []
    elif make_pairs and not questions:
        raise UsageError(f"{docs} holds no sentence from which a question can be made by rule: give --questions.")
    elif not questions:
        raise UsageError(
            f"There are documents and no questions: give --questions, or --make-pairs 4 for questions {MADE}."
        )
    unused, remarks = _apart(unused)
    report(f"{len(documents)} documents, {len(asked)} questions; {len(unused)} rows or files not used")
    if made or not questions:
        report(f"{len(made or asked)} pairs {MADE}")
    _make(out)

    from twolevers.bakeoff.results import content
    from twolevers.bakeoff.tasks import QUESTIONS
    from twolevers.bakeoff.write import write

    bench = _bench(model, documents)
    found = contest.contest(bench, asked, out, arms=arms, seeds=seeds, minutes=minutes, made=made, report=report)
    if verdicts:
        by_person = review.decided(found.frame, verdicts)
        said = f"A person judged {by_person.decided} answers ({reviewed.name}); their word was taken."
        if by_person.unmet:
            said += f" {by_person.unmet} of their rows meet no answer of this run."
        found = replace(found, frame=by_person.frame, notes=(said, *found.notes))
    if doubtful := review.count(found.frame):
        said = f"{doubtful} answers are scored with doubt: see {review.FILE}, fill in its last column, give --reviewed."
        found = replace(found, notes=(*found.notes, said))
    if not questions:
        found = replace(
            found,
            notes=(
                f"All questions, of training and test, are {MADE}: sentences with a gap. People "
                "ask otherwise; take the ranking for a first sign only.",
                *found.notes,
            ),
        )
    counts = {"documents": len(documents), "questions": len(asked), "not_used": len(unused)}
    counts |= {"made_pairs_learned": found.made, "made_questions": 0 if questions else len(asked)}
    found = replace(found, notes=(*found.notes, *remarks))
    results = content(bench, found, QUESTIONS, counts, _digest((documents, asked)))
    for path in write(out, results, QUESTIONS, found.frame, unused):
        report(f"written: {path}")
    return results


def compare_on_labels(
    examples: Path,
    out: Path,
    *,
    arms: Sequence[str] | None = None,
    seeds: int = 1,
    minutes: float = 15,
    model: str | None = None,
    report: Callable[[str], object] = print,
) -> dict[str, Any]:
    """As `compare_on_questions`, for texts with labels."""
    from twolevers.bakeoff import labels
    from twolevers.bakeoff.read.examples import read_labelled

    arms = _known(arms or labels.ARMS, labels.ARMS)
    pairs, unused = read_labelled(examples)
    unused, remarks = _apart(unused)
    report(f"{len(pairs)} labelled texts; {len(unused)} rows not used")
    _make(out)

    from twolevers.bakeoff.results import content
    from twolevers.bakeoff.tasks import CLASSIFY
    from twolevers.bakeoff.write import write

    bench = _bench(model, [])
    found, more = labels.contest(bench, pairs, out, arms=arms, seeds=seeds, minutes=minutes, report=report)
    unused += more
    counts = {"texts": len(pairs), "labels": len({pair.target for pair in pairs}), "not_used": len(unused)}
    found = replace(found, notes=(*found.notes, *remarks))
    results = content(bench, found, CLASSIFY, counts, _digest(pairs))
    for path in write(out, results, CLASSIFY, found.frame, unused):
        report(f"written: {path}")
    return results


def compare_on_replies(
    examples: Path,
    out: Path,
    *,
    arms: Sequence[str] | None = None,
    seeds: int = 1,
    minutes: float = 15,
    model: str | None = None,
    report: Callable[[str], object] = print,
) -> dict[str, Any]:
    """As `compare_on_questions`, for messages with their replies."""
    from twolevers.bakeoff import replies
    from twolevers.bakeoff.read.examples import read_replies

    arms = _known(arms or replies.ARMS, replies.ARMS)
    pairs, unused = read_replies(examples)
    unused, remarks = _apart(unused)
    report(f"{len(pairs)} messages with replies; {len(unused)} rows not used")
    _make(out)

    from twolevers.bakeoff.results import content
    from twolevers.bakeoff.tasks import REPLY
    from twolevers.bakeoff.write import write

    bench = _bench(model, [])
    found = replies.contest(bench, pairs, out, arms=arms, seeds=seeds, minutes=minutes, report=report)
    found = replace(found, notes=(*found.notes, *remarks))
    results = content(bench, found, REPLY, {"examples": len(pairs), "not_used": len(unused)}, _digest(pairs))
    for path in write(out, results, REPLY, found.frame, unused):
        report(f"written: {path}")
    return results


def _apart(read: list["Unused"]) -> tuple[list["Unused"], tuple[str, ...]]:
    """What is not used, and in sentences the remarks on what is."""
    return (
        [each for each in read if not each.used],
        tuple(f"{each.where} {each.reason}." for each in read if each.used),
    )


def _known(arms: Sequence[str], all_of_them: Sequence[str]) -> list[str]:
    if unknown := [arm for arm in arms if arm not in all_of_them]:
        raise UsageError(f"There is no arm {unknown[0]!r}: choose from {', '.join(all_of_them)}.")
    return list(arms)


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TwoLeversError(f"{out} cannot be made ({error.strerror}): give another --out.") from error


def _bench(model: str | None, documents: list) -> Any:
    import pandas as pd

    from twolevers.lessons.common.bench import Workbench
    from twolevers.models.embedder import Embedder
    from twolevers.models.language_model import LanguageModel

    return Workbench(LanguageModel.load(model), Embedder.load(), documents, questions=pd.DataFrame())


def _digest(content: object) -> str:
    return hashlib.sha256(repr(content).encode("utf-8", "replace")).hexdigest()[:12]
