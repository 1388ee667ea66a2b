"""Source lines: given a text and the passages that its sources name, does a reader who follows them find the answer?"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from twolevers.arms.both import supports
from twolevers.arms.prompts import cited
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Document, Question
from twolevers.evaluate.metrics import citation_scores, mentions
from twolevers.evaluate.run import run
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.evaluate.statistics import wilson
from twolevers.retrieval.chunking import Passage, chunk
from twolevers.retrieval.search import POOL, Retriever

STEPS = {
    "source": "shows a source",
    "right_page": "right page",
    "cited_right": "passage states the fact",
    "confirmed": "answer agrees",
}


class Sourced:
    """Answers that an arm gave before, with other source lines: the passages of `shown`, row by row of `frame`."""

    key = ""

    def __init__(self, name: str, frame: pd.DataFrame, shown: Sequence[Sequence[Passage]]):
        self.name = name
        given = zip(frame.to_dict("records"), shown, strict=True)
        self.given = {(row["question_id"], row["question"]): (row, passages) for row, passages in given}

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """The same text and usage as before; `cited` and `quoted` are those of the passages shown."""
        answers = []
        for question in questions:
            row, passages = self.given[question.question_id, question.text]
            pages = tuple(dict.fromkeys(passage.doc_id for passage in passages))
            quoted = "\n".join(passage.searchable for passage in passages)
            usage = Usage(row["prompt_tokens"], row["new_tokens"], row["seconds"])
            answers.append(Answer(question.question_id, row["text"], pages, pages, usage, quoted))
        return answers


@dataclass(frozen=True)
class PageMissing:
    """Negative control: the same search over a catalogue without the pages of the products that a query names.

    What it finds instead are the nearest siblings: the wrong passages that are hardest to tell from the right ones.
    """

    inner: Retriever

    @property
    def name(self) -> str:
        """The inner search's name, marked."""
        return f"page missing, {self.inner.name}"

    @property
    def key(self) -> str:
        """Changes with the search inside."""
        return f"page-missing-{self.inner.key}"

    def search(self, queries: Sequence[str], k: int = 3) -> list[list[Passage]]:
        """The k best of the inner search's candidates whose title the query does not name."""
        found = self.inner.search(queries, max(k, POOL))
        pairs = zip(queries, found, strict=True)
        return [[one for one in passages if not mentions(query, one.title)][:k] for query, passages in pairs]


def by_lot(
    documents: Sequence[Document], questions: Sequence[Question], max_words: int, seed: int
) -> list[list[Passage]]:
    """All passages of one page of each product's line, drawn by lot: a source that knows no more than the line."""
    passages, line = chunk(documents, max_words), {page.doc_id: page.line for page in documents}
    siblings = {name: [page for page in line if line[page] == name] for name in set(line.values())}
    generator = random.Random(seed)
    drawn = [generator.choice(siblings[line[question.doc_ids[0]]]) for question in questions]
    return [[passage for passage in passages if passage.doc_id == page] for page in drawn]


def sourced(
    name: str, frame: pd.DataFrame, questions: Sequence[Question], shown: Sequence[Sequence[Passage]]
) -> pd.DataFrame:
    """The answers of `frame` as an arm called `name` whose sources are `shown`: scored and weighed."""
    return weigh(run([Sourced(name, frame, shown)], questions, FACTS, journal=None, key=""), questions, shown)


def self_cited(
    name: str, frame: pd.DataFrame, questions: Sequence[Question], found: Sequence[Sequence[Passage]]
) -> pd.DataFrame:
    """The answers of `frame` as an arm called `name` that cites by the numbers it wrote for the passages `found`."""
    quoted = [cited(text, passages)[1].split("\n") for text, passages in zip(frame["text"], found, strict=True)]
    pairs = zip(quoted, found, strict=True)
    shown = [[passage for passage in passages if passage.searchable in lines] for lines, passages in pairs]
    return weigh(frame.assign(arm=name), questions, shown)


