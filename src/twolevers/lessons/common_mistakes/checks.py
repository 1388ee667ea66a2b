"""Checks of exercise 13: the test that catches a leak, a split without one, near-duplicates, an honest choice."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.errors import UsageError
from twolevers.learn.check import check, equals, gives, has_keys, holds, with_given

if TYPE_CHECKING:
    import pandas as pd

    from twolevers.evaluate.evidence import Evidence

LESSON = "13_common_mistakes"
Message = tuple[str, str]
Split = Callable[[list[Message], float, int], tuple[list[Message], list[Message]]]
PROMPTS = 40
LETTERS = 50
SKILL = 0.6  # of every made-up prompt: what differs between them is luck


def split_messages() -> tuple[list[Message], list[Message]]:
    """The course's messages as (text, matter), split by matter: training and test of lesson 13's clean router."""
    from twolevers.lessons.common_mistakes.leaking_split import design

    made = design()
    training, test = (list(zip(rows["text"], rows["scenario"], strict=True)) for rows in (made.clean, made.tested))
    return training, test


def practice_messages() -> list[Message]:
    """Made-up messages for task 2, mixed: (text, matter), two to five messages on each of twelve matters."""
    rng = random.Random(13)
    made = [
        (f"message {n + 1} on {m}", m)
        for m in map("matter {:02}".format, range(1, 13))
        for n in range(rng.randint(2, 5))
    ]
    rng.shuffle(made)
    return made


def practice_scores() -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Made-up scores for task 4: dev and test letters (rows) by prompt (columns), 1 right and 0 wrong."""
    import pandas as pd

    rng = np.random.default_rng(6)
    names = [f"prompt {number:02}" for number in range(1, PROMPTS + 1)]
    dev, test = (pd.DataFrame(rng.binomial(1, SKILL, (LETTERS, PROMPTS)), columns=names) for _ in range(2))
    return dev, test


def catches(function: Callable[[list[Message], list[Message]], None]) -> None:
    """Task 1: `function(training, test)` raises an AssertionError that names a leak, and is silent without one."""
    training, test = split_messages()
    text, matter = test[-1]

    def said(more: Sequence[Message] = (), asked: Sequence[Message] = test) -> str | None:
        """What the function's AssertionError says; None where it raises none."""
        try:
            function([*training, *more], list(asked))
        except AssertionError as error:
            return str(error)
        return None

    def untouched() -> bool:
        given = [*training], [*test]
        function(*given)
        return given == (training, test)

    another = "the same text on another matter"
    check(
        LESSON,
        "Task 1",
        function,
        holds(callable, "your answer is not a function; leave off the brackets."),
        holds(lambda _: said() is None, "it raises on a clean split; what stands on *both* sides leaks, nothing else."),
        holds(
            lambda f: f([*training], [*test]) is None, "return nothing: a caller who forgets to look must be stopped."
        ),
        holds(
            lambda _: any(said(more) for more in ([test[-1]], [(text, another)], [(f"{text} Please.", matter)] * 400)),
            "it stops no leak at all, neither a text nor a matter: not started yet?",
        ),
        holds(
            lambda _: said([(f"{text} Please.", matter)] * 400) is not None,
            "it lets a tested matter be trained on, told in other words; compare the matters, not the texts alone.",
        ),
        holds(
            lambda _: said([(f"{text} Please.", matter)]) is not None,
            "one leaked message slips through; look at every message, not at the first, nor at a share of them.",
        ),
        holds(lambda _: said([(text, another)]) is not None, "the same text under another matter slips through."),
        holds(
            lambda _: said([(f" {text.upper()} ", another)]) is not None,
            "the same text in capitals or with spaces around it slips through; lower and strip both sides.",
        ),
        holds(
            lambda _: matter in said([("New words.", matter)]),
            "the message does not name the matter that leaked; whoever reads it must know where to look.",
        ),
        holds(lambda _: untouched(), "the lists were changed; work on copies."),
        note="Put it where the training starts. The course's own is evaluate.leaks.check_leaks.",
    )


