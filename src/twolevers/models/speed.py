"""How fast this machine multiplies in each number format: measured once, and what the model runs in follows from it."""

import contextlib
import functools
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import linear

from twolevers import paths
from twolevers.errors import UsageError
from twolevers.models.native.int8 import Rounded, exact

FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
INT8 = "int8"  # for answering alone: training then runs in float32
RATES = (*FORMATS, INT8)
SHAPE = (512, 576, 3072)  # tokens, in and out: the product that dominates the default model's work
SECONDS, REPEATS = 0.2, 12  # for each format
WORTH = 1.2  # bfloat16 rounds coarsely: it must be faster by this
WORTH_INT8 = 2.0  # 8-bit integers round more coarsely, and activations stay in float32


def dtype() -> torch.dtype:
    """What the model runs in: `TWOLEVERS_DTYPE`, else bfloat16 where it was measured to be fast, else float32.

    Raises UsageError when the variable names another format.
    """
    if chosen := _chosen():
        return FORMATS.get(chosen, torch.float32)
    speeds = kept()
    return torch.bfloat16 if speeds["bfloat16"] > WORTH * speeds["float32"] else torch.float32


def int8() -> bool:
    """Whether a model that runs in float32 answers in 8-bit integers: asked for, or measured to be fast and right."""
    if chosen := _chosen():
        return chosen == INT8
    speeds = kept()
    return dtype() == torch.float32 and speeds[INT8] > WORTH_INT8 * speeds["float32"]


def _chosen() -> str:
    chosen = os.environ.get("TWOLEVERS_DTYPE", "")
    if chosen and chosen not in RATES:
        raise UsageError(f"TWOLEVERS_DTYPE={chosen!r} is not known: unset it, or set {', '.join(RATES)}.")
    return chosen


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
            return {name: float(found["gflops"][name]) for name in RATES}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none yet, of another machine, or damaged: measured again
    speeds = measure()
    with contextlib.suppress(OSError):  # a home that cannot be written to is the doctor's to report
        paths.write_atomically(file, json.dumps({**machine, "gflops": speeds}, indent=2) + "\n")
    return speeds


def measure() -> dict[str, float]:
    """GFLOP/s by format now: the best of several products after a warm-up, formats in turn. Under a second.

    8-bit integers count as 0 where their products are not right.
    """
    torch.set_num_threads(paths.threads())
    tokens, width, out = SHAPE
    products: dict[str, Callable[[], Tensor]] = {
        name: functools.partial(linear, torch.ones(tokens, width, dtype=kind), torch.ones(out, width, dtype=kind))
        for name, kind in FORMATS.items()
    }
    if exact():
        products[INT8] = functools.partial(Rounded(torch.ones(out, width)), torch.ones(tokens, width))
    best, spent = dict.fromkeys(RATES, float("inf")), dict.fromkeys(RATES, 0.0)
    for repeat in range(REPEATS + 1):
        for name, product in products.items():
            if spent[name] > SECONDS:
                continue
            began = time.perf_counter()
            product()
            seconds = time.perf_counter() - began
            spent[name] += seconds
            if repeat or seconds > SECONDS:  # the first call compiles
                best[name] = min(best[name], seconds)
    return {name: round(2 * tokens * width * out / seconds / 1e9, 1) for name, seconds in best.items()}
