"""Run notebooks as their reader would: a fresh kernel, a home of its own, no network. The one place that knows nbval.

`python tests/notebooks.py notebooks/*.ipynb` prints what each took, in a scratch home with the real models.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
import psutil
import pytest

from twolevers import paths
from twolevers.decide.capstone import Capstone
from twolevers.models.memory import KERNEL
from twolevers.publish import execute

TESTS = Path(__file__).parent
CUT_NETWORK = TESTS / "cut_network.py"
CELL_SECONDS = 600  # a cell that takes longer hangs
NOTEBOOK_SECONDS = 1500
SAMPLE_SECONDS = 0.2
# Lessons at once: two hold 4 GB, and the tests beside them some.
LANES = 2 if paths.threads() > 1 and psutil.virtual_memory().total > 9e9 else 1
LAST = {"11_the_numbers"}  # measures on the spot what earlier lessons have not
COLOURS = re.compile(r"(\x1b|#x1B)\[[0-9;]*m")  # as the kernel and as XML write them


@dataclass(frozen=True)
class Run:
    """How one run of a notebook went. Cells are numbered among the code cells, from 1."""

    seconds: float  # from the start of the kernel to its end
    peak_gib: float  # most resident memory of the kernel, sampled
    failures: tuple[str, ...]  # "cell 3: ZeroDivisionError: division by zero"
    over_budget: tuple[str, ...]  # "cell 4: 31.0 s of 20 s", by the cell's metadata.twolevers.seconds

    def __str__(self) -> str:
        over = f"  past its time: {', '.join(self.over_budget)}" if self.over_budget else ""
        failed = f"  FAILED: {'; '.join(self.failures)}" if self.failures else ""
        return f"{self.seconds:6.1f} s  {self.peak_gib:5.2f} GiB{over}{failed}"


class Course:
    """The lessons in one home, each run once for all tests that need it, and the copy with its outputs kept.

    In order, as a learner has it: a later lesson finds the adapters and answers of earlier ones, and solutions find
    those of all. The copies lie where `twolevers.publish.execute.executed` looks for them.

    After `begin` they run beside the other tests on one core, and on two as soon as a test waits for them: a lesson
    on one thread takes about a third longer, two at once therefore a third less.
    """

    def __init__(self, home: Path):
        self.home = home
        self.runs: dict[str, Run] = {}  # by what was run: "01_two_levers", "01_two_levers again", …
        self._beside: dict[str, Future[Run]] = {}
        self._lanes = ThreadPoolExecutor(LANES)
        self._cores = threading.Semaphore(LANES - 1)  # the tests have the last
        self._waiting, self._stop = threading.Event(), threading.Event()

    def begin(self, stems: Sequence[str]) -> None:
        """Start on the lessons, in order but for `LAST`, in the environment of now: tests change it for themselves."""
        environment = {**os.environ, "TWOLEVERS_THREADS": str(max(1, paths.threads() // LANES))}
        for stem in sorted(stems, key=lambda stem: (stem in LAST, stem)):
            earlier = tuple(self._beside.values()) if stem in LAST else ()
            prepared = self._prepare(stem, environment)
            self._beside[stem] = self._lanes.submit(self._next, prepared, earlier)

    def _next(self, prepared: Callable[[], Run], earlier: Sequence[Future[Run]]) -> Run:
        wait(earlier)
        with self._cores:
            return prepared()

    def _prepare(self, stem: str, environment: Mapping[str, str]) -> Callable[[], Run]:
        if stem == "14_capstone":
            commit(self.home)
        lesson = paths.repository() / "notebooks" / f"{stem}.ipynb"
        copy = execute.kept(lesson, self.home / "cache")
        shown = {**environment, "TWOLEVERS_STATIC": "1"}
        return partial(run, lesson, self.home, copy=copy, environment=shown, stop=self._stop)

    def lesson(self, stem: str) -> Run:
        """The lesson's only cold run, now or before: as for a deck, its guesses and quiz then as for a learner too."""
        if stem in self._beside:
            if not self._waiting.is_set():
                self._waiting.set()
                self._cores.release()
            self.runs[stem] = self._beside[stem].result()
        elif stem not in self.runs:
            self.runs[stem] = self._prepare(stem, os.environ)()
        return self.runs[stem]

    def run(self, what: str, notebook: Path) -> Run:
        """Run a notebook in the home of the lessons, as a learner would; reported as `what`."""
        self.runs[what] = run(notebook, self.home)
        return self.runs[what]

    def close(self) -> None:
        """End what still runs, when tests end early."""
        self._stop.set()
        self._lanes.shutdown(cancel_futures=True)