def own_row() -> "Evidence":
    """Task 1: your ledger's newest row of what the leak was worth. UsageError before the lesson was run."""
    from twolevers.learn.ledger import Ledger

    mine = [row for row in Ledger().newest() if row.lesson == LESSON and row.arm == "leaked split - clean split"]
    if not mine:
        raise UsageError("Your ledger has no row on the leak yet: run notebooks/13_common_mistakes.ipynb to its end.")
    return mine[-1]


@with_given
def worth(answer: Mapping[str, float], row: "Evidence") -> None:
    """Task 1b: by how many test messages the leaked split looked better: measured, at least and at most."""
    right = {"measured": row.value * row.n, "least": row.low * row.n, "most": row.high * row.n}
    shares = {"measured": row.value, "least": row.low, "most": row.high}
    check(
        LESSON,
        "Task 1b",
        answer,
        has_keys(right),
        equals(
            right,
            tolerance=0.6,
            mistakes=[
                (shares, "those are shares of the test; multiply each by n."),
                ({name: 100 * share for name, share in shares.items()}, "those are points of a hundred; n is another."),
                (right | {"least": right["most"], "most": right["least"]}, "least and most have changed places."),
                ({name: row.n - value for name, value in right.items()}, "that is how many it did not change."),
            ],
            hint="The difference and both ends of its interval, each times the number of messages.",
        ),
        note="So many right answers were nobody's skill: they vanish on the first day in use.",
    )


def split(function: Split) -> None:
    """Task 2: `function(messages, share, seed)` gives (training, test), split by matter."""
    messages = practice_messages()
    matters = sorted({matter for _, matter in messages})

    def sides(function: Split, seed: int = 1) -> tuple[list[Message], list[Message]]:
        training, test = function(list(messages), 0.25, seed)
        return list(training), list(test)

    def tested(function: Split, seed: int = 1) -> set[str]:
        return {matter for _, matter in sides(function, seed)[1]}

    def leaks(function: Split) -> bool:
        training, test = sides(function)
        return bool({matter for _, matter in training} & {matter for _, matter in test})

    def turned(function: Split) -> bool:
        training, test = sides(function)
        return len(training) < len(test)

    def whole(function: Split) -> bool:
        training, test = sides(function)
        return sorted([*training, *test]) == sorted(messages)

    def kept(function: Split) -> bool:
        given = list(messages)
        function(given, 0.25, 1)
        return given == messages

    check(
        LESSON,
        "Task 2",
        function,
        holds(callable, "your answer is not a function; leave off the brackets."),
        holds(lambda f: f(list(messages), 0.25, 1) is not None, "it returned nothing; is there a `return` at its end?"),
        holds(lambda f: len(f(list(messages), 0.25, 1)) == 2, "return two lists: training and test."),
        holds(lambda f: sum(map(len, sides(f))) >= len(messages), "some messages are on neither side."),
        holds(
            lambda f: not leaks(f),
            "a matter stands on both sides: draw matters, not messages, and put all messages of a matter on one side.",
        ),
        holds(
            whole,
            "a message occurs twice, or is none of those given.",
        ),
        holds(lambda f: not turned(f), "training and test are exchanged: return the training first."),
        holds(
            lambda f: len(tested(f)) == round(0.25 * len(matters)),
            f"a quarter of the {len(matters)} matters should be in the test; count matters, not messages.",
        ),
        holds(lambda f: sides(f) == sides(f), "one seed gives two different splits: draw with random.Random(seed)."),
        holds(
            lambda f: len({frozenset(tested(f, seed)) for seed in range(6)}) > 1,
            "every seed gives the same split: draw the tested matters with random.Random(seed).",
        ),
        holds(kept, "the list of messages was changed; work on a copy."),
        note="Split by what recurs. Here that is the matter; in a catalogue it is the product.",
    )


