"""Lesson 04, the lab: turn the retriever's settings and see what reaches the prompt. Made to be broken.

Nothing is generated: a turn searches a few questions, each typed in three ways, in the catalogue alone.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from twolevers.arms.both import supports
from twolevers.data.records import Document, Question
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.bench import PASSAGE_WORDS, Workbench
from twolevers.lessons.common.style import BLACK, ORANGE, SKY, ArmStyle, style
from twolevers.lessons.large_collections.experiment import MISSPELT, PRINTED, K, asked, misspelt
from twolevers.models.embedders.static import StaticEmbedder
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Hybrid, NamedFirst, build_index

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTIONS = 40
UNNAMED = "product never named"
SIZES = (20, PASSAGE_WORDS, 80, 400)  # words of a passage; the last holds every page whole
WHOLE = "whole page"
DIALS = (
    Dial("k", "Passages in the prompt", (1, 2, 3, 5, 10), 1),
    Dial("words", "Words of a passage", (*SIZES[:-1], WHOLE), 1),
    Dial("names", "Products that the question names in full come first", (False, True), 1),
    Dial("rerank", "The first ten ordered again, word by word", (False, True), 0),
)
LEGEND = "What reaches the prompt?"
LOOKS = {
    PRINTED: ArmStyle(PRINTED, BLACK, "o", "", "-"),
    MISSPELT: ArmStyle(MISSPELT, SKY, "s", "", "--"),
    UNNAMED: ArmStyle(UNNAMED, ORANGE, "D", "", ":"),
}
# How somebody speaks of a product without its name; `{}` is what the page says.
SPOKEN = {
    "colour": "the one in {}",
    "weight": "the one that weighs {}",
    "price": "the one for {}",
    "rated_power": "the one with {}",
    "width": "the one that is {} wide",
    "cord_length": "the one with {} of cord",
}


@dataclass(frozen=True)
class Lab:
    """The questions by how they are typed, and a search for each setting."""

    bench: Workbench
    static: StaticEmbedder
    typed: dict[str, list[Question]]

    def first(self, words: int, names: bool, rerank: bool) -> dict[str, list[list[Passage]]]:
        """The first `K` passages of each question, by how it is typed."""
        search = Hybrid(build_index(self.bench.documents, self.static, words), self.static)
        engine = NamedFirst(search) if names else search
        found = {
            typed: engine.search([question.text for question in questions], K)
            for typed, questions in self.typed.items()
        }
        if not rerank:
            return found
        tokens = cache(partial(_tokens, self.static))  # most pages are found for many questions
        pairs = {typed: zip(self.typed[typed], lists, strict=True) for typed, lists in found.items()}
        return {typed: [reranked(tokens, one.text, ten) for one, ten in pair] for typed, pair in pairs.items()}


def unnamed(question: Question, documents: Sequence[Document]) -> Question | None:
    """The question with the product told by another of its facts, one that no other page states; None without one."""
    page = next(page for page in documents if page.doc_id in question.doc_ids)
    stated = Counter(value for one in documents for value in one.attributes.values())
    for attribute, form in SPOKEN.items():
        value = page.attributes.get(attribute)
        if attribute != question.attribute and value and stated[value] == 1:
            spoken = form.format(value)
            return replace(
                question, text=question.text.replace(f"the {page.title}", spoken).replace(page.title, spoken)
            )
    return None


def make(bench: Workbench, static: StaticEmbedder) -> Lab:
    """The lab: the lesson's first `QUESTIONS` questions that can be asked without the name."""
    plain = [question for question in asked(bench) if unnamed(question, bench.documents)][:QUESTIONS]
    typed = {
        PRINTED: plain,
        MISSPELT: [replace(question, text=misspelt(question)) for question in plain],
        UNNAMED: [one for question in plain if (one := unnamed(question, bench.documents))],
    }
    return Lab(bench, static, typed)


def reranked(tokens: Callable[[str], np.ndarray], question: str, passages: Sequence[Passage]) -> list[Passage]:
    """Passages by late interaction: each token of the question takes its best match in the passage, and these add up.

    MaxSim (Khattab and Zaharia 2020, ColBERT, equation 3); `tokens` gives a text's unit vectors, (tokens, d). Here they
    are static vectors, which know no context.
    """
    wanted = tokens(question)
    scores = [float((wanted @ tokens(one.searchable).T).max(axis=1).sum()) for one in passages]
    return [passages[place] for place in np.argsort(np.negative(scores), kind="stable")]


def reached(lists: Sequence[Sequence[Passage]], questions: Sequence[Question]) -> np.ndarray:
    """Share of questions whose answer is stated in the first 1, 2 … `K` passages."""
    hits = np.zeros((len(questions), K), bool)
    for row, (passages, question) in enumerate(zip(lists, questions, strict=True)):
        for place, passage in enumerate(passages):
            hits[row, place] = supports(passage, question)
    return np.logical_or.accumulate(hits, axis=1).mean(axis=0)


def explore(bench: Workbench, static: StaticEmbedder) -> Explorer:
    """Four sliders over the retriever; where no kernel runs, one passage and no help by names beside the first."""
    lab = make(bench, static)

    @cache
    def first(words: int, names: bool, rerank: bool) -> dict[str, list[list[Passage]]]:
        return lab.first(words, names, rerank)

    def draw(k: int, words: int | str, names: bool, rerank: bool) -> Drawn:
        found = first(SIZES[-1] if words == WHOLE else words, names, rerank)
        curves = {typed: reached(found[typed], lab.typed[typed]) for typed in found}
        read = sum(len(one.searchable.split()) for ten in found[PRINTED] for one in ten[:k]) / len(found[PRINTED])
        at = "; ".join(f"{typed} {curve[k - 1]:.2f}" for typed, curve in curves.items())
        size = words if words == WHOLE else f"{words} words"
        words_said = (
            f"{k} passage{'s' if k > 1 else ''} ({size}) in the prompt, {read:.0f} words to read. The answer is among "
            f"them for: {at} (n = {len(found[PRINTED])} each)."
        )
        return Drawn(
            _plot(curves, k, len(found[PRINTED])), f"Line chart by number of passages. {words_said}", words_said
        )

    return explorer(draw, DIALS, LEGEND, fails={"k": 0, "names": 0})


def _plot(curves: dict[str, np.ndarray], k: int, n: int) -> "Figure":
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(figsize=(9, 4.5))
        for typed, curve in curves.items():
            axes.plot(range(1, K + 1), curve, **LOOKS[typed].line())
        axes.axvline(k, color=BLACK, linewidth=1, linestyle=":")
        axes.set(xlabel="Passages in the prompt", ylim=(-0.03, 1.05), xticks=range(1, K + 1))
        axes.set_ylabel("Share with the answer")
        axes.set_title(f"Does the answer reach the prompt? (n = {n})")
        figure.legend(loc="outside lower center", ncols=3)
    return figure


def _tokens(static: StaticEmbedder, text: str) -> np.ndarray:
    """Unit vectors of the text's tokens, (tokens, d)."""
    ids = static.tokenizer.encode(text, add_special_tokens=False).ids
    vectors = static.table[ids].numpy()
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
