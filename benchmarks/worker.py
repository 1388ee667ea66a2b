"""A competitor in a fresh process of its own, kept alive through the repeats."""

import multiprocessing
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from twolevers.errors import TwoLeversError
from twolevers.paths import threads

THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


class Competitor(Protocol):
    """What a worker runs. The constructor loads everything; neither it nor `keep` is timed."""

    def run(self, work: Any) -> Any:
        """Do the work: this call is what is timed."""

    def keep(self, result: Any) -> Any:
        """What the bench needs of the result, as plain values."""


@dataclass(frozen=True)
class Side:
    """One competitor by name: `factory` ("module:Class") is called with `settings` inside its process.

    `needs` are the modules it imports beyond the course's own; `note` says how it is set up.
    """

    name: str
    factory: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Run:
    """One timed run: seconds of `Competitor.run`, and what `keep` made of its result."""

    seconds: float
    result: Any


class Worker:
    """The process of one side: `with Worker(side) as worker: worker.run(work)`."""

    def __init__(self, side: Side):
        self.side = side
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        job = (theirs, side.factory, dict(side.settings), threads())
        self._process = context.Process(target=_serve, args=job, daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *fault: object) -> None:
        self._pipe.close()
        self._process.join(timeout=10)
        if self._process.is_alive():
            self._process.kill()

    def ready(self) -> None:
        """Wait until it has loaded. Raises TwoLeversError when it could not."""
        self._receive()

    def run(self, work: Any) -> Run:
        """One timed run. Raises TwoLeversError, in one line, when it failed or its process died."""
        self._pipe.send(work)
        return Run(*self._receive())

    def _receive(self) -> Any:
        try:
            fault, value = self._pipe.recv()
        except EOFError:
            self._process.join()
            fault, value = f"its process ended with code {self._process.exitcode}", None
        if fault:
            raise TwoLeversError(
                f"{self.side.name} failed ({fault}): run it alone with --peer to see whether it stays."
            )
        return value


def _serve(pipe: Connection, factory: str, settings: dict[str, Any], count: int) -> None:
    """The process: load, then answer each piece of work with (fault, (seconds, result)) until the pipe closes."""
    # Before any library is imported: they read these once.
    os.environ.update(dict.fromkeys(THREAD_SETTINGS, str(count)))
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    # The repository's own datasets/ and notebooks/ would pass for the packages of these names, were they on the path.
    root = Path(__file__).resolve().parents[1]
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != root]
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # engines print progress and notices of their own
        os.dup2(silence, stream)
    try:
        module, name = factory.split(":")
        side: Competitor = getattr(import_module(module), name)(**settings)
        pipe.send((None, None))
        while True:
            work = pipe.recv()
            began = time.perf_counter()
            result = side.run(work)
            seconds = time.perf_counter() - began
            pipe.send((None, (seconds, side.keep(result))))
    except EOFError:
        return
    except BaseException as error:  # whatever a library raises is told to the bench, which goes on without it
        said = (str(error).strip().splitlines() or [""])[0][:200]
        pipe.send((f"{type(error).__name__}: {said}", None))
