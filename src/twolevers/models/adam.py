"""Adam (Kingma and Ba 2015, algorithm 1) with clipped gradients.

Written out, since torch's own imports the compiler at its first step: 150 MB and seconds of every lesson.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

BETAS = (0.9, 0.999)
EPSILON = 1e-8
LONGEST = 1.0  # length that the gradient of all parameters together is cut to


class Adam:
    """Keeps both moments of `parameters` and moves them; the same numbers as `torch.optim.Adam` after clipping."""

    def __init__(self, parameters: Sequence[Tensor]):
        self.parameters, self.steps = list(parameters), 0
        self.moments = [(torch.zeros_like(each), torch.zeros_like(each)) for each in self.parameters]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move every parameter against its gradient, which is dropped. Parameters without one stay."""
        self.steps += 1
        first, second = (1 - beta**self.steps for beta in BETAS)
        moved = [
            (each, *kept) for each, kept in zip(self.parameters, self.moments, strict=True) if each.grad is not None
        ]
        length = torch.stack([each.grad.norm() for each, _, _ in moved]).norm() if moved else torch.zeros(())
        cut = min(1.0, LONGEST / (float(length) + 1e-6))
        for each, mean, square in moved:
            gradient = each.grad.mul_(cut)
            mean.lerp_(gradient, 1 - BETAS[0])
            square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
            each.addcdiv_(mean, (square / second).sqrt_().add_(EPSILON), value=-rate / first)
            each.grad = None
