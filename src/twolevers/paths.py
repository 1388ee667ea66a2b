"""What the rest stands on: where things live on disk, how to write there safely, and what runs here."""

import os
import platform
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from twolevers.errors import TwoLeversError


def home() -> Path:
    """Folder for models, cache, ledger and progress (`TWOLEVERS_HOME`, else the platform's user data folder)."""
    chosen = os.environ.get("TWOLEVERS_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_path("twolevers"))


def models() -> Path:
    """Folder of the default models (`TWOLEVERS_MODELS`, for one that many learners only read; else in the home)."""
    chosen = os.environ.get("TWOLEVERS_MODELS")
    return Path(chosen).expanduser() if chosen else home() / "models"


def repository() -> Path:
    """The course's checkout: the nearest folder, from here or the working folder upward, that holds the course."""
    for start in (Path(__file__).resolve(), Path.cwd().resolve()):
        for folder in (start, *start.parents):
            if (folder / "notebooks").is_dir() and (folder / "datasets").is_dir():
                return folder
    raise TwoLeversError(
        f"No course folder (notebooks/, datasets/) at or above {Path.cwd()}: run from inside the cloned repository."
    )


def datasets() -> Path:
    """The folder of committed data tables."""
    return repository() / "datasets"


def threads() -> int:
    """Worker threads for the models (`TWOLEVERS_THREADS`, else the processors this process may use).

    Never more than OMP_NUM_THREADS: in it joblib and Dask tell a worker process its share of the machine.
    """
    chosen = os.environ.get("TWOLEVERS_THREADS", "")
    if chosen and not (chosen.isdigit() and int(chosen) > 0):
        raise TwoLeversError(f"TWOLEVERS_THREADS={chosen!r} is not a positive whole number: unset it or set e.g. 2.")
    if chosen:
        wanted = int(chosen)
    else:
        wanted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = os.environ.get("OMP_NUM_THREADS", "")
    return min(wanted, int(share)) if share.isdigit() and int(share) > 0 else wanted


def processor() -> str:
    """The processor's name as the system gives it."""
    try:
        named = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        named = None
    return " ".join(named[1].split()) if named else platform.processor() or platform.machine()


@contextmanager
def only_writer(path: Path, what: str) -> Iterator[None]:
    """Hold the lock of a file for the block, so that two kernels do not write at once.

    Raises TwoLeversError, naming `what` is written, when another holds it for 10 s or the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=10):
            yield
    except Timeout:
        raise TwoLeversError(
            f"{path} has been locked by another program for 10 s: close it, then run the cell again."
        ) from None
    except OSError as error:
        raise TwoLeversError(
            f"{what} could not be written to {path} ({error.strerror or error}): free some space or set "
            "TWOLEVERS_HOME to a folder you can write to."
        ) from error


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` whole or not at all: a killed process leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
