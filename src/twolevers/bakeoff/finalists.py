"""The finalists of a bake-off once more, on the larger model that its report proposes; what that changed."""

from pathlib import Path
from typing import Any

from twolevers.bakeoff.command import compare
from twolevers.bakeoff.larger import said
from twolevers.bakeoff.tasks.protocol import Report, Task
from twolevers.errors import UsageError
from twolevers.paths import write_atomically

FOLDER, FILE = "larger", "sizes.md"


def on_larger(task: Task, out: Path, results: dict[str, Any], *, report: Report = print, **given: Any) -> list[str]:
    """Run the finalists in `out`/larger, write sizes.md beside them; returns what is to be said of it.

    Raises UsageError where the results propose no larger model.
    """
    proposed = results["larger"]
    if proposed is None:
        raise UsageError("--larger: no larger model of the ladder fits into this machine's memory and two hours.")
    report(said(proposed))
    minutes = max(5.0, round(3 * proposed["minutes"]))
    chosen = {"model": proposed["id"], "arms": proposed["arms"], "minutes": minutes}
    larger = compare(task, out / FOLDER, **chosen, **given, report=report)
    lines = compared(results, larger)
    write_atomically(out / FOLDER / FILE, "\n".join(["# The finalists by size of the model", "", *lines, ""]))
    return [*lines, f"written: {out / FOLDER / FILE}"]


def compared(small: dict[str, Any], larger: dict[str, Any]) -> list[str]:
    """A table of the arms that both ran, and whether the choice is another, as lines of Markdown."""
    rows = [f"| arm | {small['model']} | {larger['model']} |", "|---|---|---|"]
    for arm, row in larger["arms"].items():
        if arm in small["arms"]:
            rows.append(f"| {arm} | {_share(small['arms'][arm])} | {_share(row)} |")
    before, after = (each["recommendation"]["arm"] or "none" for each in (small, larger))
    said_ = f"The choice stays: {after}." if before == after else f"The choice changes: {before} before, {after} now."
    return [*rows, "", f"{said_} {larger['recommendation']['headline']}. {larger['recommendation']['sure']}"]


def _share(row: dict[str, Any]) -> str:
    low, high = row["interval"]
    return f"{100 * row['accuracy']:.0f} % right ({100 * low:.0f} to {100 * high:.0f} %, n = {row['n']})"
