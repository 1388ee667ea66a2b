"""The files of a bake-off: results.json, answers.csv, report.html, decision-record.md and the inputs' hashes."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from twolevers.bakeoff import review
from twolevers.bakeoff.grounds import ITEMS, RESULTS, Hashes
from twolevers.bakeoff.read.rows import Unused
from twolevers.bakeoff.review import cell
from twolevers.bakeoff.tasks.kinds import Kind
from twolevers.decide.record import Option, Record, markdown
from twolevers.decide.stamp import Stamp
from twolevers.paths import write_atomically


def write(
    out: Path,
    results: dict[str, Any],
    kind: Kind,
    frame: pd.DataFrame,
    unused: Sequence[Unused],
    stamp: Stamp | None = None,
    hashes: Hashes | None = None,
) -> list[Path]:
    """Write the files, each in one step, and review.csv where answers are uncertain; returns their paths."""
    from twolevers.bakeoff.report import html

    texts = {
        RESULTS: json.dumps(results, indent=1, ensure_ascii=False),
        "answers.csv": answers(frame),
        "report.html": html(results, kind, unused),
        "decision-record.md": record(results, kind, stamp),
    }
    if hashes:
        texts[ITEMS] = json.dumps(hashes, indent=1, ensure_ascii=False)
    if doubtful := review.listed(frame):
        texts[review.FILE] = doubtful
    for name, text in texts.items():
        write_atomically(out / name, text)
    return [out / name for name in texts]


def answers(frame: pd.DataFrame) -> str:
    """Every answer as CSV. Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    columns = [
        "arm",
        "seed",
        "question_id",
        "question",
        "text",
        "correct",
        "refused",
        "cited",
        "cited_right",
        "seconds",
    ]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([name.replace("text", "answer") for name in columns])
    # A column that this task has no score for stays empty.
    for row in frame.reindex(columns=columns).itertuples(index=False):
        writer.writerow([cell(value) for value in row])
    return stream.getvalue()


def record(results: dict[str, Any], kind: Kind, stamp: Stamp | None = None) -> str:
    """The decision record, from results.json, with the block that `twolevers recheck` reads."""
    arms, advice = results["arms"], results["recommendation"]
    enough = f"{100 * advice['good_enough']:.0f} % is good enough"
    data = results["data"]
    chosen = f"{advice['arm']} ({kind.words[advice['arm']]})" if advice["arm"] else "none of the arms measured"
    if advice["arm"] and advice["usable"] is False:
        chosen = f"none yet; of those measured {chosen}, which is right too seldom for use"
    options = []
    for name, row in arms.items():
        low, high = row["interval"]
        good = [
            f"{100 * row['accuracy']:.0f} % right (95 % interval {100 * low:.0f} to {100 * high:.0f} %, n = {row['n']})"
        ]
        took = row["latency_ms"]
        bad = (
            [f"{row['prompt_tokens']:.0f} prompt tokens and {took['p50']:.0f} ms a single request here"] if took else []
        )
        bad += ["brought in from a file: its time, cost and making are not known here"] if row.get("brought") else []
        if row["cited_right"]:
            good.append(f"{100 * row['cited_right']:.0f} % of the answers lead to a passage that states them")
        if row["train_seconds"]:
            bad.append(f"{row['train_seconds']:.0f} s of training, again when what it learned changes")
        options.append(Option(f"{name}: {kind.words[name]}", good, bad))
    drill = results.get("drill")
    verdicts = [
        f"{one['a']} better than {one['b']}: {one['verdict']} ({100 * one['difference']:+.0f} points, n = {one['n']})"
        for one in results["comparisons"]
    ]
    made = Record(
        title=f"Drill ({drill['fault']}): {kind.title}" if drill else kind.title,
        date=datetime.now(UTC).date().isoformat(),
        status="drill, no decision" if drill else "proposed",
        context=(
            f"{data['tested']} {kind.items} in {data['test_groups']} groups (documents, or texts that are nearly the "
            f"same) were put to {len(arms)} arms on one machine with {results['model']}. Nothing of the test was "
            "trained on."
        ),
        drivers=[
            f"right answers on {kind.items} that were not trained on: {enough}",
            "cost and latency",
        ],
        options=options,
        chosen=chosen,
        because=f"{advice['reason'][:1].lower()}{advice['reason'][1:]} {advice['sure']}",
        consequences=[f"Reconsider if {each}." for each in advice["reverses_if"]],
        confirmation=(
            "`twolevers recheck decision-record.md` says line by line what of this still holds. Run the bake-off again "
            "with new questions of the same kind, and when documents or model change."
        ),
        more=[
            *([f"Drill: {line}" for line in (drill["planted"], *drill["checks"], drill["verdict"])] if drill else []),
            *verdicts,
            *results["notes"],
            f"Data {data['hash']}; every answer is in answers.csv, every figure in results.json.",
        ],
        stamp=stamp,
    )
    return markdown(made)
