"""Exercise 07: each plausible mistake gets its own hint."""

import re

import pytest
from checking import hint

from twolevers.evaluate.statistics import compare
from twolevers.lessons.style_and_tone import checks

pytestmark = pytest.mark.usefixtures("home")
NAMES = list(checks.NAMES)


def by_pattern(pattern, flags=re.IGNORECASE, words=None):
    """A check of house terms that looks for `pattern` with each word in it."""
    return lambda text, terms: not any(re.search(pattern.format(word), text, flags) for word in words or terms)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (by_pattern("{}"), "inside another word"),
        (by_pattern(r"\b{}s?\b", flags=0), "compare without case"),
        (by_pattern(r"\b{}\b"), "the plural is the everyday word"),
        (by_pattern(r"\b{}s?\b", words=["kettle", "oven"]), "every word of `terms`"),
        (lambda text, terms: not set(text.lower().split()) & {*terms, *(f"{w}s" for w in terms)}, "leaves it on"),
        (lambda text, terms: any(house in text for house in terms.values()), "inside another word"),
        (lambda text, terms: not by_pattern(r"\b{}s?\b")(text, terms), "no everyday word stands in it"),
        (lambda text, terms: None, "is there a `return`"),
        (True, "leave off the brackets"),
    ],
)
def test_house_terms_name_the_mistake(function, said):
    assert said in hint(checks.house_terms, function)


REPLIES = checks.practice_replies()


def scores(mean=None, whole=None, both=None):
    """The three scores of each arm, with one of them computed otherwise."""
    found = {}
    for arm, rows in REPLIES.groupby("arm"):
        kept = rows[NAMES].all(axis=1)
        values = (rows[NAMES].to_numpy().mean(), kept.mean(), (kept & rows["fact"]).mean())
        wrong = (mean, whole, both)
        found[arm] = {
            name: float(other(rows, kept) if other else value)
            for name, value, other in zip(checks.SCORES, values, wrong, strict=True)
        }
    return found


def test_the_three_scores_are_right():
    checks.three_scores(scores(), REPLIES)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (0.5, "Make a dictionary"),
        ({"guide": {}}, "the keys should be the arms bare, guide, tuned"),
        (dict.fromkeys(["bare", "guide", "tuned"], 0.5), "a dictionary with the keys mean, all_eight"),
        (scores(mean=lambda rows, kept: rows[NAMES].sum(axis=1).mean()), "divide the rules kept by eight"),
        (scores(mean=lambda rows, kept: rows[[*NAMES, "fact"]].to_numpy().mean()), "a ninth rule"),
        (scores(both=lambda rows, kept: rows["fact"].mean()), "that cannot be"),
        (scores(whole=lambda rows, kept: rows[NAMES].mean().prod()), "look at each reply"),
        (scores(whole=lambda rows, kept: rows[NAMES].to_numpy().mean() ** 8), "to the power of 8"),
        (scores(whole=lambda rows, kept: 0.9), "Each score is the mean"),
        (scores(both=lambda rows, kept: kept.mean() * rows["fact"].mean()), "in the same reply"),
    ],
)
def test_scores_name_the_mistake(answer, said):
    assert said in hint(checks.three_scores, answer, REPLIES)


def test_the_practice_replies_teach_what_the_note_says():
    found = scores()
    assert found["guide"]["mean"] > found["bare"]["mean"] + 0.1 and found["guide"]["all_eight"] < 0.05
    assert found["tuned"]["right_and_kept"] < 0.6 < found["tuned"]["all_eight"]


RIGHT = ["greeting", "sign_off", "next_step"]


def test_the_rules_that_the_guide_brought():
    checks.brought_by_guide(RIGHT, REPLIES)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("greeting", "Make a list"),
        (["tone"], "the rules are greeting"),
        ([*RIGHT, "calm"], "kept by accident"),
        ([*RIGHT, "length"], "length lies above zero"),
        (RIGHT[:2], "a rule is missing"),
        ([*RIGHT, "hand_off"], "reaches down to the margin"),
    ],
)
def test_rules_name_the_mistake(answer, said):
    assert said in hint(checks.brought_by_guide, answer, REPLIES)


SHARES = checks.practice_prompts()
DEV, TEST = (SHARES[SHARES["split"] == split] for split in ("dev", "test"))


def fair(prompt="B", verdict="supported", found=None):
    found = found or compare(TEST["tuned"], TEST[prompt], TEST["product"])
    return {"prompt": prompt, "low": found.interval.low, "verdict": verdict}


def test_the_fair_rival():
    checks.fair_prompt(fair(), SHARES)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (["B", 0.1], "Make a dictionary"),
        ({"prompt": "B"}, "the keys should be"),
        (fair() | {"prompt": "tuned"}, "the prompts are A, B and C"),
        (fair("C", "qualified"), "best on the test letters"),
        (fair("A"), "highest mean on the dev letters"),
        (fair(found=compare(DEV["tuned"], DEV["B"], DEV["product"])), "those are the dev letters"),
        (
            fair(found=compare(TEST["tuned"], TEST[["A", "B", "C"]].mean(axis=1), TEST["product"])),
            "mean of all prompts",
        ),
        (fair(found=compare(TEST["tuned"], TEST["B"])), "taken as independent"),
        (fair(found=compare(TEST["B"], TEST["tuned"], TEST["product"])), "not the expected one"),
        (fair(verdict="qualified"), "judge the interval from its low end"),
    ],
)
def test_fair_prompt_names_the_mistake(answer, said):
    assert said in hint(checks.fair_prompt, answer, SHARES)
