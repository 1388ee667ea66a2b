"""Lesson 09 on the ladder: is the style in the weights not worse than the long prompt, on models of other sizes?"""

from dataclasses import replace

from twolevers.arms.few_shot import FewShot
from twolevers.arms.tuned import Tuned
from twolevers.lessons.common.bench import check_leaks
from twolevers.lessons.common.ladder.central import Asked, Central
from twolevers.lessons.prompt_length import distil
from twolevers.lessons.prompt_length import experiment as lesson
from twolevers.lessons.style_and_tone import experiment as style_and_tone
from twolevers.lessons.style_and_tone import ladder as style_ladder
from twolevers.lessons.style_and_tone.experiment import LONGEST, REPLY

PAIRED = {(arm, "long_prompt"): "C10" for arm in lesson.NOT_WORSE}
CONTEST = replace(lesson.ALLOWING, pairs=PAIRED)


def central() -> Central:
    """Rules kept by each adapter and by the long prompt, on the letters of lesson 07's contest."""
    arms = {"long_prompt": long_prompt, "distilled": distilled, "tuned": style_ladder.tuned}
    return Central(CONTEST, style_ladder.questions, arms, style_ladder.with_rules, trained=("distilled", "tuned"))


def long_prompt(asked: Asked) -> FewShot:
    """The whole guide and solved letters, read again for each letter."""
    material = style_and_tone.taught(asked.bench)
    return FewShot(asked.bench.model, lesson.examples(material), lesson.guide(), LONGEST)


def distilled(asked: Asked) -> Tuned:
    """One line, and an adapter that learned from what this model itself wrote with the guide."""
    material = style_and_tone.taught(asked.bench)
    check_leaks([letter for letter, *_ in material], asked.questions, unseen=True)
    written = distil.write(asked.bench, material)
    asked.trained.append(written.frame["kept"].value_counts().to_dict())
    recipe = replace(style_and_tone.RECIPE, epochs=written.epochs)
    done = asked.train(f"{len(written.pairs)} replies of the teacher", written.pairs, recipe)
    return Tuned(asked.bench.model.adapted(done.adapter), REPLY, LONGEST)
