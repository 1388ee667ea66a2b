"""Adam (Kingma and Ba 2015, algorithm 1) with clipped gradients.

Written out, since torch's own imports the compiler at its first step: 150 MB and seconds of every lesson.
"""

import torch
from torch import Tensor

BETAS = (0.9, 0.999)
EPSILON = 1e-8
LONGEST = 1.0  # length that the gradient of all parameters together is cut to


class Adam:
    """Keeps both moments of `values` (n) and moves them; the same numbers as `torch.optim.Adam` after clipping."""

    def __init__(self, values: Tensor, gradients: Tensor):
        self.values, self.gradients, self.steps = values, gradients, 0
        self.mean, self.square, self._root = (torch.zeros_like(values) for _ in range(3))

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move every value against its gradient, which is set to zero."""
        self.steps += 1
        first, second = (1 - beta**self.steps for beta in BETAS)
        gradient = self.gradients.mul_(min(1.0, LONGEST / (float(self.gradients.norm()) + 1e-6)))
        self.mean.lerp_(gradient, 1 - BETAS[0])
        self.square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        torch.div(self.square, second, out=self._root).sqrt_().add_(EPSILON)
        self.values.addcdiv_(self.mean, self._root, value=-rate / first)
        gradient.zero_()