def weigh(frame: pd.DataFrame, questions: Sequence[Question], shown: Sequence[Sequence[Passage]]) -> pd.DataFrame:
    """A frame from `evaluate.run` with what its source lines are worth. `shown`: the passages named, row by row.

    New columns: `source` (any is shown), `right_page` (all are of the product asked about), `confirmed` (`cited_right`,
    and the answer is right: the passage confirms it), `citations` (how many; a number that no passage bears counts),
    `precision` (share of them that state the answer given; NaN without any). A page states one value for each
    attribute, so no passage supports a wrong answer.
    """
    invented = [[page for page in pages if page.startswith("?")] for pages in frame["cited"]]
    named = [[*(one.passage_id for one in passages), *extra] for passages, extra in zip(shown, invented, strict=True)]
    supporting = [
        [one.passage_id for one in passages if right and supports(one, question)]
        for passages, right, question in zip(shown, frame["correct"], questions, strict=True)
    ]
    cited_right = frame["cited_right"].astype("boolean").fillna(False).astype(bool)
    return frame.assign(
        source=[bool(one) for one in named],
        right_page=frame["citation_precision"] == 1,
        cited_right=cited_right,
        confirmed=frame["correct"] & cited_right,
        citations=[len(one) for one in named],
        precision=citation_scores(named, supporting)[0],
    )


def steps(frame: pd.DataFrame) -> pd.DataFrame:
    """Share of each arm's answers that pass each step of `STEPS`; every step holds the one before it."""
    table = frame.groupby("arm", sort=False).agg(n=("text", "size"), **{name: (name, "mean") for name in STEPS})
    return table.reset_index().rename(columns=STEPS)


def precision_and_recall(frame: pd.DataFrame) -> pd.DataFrame:
    """ALCE's measures (arXiv 2305.14627, section 3), each answer being one statement; a refusal states nothing.

    Citation recall: share of statements with a cited passage that supports them. Citation precision: share of citations
    that support their statement. Columns: arm, statements, citations, citation_recall, citation_precision.
    """
    rows = []
    for arm, group in frame[~frame["refused"]].groupby("arm", sort=False):
        citations = int(group["citations"].sum())
        supporting = (group["precision"] * group["citations"]).sum()
        rows.append(
            {
                "arm": arm,
                "statements": len(group),
                "citations": citations,
                "citation_recall": group["confirmed"].mean(),
                "citation_precision": supporting / citations if citations else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def behaviour(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What each frame's answers do: share that cite anything, that refuse, that are right about the product's fact.

    Keys head the rows. `cites_low` and `cites_high`: 95 % Wilson interval of the share that cite.
    """
    rows = []
    for name, frame in frames.items():
        cites = frame["cited"].map(bool)
        interval = wilson(int(cites.sum()), len(frame))
        row = {"answers": name, "n": len(frame), "cites": cites.mean()}
        row |= {"cites_low": interval.low, "cites_high": interval.high}
        row |= {"refuses": frame["refused"].mean(), "right": frame["correct"].mean()}
        rows.append(row)
    return pd.DataFrame(rows)


def where_they_differ(frame: pd.DataFrame, labels: Mapping[str, str]) -> tuple[str, pd.DataFrame]:
    """The first question that some source lines confirm and others do not, and how each arm of `labels` answers it.

    Columns of the table: source_line, answer, shows (pages), confirmed.
    """
    listed = frame[frame["arm"].isin(list(labels))]
    question = (listed.groupby("question", sort=False)["confirmed"].nunique() > 1).idxmax()
    found = listed[listed["question"] == question]
    shows = [", ".join(pages) or "nothing" for pages in found["cited"]]
    table = pd.DataFrame({"source_line": found["arm"].map(labels), "answer": found["text"], "shows": shows})
    return question, table.assign(confirmed=found["confirmed"]).reset_index(drop=True)