def twins(function: Callable[[Sequence[str], Sequence[str], float], list[int]]) -> None:
    """Task 3: `function(training, test, share)` gives the places of test texts with a near-duplicate in training."""
    training = ["The door of my oven is stuck", "where is the bill for MY kettle", "Thanks"]
    test = [
        "the door of my kettle is stuck",  # 6 of 8 words
        "Where is the bill",  # 4 of 7
        "a bill came today",  # 1 of 10
        "thanks",
        "the door is stuck and the oven is cold and my whole kitchen of seven rooms smells so",  # 7 of 15
    ]
    calls = [((training, test, 0.5), [0, 1, 3]), ((training, test, 0.75), [0, 3]), ((training, test[2:3], 0.5), [])]
    common: list[tuple[Any, str]] = [
        ([2, 4], "those are the clean texts; name the others."),
        (lambda found: any(isinstance(one, str) for one in found), "give places (0, 1, …), not texts."),
        (lambda found: any(isinstance(one, bool) for one in found), "give places (0, 1, …), not True and False."),
        (lambda found: 4 in found, "you divide by the shorter text's words; divide by the words of both together."),
        (
            lambda found: len(found) > len(set(found)),
            "a place occurs twice: stop at the first training text that is near.",
        ),
    ]
    first: list[tuple[Any, str]] = [
        ([3], "only texts that are the same count there; near-duplicates share words, not all of them."),
        ([0, 1], "capitals should not matter: 'Thanks' and 'thanks' are one word."),
        ([0], "capitals should not matter: lower both texts first."),
        ([], "capitals or the comparison: no near-duplicate was found at all."),
    ]
    second: list[tuple[Any, str]] = [([3], "a share of exactly 0.75 counts too: use >=.")]
    check(
        LESSON,
        "Task 3",
        function,
        gives(calls[0][1], args=calls[0][0], mistakes=[*common, *first]),
        gives(calls[1][1], args=calls[1][0], mistakes=[*common, *second]),
        gives(calls[2][1], args=calls[2][0], hint="Return a list, empty where nothing is near."),
        note="Run it before training. What it finds belongs on one side of the split, or out.",
    )


def honest(answer: Mapping[str, Any], dev: "pd.DataFrame", test: "pd.DataFrame") -> None:
    """Task 4: the prompt chosen on dev, the share to report, and by how much the score that chose it flatters."""
    on_dev, on_test = dev.mean(), test.mean()
    chosen, lucky = on_dev.idxmax(), on_test.idxmax()
    reported = float(on_test[chosen])
    flattery = float(on_dev[chosen]) - reported
    check(
        LESSON,
        "Task 4",
        answer,
        has_keys(("chosen", "reported", "flattery")),
        holds(lambda found: found["chosen"] in dev.columns, "chosen should be the name of a prompt, a column of dev."),
        holds(lambda found: found["chosen"] != lucky, "that prompt is the best on the test: the test must not choose."),
        holds(lambda found: found["chosen"] == chosen, "another prompt has more right on dev."),
        holds(
            lambda found: abs(found["reported"] - on_dev[chosen]) > 1e-9,
            "that is its score on dev, which chose it; report its score on the test.",
        ),
        holds(
            lambda found: abs(found["reported"] - on_test.max()) > 1e-9,
            "that is the best score of any prompt on the test; report that of the chosen one.",
        ),
        holds(
            lambda found: abs(found["reported"] - (on_dev[chosen] + reported) / 2) > 1e-9,
            "do not pool dev and test: dev chose, so its half is flattered.",
        ),
        holds(
            lambda found: abs(found["reported"] - reported) < 0.001, "reported is the chosen prompt's share on test."
        ),
        holds(
            lambda found: abs(found["flattery"] + flattery) > 1e-9,
            "the sign is turned round: flattery is dev minus test.",
        ),
        holds(
            lambda found: abs(found["flattery"] - flattery) < 0.001, "flattery is the chosen prompt's dev minus test."
        ),
        note=f"All {PROMPTS} prompts were made with the same skill of {SKILL}. The winner's lead on dev was luck.",
    )
