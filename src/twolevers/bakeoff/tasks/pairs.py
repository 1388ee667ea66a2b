"""What the arm `both` learns from in a bake-off: pairs with retrieved passages of data of any kind."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twolevers.arms import prompts
from twolevers.arms.both import cited_pair
from twolevers.data.records import Question
from twolevers.evaluate.deadline import Deadline
from twolevers.evaluate.scorers.sentences import sentence, stated
from twolevers.models.api import Example
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Retriever

WITHOUT = 0.15  # share of the questions that lose their support, so that the refusal is learned
POOL = 10  # passages among which the support is looked for
BATCH = 25  # questions between two looks at the clock
LONG = 10_000  # characters of a document that is not read word by word
IN_SENTENCES = (
    "Use the passages to answer the question in a sentence. Cite the passage like [1]. "
    "Without an answer in them, say: Not in the documents."
)


def instruction(questions: Sequence[Question]) -> str:
    """The instruction of every arm: for answers of a few words, or, where most accepted answers are such, sentences."""
    answers = [question.answers[0] for question in questions if question.answers]
    long = sum(map(sentence, answers))
    return IN_SENTENCES if 2 * long > len(answers) else prompts.INSTRUCTION


@dataclass(frozen=True)
class Support:
    """Whether a passage holds the answer to a question, and is of its document where that is known. `texts` by id.

    An answer that its document states nowhere in such words (yes, a sum, a summary) is held by any of its passages.
    """

    texts: Mapping[str, str]

    def __call__(self, passage: Passage, question: Question) -> bool:
        """Whether this passage holds it."""
        if not question.answers or (question.doc_ids and passage.doc_id not in question.doc_ids):
            return False
        if stated(passage.searchable, question):
            return True
        return bool(question.doc_ids) and not any(self._states(name, question) for name in question.doc_ids)

    def _states(self, name: str, question: Question) -> bool:
        text = self.texts.get(name, "")
        if any(answer.casefold() in text.casefold() for answer in question.answers):
            return True
        # A long document is not read word by word for each question: that takes a second.
        return len(text) < LONG and stated(text, question)


def open_book(
    questions: Sequence[Question],
    retriever: Retriever,
    k: int,
    told: str,
    support: Support,
    *,
    most: int,
    until: Deadline,
    seed: int,
) -> list[Example]:
    """Up to `most` pairs: the question with k retrieved passages in random order, the answer with its passage's number.

    As `arms.both.open_book` (RAFT, arXiv 2403.10131), for data of any kind: where the search did not put the support
    among the first k, it takes the last one's place. A share `WITHOUT` loses it and learns the refusal; a question
    whose support is not found among `POOL` teaches nothing and is left out. Ends when `until` comes.
    """
    generator = random.Random(seed)
    examples: list[Example] = []
    for start in range(0, len(questions), BATCH):
        if len(examples) >= most or until.left <= 0:
            break
        part = questions[start : start + BATCH]
        for question, passages in zip(part, retriever.search([each.text for each in part], POOL), strict=True):
            holding = [passage for passage in passages if support(passage, question)]
            if question.answers and not holding:
                continue
            if generator.random() < WITHOUT:
                kept, holding = [passage for passage in passages if passage not in holding][:k], []
            else:
                kept = passages[:k]
                if holding and not any(passage in holding for passage in kept):
                    kept = [*kept[:-1], holding[0]]
            generator.shuffle(kept)
            examples.append(cited_pair(question, kept, holding, told))
    return examples[:most]
