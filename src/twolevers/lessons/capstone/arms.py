"""The arms of a case. Each gets its best chance: the prompts of the untouched model are chosen on the dev items.

Every case meets the same four: `prompt` (instructions, with or without worked examples), `rag` (passages of the
client's documents; where there are none, the solved cases most like the one asked), `tuned` (an adapter trained on the
pairs on hand) and `both` (trained with what `rag` retrieves, and retrieving). Labels meet a `linear` classifier too.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from twolevers.arms.both import Both, supports
from twolevers.arms.choosing import Choosing
from twolevers.arms.few_shot import FewShot, after
from twolevers.arms.labelled import NEUTRAL, training_pairs
from twolevers.arms.linear import EmbeddingLinear, TfidfLinear
from twolevers.arms.prompts import build
from twolevers.arms.protocol import Arm
from twolevers.arms.rag import Rag
from twolevers.arms.retrieved_few_shot import RetrievedFewShot
from twolevers.arms.tuned import Tuned
from twolevers.arms.worked import WorkedRag
from twolevers.lessons.capstone.case import Case, Pair
from twolevers.lessons.common.bench import Workbench
from twolevers.models.adapter import Recipe
from twolevers.models.api import Chat, Example, LanguageModel, Training
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Hybrid, NamedFirst, build_index

SHOTS = 3  # worked examples in a prompt
NEAR = 4  # solved cases that a search puts before a text
PAGE_WORDS = 100  # a page of a brief stays whole
FEW, MANY = 40, 100  # pairs up to which, and from which, an adapter meets them more or less often
FEWEST = 8  # pairs from which an adapter is trained
ARMS = ("prompt", "rag", "tuned", "both")
SEED = 14


class Near(RetrievedFewShot):
    """The solved cases most like the text, with their labels or lines, before an untouched model."""

    name = "rag"


class TunedNear(RetrievedFewShot):
    """The same before a model that was trained with them."""

    name = "both"


class Worked(FewShot):
    """The same solved cases before every text."""

    name = "prompt"


class Linear(EmbeddingLinear):
    """Logistic regression on sentence vectors."""

    name = "linear"


class Words(TfidfLinear):
    """A support vector machine on counted words."""

    name = "linear"


@dataclass(frozen=True)
class Bench:
    """A case with the model and, where it has documents, their index."""

    case: Case
    bench: Workbench

    @cached_property
    def retriever(self) -> NamedFirst:
        """Hybrid search over the client's pages, each page one passage."""
        embedder = self.bench.embedder
        return NamedFirst(Hybrid(build_index(self.case.documents, embedder, PAGE_WORDS), embedder))

    @property
    def model(self) -> LanguageModel:
        """The untouched model."""
        return self.bench.model

    def untouched(self, name: str) -> Iterator[tuple[str, Arm]]:
        """The variants of `prompt`, `rag` or `linear` that dev chooses from, each with what it is in words."""
        case = self.case
        if name == "linear":
            texts, labels = [pair.question.text for pair in case.taught], [pair.target for pair in case.taught]
            yield "TF-IDF of words", Words(texts, labels)
            yield "sentence vectors", Linear(texts, labels, self.bench.vectors, 10.0)
        elif case.task == "labels":
            yield from self._likelihoods(name)
        elif name == "prompt":
            for place, told in enumerate(case.instructions, start=1):
                yield f"instruction {place}", Worked(self.model, (), told, case.max_new_tokens)
            solved = [Example(self._bare(pair, told), pair.target) for pair in case.taught[:SHOTS]]
            yield f"instruction {place}, {SHOTS} examples", Worked(self.model, solved, told, case.max_new_tokens)
        elif case.documents:
            for place, told in enumerate(case.readings, start=1):
                yield f"reading {place}, 1 page", self._reader(told, 1, ())
            yield f"reading {place}, 2 pages", self._reader(told, 2, ())
            yield f"reading {place}, 1 page, {SHOTS} examples", self._reader(told, 1, case.taught[:SHOTS])
        else:
            for place, told in enumerate(case.instructions, start=1):
                yield f"instruction {place}, {NEAR} solved cases", self._near(Near, self.model, told)

    def examples(self, name: str, k: int) -> list[Example]:
        """What the adapter of `tuned` or `both` is trained on."""
        case, told = self.case, self.told(name)
        if name == "tuned":
            return [Example(self._bare(pair, told), pair.target) for pair in case.taught]
        return self._with_pages(told, k) if case.documents else self._with_solved(told)

    def trained(self, name: str, training: Training, k: int) -> Arm:
        """The arm that wears the adapter."""
        case, model, told = self.case, self.model.adapted(training.adapter), self.told(name)
        if name == "tuned":
            return Tuned(self._writer(model), told, case.max_new_tokens)
        if case.documents and case.task != "labels":
            return Both(model, self.retriever, k, told, case.max_new_tokens)
        return self._near(TunedNear, model, told, 2)

    def told(self, name: str) -> str:
        """The instruction of a trained arm: the first one, which is the shortest; training says the rest."""
        case = self.case
        return case.readings[0] if name == "both" and case.documents else case.instructions[0]

    def recipe(self, name: str) -> Recipe:
        """Three epochs over few pairs, two else; one where many are read with what was found for them."""
        n = len(self.case.taught)
        epochs = 3 if n <= FEW else 1 if name == "both" and n > MANY else 2
        return Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=epochs, batch_size=8, seed=SEED)

    def _likelihoods(self, name: str) -> Iterator[tuple[str, Arm]]:
        case = self.case
        for place, told in enumerate(case.instructions, start=1):
            if name == "rag":
                yield f"instruction {place}, {NEAR} solved cases", self._near(Near, self.model, told)
            else:
                first = [next(pair for pair in case.taught if pair.target == label) for label in case.labels]
                shown = training_pairs([pair.question.text for pair in first], case.labels, told)
                calibrated = Choosing(self.model, case.labels, build(NEUTRAL, instruction=told))
                yield f"instruction {place}", Worked(calibrated, (), told)
                yield f"instruction {place}, a case for each", Worked(self._writer(self.model), shown, told)

    def _reader(self, told: str, k: int, solved: Sequence[Pair]) -> Arm:
        case = self.case
        if not solved:
            return Rag(self.model, self.retriever, k, told, case.max_new_tokens)
        return WorkedRag(self.model, self.retriever, k, self._read(solved, told, k), told, case.max_new_tokens)

    def _near(self, kind: type, model: LanguageModel, told: str, k: int = NEAR) -> Arm:
        """Solved cases found for each text, with their labels or their lines."""
        case = self.case
        solved = [Example(self._bare(pair, told), pair.target) for pair in case.taught]
        vectors = self.bench.vectors([pair.question.text for pair in case.taught])
        return kind(self._writer(model), solved, self.bench.embedder, k, told, case.max_new_tokens, vectors)

    def _writer(self, model: LanguageModel) -> LanguageModel | Choosing:
        """The model, held to the labels where the case has some."""
        return Choosing(model, self.case.labels) if self.case.task == "labels" else model

    def _bare(self, pair: Pair, told: str) -> Chat:
        return build(pair.question.text, (), told)

    def _read(self, pairs: Sequence[Pair], told: str, k: int) -> list[Example]:
        """Pairs with the k pages that the search finds, and the answer that they support."""
        found = self.retriever.search([pair.question.text for pair in pairs], k)
        return [self._example(pair, pages, told) for pair, pages in zip(pairs, found, strict=True)]

    def _with_pages(self, told: str, k: int) -> list[Example]:
        """The same in random order, without the right page in one pair of seven: there the answer is the refusal."""
        generator, case = random.Random(SEED), self.case
        found = self.retriever.search([pair.question.text for pair in case.taught], 2 * k)
        examples = []
        for pair, pages in zip(case.taught, found, strict=True):
            drop = bool(case.refusal) and generator.random() < 1 / 7
            kept = [page for page in pages if not (drop and supports(page, pair.question))][:k]
            generator.shuffle(kept)
            examples.append(self._example(pair, kept, told))
        return examples

    def _example(self, pair: Pair, pages: Sequence[Passage], told: str) -> Example:
        case, asked = self.case, pair.question
        right = [number for number, page in enumerate(pages, start=1) if supports(page, asked)]
        answer = pair.target
        if asked.answers and case.refusal and not right:
            answer = case.refusal
        elif right and case.goal.source == "cited":
            answer = f"{pair.target} [{right[0]}]"
        return Example(build(asked.text, pages, told), answer)

    def _with_solved(self, told: str) -> list[Example]:
        """Each pair after the two others that are most like it."""
        taught = self.case.taught
        vectors = self.bench.vectors([pair.question.text for pair in taught])
        likeness = vectors @ vectors.T
        examples = []
        for place, pair in enumerate(taught):
            order = [other for other in likeness[place].argsort(kind="stable") if other != place][-2:]
            before = [Example(self._bare(taught[other], told), taught[other].target) for other in order]
            examples.append(Example(after(before, self._bare(pair, told)), pair.target))
        return examples
