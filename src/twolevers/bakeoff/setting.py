"""What all arms of a bake-off on questions share, settled once from the caller's own data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twolevers.bakeoff.pairs import instruction
from twolevers.bakeoff.passages import choose, search_of
from twolevers.data.records import Question
from twolevers.lessons.common.bench import Workbench
from twolevers.retrieval.search import Retriever

SHORTEST, LONGEST = 24, 128  # tokens that an answer may take
CITATION = 12  # tokens for the citation and a few words more than the answer


@dataclass(frozen=True)
class Setting:
    """`words` of a passage at most, the search, the instruction, the tokens an answer may take, texts by document."""

    words: int
    retriever: Retriever
    told: str
    room: int
    texts: dict[str, str]
    titles: dict[str, str]


def settle(
    bench: Workbench, questions: Sequence[Question], pairs: Sequence[Question], k: int
) -> tuple[Setting, list[str]]:
    """The setting, and what is to be said of it. Lengths are chosen on the training `pairs`; k passages are read."""
    words, said = choose(bench, pairs, k)
    texts = {document.doc_id: document.text for document in bench.documents}
    titles = {document.doc_id: document.title for document in bench.documents}
    told, room = instruction(questions), answer_room(bench, pairs or questions)
    return Setting(words, search_of(bench, words), told, room, texts, titles), [said]


def answer_room(bench: Workbench, questions: Sequence[Question]) -> int:
    """Tokens that an answer may take: enough for nearly all of the accepted ones and a citation."""
    counts = [
        len(bench.model.tokenizer.encode(question.answers[0], add_special_tokens=False))
        for question in questions
        if question.answers
    ]
    longest = float(np.quantile(counts, 0.95)) if counts else 0.0
    return int(min(LONGEST, max(SHORTEST, 1.2 * longest + CITATION)))
