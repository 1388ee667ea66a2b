"""How an arm that retrieves is best asked: passages, worked examples and instruction, tried on dev questions.

`both` was trained for its prompt; its rivals get the best of several in return.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from twolevers.arms.both import open_book
from twolevers.arms.prompts import INSTRUCTION, REFUSAL
from twolevers.arms.worked import WorkedRag
from twolevers.data.records import Question
from twolevers.models.api import Example, LanguageModel
from twolevers.retrieval.search import Retriever

DEV = 40  # questions a setup is tried on
WORKED = 4
PASSAGES = (1, 2)
INSTRUCTIONS = {
    "the course's": INSTRUCTION,
    "no refusal asked": "Answer the question in a few words from the passages. Cite the passage like [1].",
}


@dataclass(frozen=True)
class Setup:
    """How an arm that retrieves is asked: k passages, so many worked examples, an instruction of `INSTRUCTIONS`."""

    k: int
    worked: int
    instruction: str

    @property
    def name(self) -> str:
        """As the table of trials names it."""
        passages = "1 passage" if self.k == 1 else f"{self.k} passages"
        return f"{passages}, {self.worked or 'no'} worked examples, {self.instruction} instruction"


Tried = dict[Setup, pd.DataFrame]  # a frame of `evaluate.run` on the dev questions for each setup
FIRST = [Setup(k, worked, next(iter(INSTRUCTIONS))) for k in PASSAGES for worked in (0, WORKED)]


def ask_with(
    setup: Setup, retriever: Retriever, model: LanguageModel, solved: Sequence[Question], seed: int, name: str = "rag"
) -> WorkedRag:
    """An arm called `name` that retrieves and asks `model` in this setup; its worked examples are of `solved`."""
    shown = examples(setup, retriever, solved, seed)
    arm = WorkedRag(model, retriever, setup.k, shown, INSTRUCTIONS[setup.instruction])
    arm.name = name
    return arm


def examples(setup: Setup, retriever: Retriever, solved: Sequence[Question], seed: int) -> list[Example]:
    """The first of `solved` whose passages, as this setup retrieves them, hold the answer: answered and cited."""
    if not setup.worked:
        return []
    pairs = open_book(solved[: 4 * setup.worked], retriever, setup.k, without=0.0, seed=seed)
    return [pair for pair in pairs if pair.answer != REFUSAL][: setup.worked]


def try_setups(trial: Callable[[Setup], pd.DataFrame]) -> Tried:
    """`trial`, which asks the dev questions, of every setup in `FIRST`; then of the best with the other instruction."""
    tried = {setup: trial(setup) for setup in FIRST}
    ahead = best(tried)
    others = [replace(ahead, instruction=name) for name in INSTRUCTIONS if name != ahead.instruction]
    return tried | {other: trial(other) for other in others}


def best(tried: Tried, score: str = "correct") -> Setup:
    """The setup with most of a score; of equals the one with fewer tokens in its prompt."""
    return max(tried, key=lambda setup: (tried[setup][score].mean(), -tried[setup]["prompt_tokens"].mean()))


def trials(tried: Tried) -> pd.DataFrame:
    """One row per setup tried: facts right, right citations, prompt tokens, n."""
    rows = [
        {"setup": setup.name, "facts right": frame["correct"].mean(), "citations right": frame["cited_right"].mean()}
        | {"prompt tokens": round(frame["prompt_tokens"].mean()), "n": len(frame)}
        for setup, frame in tried.items()
    ]
    return pd.DataFrame(rows)
