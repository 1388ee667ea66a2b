"""Exercises from solutions: the learner's copies, made by nbgrader's preprocessors, never by hand."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers.errors import UsageError
from twolevers.paths import write_atomically
from twolevers.publish.notebook import read, to_bytes

if TYPE_CHECKING:
    from nbformat import NotebookNode

# `...` rather than `raise`: the learner's first run reaches the check, whose message says what to do.
STUB = "# YOUR CODE HERE\n..."
REGIONS = "SOLUTION|HIDDEN TESTS|MARK SCHEME"
MARKER = re.compile(rf"\s*#+ (BEGIN|END) ({REGIONS})\s*")
# Whatever looks like a marker but isn't exactly one would leave the answer in the exercise.
SUSPECT = re.compile(rf"#\s*SOLUTION\b|(BEGIN|END)\s+({REGIONS})\b", re.IGNORECASE)


def build(root: Path) -> list[Path]:
    """Write `root`/exercises from `root`/solutions; an exercise that is already right keeps its time stamp.

    Returns the exercises' paths. Raises UsageError for a solution that would leak; nothing is written then.
    """
    wanted = {exercise: exercise_bytes(solution) for exercise, solution in _pairs(root)}
    for path, content in wanted.items():
        if not path.exists() or path.read_bytes() != content:
            write_atomically(path, content)
    return list(wanted)


def check(root: Path) -> list[str]:
    """One line for each exercise missing, out of date or without a solution, and for each faulty solution."""
    problems = []
    pairs = _pairs(root)
    for path, solution in pairs:
        try:
            content = exercise_bytes(solution)
        except UsageError as error:
            problems.append(str(error))
            continue
        if not path.exists():
            problems.append(f"exercises/{path.name} is missing: run `twolevers exercises`.")
        elif path.read_bytes() != content:
            problems.append(f"exercises/{path.name} differs from its solution: run `twolevers exercises`.")
    orphans = sorted(set((root / "exercises").glob("*.ipynb")) - {path for path, _ in pairs})
    return problems + [f"exercises/{path.name} has no solution: write one or remove it." for path in orphans]


def exercise_bytes(solution: Path) -> bytes:
    """The exercise for one solution, as the bytes of its file; raises UsageError for a faulty solution."""
    notebook = read(solution)
    name = f"{solution.parent.name}/{solution.name}"
    for number, cell in enumerate(notebook.cells, start=1):
        _refuse_faulty_markers(cell.source, f"{name}, cell {number} (id {cell.id})")
    return to_bytes(_clear(notebook, name))


def _pairs(root: Path) -> list[tuple[Path, Path]]:
    return [(root / "exercises" / path.name, path) for path in sorted((root / "solutions").glob("*.ipynb"))]


def _refuse_faulty_markers(source: str, where: str) -> None:
    open_region = None
    for line in source.splitlines():
        marker = MARKER.fullmatch(line)
        if marker is None:
            if SUSPECT.search(line):
                raise UsageError(
                    f"{where}: {line.strip()!r} would leave the answer in the exercise: "
                    "put it between a line '# BEGIN SOLUTION' and a line '# END SOLUTION'."
                )
            continue
        side, region = marker.groups()
        if open_region != (None if side == "BEGIN" else region):
            raise UsageError(f"{where}: '{side} {region}' without its partner: pair each BEGIN with an END.")
        open_region = region if side == "BEGIN" else None
    if open_region:
        raise UsageError(f"{where}: 'BEGIN {open_region}' without 'END {open_region}': add the END line.")


def _clear(notebook: "NotebookNode", name: str) -> "NotebookNode":
    from nbconvert.preprocessors import ClearOutputPreprocessor, TagRemovePreprocessor
    from nbgrader import preprocessors as nbgrader

    steps = [
        TagRemovePreprocessor(remove_cell_tags={"solution-only"}, enabled=True),
        nbgrader.LockCells(),
        nbgrader.ClearSolutions(enforce_metadata=False, code_stub={"python": STUB}),
        nbgrader.ClearHiddenTests(enforce_metadata=False),
        nbgrader.ClearMarkScheme(enforce_metadata=False),
        ClearOutputPreprocessor(enabled=True),
        nbgrader.CheckCellMetadata(),
    ]
    try:
        for step in steps:
            notebook, _ = step.preprocess(notebook, {})
    except Exception as error:  # nbgrader refuses a cell by RuntimeError, ValidationError or KeyError
        reason = error.__context__ or error
        raise UsageError(f"{name}: nbgrader refuses it ({reason}): correct the cell's metadata.") from error
    return notebook
