"""The machine a table was measured on: processor, memory, instruction sets, versions, rate of matrix products."""

import os
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.worker import Side, Worker

SIZE = 2048  # a square product this large runs at the processor's rate, not its memory's
PRODUCTS = 8
PACKAGES = (
    *("torch", "transformers", "peft", "accelerate", "tokenizers", "lancedb", "numpy"),
    *("ctranslate2", "openvino", "openvino-genai", "xllamacpp", "pymilvus"),
)


class Gemm:
    """Dense products of square matrices: what the model's arithmetic is measured against."""

    def __init__(self, dtype: str):
        import torch

        from twolevers.paths import threads

        torch.set_num_threads(threads())
        self.left, self.right = (torch.randn(SIZE, SIZE).to(getattr(torch, dtype)) for _ in range(2))

    def run(self, work: object) -> int:
        """`PRODUCTS` products, whatever the work; returns their floating point operations."""
        for _ in range(PRODUCTS):
            self.left @ self.right
        return PRODUCTS * 2 * SIZE**3

    def keep(self, result: int) -> int:
        """The number of operations."""
        return result


def gemm(dtype: str) -> Side:
    """The rate of matrix products in `dtype` as a side: its result is the operations of one run."""
    return Side(f"matrix products, {dtype}", "benchmarks.machine:Gemm", {"dtype": dtype})


def kind() -> str:
    """The class of this machine, a folder's name: instruction set and number format, as "avx512-bfloat16"."""
    import platform

    import torch

    from twolevers.models import speed

    sets = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    allowed = os.environ.get("ATEN_CPU_CAPABILITY", "")  # fewer than the processor has: another class of machine
    wide = [("amx", "amx_bf16"), ("avx512", "avx512_f"), ("avx2", "avx2")]
    names = [name for name, feature in wide if sets.get(feature)] or [platform.machine().lower()]
    form = speed.INT8 if speed.int8() else str(speed.dtype()).removeprefix("torch.")
    return f"{allowed if allowed == 'avx2' else names[0]}-{form}"


def describe() -> dict[str, Any]:
    """Everything about the machine that a reader of the tables needs; measures two rates (about 5 s)."""
    import platform

    import psutil
    import torch

    from twolevers.evaluate.evidence import machine, now
    from twolevers.paths import threads

    sets = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return {
        "machine": machine(),
        "cores": os.cpu_count(),
        "threads": threads(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "instruction_sets": sorted(name for name, has in sets.items() if has is True),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "gemm_gflops": {dtype: round(_rate(dtype)) for dtype in ("float32", "bfloat16")},
        "measured": now(),
    }


def _rate(dtype: str) -> float:
    """GFLOP/s of the fastest of three runs."""
    with Worker(gemm(dtype)) as worker:
        worker.ready()
        runs = [worker.run(None) for _ in range(4)][1:]
    return max(run.result / run.seconds for run in runs) / 1e9


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