def commit(home: Path) -> None:
    """The five steps of lesson 14 for the brief that its notebook names: without them no contest is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWOLEVERS_HOME", str(home))
        work = Capstone("price_desk")
        if "commit" not in work.done():
            work.score({"quality": 5, "freshness": 5, "sources": 2, "cost": 3, "speed": 4, "start": 3})
            work.pick("rag")
            work.justify("Prices must be right and fresh each morning, within the budget; no evidence is cited.")
            work.change("If fewer than 50 of 100 answers are right, go back to the telephone.", 400)
            work.commit()


def run(
    notebook: Path,
    home: Path,
    cell_seconds: float = CELL_SECONDS,
    seconds: float = NOTEBOOK_SECONDS,
    copy: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    stop: threading.Event | None = None,
) -> Run:
    """Run all cells of `notebook` offline with `home` as TWOLEVERS_HOME; compare the outputs tagged for it.

    The notebook with its outputs goes to `copy` when no cell failed. `stop` ends the run.
    """
    with tempfile.TemporaryDirectory() as scratch:
        settings, report, log = (Path(scratch, name) for name in ("pytest.ini", "report.xml", "log"))
        settings.write_text("[pytest]\n")  # the project's own settings are not for cells
        options = ("--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={cell_seconds:g}")
        quiet = ("-p", "no:cacheprovider", "-p", "no:timeout", "-c", str(settings), f"--junitxml={report}")
        keep = ("-p", "executed_copy", f"--executed-copy={copy}") if copy else ()
        python = (sys.executable, str(CUT_NETWORK), sys.executable)
        command = [*python, "-m", "pytest", *options, *quiet, *keep, str(notebook)]
        search = os.pathsep.join(filter(None, (str(TESTS), environment.get("PYTHONPATH"))))  # for the plugin
        own = {"PYTHONPATH": search, "TWOLEVERS_HOME": str(home), "HF_HUB_OFFLINE": "1"}
        environment = {**KERNEL, **environment, **own}  # as `twolevers lab` starts kernels
        start = time.perf_counter()
        with log.open("wb") as stream:
            process = psutil.Popen(command, env=environment, cwd=TESTS.parent, stdout=stream, stderr=stream)
            peak = _watch(process, start + seconds, stop or threading.Event())
        taken = time.perf_counter() - start
        times, failures = _read(report)
        if process.returncode and not failures:
            failures = [f"no report (exit {process.returncode}): {log.read_text(errors='replace')[-500:].strip()}"]
    return Run(taken, peak / 2**30, tuple(failures), tuple(_over_budget(notebook, times)))


def errors(notebook: Path, home: Path) -> dict[str, tuple[str, str]]:
    """Run all cells, on past errors; what each failing cell raised: {cell id: (exception's name, message)}."""
    from nbclient import NotebookClient

    read = nbformat.read(notebook, as_version=4)
    where = {"metadata": {"path": str(notebook.parent)}}
    client = NotebookClient(read, timeout=CELL_SECONDS, kernel_name="python3", allow_errors=True, resources=where)
    client.execute(env={**os.environ, "TWOLEVERS_HOME": str(home)}, stderr=subprocess.DEVNULL)
    found = ((cell.id, output) for cell in read.cells for output in cell.get("outputs", []))
    return {name: (output.ename, output.evalue) for name, output in found if output.output_type == "error"}


def _watch(process: psutil.Popen, deadline: float, stop: threading.Event) -> int:
    """Wait for the process, ending it at the deadline or when told to; the most bytes its kernel held."""
    peak = 0
    while process.poll() is None:
        held = 0
        try:
            for child in process.children(recursive=True):
                # The kernel itself: the pytest process that drives it is not the learner's.
                if any("ipykernel" in word for word in child.cmdline()):
                    held += child.memory_info().rss
        except psutil.Error:  # a process ended between two looks
            continue
        peak = max(peak, held)
        if time.perf_counter() > deadline or stop.is_set():
            with suppress(psutil.Error):
                for child in [*process.children(recursive=True), process]:
                    child.kill()
        time.sleep(SAMPLE_SECONDS)
    return peak


def _read(report: Path) -> tuple[list[float], list[str]]:
    """Seconds of each cell and one line for each failure, from pytest's report."""
    if not report.exists():
        return [], []
    times, failures = [], []
    for number, case in enumerate(ElementTree.parse(report).iter("testcase"), start=1):
        times.append(float(case.get("time", 0)))
        fault = case.find("failure") if case.find("failure") is not None else case.find("error")
        if fault is not None:
            lines = [line.strip() for line in COLOURS.sub("", fault.text or "").splitlines() if line.strip()]
            failures.append(f"cell {number}: {lines[-1][:300] if lines else fault.get('message')}")
    return times, failures


def _over_budget(notebook: Path, times: list[float]) -> list[str]:
    cells = [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]
    over = []
    for number, (cell, seconds) in enumerate(zip(cells, times, strict=False), start=1):
        budget = cell.metadata.get("twolevers", {}).get("seconds")
        if budget is not None and seconds > budget:
            over.append(f"cell {number}: {seconds:.1f} s of {budget:g} s")
    return over


if __name__ == "__main__":
    for each in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as folder:
            own = Path(execute.scratch_environment(Path(folder, "home"))["TWOLEVERS_HOME"])
            for state in ("cold", "warm"):
                print(f"{each.stem:24} {state}  {run(each, own)}", flush=True)
