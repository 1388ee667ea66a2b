"""Run a lesson in a home of its own, and keep the executed copy until the lesson or what it uses changes."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers import cache, paths
from twolevers.errors import TwoLeversError, UsageError
from twolevers.publish.notebook import read, to_bytes

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_SECONDS = 900  # a cell's last resort; the lessons' own budgets stand in their metadata
OUTSIDE = {"publish", "cli.py", "doctor_room.py"}  # parts of the library that no lesson's output depends on


def executed(lesson: Path) -> "NotebookNode":
    """The lesson with its outputs: the kept copy when it is fresh, else run now and kept.

    Fresh means: the same notebook, library and tables, byte for byte. Raises UsageError for a damaged lesson,
    and TwoLeversError, naming the cell, for one that fails.
    """
    source = read(lesson)
    place = kept(lesson, cache.folder())
    if place.exists():
        try:
            return read(place)
        except UsageError:
            cache.damaged("The executed lesson", place)
    notebook = _run(source, lesson)
    for stale in place.parent.glob(f"{lesson.stem}-*.ipynb"):
        stale.unlink()
    paths.write_atomically(place, to_bytes(notebook))
    return notebook


def kept(lesson: Path, cache_folder: Path) -> Path:
    """Where the executed copy of a lesson as it is now belongs in a cache folder, whether it is there or not."""
    return cache_folder / "executed" / f"{lesson.stem}-{_fingerprint(lesson)}.ipynb"


def scratch_environment(folder: Path) -> dict[str, str]:
    """Environment for a run that leaves the learner's progress alone: `folder` as home, the models shared."""
    folder.mkdir(parents=True, exist_ok=True)
    models, shared = paths.models(), folder / "models"
    if models.is_dir() and not shared.exists():
        try:
            shared.symlink_to(models.resolve(), target_is_directory=True)
        except OSError:  # Windows without the right to make links
            shutil.copytree(models, shared)
    return {**os.environ, "TWOLEVERS_HOME": str(folder)}


def _run(notebook: "NotebookNode", lesson: Path) -> "NotebookNode":
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        store_widget_state=False,
        resources={"metadata": {"path": str(lesson.parent)}},
    )
    with tempfile.TemporaryDirectory(prefix="twolevers-") as folder:
        environment = {**scratch_environment(Path(folder)), "TWOLEVERS_STATIC": "1"}
        try:
            client.execute(env=environment, stderr=subprocess.DEVNULL)  # the kernel's own notices
        except CellExecutionError as error:
            said = " ".join(f"{error.ename}: {error.evalue}".split())[:300]
            raise TwoLeversError(f"{lesson.name}, {_failed_cell(notebook)}: {said}") from error
        except CellTimeoutError as error:
            raise TwoLeversError(f"{lesson.name}: a cell ran for more than {CELL_SECONDS} s.") from error
        except DeadKernelError as error:
            raise TwoLeversError(f"{lesson.name}: the kernel died; is there memory left?") from error
    return notebook


def _failed_cell(notebook: "NotebookNode") -> str:
    for number, cell in enumerate(notebook.cells, start=1):
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            return f"cell {number} (id {cell.id})"
    return "a cell"


def _fingerprint(lesson: Path) -> str:
    """Hash of the notebook, the library's files and the tables: whatever may change a lesson's outputs."""
    library = Path(__file__).resolve().parents[1]
    files = [path for path in library.rglob("*") if path.relative_to(library).parts[0] not in OUTSIDE]
    files += paths.datasets().rglob("*")
    digest = hashlib.sha256(lesson.read_bytes())
    for path in sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
