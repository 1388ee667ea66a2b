"""Results of a bake-off that never ran, for tests of what is said of them; texts of data and model try to escape."""

import pandas as pd

from twolevers.bakeoff.alone import Alone
from twolevers.bakeoff.engine import Found
from twolevers.bakeoff.plan import Plan
from twolevers.bakeoff.results import content
from twolevers.bakeoff.tasks.kinds import QUESTIONS

NASTY = "<img src=x onerror=alert(1)>"


def frame(n=100, **right):
    """Answers of arms, each right on so many of `n` items (the same first ones)."""
    rows = []
    for arm, share in right.items():
        for place in range(n):
            correct = place < share * n
            rows.append(
                {
                    **{"arm": arm, "seed": pd.NA, "question_id": f"q{place}", "question": f"What {place}? {NASTY}"},
                    **{"entity": f"e{place}", "text": "red" if correct else f"blue {NASTY}", "correct": correct},
                    **{"accepted": ("red",) if place % 5 else (), "refused": place % 7 == 0, "cited_right": None},
                    **{"doubt": "", "token_f1": 0.5, "retrieved": bool(place % 2), "citation_precision": None},
                    **{"citation_recall": None, "cited": (), "prompt_tokens": 90, "new_tokens": 4, "seconds": 0.2},
                }
            )
    return pd.DataFrame(rows)


def results(good_enough=0.8, n=100, **right):
    answers = frame(n, **right)
    planned = Plan(tuple(right), 1, n, 0, 60.0, ())
    alone = dict.fromkeys(right, Alone((0.5, 0.7, 0.9), (1.0, 1.0, 1.0)))
    reads = lambda asked: [[f"Passage {NASTY}"] for _ in asked]  # noqa: E731
    found = Found(planned, answers, {}, alone, (f"note {NASTY}",), 1.0, 0, reads)
    return content("m", found, QUESTIONS, {"documents": 3}, "abc", good_enough), answers
