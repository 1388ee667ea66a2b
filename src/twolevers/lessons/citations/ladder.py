"""Lesson 03 on the ladder: sources listed by the program, written by the model, or looked up for a closed book."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache as remember

import pandas as pd

from twolevers.arms.protocol import Answer, Arm
from twolevers.arms.rag import Rag
from twolevers.data.catalogue import load_catalogue
from twolevers.data.records import Question
from twolevers.lessons.citations.experiment import (
    LESSON,
    MARGIN,
    SEED,
    K,
    asked_to_cite,
    best_prompt,
    look_up,
    try_prompts,
)
from twolevers.lessons.citations.source_lines import weigh
from twolevers.lessons.common.bench import PASSAGE_WORDS
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder.central import Asked, Central
from twolevers.lessons.two_levers import ladder as two_levers
from twolevers.retrieval.chunking import Passage, chunk

PAIRED = {("rag", "tuned, looked up"): "C04", ("rag", "rag, asked to cite"): ""}
CONTEST = Contest(LESSON, "citations right", PAIRED, MARGIN, SEED, "confirmed")
Search = Callable[[Sequence[Question], Sequence[Answer]], list[list[Passage]]]


def central() -> Central:
    """Answers that the source shown confirms, on the facts of lesson 01."""
    arms = {"rag": rag, "rag, asked to cite": told, "tuned, looked up": looked_up}
    return Central(CONTEST, two_levers.questions, arms, confirmed, trained=("tuned, looked up",))


@dataclass(frozen=True)
class Listed:
    """Another arm's answers with the source lines that a program adds: the pages of the passages of `search`."""

    arm: Arm
    search: Search
    name: str
    key: str = ""

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """The arm's answers; what they cite are the passages listed."""
        answers = self.arm.answer(questions)
        shown = self.search(questions, answers)
        return [_with_sources(answer, passages) for answer, passages in zip(answers, shown, strict=True)]


def rag(asked: Asked) -> Listed:
    """The program lists the passages that it put into the prompt."""
    search = asked.bench.retriever.search
    arm = Rag(asked.bench.model, asked.bench.retriever, K)
    return Listed(arm, lambda questions, answers: search([one.text for one in questions], K), "rag")


def told(asked: Asked) -> Rag:
    """The model writes the source line, asked by the prompt that does best on dev questions."""
    prompt = best_prompt(try_prompts(asked.bench))
    asked.trained.append({"prompt": prompt})
    return asked_to_cite(asked.bench, asked.bench.retriever, prompt)


def looked_up(asked: Asked) -> Listed:
    """Answers from the weights; the passages nearest to question and answer are listed afterwards."""

    def search(questions: Sequence[Question], answers: Sequence[Answer]) -> list[list[Passage]]:
        return look_up(asked.bench, questions, [answer.text for answer in answers])

    return Listed(two_levers.tuned(asked), search, "tuned, looked up")


def confirmed(frame: pd.DataFrame, questions: Sequence[Question]) -> pd.DataFrame:
    """Adds what a reader finds who follows the source lines (columns of `source_lines.weigh`)."""
    known = _passages()
    shown = [[known[line] for line in quoted.split("\n") if line] for quoted in frame["quoted"]]
    return weigh(frame, questions, shown)


@remember
def _passages() -> dict[str, Passage]:
    return {passage.searchable: passage for passage in chunk(load_catalogue(), PASSAGE_WORDS)}


def _with_sources(answer: Answer, passages: Sequence[Passage]) -> Answer:
    pages = tuple(dict.fromkeys(passage.doc_id for passage in passages))
    quoted = "\n".join(passage.searchable for passage in passages)
    return replace(answer, sources=pages, cited=pages, quoted=quoted)
