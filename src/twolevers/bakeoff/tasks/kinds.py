"""What tells the kinds of bake-off apart in words: their arms from the simplest on, and the comparisons planned."""

from collections.abc import Mapping
from dataclasses import dataclass

from twolevers.arms import registry


@dataclass(frozen=True)
class Kind:
    """A kind of bake-off. `arms`: what is easier to build and keep comes first; `items`: what is asked, in words.

    `tested`: the share of the items that is for the test. `dropped_first`: the order in which arms are given up where
    the time is short. `compared` are pairs (a, b), each asking whether a is better than b; `useful` the share of right
    answers below which an arm is no help; `method` the lines on how it was divided and scored.
    """

    name: str
    title: str
    items: str
    tested: float
    arms: tuple[str, ...]
    dropped_first: tuple[str, ...]
    compared: tuple[tuple[str, str], ...]
    words: Mapping[str, str]
    useful: float
    method: tuple[str, ...]

    @property
    def adapters(self) -> dict[str, str]:
        """Which adapter an arm wears, for those that do."""
        known = [arm for arm in self.arms if arm in registry.ARMS]  # answers brought in wear none
        return {arm: registry.ARMS[arm].adapter for arm in known if registry.ARMS[arm].adapter}


QUESTIONS = Kind(
    name="questions",
    title="How our questions are answered from our documents",
    items="questions",
    tested=0.6,
    arms=("prompt", "rag", "tuned", "both", "stacked"),
    dropped_first=("stacked", "tuned", "both", "prompt"),
    compared=(
        *(("rag", "prompt"), ("tuned", "prompt"), ("rag", "tuned")),
        *(("both", "rag"), ("both", "tuned"), ("stacked", "rag")),
    ),
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

CLASSIFY = Kind(
    name="classify",
    title="How our texts are given their labels",
    items="texts",
    tested=0.4,
    arms=("tfidf", "linear", "prompt", "few_shot", "retrieved_few_shot", "tuned"),
    dropped_first=("few_shot", "retrieved_few_shot", "tuned", "prompt", "linear"),
    compared=(
        *(("tuned", "tfidf"), ("tuned", "linear"), ("tuned", "prompt"), ("tuned", "retrieved_few_shot")),
        *(("linear", "tfidf"), ("retrieved_few_shot", "tfidf")),
    ),
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

REPLY = Kind(
    name="reply",
    title="How our messages are answered in our style",
    items="messages",
    tested=0.4,
    arms=("prompt", "long_prompt", "few_shot", "retrieved_few_shot", "tuned"),
    dropped_first=("retrieved_few_shot", "few_shot", "long_prompt", "prompt"),
    compared=(
        *(("tuned", "prompt"), ("tuned", "long_prompt"), ("tuned", "few_shot"), ("tuned", "retrieved_few_shot")),
        ("long_prompt", "prompt"),
    ),
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
