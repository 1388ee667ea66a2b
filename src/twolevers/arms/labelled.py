"""Labelled texts as the arms see them: questions, instructions, training pairs.

An arm that labels is any arm that writes with `choosing.Choosing`; `linear.py` has those that need no language model.
An answer's text is the label, so that these arms run wherever the others do.
"""

from collections.abc import Mapping, Sequence

from twolevers.arms.prompts import build
from twolevers.data.records import Question
from twolevers.models.api import Example

NEUTRAL = "N/A"  # a text without content, as in Zhao et al. 2021 (arXiv 2102.09690)


def as_questions(
    texts: Sequence[str], labels: Sequence[str], clusters: Sequence[str], names: Sequence[str]
) -> list[Question]:
    """Labelled texts as questions, so that `evaluate.run` can ask them: the answer is the label."""
    rows = zip(names, texts, labels, clusters, strict=True)
    return [Question(name, text, (label,), "label", (), cluster, "label", "") for name, text, label, cluster in rows]


def naming(labels: Sequence[str], what: str = "label") -> str:
    """The short instruction: answer with one of the names."""
    return f"Name the {what} for this message. The {what}s are {', '.join(labels)}."


def guide(descriptions: Mapping[str, str], rule: str = "", what: str = "label") -> str:
    """The long instruction: what each label is for, and a rule for cases between them."""
    lines = [f"{name}: {text}" for name, text in descriptions.items()]
    closing = f"Answer with the name of the {what} only."
    return "\n".join([f"Each message belongs to one {what}.", *lines, *filter(None, [rule]), closing])


def training_pairs(texts: Sequence[str], labels: Sequence[str], instruction: str) -> list[Example]:
    """Each text as an arm with this instruction asks it, answered with its label: for training or to be shown."""
    return [Example(build(text, instruction=instruction), label) for text, label in zip(texts, labels, strict=True)]
