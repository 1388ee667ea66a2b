"""Exercise 07: each plausible mistake gets its own hint."""

import re

import pandas as pd
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


class Trial:
    """A model that copies what it is shown and obeys no instruction; three words a token."""

    solved = ("a", "b", "c", "d")

    def replies(self, instruction, shown):
        kept = pd.DataFrame([{name: bool(shown) or place == 1 for place, name in enumerate(NAMES)}] * 6)
        if "bad" in instruction:
            kept.loc[:, NAMES[2:]] = False
        return kept.assign(rules_kept=kept.mean(axis=1))

    def tokens(self, instruction, shown):
        return len(instruction) // 3 + 100 * len(shown)


MINE = {"instruction": "Reply.", "shown": [0, 1]}


def test_a_prompt_that_shows_replies_wins(capsys):
    checks.beat(MINE, Trial())
    assert "1.00 of the rules kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Reply.", "Make a dictionary"),
        ({"instruction": "Reply."}, "the keys should be"),
        (MINE | {"instruction": " "}, "instruction is a text"),
        (MINE | {"shown": 1}, "a list of places"),
        (MINE | {"shown": ["a"]}, "not the replies themselves"),
        (MINE | {"shown": [4]}, "places from 0 to 3"),
        (MINE | {"shown": [1, 1]}, "shown twice"),
        (MINE | {"shown": [0, 1, 2, 3]}, "at most 3"),
        (MINE | {"instruction": "Reply. " * 300}, "longer than"),
        (MINE | {"shown": []}, "copies better than it obeys"),
        (MINE | {"instruction": "bad"}, "pick other replies"),
    ],
)
def test_the_prompt_names_the_mistake(answer, said):
    assert said in hint(checks.beat, answer, Trial())


def test_the_practice_replies_teach_what_the_note_says():
    mean = {arm: rows[NAMES].to_numpy().mean() for arm, rows in REPLIES.groupby("arm")}
    assert mean["tuned"] > mean["guide"] + 0.1 > mean["bare"] + 0.2


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
