"""How many learners one machine carries: a lesson in several kernels at once, each with a home of its own.

`python -m benchmarks.room 1 2 4` runs lesson 01 for one, two and four learners who all start at the same moment, first
with nothing cached but the models (cold), then again in the same homes (warm). Linux and macOS.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from twolevers import paths
from twolevers.errors import TwoLeversError
from twolevers.models.memory import KERNEL
from twolevers.publish.execute import scratch_environment

SERVER_GIB = 0.2  # JupyterLab itself, for one learner
SPARE_GIB = 2.0  # for the system
LAST = """
import json, resource
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


@dataclass(frozen=True)
class Learner:
    """What one learner's run took: seconds on the clock and on the processors, and the kernel's most memory in GiB."""

    seconds: float
    processor_seconds: float
    peak_gib: float


def together(lesson: Path, homes: Sequence[Path]) -> list[Learner]:
    """Run the lesson in all homes at once, one kernel each; raises TwoLeversError when a run fails."""
    threads = str(max(1, paths.threads() // len(homes)))
    command = [sys.executable, "-m", "benchmarks.room", "--one", str(lesson)]
    runs = []
    for home in homes:
        environment = {**KERNEL, **scratch_environment(home), "TWOLEVERS_THREADS": threads}
        runs.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
    said = [run.communicate()[0] for run in runs]
    if any(run.returncode for run in runs):
        raise TwoLeversError(f"{lesson.stem} failed for {sum(run.returncode != 0 for run in runs)} of {len(runs)}.")
    return [Learner(*json.loads(each)) for each in said]


def one(lesson: Path) -> tuple[float, float, float]:
    """Run the lesson in this environment's home: seconds, processor seconds, peak GiB of the kernel."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(lesson, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(LAST))
    client = NotebookClient(notebook, timeout=3600, resources={"metadata": {"path": str(lesson.parent)}})
    start = time.perf_counter()
    client.execute(env=dict(os.environ), stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    processor, peak = json.loads(notebook.cells[-1].outputs[0].text)
    return seconds, processor, peak / (2**30 if sys.platform == "darwin" else 2**20)


def carried(memory_gib: float, peak_gib: float) -> int:
    """An extrapolation: how many learners at work fit into `memory_gib`, each with a kernel and a server."""
    return int((memory_gib - SPARE_GIB) / (peak_gib + SERVER_GIB))


def wait(learners: int, cores: int, processor_seconds: float) -> float:
    """An extrapolation: seconds until the last of so many learners, who start at once, has run the lesson."""
    return max(1.0, learners / cores) * processor_seconds


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="How many learners one machine carries.")
    parser.add_argument("learners", nargs="*", type=int, default=[1, 2, 4])
    parser.add_argument("--lesson", default="01_two_levers")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one)))
        return
    lesson = paths.repository() / "notebooks" / f"{asked.lesson}.ipynb"
    for count in asked.learners:
        with tempfile.TemporaryDirectory() as folder:
            homes = [Path(folder, f"learner-{number}") for number in range(count)]
            for state in ("cold", "warm"):
                found = together(lesson, homes)
                seconds, processor, peak = (
                    [getattr(each, name) for each in found] for name in ("seconds", "processor_seconds", "peak_gib")
                )
                print(
                    f"{count} at once, {state}: {min(seconds):.0f} to {max(seconds):.0f} s, "
                    f"{statistics.median(processor):.0f} processor seconds and at most {max(peak):.2f} GiB each; "
                    f"load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
