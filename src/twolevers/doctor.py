"""Can this machine run the course? One line a check, with what to do where the answer is no."""

import importlib.util
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from twolevers import paths
from twolevers.errors import TwoLeversError, UsageError
from twolevers.lessons.registry import COURSE
from twolevers.models.weights import DEFAULTS, LANGUAGE_MODEL, verify

if TYPE_CHECKING:
    import pandas as pd

PYTHONS = ((3, 11), (3, 13))  # oldest and newest that the pinned packages were tried with
MEMORY_GB = 3.0  # a lesson's kernel stays under 2 GiB; JupyterLab and a browser want the rest
DISK_GB = 2.0  # caches of all lessons, and room for the models
BUSY_PERCENT = 50  # other programs at work disturb the timing from about here
STEP = (8, 64)  # the calibrated step: one forward pass over 8 texts of 64 tokens
PATIENCE_SECONDS = 4.0  # for timing one step on a slow or busy machine
REFERENCE_STEP_SECONDS = 0.25  # on the machine the lessons' minutes were set on: two cores with AVX512-BF16


@dataclass(frozen=True)
class Check:
    """One line of the report. `state`: "ok", "note" (works, but know this) or "fail" (see `remedy`)."""

    name: str
    state: str
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Report:
    """What the doctor found; `timing` holds what was measured here and the estimate scaled from it."""

    checks: tuple[Check, ...]
    timing: dict[str, float]

    @property
    def healthy(self) -> bool:
        """Whether no check failed."""
        return all(check.state != "fail" for check in self.checks)

    def as_frame(self) -> "pd.DataFrame":
        """The checks as a table for a notebook."""
        import pandas as pd

        signs = {"ok": "✓ ok", "note": "! note", "fail": "✗ mend"}
        rows = [(check.name, signs[check.state], check.found, check.remedy) for check in self.checks]
        return pd.DataFrame(rows, columns=["check", "state", "found", "what to do"])

    def text(self) -> str:
        """The report as lines for a terminal: every check, what to do, what was measured."""
        width = max(len(check.name) for check in self.checks)
        lines = [f"{check.state:5} {check.name:{width}}  {check.found}" for check in self.checks]
        lines += [f"To do: {check.name}: {check.remedy}" for check in self.checks if check.remedy]
        float32, bfloat16 = (self.timing[f"matmul_{kind}_gflops"] for kind in ("float32", "bfloat16"))
        lines.append(f"Measured: matrix products {float32:.0f} GFLOP/s in float32, {bfloat16:.0f} in bfloat16.")
        if "forward_seconds" in self.timing:
            forward, minutes = self.timing["forward_seconds"], self.timing["course_minutes_estimate"]
            lines += [
                f"Measured: one pass of the model over 8 texts of 64 tokens {forward:.2f} s.",
                f"Estimate, in proportion to that pass: at most {minutes:.0f} min of machine time for all lessons.",
            ]
        return "\n".join(lines)

    def as_dict(self) -> dict:
        """The report as plain JSON types."""
        return {"ok": self.healthy, "checks": [asdict(check) for check in self.checks], "timing": self.timing}


def examine(verify_weights: bool = True) -> Report:
    """Run every check, then time one step (about 3 s in all).

    `verify_weights` compares the models' hashes, else only their sizes. A poor machine raises nothing: saying
    so is the report's work.
    """
    checks = (
        _python(),
        _memory(),
        _disk(),
        _threads(),
        _number_format(),
        *(_model(model, verify_weights) for model in DEFAULTS),
        _jupyterlab(),
        _browser(),
    )
    timing = _matmul()
    # A damaged model is already reported; timing it would only fail a second time.
    if not verify(LANGUAGE_MODEL, hashes=False):
        timing |= _forward()
    return Report(checks, timing)


def _python() -> Check:
    found = f"{platform.python_version()} at {sys.executable}"
    if PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        return Check("Python", "ok", found)
    wanted = " to ".join(".".join(map(str, version)) for version in PYTHONS)
    return Check("Python", "fail", found, f"Install Python {wanted}, then `make clean` and `make lab PYTHON=...`.")


