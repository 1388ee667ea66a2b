"""Exercise 07: a prompt to beat, on the real model. The learner writes an instruction and picks replies to show."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from twolevers.arms.few_shot import FewShot
from twolevers.lessons.common import house_style
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.style_and_tone import experiment as lesson
from twolevers.models.api import Example

LETTERS = 6  # dev letters: few, so that a trial takes seconds; no verdict
MOST = 3  # replies that may be shown
ROOM = 480  # prompt tokens; the whole guide alone takes twice as many
AHEAD = 0.25  # of the rules kept, before the one line
EASY = {"instruction": lesson.REPLY, "shown": []}


@dataclass(frozen=True)
class Trial:
    """What the exercise needs: the bench, and the house's letters with their replies."""

    bench: Workbench
    solved: list[Example]

    @classmethod
    def load(cls) -> "Trial":
        """The course's model with the training letters of lesson 07."""
        bench = Workbench.load()
        return cls(bench, lesson.solved(lesson.taught(bench)))

    def replies(self, instruction: str, shown: Sequence[int]) -> pd.DataFrame:
        """Replies to the dev letters, scored by `house_style.scored`, with `prompt_tokens`."""
        examples = [self.solved[place] for place in shown]
        arm = FewShot(self.bench.model, examples, instruction, lesson.LONGEST)
        return house_style.scored(self.bench.answer([arm], lesson.tested(self.bench, "dev", LETTERS)))

    def tokens(self, instruction: str, shown: Sequence[int]) -> int:
        """Tokens of the longest prompt."""
        examples = [self.solved[place] for place in shown]
        arm = FewShot(self.bench.model, examples, instruction, lesson.LONGEST)
        chats = arm.chats(lesson.tested(self.bench, "dev", LETTERS))
        return max(len(self.bench.model.encode(chat)) for chat in chats)
