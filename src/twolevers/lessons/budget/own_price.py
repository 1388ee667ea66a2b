"""Exercise 06, tasks 1b and 1c: what answers cost by what the course's own model reads, and their checks."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from twolevers.data.questions import ask
from twolevers.learn.check import check, equals, has_keys, with_given
from twolevers.lessons.budget.checks import LESSON

if TYPE_CHECKING:
    from twolevers.models.api import Chat, LanguageModel

OWN, WRITTEN, PRICES = 20, 20, (0.5, 1.5)  # questions, tokens written, USD per million tokens read and written
Chats = Mapping[str, Sequence["Chat"]]
"""By arm, what it sends to the model for each question."""


def own_chats() -> "tuple[LanguageModel, dict[str, list[Chat]]]":
    """Task 1b: the course's model, and what `rag` and `tuned` send to it for the same `OWN` questions."""
    from twolevers.arms.rag import Rag
    from twolevers.arms.tuned import Tuned
    from twolevers.lessons.both.experiment import K
    from twolevers.lessons.common.bench import Workbench
    from twolevers.lessons.two_levers import experiment as two_levers

    bench = Workbench.load()
    questions = ask(two_levers.facts(bench).head(OWN), 0)
    rag = Rag(bench.model, bench.retriever, K)
    asked = [rag.chat(one, near) for one, near in zip(questions, rag.look_up(questions), strict=True)]
    return bench.model, {"rag": asked, "tuned": Tuned(bench.model).chats(questions)}


@with_given
def own_cost(answer: Mapping[str, float], model: "LanguageModel", chats: Chats) -> None:
    """Task 1b: {"rag": USD, "tuned": USD} for a thousand answers, the tokens read counted by the model."""

    def costs(read: Callable[[Sequence["Chat"]], float], written: float = WRITTEN) -> dict[str, float]:
        return {arm: _thousand(read(some), written) for arm, some in chats.items()}

    def mean(count: Callable[["Chat"], int]) -> Callable[[Sequence["Chat"]], float]:
        return lambda some: float(np.mean([count(chat) for chat in some]))

    def text(chat: "Chat") -> str:
        return " ".join(turn["content"] for turn in chat)

    tokens = mean(lambda chat: len(model.encode(chat)))
    right = costs(tokens)
    check(
        LESSON,
        "Task 1b",
        answer,
        has_keys(right),
        equals(
            right,
            tolerance=0.005 * min(right.values()),
            mistakes=[
                (costs(lambda some: tokens(some) * len(some)), "that is for all questions together; take the mean."),
                (costs(lambda some: len(model.encode(some[0]))), "that is the first question; take the mean of all."),
                (costs(mean(lambda chat: len(text(chat)))), "those are characters; a host charges for tokens."),
                (costs(mean(lambda chat: len(text(chat).split()))), "those are words; a host charges for tokens."),
                (costs(mean(len)), "those are turns; model.encode(chat) makes the tokens, and len() counts them."),
                (costs(tokens, 0), "the tokens written are missing."),
                ({arm: value / 1_000 for arm, value in right.items()}, "that is one answer; a thousand are asked for."),
            ],
            hint="thousand_answers(mean tokens read, 20, 0.5, 1.5) for each arm.",
        ),
        note="Counted with your model's own tokenizer; another model cuts the same text into other tokens.",
    )


@with_given
def premium(answer: float, model: "LanguageModel", chats: Chats) -> None:
    """Task 1c: how many times as dear a tuned model's token may be until both arms' answers cost the same."""
    read = {arm: float(np.mean([len(model.encode(chat)) for chat in some])) for arm, some in chats.items()}
    cost = {arm: _thousand(tokens) for arm, tokens in read.items()}
    right = cost["rag"] / cost["tuned"]
    check(
        LESSON,
        "Task 1c",
        answer,
        equals(
            right,
            tolerance=0.01 * right,
            mistakes=[
                (1 / right, "turned round: how many times as dear may the tuned model's tokens be?"),
                (read["rag"] / read["tuned"], "the tokens written have become dearer too; divide the whole costs."),
                (right - 1, "that is how much more; asked is how many times as much."),
                (cost["rag"] - cost["tuned"], "that is the difference in dollars; divide the two costs."),
            ],
            hint="At which factor does the tuned arm's thousand answers cost what RAG's do?",
        ),
        note="Above this factor the shorter prompt is the dearer one. Look up what your host asks.",
    )


def _thousand(read: float, written: float = WRITTEN) -> float:
    """USD for a thousand answers, of so many tokens read and written each."""
    return (read * PRICES[0] + written * PRICES[1]) / 1_000
