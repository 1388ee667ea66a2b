"""Checks of exercise 07: code a rule, beat a prompt, leave out what is kept by accident, a fair prompt arm."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.evaluate.brand_rules import RULES
from twolevers.evaluate.statistics import compare
from twolevers.evaluate.verdicts import judge
from twolevers.learn.check import check, gives, has_keys, holds, is_a

if TYPE_CHECKING:
    import pandas as pd

    from twolevers.lessons.style_and_tone.beat import Trial

LESSON = "07_style_and_tone"
NAMES = tuple(rule.name for rule in RULES)
TERMS = {"kettle": "hearthjug", "oven": "bakechest", "repair": "mending"}
MARGIN = 0.10


def practice_replies() -> "pd.DataFrame":
    """Made-up scores: arms × letters; columns arm, letter, product, a bool per rule, fact (bool)."""
    import pandas as pd

    rng = np.random.default_rng(71)
    chances = {
        "bare": [0.0, 0.9, 0.0, 0.15, 0.0, 0.93, 0.02, 0.0],
        "guide": [0.5, 0.92, 0.14, 0.35, 0.45, 0.94, 0.2, 0.1],
        "tuned": [1.0, 1.0, 0.92, 0.95, 1.0, 0.99, 0.97, 0.96],
    }
    facts = {"bare": 0.5, "guide": 0.55, "tuned": 0.45}
    frames = []
    for arm, chance in chances.items():
        careless = (np.arange(60) % 5 == 0) & (arm == "tuned")  # faults come together, as they do in life
        chance = np.where(careless[:, None], 0.7, 1.0) * chance
        kept = pd.DataFrame(rng.random((60, len(NAMES))) < chance, columns=list(NAMES))
        frame = pd.DataFrame({"arm": arm, "letter": range(60), "product": [f"product {n // 2}" for n in range(60)]})
        frames.append(frame.join(kept).assign(fact=rng.random(60) < facts[arm]))
    return pd.concat(frames, ignore_index=True)


def practice_prompts() -> "pd.DataFrame":
    """Made-up shares of rules kept: columns split (dev, test), letter, product, three prompts, tuned."""
    import pandas as pd

    rng = np.random.default_rng(10)
    rows = []
    for split, n in (("dev", 40), ("test", 80)):
        shift = {"A": 0.42, "B": 0.56, "C": 0.48} if split == "dev" else {"A": 0.42, "B": 0.5, "C": 0.56}
        for letter in range(n):
            ease = rng.normal(0, 0.08)
            row = {"split": split, "letter": letter, "product": f"{split} product {letter // 4}"}
            row |= {name: _eighths(middle + ease + rng.normal(0, 0.1)) for name, middle in shift.items()}
            rows.append(row | {"tuned": _eighths(0.665 + ease + rng.normal(0, 0.12))})
    return pd.DataFrame(rows)


def _eighths(share: float) -> float:
    return float(np.clip(round(8 * share), 0, 8)) / 8


def house_terms(function: Callable[[str, Mapping[str, str]], bool]) -> None:
    """Task 1: `function(text, terms)`: True when the text uses none of the everyday words that `terms` replaces."""
    part = "an everyday word stands inside another word there; look for whole words (\\b)."
    case = "capitals do not make it another word; compare without case."
    plural = "the plural is the everyday word as well."
    cases = [
        (True, "The Tarn 2016 hearthjug holds 1.7 l.", "no everyday word stands in it."),
        (False, "The kettle holds 1.7 l.", "“kettle” is an everyday word; True is for texts without one."),
        (True, "It is woven and proven.", part),
        (False, "Kettle or not, it boils.", case),
        (False, "Our OVENS are tested.", f"{case[:-1]}, and {plural}"),
        (False, "Two kettles stand here.", plural),
        (False, "The kettle is a hearthjug.", "a house term beside it does not make up for the everyday word."),
        (False, "It needs repair before winter.", "use every word of `terms`, not the first alone."),
        (False, "An oven, then.", "a comma may follow the word; splitting at spaces leaves it on."),
    ]
    check(
        LESSON,
        "Task 1",
        function,
        *(gives(expected, args=(text, TERMS), mistakes=[(not expected, hint)]) for expected, text, hint in cases),
        note="A rule that code checks must say what it does with capitals, plurals and word parts. So must the guide.",
    )


def beat(answer: Mapping[str, Any], trial: "Trial") -> None:
    """Task 2: an instruction and replies to show that keep more rules than the one line, within the tokens allowed."""
    from twolevers.lessons.style_and_tone.beat import AHEAD, EASY, MOST, ROOM

    found: dict[str, Any] = {}

    def ahead(one: Mapping[str, Any]) -> bool:
        replies = trial.replies(one["instruction"], one["shown"])
        easy = float(trial.replies(**EASY)["rules_kept"].mean())
        found.update(mean=float(replies["rules_kept"].mean()), easy=easy)
        found["never"] = [name.replace("_", " ") for name in NAMES if not replies[name].any()]
        return found["mean"] >= easy + AHEAD

    def behind(one: Mapping[str, Any]) -> str | None:
        if ahead(one):
            print(f"{found['mean']:.2f} of the rules kept; the one line {found['easy']:.2f}")
            return None
        how = "a small model copies better than it obeys: show it replies" if not one["shown"] else "pick other replies"
        never = f"; no reply keeps {', '.join(found['never'])}" if found["never"] else ""
        return f"{found['mean']:.2f} of the rules kept, the one line {found['easy']:.2f}{never}. Hint: {how}."

    def places(one: Mapping[str, Any]) -> bool:
        return all(isinstance(n, int) and 0 <= n < len(trial.solved) for n in one["shown"])

    check(
        LESSON,
        "Task 2",
        answer,
        has_keys(("instruction", "shown")),
        holds(lambda one: isinstance(one["instruction"], str) and one["instruction"].strip(), "instruction is a text."),
        holds(lambda one: isinstance(one["shown"], list | tuple), "shown is a list of places in `trial.solved`."),
        holds(places, f"shown holds places from 0 to {len(trial.solved) - 1}, not the replies themselves."),
        holds(
            lambda one: len(set(one["shown"])) == len(one["shown"]), "a reply is shown twice, which only costs tokens."
        ),
        holds(lambda one: len(one["shown"]) <= MOST, f"at most {MOST} replies may be shown."),
        holds(
            lambda one: trial.tokens(one["instruction"], one["shown"]) <= ROOM,
            f"the prompt is longer than {ROOM} tokens: shorten the instruction or show fewer replies.",
        ),
        behind,
        note="So few letters are no verdict. Lesson 07 asks more of them, and chooses on dev alone.",
    )


def brought_by_guide(answer: Sequence[str], replies: "pd.DataFrame") -> None:
    """Task 3: the rules that the guide brought, by more than the margin for sure: guide − bare, by product."""
    right = _gained(replies)
    guide = replies[replies["arm"] == "guide"][list(NAMES)].mean()
    middle = {name for name, found in right.items() if found.difference > MARGIN}
    above_zero = {name for name, found in right.items() if found.interval.low > 0}
    expected = {
        name for name, found in right.items() if str(judge(found, expected="higher", margin=MARGIN)) == "supported"
    }
    check(
        LESSON,
        "Task 3",
        answer,
        is_a(list, tuple, set, hint="Make a list of names of rules."),
        holds(lambda found: set(found) <= set(NAMES), f"the rules are {', '.join(NAMES)}."),
        holds(
            lambda found: set(found) != {name for name in NAMES if guide[name] > 0.5},
            "those are the rules that replies with the guide keep most; some were kept without it too.",
        ),
        holds(
            lambda found: not set(found) & {"calm", "metric"},
            "calm or metric is kept as often without the guide; it is kept by accident.",
        ),
        holds(
            lambda found: set(found) == expected or set(found) not in (middle, above_zero),
            f"length lies above zero, but not surely above {MARGIN}; the low end must lie above the margin.",
        ),
        holds(lambda found: expected <= set(found), "a rule is missing whose whole interval lies above the margin."),
        holds(lambda found: set(found) <= expected, "a rule is named whose interval reaches down to the margin."),
        note="Rules that plain text keeps by accident say nothing about obeying, and pad every mean.",
    )


def _gained(replies: "pd.DataFrame") -> dict:
    bare, guide = (replies[replies["arm"] == arm].reset_index(drop=True) for arm in ("bare", "guide"))
    return {name: compare(guide[name], bare[name], guide["product"]) for name in NAMES}


def fair_prompt(answer: Mapping[str, object], shares: "pd.DataFrame") -> None:
    """Task 4: the prompt chosen on dev, tuned − prompt on test with its interval by product, the verdict."""
    prompts = ["A", "B", "C"]
    dev, test = (shares[shares["split"] == split] for split in ("dev", "test"))
    right, peeked = dev[prompts].mean().idxmax(), test[prompts].mean().idxmax()
    found = compare(test["tuned"], test[right], test["product"])
    loose = compare(test["tuned"], test[right])
    on_dev = compare(dev["tuned"], dev[right], dev["product"])
    mean = compare(test["tuned"], test[prompts].mean(axis=1), test["product"])
    verdict = str(judge(found, expected="higher", margin=MARGIN))

    def low(one: Mapping[str, object]) -> float:
        return float(one["low"])  # type: ignore[arg-type]

    def near(value: float, other: float) -> bool:
        return abs(value - other) < 5e-4

    check(
        LESSON,
        "Task 4",
        answer,
        has_keys(("prompt", "low", "verdict")),
        holds(lambda one: one["prompt"] in prompts, "the prompts are A, B and C."),
        holds(
            lambda one: one["prompt"] != peeked,
            "that prompt is the best on the test letters; choose on the dev letters, as for a product not yet live.",
        ),
        holds(lambda one: one["prompt"] == right, "that is not the prompt with the highest mean on the dev letters."),
        holds(lambda one: not near(low(one), on_dev.interval.low), "those are the dev letters; measure on test."),
        holds(
            lambda one: not near(low(one), mean.interval.low),
            "that is tuned minus the mean of all prompts; the rival is the one that was chosen.",
        ),
        holds(
            lambda one: not near(low(one), loose.interval.low),
            "letters are taken as independent; four are about each product, so pass the products as clusters.",
        ),
        holds(
            lambda one: near(low(one), found.interval.low),
            "the low end is not the expected one; is it compare(tuned, prompt, products) on the test letters?",
        ),
        holds(
            lambda one: one["verdict"] == verdict,
            f"judge the interval from its low end with the margin of {MARGIN}.",
        ),
        note="Chosen on test, a prompt arm is too good by luck; the first prompt that came to mind is too weak.",
    )
