"""Checks of exercise 09: the share of the gain kept, what a reply costs, when it pays, what to train on."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from twolevers.evaluate.brand_rules import check as check_rules
from twolevers.learn.check import check, equals, gives, has_keys, holds, is_a

if TYPE_CHECKING:
    import pandas as pd

LESSON = "09_prompt_length"
TOKENS = {"guide": 900, "letter": 60, "reply": 60}
PRICES = {
    "base": {"in": 0.50, "kept": 0.25, "out": 1.50},
    "tuned": {"in": 3.00, "out": 6.00},
    "cheap tuned": {"in": 0.50, "out": 1.50},
}
WAYS = ("long prompt", "long prompt, guide kept", "tuned", "cheap tuned")
HELD_OUT = ("Tarn 2016",)
GOOD = (
    "Dear neighbour,\n{} Shall we send you the sheet by post?\n"
    'Yours, Norvik & Tarn\n{{"topic": "size", "next": "post"}}'
)


def practice_replies() -> "pd.DataFrame":
    """Made-up replies of a model that had the guide in its prompt: letter, product, fact, reply."""
    import pandas as pd

    rows = [
        ("A", "Brisola 2022", "1.9 kg", GOOD.format("The Brisola 2022 hearthjug weighs 1.9 kg.")),
        ("B", "Brisola 2022", "0.8 m", "The kettle has 0.8 m of cord."),
        ("C", "Ashelmo 2024", "38.4 kg", GOOD.format("The Ashelmo 2024 bakechest weighs 34.8 kg.")),
        ("D", "Tarn 2016", "58.3 kg", GOOD.format("The Tarn 2016 coldchest weighs 58.3 kg.")),
        ("E", "Nimbresa 2024", "27 months", GOOD.format("The guarantee of the Nimbresa 2024 airwell is 27 months.")),
        ("F", "Pulmeri 2020", "1.41 m", GOOD.format("The Pulmeri 2020 stirwheel has 1.41 m of cord.")),
        ("G", "Fenwhil 2017", "22 days", GOOD.format("Wash the filter of the Fenwhil 2017 airwell every 22 days!")),
        ("H", "Tarn 2016", "42 dB", "It is quiet, 42 dB."),
        ("I", "Ashelmo 2024", "2.1 kW", GOOD.format("The Ashelmo 2024 bakechest draws 2.1 kW.")),
        ("F", "Pulmeri 2020", "1.41 m", GOOD.format("The Pulmeri 2020 stirwheel has 1.41 m of cord.")),
    ]
    return pd.DataFrame(rows, columns=["letter", "product", "fact", "reply"])


def gain_kept(function: Callable[[float, float, float], float]) -> None:
    """Task 1: `function(without, trained, with_guide)`: the share of the guide's gain that the adapter keeps."""
    whole = "that is trained / with guide; what the model has without any guide is not kept, it was there before."
    lost = "that is the share lost; take it from 1."
    turned = "that is upside down; the gain of the guide is the denominator."
    nothing = "the guide brings nothing here, so there is no share of it; return NaN."
    check(
        LESSON,
        "Task 1",
        function,
        gives(
            0.75,
            args=(0.2, 0.5, 0.6),
            tolerance=1e-6,
            mistakes=[
                (_near(0.5 / 0.6), whole),
                (_near(0.25), lost),
                (_near(0.4 / 0.3), turned),
                (_near(0.3), "that is the gain itself; divide it by the gain of the guide."),
                (_near(2.5), "that is trained / without; start both gains from the model without a guide."),
            ],
        ),
        gives(
            1.5,
            args=(0.2, 0.8, 0.6),
            tolerance=1e-6,
            mistakes=[(1.0, "more than the whole gain is possible: keep it.")],
        ),
        gives(
            -0.25,
            args=(0.2, 0.1, 0.6),
            tolerance=1e-6,
            mistakes=[(0.0, "less than nothing is possible: keep the sign.")],
        ),
        _not_a_number(function, (0.4, 0.7, 0.4), nothing),
        note="Above 1 the adapter learned from better replies than the guide brings out of this model.",
    )


def _near(value: float) -> Callable[[object], bool]:
    return lambda found: isinstance(found, int | float) and math.isclose(found, value, abs_tol=1e-6)


def _not_a_number(function: Callable, args: Sequence[float], message: str) -> Callable[[object], str | None]:
    def step(_value: object) -> str | None:
        try:
            found = function(*args)
        except ZeroDivisionError:
            return f"with {args} it divides by zero: {message}"
        if isinstance(found, float) and math.isnan(found):
            return None
        return f"with {args} it returned {found!r}: {message}"

    return step