def _memory() -> Check:
    import psutil

    free = psutil.virtual_memory().available / 1e9
    found = f"{free:.1f} GB free of {psutil.virtual_memory().total / 1e9:.1f} GB"
    if free >= MEMORY_GB:
        return Check("Memory", "ok", found)
    return Check("Memory", "fail", found, f"Close other programs and kernels until {MEMORY_GB:.0f} GB are free.")


def _disk() -> Check:
    home = paths.home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        found = f"cannot write to {home} ({error.strerror or error})"
        return Check("Disk", "fail", found, "Make it writable, or set TWOLEVERS_HOME to a folder of yours.")
    free = shutil.disk_usage(home).free / 1e9
    found = f"{free:.1f} GB free at {home}"
    if free >= DISK_GB:
        return Check("Disk", "ok", found)
    return Check("Disk", "fail", found, f"Free {DISK_GB:.0f} GB, or set TWOLEVERS_HOME to a folder on a larger disk.")


def _threads() -> Check:
    try:
        count = paths.threads()
    except TwoLeversError as error:
        return Check("Threads", "fail", "not usable", str(error))
    import psutil

    if (busy := psutil.cpu_percent(interval=0.5)) > BUSY_PERCENT:
        return Check("Threads", "note", f"{count}, busy to {busy:.0f} %: what is timed below comes out too long")
    if count == 1:
        return Check("Threads", "note", "1: everything works, at about half the speed the lessons state")
    return Check("Threads", "ok", str(count))


def _number_format() -> Check:
    import torch

    from twolevers.models import speed

    try:
        chosen, rounds = speed.dtype(), speed.int8()
    except UsageError as error:
        return Check("Number format", "fail", "not usable", str(error))
    except TwoLeversError:
        return Check("Number format", "note", "not measured: the threads are not usable")
    found = ", ".join(f"{name} {rate:.0f}" for name, rate in speed.kept().items())
    name = str(chosen).removeprefix("torch.") + (", answers in int8" if rounds else "")
    found = f"{name} (measured, GFLOP/s: {found})"
    if chosen == torch.bfloat16:
        return Check("Number format", "ok", found)
    return Check("Number format", "note", f"{found}: trains about half as fast as a processor with fast bfloat16")


def _model(model, hashes: bool) -> Check:
    problems = verify(model, hashes)
    if problems:
        return Check(model.name, "fail", "not ready", " ".join(problems))
    return Check(model.name, "ok", f"{'verified' if hashes else 'present'} at {model.folder}")


def _jupyterlab() -> Check:
    missing = [name for name in ("jupyterlab", "ipykernel", "anywidget") if importlib.util.find_spec(name) is None]
    if missing:
        return Check("JupyterLab", "fail", f"{', '.join(missing)} missing", "Run `make lab`, which installs it.")
    from importlib.metadata import version

    return Check("JupyterLab", "ok", version("jupyterlab"))


def _browser() -> Check:
    import webbrowser

    try:
        webbrowser.get()
    except webbrowser.Error:
        return Check("Browser", "note", "none on this machine: use `--no-browser` and open the address it prints")
    return Check("Browser", "ok", "found")


def _matmul() -> dict[str, float]:
    """Speed of the multiplication that dominates the model, in each number format: GFLOP/s."""
    from twolevers.models import speed

    return {f"matmul_{name}_gflops": rate for name, rate in speed.measure().items()}


def _forward() -> dict[str, float]:
    """Seconds of one calibrated step of the real model; in proportion to it, the stated minutes to run all lessons."""
    import torch

    from twolevers.models.native.model import NativeModel

    model = NativeModel.load(LANGUAGE_MODEL.name)
    ids = torch.arange(STEP[0] * STEP[1]).reshape(STEP).tolist()
    with torch.inference_mode():
        seconds = _fastest(lambda: model.decoder.prefill(ids), repeats=3)
    stated = sum(row.minutes.run for row in COURSE)
    estimate = stated * seconds / REFERENCE_STEP_SECONDS
    return {"forward_seconds": round(seconds, 3), "course_minutes_estimate": round(estimate, 1)}


def _fastest(step: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of up to `repeats` runs after a warm-up: the one other programs disturbed least."""
    step()
    taken: list[float] = []
    while len(taken) < repeats and sum(taken) < PATIENCE_SECONDS:
        start = time.perf_counter()
        step()
        taken.append(time.perf_counter() - start)
    return min(taken)
