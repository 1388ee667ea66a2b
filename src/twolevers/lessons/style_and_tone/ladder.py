"""Lesson 07 on the ladder: the house's style by the best prompt, by examples and by weights, on other sizes."""

from collections.abc import Sequence
from functools import cache as remember

import pandas as pd

from twolevers.arms.protocol import Arm
from twolevers.arms.tuned import Tuned
from twolevers.data.catalogue import load_catalogue
from twolevers.data.records import Question
from twolevers.data.replies import letters
from twolevers.lessons.common import house_style
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder.central import Asked, Central
from twolevers.lessons.style_and_tone import experiment as lesson
from twolevers.lessons.style_and_tone import trials
from twolevers.models.api import LanguageModel

RIVALS = ("prompt", "few_shot", "retrieved_few_shot")
PAIRED = {("tuned", rival): "C08" for rival in RIVALS}
CONTEST = Contest(lesson.LESSON, lesson.KEPT.metric, PAIRED, lesson.MARGIN, lesson.SEED, lesson.KEPT.score)
DEV = 10  # dev letters on which each rival's instruction is chosen: a larger model is asked once, not by every learner


def central() -> Central:
    """Share of rules kept in replies to letters about products that no training reply names."""
    arms = {way: lambda asked, way=way: untrained(asked, way) for way in RIVALS}
    return Central(CONTEST, questions, arms | {"tuned": tuned}, with_rules, trained=("tuned",))


@remember
def _letters() -> pd.DataFrame:
    """All test letters by turns: the first of each product, then the second, …; the first are those of the lesson."""
    bench = Workbench(None, None, load_catalogue(), None)  # type: ignore[arg-type]  # nothing is asked or searched
    rows = lesson.replies(bench, "test")
    return rows.assign(turn=rows.groupby("product").cumcount()).sort_values("turn", kind="stable", ignore_index=True)


def questions(n: int) -> list[Question]:
    """`n` letters, as many of each product as there can be."""
    return letters(_letters().head(n))


def untrained(asked: Asked, way: str) -> Arm:
    """An arm with the untouched model, in the instruction that keeps most rules on dev letters."""
    bench, material = asked.bench, lesson.taught(asked.bench)
    letters_tried, kept = lesson.tested(bench, "dev", DEV), {}
    for name, told in lesson.prompts().items():
        frame = trials.tried(bench, {way: lesson.untrained(bench, way, told, material)}, letters_tried)
        kept[name] = round(house_style.scored(frame)["rules_kept"].mean(), 6)
    best = max(kept, key=lambda name: kept[name])  # of equals the first, which is the shorter one
    asked.trained.append({"instruction": best})
    return lesson.untrained(bench, way, lesson.prompts()[best], material)


def tuned(asked: Asked) -> Tuned:
    """One line, and an adapter that learned from the house's replies."""
    return Tuned(writing(asked), lesson.REPLY, lesson.LONGEST)


def writing(asked: Asked) -> LanguageModel:
    """The model with an adapter trained on the lesson's larger set of replies."""
    material = lesson.taught(asked.bench)
    check_leaks([letter for letter, *_ in material], asked.questions, unseen=True)
    done = asked.train(f"{len(material)} replies", lesson.pairs(material), lesson.RECIPE)
    return asked.bench.model.adapted(done.adapter)


def with_rules(frame: pd.DataFrame, questions: Sequence[Question]) -> pd.DataFrame:
    """Adds a column per rule and the scores of `house_style`."""
    return house_style.scored(frame)
