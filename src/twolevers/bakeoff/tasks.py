"""What tells the kinds of bake-off apart: their arms from the simplest on, and the comparisons that are planned."""

from collections.abc import Mapping
from dataclasses import dataclass

from twolevers.bakeoff import contest, labels, replies


@dataclass(frozen=True)
class Task:
    """A kind of bake-off. `simplest`: what is easier to build and keep comes first; `items`: what is asked, in words.

    `compared` are pairs (a, b), each asking whether a is better than b; `adapters` as in `plan.Rates`; `useful` the
    share of right answers below which an arm is no help; `method` the lines on how it was divided and scored.
    """

    name: str
    items: str
    simplest: tuple[str, ...]
    compared: tuple[tuple[str, str], ...]
    adapters: Mapping[str, str]
    words: Mapping[str, str]
    useful: float
    method: tuple[str, ...]


QUESTIONS = Task(
    name="questions",
    items="questions",
    simplest=("prompt", "rag", "tuned", "both", "stacked"),
    compared=(
        *(("rag", "prompt"), ("tuned", "prompt"), ("rag", "tuned")),
        *(("both", "rag"), ("both", "tuned"), ("stacked", "rag")),
    ),
    adapters=contest.TAUGHT,
    words={
        "prompt": "ask the model as it is",
        "rag": "retrieve passages and put them into the prompt",
        "tuned": "fine-tune, no retrieval",
        "both": "fine-tune with retrieved passages, and retrieve",
        "stacked": "retrieve for a model that was tuned without passages",
    },
    useful=0.30,
    method=(
        "Whole documents went to the training side or to the test.",
        "Right means that the answer states an accepted value, unit included, and no rival to it; a question without "
        "an answer wants a refusal.",
    ),
)

CLASSIFY = Task(
    name="classify",
    items="texts",
    simplest=labels.ARMS,
    compared=(
        *(("tuned", "tfidf"), ("tuned", "linear"), ("tuned", "prompt"), ("tuned", "retrieved_few_shot")),
        *(("linear", "tfidf"), ("retrieved_few_shot", "tfidf")),
    ),
    adapters=labels.TAUGHT,
    words={
        "tfidf": "a linear classifier on counted words",
        "linear": "a linear classifier on sentence vectors",
        "prompt": "ask the model with the labels' names",
        "few_shot": "ask with a few examples",
        "retrieved_few_shot": "ask with the most similar examples",
        "tuned": "fine-tune on the examples",
    },
    useful=0.0,
    method=(
        "Texts that are nearly the same went to one side together; the labels are shared out alike.",
        "Right means the very label. The language model's arms choose the likeliest label, so that they cannot "
        "invent one. The linear arms learn from every training text, the tuned arm from those that the time allows.",
    ),
)

REPLY = Task(
    name="reply",
    items="messages",
    simplest=replies.ARMS,
    compared=(
        *(("tuned", "prompt"), ("tuned", "long_prompt"), ("tuned", "few_shot"), ("tuned", "retrieved_few_shot")),
        ("long_prompt", "prompt"),
    ),
    adapters=replies.TAUGHT,
    words={
        "prompt": "ask for a reply",
        "long_prompt": "ask with the rules in words",
        "few_shot": "ask with the rules and a few replies",
        "retrieved_few_shot": "ask with the rules and the replies to similar messages",
        "tuned": "fine-tune on the replies",
    },
    useful=0.0,
    method=(
        "Messages that are nearly the same went to one side together; the rules were learned from the training side.",
        "Right means that a reply keeps every rule learned. Likeness to the reply that was given (token F1) is no "
        "score of truth.",
    ),
)
