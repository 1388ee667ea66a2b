"""Lesson 09: the guide distilled. A teacher reads the guide and writes replies; a student learns from them without it.

Context distillation (Askell et al. 2021, arXiv 2112.00861, section 2; Snell et al. 2022, arXiv 2209.15189), with
rejection: only replies that pass the eight rules and state the fact are taught. Teacher and student are the same model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from twolevers.arms.worked import WorkedRag
from twolevers.evaluate.brand_rules import RULES
from twolevers.lessons.common import house_style
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.style_and_tone import experiment as style_and_tone
from twolevers.lessons.style_and_tone.experiment import LONGEST, RECIPE, SHOTS, Taught
from twolevers.models.api import Example, Training

ASKED = 64  # letters that the teacher answers
LEAST = 12  # replies to learn from: filled up with the next best where fewer pass
SEEN = 144  # replies seen in training, repeats counted: as many as the adapter on the house's own replies sees
PASSED, FILLED, LEFT = "passed", "next best", "left out"


@dataclass(frozen=True)
class TeacherReplies:
    """What the teacher wrote, one row a reply (`house_style.scored`), with `kept`: one of the three words above."""

    frame: pd.DataFrame
    pairs: list[Example]

    @property
    def epochs(self) -> int:
        """Epochs, so that about `SEEN` replies are seen whatever their number."""
        return max(1, round(SEEN / len(self.pairs)))


def teacher(bench: Workbench, material: Sequence[Taught]) -> WorkedRag:
    """The untouched model with the whole guide, solved letters and the letter's own passage."""
    shown = style_and_tone.pairs(material[:SHOTS])
    guide = style_and_tone.prompts()["the whole guide"]
    return WorkedRag(bench.model, bench.retriever, style_and_tone.K, shown, guide, LONGEST)


def write(bench: Workbench, material: Sequence[Taught]) -> TeacherReplies:
    """Let the teacher answer training letters that its prompt does not show; keep the replies that pass."""
    asked = material[SHOTS : SHOTS + ASKED]
    frame = house_style.scored(bench.answer([teacher(bench, material)], [letter for letter, *_ in asked]))
    frame = frame.assign(kept=sift(frame))
    pairs = [
        Example(style_and_tone.pairs([one])[0].chat, said)
        for one, said, kept in zip(asked, frame["text"], frame["kept"], strict=True)
        if kept != LEFT
    ]
    return TeacherReplies(frame, pairs)


def sift(frame: pd.DataFrame) -> list[str]:
    """For each reply whether it passed (all rules kept, fact right), fills up to `LEAST`, or is left out."""
    passed = frame["all_kept"] & frame["correct"]
    missing = max(0, LEAST - int(passed.sum()))
    order = frame[~passed].sort_values(["rules_kept", "correct"], ascending=False, kind="stable").index[:missing]
    return [PASSED if passed[row] else FILLED if row in order else LEFT for row in frame.index]


def sifted(replies: TeacherReplies) -> pd.DataFrame:
    """One row per word of `sift`: replies, mean of the rules kept, facts right."""
    groups = replies.frame.groupby("kept", sort=False)
    table = groups.agg(replies=("text", "size"), rules=("rules_kept", "mean"), facts=("correct", "mean"))
    table = table.reindex([word for word in (PASSED, FILLED, LEFT) if word in table.index]).reset_index()
    return table.rename(columns={"kept": "the teacher's replies", "rules": "rules kept", "facts": "facts right"})


def lost(replies: TeacherReplies) -> pd.DataFrame:
    """Share of the teacher's replies that keep each rule: at which ones it fails."""
    names = [rule.name for rule in RULES]
    return replies.frame[names].mean().rename_axis("rule").rename("kept by the teacher").reset_index()


def train(bench: Workbench, replies: TeacherReplies) -> Training:
    """Tune the student on what was kept, under the one line and without the guide."""
    recipe = replace(RECIPE, epochs=replies.epochs)
    return bench.train(f"{len(replies.pairs)} replies of the teacher", replies.pairs, recipe)
