"""What a learner waits for: whole lessons, the import, the model. The peers are the course's own targets."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common import Options, row
from twolevers.errors import TwoLeversError, UsageError
from twolevers.paths import repository

LESSONS = ("01_two_levers", "12_both")
LESSON_SECONDS, KERNEL_GIB, IMPORT_SECONDS, MODEL_SECONDS = 90.0, 2.0, 0.5, 2.0
IMPORT = "import time; start = time.perf_counter(); import twolevers; print(time.perf_counter() - start)"
MODEL = (
    "import time; start = time.perf_counter(); from twolevers.models.native.model import NativeModel; "
    "NativeModel.load(); print(time.perf_counter() - start)"
)


def rows(options: Options) -> list[dict[str, Any]]:
    """Seconds of two lessons in an empty home and again in the same one, their kernels' memory, and the start."""
    if options.peers:
        raise UsageError("The lesson bench has no peers but the targets: leave out --peer.")
    found = [
        _start("import twolevers", IMPORT, IMPORT_SECONDS, "a fresh process", options),
        _start("model ready", MODEL, MODEL_SECONDS, "a fresh process: imports, tokenizer and weights", options),
    ]
    return [*found, *(each for lesson in LESSONS for each in _lesson(lesson, options))]


def _start(case: str, code: str, target: float, note: str, options: Options) -> dict[str, Any]:
    """Seconds that `code` prints, each time in a fresh process; the first one, which warms the disk's cache, is not
    counted."""
    taken = []
    for _ in range(options.repeats + 1):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        taken.append(float(done.stdout))
    options.report(f"{case}: {min(taken[1:]):.2f} s")
    return _row(case, taken[1:], target, "s", note)


def _lesson(lesson: str, options: Options) -> list[dict[str, Any]]:
    from tests.notebooks import run  # the course's own way to run a notebook and watch its kernel
    from twolevers.publish.execute import scratch_environment

    notebook = repository() / "notebooks" / f"{lesson}.ipynb"
    runs: dict[str, list] = {"cold": [], "warm": []}
    for number in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(scratch_environment(Path(folder, "home"))["TWOLEVERS_HOME"])
            for state in runs:
                done = run(notebook, home)
                if done.failures:
                    raise TwoLeversError(f"{lesson} failed: {done.failures[0]}: mend the lesson first.")
                runs[state].append(done)
                options.report(f"repeat {number + 1} of {options.repeats}  {lesson}, {state}: {done}")
    note = "fresh kernel, no network; cold: nothing cached but the models"
    found = [
        _row(f"{lesson}, {state}", [each.seconds for each in done], LESSON_SECONDS, "s", note)
        for state, done in runs.items()
    ]
    peaks = [each.peak_gib for done in runs.values() for each in done]
    return [*found, _row(f"{lesson}, kernel memory", peaks, KERNEL_GIB, "GiB", "most resident memory of the kernel")]


def _row(case: str, ours: list[float], target: float, unit: str, note: str) -> dict[str, Any]:
    return row("lesson", case, "target", ours, [target] * len(ours), unit, note=f"{note}; {os.cpu_count()} cores")
