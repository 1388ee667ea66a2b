"""Where a model runs: the processor, or a GPU that PyTorch can use."""

from twolevers.errors import UsageError

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose(device: str = "auto") -> str:
    """The device that "auto" means here, or the one named. Raises UsageError where it is unknown or not there."""
    if device not in DEVICES:
        raise UsageError(f"There is no device {device!r}: choose from {', '.join(DEVICES)}.")
    if device == "cpu":
        return device
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next((name for name, found in there.items() if found), "cpu")
    if not there[device]:
        raise UsageError(
            f"This PyTorch ({torch.__version__}) finds no {device} device here: use --device cpu, or install the "
            "build for your GPU (see pytorch.org/get-started)."
        )
    return device
