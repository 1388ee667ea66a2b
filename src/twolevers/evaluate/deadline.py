"""A moment by which work has to end, asked between two pieces of it."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """`at` on `clock` (seconds); without them it never comes."""

    at: float = math.inf
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        """That many seconds from now."""
        return cls(clock() + seconds, clock)

    @property
    def left(self) -> float:
        """Seconds until then; negative when it has passed."""
        return self.at - self.clock()

    def sooner(self, seconds: float) -> "Deadline":
        """The moment that many seconds before."""
        return Deadline(self.at - seconds, self.clock)
