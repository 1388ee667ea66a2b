"""Which questions may train and which may test: whole documents go to one side, so that nothing leaks."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from twolevers.data.records import Question
from twolevers.evaluate.metrics import mentions
from twolevers.retrieval.search import Retriever

TRAINED = 0.4  # share of the questions whose documents are for training
NONE: Mapping[str, str] = MappingProxyType({})
FEWEST_PAIRS = 16  # fewer pairs than this teach nothing that could be told from chance


@dataclass(frozen=True)
class Split:
    """Questions for training and for the test; no document belongs to both. `inferred`: documents found by search."""

    training: tuple[Question, ...]
    tested: tuple[Question, ...]
    inferred: int


def split(questions: Sequence[Question], retriever: Retriever, seed: int = 0, alike: Mapping[str, str] = NONE) -> Split:
    """Divide by document, in an order drawn with `seed`; questions that share a document stay together.

    So do those about documents that are nearly the same (`alike`, see `likeness`).

    A question without a document is given the best found one that states its answer, if there is any, for this
    division alone. What is left without a document goes to the test, unless it is all there is.
    """
    named = _documents(questions, retriever)
    grouped = _groups([tuple(dict.fromkeys(alike.get(name, name) for name in names)) for names in named])
    names = sorted(set(grouped))
    random.Random(seed).shuffle(names)
    wanted, training = TRAINED * len(questions), set()
    sizes = {name: grouped.count(name) for name in names}
    for name in names:
        # A group larger than what is still wanted would turn the shares round: the test keeps it.
        if name and sum(sizes[each] for each in training) + sizes[name] <= wanted:
            training.add(name)
    sides = [name in training for name in grouped]
    entity = [
        replace(question, entity=name or question.question_id)
        for question, name in zip(questions, grouped, strict=True)
    ]
    return Split(
        tuple(question for question, side in zip(entity, sides, strict=True) if side),
        tuple(question for question, side in zip(entity, sides, strict=True) if not side),
        sum(bool(name) and not question.doc_ids for question, name in zip(questions, grouped, strict=True)),
    )


def drawn(questions: Sequence[Question], n: int, seed: int = 0) -> list[Question]:
    """`n` of them: questions with and without an answer in their proportion, each kind spread over its documents.

    Every document gives one before any gives a second. A question without a document is one of its own, so that these
    would come first and crowd out the others if the kinds were not kept apart.
    """
    shuffled = random.Random(seed).sample(list(questions), len(questions))
    placed = []
    for answerable in (True, False):
        turn: Counter[str] = Counter()
        turns = []
        for question in (each for each in shuffled if each.answerable is answerable):
            about = question.entity or question.question_id
            turns.append((turn[about], question))
            turn[about] += 1
        turns.sort(key=lambda pair: pair[0])
        placed += [((rank + 0.5) / len(turns), question) for rank, (_, question) in enumerate(turns)]
    return [question for _, question in sorted(placed, key=lambda pair: pair[0])[:n]]


def _documents(questions: Sequence[Question], retriever: Retriever) -> list[tuple[str, ...]]:
    """The documents of each question: those it names, else the first found one that states its answer."""
    lacking = [question for question in questions if question.answers and not question.doc_ids]
    rows = retriever.search([question.text for question in lacking], 10) if lacking else []
    found = {}
    for question, passages in zip(lacking, rows, strict=True):
        stating = [each.doc_id for each in passages if any(mentions(each.text, answer) for answer in question.answers)]
        found[question.question_id] = tuple(stating[:1])
    return [question.doc_ids or found.get(question.question_id, ()) for question in questions]


def _groups(documents: Sequence[tuple[str, ...]]) -> list[str]:
    """A name for each row: rows that share a document, directly or through others, share the name; "" without any."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for names in documents:
        for name in names[1:]:
            parent[root(name)] = root(names[0])
    return [root(names[0]) if names else "" for names in documents]
