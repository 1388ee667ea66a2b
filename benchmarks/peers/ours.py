"""Our own side of the races: the engine as the lessons call it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers.jobs import TrainJob

if TYPE_CHECKING:
    from twolevers.models.api import Chat, Training


class Train:
    """`twolevers.models.native.lora.train`; `layers` overrides the recipe's number of tuned layers."""

    def __init__(self, folder: str, scratch: str, layers: int | None = None):
        from twolevers.models.native.model import NativeModel

        self.model, self.scratch, self.layers = NativeModel.load(folder), Path(scratch), layers

    def run(self, job: TrainJob) -> "tuple[TrainJob, Training]":
        """Train one adapter, from chats to matrices."""
        from twolevers.models.native.lora import train

        recipe = replace(job.recipe, layers=self.layers) if self.layers else job.recipe
        return job, train(self.model, job.examples, recipe)

    def keep(self, result: "tuple[TrainJob, Training]") -> str:
        """The folder of the saved adapter."""
        job, training = result
        return str(training.adapter.save(self.scratch / f"{job.name}-{self.layers or 'recipe'}-{job.recipe.seed}"))


class Answer:
    """`NativeModel.generate` in its default precision, or in the named one."""

    def __init__(self, folder: str, dtype: str | None = None):
        import torch

        from twolevers.models.native.model import NativeModel

        self.model = NativeModel.load(folder, dtype and getattr(torch, dtype))

    def run(self, chats: "Sequence[Chat]") -> list[str]:
        """Texts of the answers, in order."""
        return [done.text for done in self.model.generate(chats)]

    def keep(self, result: list[str]) -> list[str]:
        """The texts."""
        return result
