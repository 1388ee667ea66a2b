"""How fast this machine multiplies in each number format: measured once, and what the model runs in follows from it."""

import contextlib
import functools
import json
import os
import time
from pathlib import Path

import torch

from twolevers import paths
from twolevers.errors import UsageError

FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
SHAPE = (512, 576, 3072)  # tokens, in and out: the product that dominates the default model's work
SECONDS, REPEATS = 0.2, 12  # for each format
WORTH = 1.2  # bfloat16 rounds coarsely: it must be faster by this


def dtype() -> torch.dtype:
    """What the model runs in: `TWOLEVERS_DTYPE`, else bfloat16 where it was measured to be fast, else float32.

    Raises UsageError when the variable names another format.
    """
    chosen = os.environ.get("TWOLEVERS_DTYPE", "")
    if chosen and chosen not in FORMATS:
        raise UsageError(f"TWOLEVERS_DTYPE={chosen!r} is not known: unset it, or set float32 or bfloat16.")
    if chosen:
        return FORMATS[chosen]
    speeds = kept()
    return torch.bfloat16 if speeds["bfloat16"] > WORTH * speeds["float32"] else torch.float32


def kept() -> dict[str, float]:
    """GFLOP/s by format, measured on the first call on this machine and kept in `TWOLEVERS_HOME`."""
    return _kept(paths.home() / "speed.json")


@functools.cache
def _kept(file: Path) -> dict[str, float]:
    machine = {"processor": paths.processor(), "threads": paths.threads(), "torch": torch.__version__}
    # The instruction sets that torch was told to use count too: with fewer of them it is another machine.
    machine["capability"] = os.environ.get("ATEN_CPU_CAPABILITY", "") + os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if all(found[key] == value for key, value in machine.items()):
            return {name: float(found["gflops"][name]) for name in FORMATS}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none yet, of another machine, or damaged: measured again
    speeds = measure()
    with contextlib.suppress(OSError):  # a home that cannot be written to is the doctor's to report
        paths.write_atomically(file, json.dumps({**machine, "gflops": speeds}, indent=2) + "\n")
    return speeds


def measure() -> dict[str, float]:
    """GFLOP/s by format now: the best of several products after a warm-up, formats in turn. Under a second."""
    torch.set_num_threads(paths.threads())
    tokens, width, out = SHAPE
    pairs = {
        name: (torch.ones(tokens, width, dtype=kind), torch.ones(out, width, dtype=kind))
        for name, kind in FORMATS.items()
    }
    best = dict.fromkeys(FORMATS, float("inf"))
    spent = dict.fromkeys(FORMATS, 0.0)
    for repeat in range(REPEATS + 1):
        for name, (states, weight) in pairs.items():
            if spent[name] > SECONDS:
                continue
            began = time.perf_counter()
            torch.nn.functional.linear(states, weight)
            seconds = time.perf_counter() - began
            spent[name] += seconds
            if repeat or seconds > SECONDS:  # the first call compiles
                best[name] = min(best[name], seconds)
    return {name: round(2 * tokens * width * out / seconds / 1e9, 1) for name, seconds in best.items()}
