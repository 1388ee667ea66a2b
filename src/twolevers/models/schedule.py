"""What both engines train by: the batches of an epoch, the learning rate over the steps, the epoch to keep."""

from collections.abc import Callable, Sequence

import torch


def shuffled(lengths: Sequence[int], size: int, generator: torch.Generator) -> list[list[int]]:
    """Batches of similar length in random order: little padding, yet a new mix in each pass."""
    jitter = torch.rand(len(lengths), generator=generator) * 0.2 + 0.9
    order = sorted(range(len(lengths)), key=lambda row: lengths[row] * float(jitter[row]))
    groups = [order[begin : begin + size] for begin in range(0, len(order), size)]
    return [groups[place] for place in torch.randperm(len(groups), generator=generator).tolist()]


def schedule(steps: int, warmup: float) -> Callable[[int], float]:
    """Linear warm-up, then linear decay to a tenth."""
    rising = max(1, int(steps * warmup))
    return lambda step: (step + 1) / rising if step < rising else 1 - 0.9 * (step - rising) / max(1, steps - rising)


def best_epoch(history: list[dict[str, float]]) -> int:
    """Number of the epoch with the least held-out loss; the last where none was measured."""
    scored = [entry for entry in history if "held_out" in entry]
    return int(min(scored, key=lambda entry: entry["held_out"])["epoch"]) if scored else len(history)
