"""The bake-off from files to files: what `twolevers bakeoff` and lesson 15 call."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twolevers.bakeoff.plan import ARMS
from twolevers.errors import TwoLeversError, UsageError


def compare_on_questions(
    docs: Path,
    questions: Path,
    out: Path,
    *,
    arms: Sequence[str] = ARMS,
    seeds: int = 1,
    minutes: float = 15,
    model: str | None = None,
    report: Callable[[str], object] = print,
) -> dict[str, Any]:
    """Read, run within `minutes`, write the four files to `out`; returns the content of results.json.

    Called again with the same inputs and folder it goes on where it stopped. Raises UsageError, in one line, where
    the call or the data cannot be used; nothing has been run then.
    """
    from twolevers.bakeoff.asked import read_questions
    from twolevers.bakeoff.documents import read_documents

    if unknown := [arm for arm in arms if arm not in ARMS]:
        raise UsageError(f"There is no arm {unknown[0]!r}: choose from {', '.join(ARMS)}.")
    documents, unused = read_documents(docs)
    asked, more = read_questions(questions, {document.doc_id for document in documents})
    unused += more
    report(f"{len(documents)} documents, {len(asked)} questions; {len(unused)} rows or files not used")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TwoLeversError(f"{out} cannot be made ({error.strerror}): give another --out.") from error

    import pandas as pd

    from twolevers.bakeoff.contest import contest
    from twolevers.bakeoff.results import content
    from twolevers.bakeoff.write import write
    from twolevers.experiments.workbench import Workbench
    from twolevers.models.embedder import Embedder
    from twolevers.models.language_model import LanguageModel

    bench = Workbench(LanguageModel.load(model), Embedder.load(), documents, questions=pd.DataFrame())
    found = contest(bench, asked, out, arms=arms, seeds=seeds, minutes=minutes, report=report)
    digest = hashlib.sha256(repr((documents, asked)).encode("utf-8", "replace")).hexdigest()[:12]
    results = content(bench, found, len(unused), digest)
    for path in write(out, results, found.frame, unused):
        report(f"written: {path}")
    return results