def cost_per_1000(answer: Mapping[str, float]) -> None:
    """Task 2: dollars of 1,000 replies in each of the four ways."""
    tokens, base = TOKENS, PRICES["base"]
    out = tokens["reply"] * base["out"]
    long = (tokens["guide"] + tokens["letter"]) * base["in"] + out
    kept = tokens["guide"] * base["kept"] + tokens["letter"] * base["in"] + out
    trained = {way: sum(tokens[part] * PRICES[way][side] for part, side in _SIDES) for way in ("tuned", "cheap tuned")}
    right = {"long prompt": long / 1000, "long prompt, guide kept": kept / 1000}
    right |= {way: cost / 1000 for way, cost in trained.items()}
    with_guide = {way: right[way] + tokens["guide"] * PRICES[way]["in"] / 1000 for way in trained}
    free = right["long prompt, guide kept"] - tokens["guide"] * base["kept"] / 1000
    check(
        LESSON,
        "Task 2",
        answer,
        has_keys(right, hint="Make a dictionary from the way to its dollars."),
        holds(
            lambda found: not any(math.isclose(found[way], 1000 * right[way], rel_tol=1e-3) for way in right),
            "that is for a million replies: prices are per million tokens, and 1,000 replies are asked for.",
        ),
        holds(
            lambda found: not any(math.isclose(found[way], with_guide[way], rel_tol=1e-3) for way in trained),
            "the tuned ways do without the guide; leave its tokens out.",
        ),
        holds(
            lambda found: not math.isclose(found["tuned"], right["cheap tuned"], rel_tol=1e-3),
            "tuned has prices of its own, higher than the base model's.",
        ),
        holds(
            lambda found: not math.isclose(found["long prompt, guide kept"], free, rel_tol=1e-3),
            "a kept guide is cheaper to read again, not free.",
        ),
        holds(
            lambda found: (
                not any(
                    math.isclose(
                        found[way], right[way] - tokens["reply"] * PRICES[_model(way)]["out"] / 1000, rel_tol=1e-3
                    )
                    for way in right
                )
            ),
            "the reply's tokens cost as well, at the price for tokens out.",
        ),
        equals(
            right, tolerance=0.0005, hint="Tokens in × price in + tokens out × price out, per million; then × 1,000."
        ),
        note="One sixteenth of the prompt saves little at the dear price; a kept guide costs less.",
    )


_SIDES = (("letter", "in"), ("reply", "out"))


def _model(way: str) -> str:
    return way if way in PRICES else "base"


def paid_back(function: Callable[[float, float, float], float]) -> None:
    """Task 3: `function(once, long, short)`: replies until what was spent once is paid back; infinity for never."""
    never = "a tuned reply that costs as much or more pays nothing back; return math.inf."
    check(
        LESSON,
        "Task 3",
        function,
        gives(
            1000,
            args=(10.0, 0.03, 0.02),
            tolerance=0.01,
            mistakes=[
                (_close(10 / 0.03), "that divides by the whole price of a long prompt; only the difference is saved."),
                (_close(10 / 0.02), "that divides by the price of a tuned reply; only the difference is saved."),
                (_close(-1000), "the sign is turned round; the saving is long minus short."),
                (_close(10 / 0.05), "the two prices are added; the saving is their difference."),
            ],
        ),
        gives(
            4,
            args=(1.0, 0.5, 0.2),
            mistakes=[
                (3, "after 3 replies a little is still unpaid; round up."),
                (_close(10 / 3), "a third of a reply is none; round up to a whole one."),
            ],
        ),
        gives(math.inf, args=(10.0, 0.02, 0.02), mistakes=[(lambda found: True, never)], hint=never),
        gives(math.inf, args=(10.0, 0.02, 0.03), mistakes=[(lambda found: True, never)], hint=never),
        gives(0, args=(0.0, 0.03, 0.02), hint="Nothing spent is paid back at once."),
        note="Set the count beside your volume and the months until the guide is next rewritten.",
    )


def _close(value: float) -> Callable[[object], bool]:
    return lambda found: isinstance(found, int | float) and math.isclose(found, value, rel_tol=0.002)


def training_set(answer: Sequence[int], replies: "pd.DataFrame") -> None:
    """Task 4: the row numbers of the replies fit to train on."""
    from twolevers.evaluate.metrics import answer_match

    obeys = {row.Index for row in replies.itertuples() if all(check_rules(row.reply).values())}
    states = {row.Index for row in replies.itertuples() if answer_match(row.reply, [row.fact], entity=row.product)}
    seen = set(replies.index[replies["product"].isin(HELD_OUT)])
    twice = set(replies.index[replies.duplicated(["letter"])])
    right = (obeys & states) - seen - twice
    check(
        LESSON,
        "Task 4",
        answer,
        is_a(list, tuple, set, hint="Make a list of row numbers."),
        holds(lambda found: set(found) <= set(replies.index), "the rows are numbered from 0 to 9."),
        holds(lambda found: not set(found) & seen, "a product of the test is in the training set: that is a leak."),
        holds(
            lambda found: set(found) <= obeys,
            "a reply breaks a rule of the guide; the adapter would learn the fault. Check all eight.",
        ),
        holds(
            lambda found: set(found) <= states,
            "a reply obeys all rules and states a wrong value: style is not truth, check the fact as well.",
        ),
        holds(lambda found: not set(found) & twice, "a letter stands there twice; keep its first row."),
        holds(
            lambda found: right <= set(found),
            "a reply is missing that keeps all rules, is right and is not of the test.",
        ),
        note="Three replies of ten are left. A weak teacher needs many letters, or people who write.",
    )
