"""What the tuned arms of a bake-off learn from: pairs with retrieved passages, and pairs without."""

import random
from collections.abc import Mapping, Sequence

from twolevers.arms import prompts
from twolevers.arms.prompts import REFUSAL, build
from twolevers.bakeoff.scoring import sentence, stated
from twolevers.data.records import Question
from twolevers.models.lora import Example
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.search import Retriever

WITHOUT = 0.15  # share of the questions that lose their support, so that the refusal is learned
POOL = 10  # passages among which the support is looked for
IN_SENTENCES = (
    "Use the passages to answer the question in a sentence. Cite the passage like [1]. "
    "Without an answer in them, say: Not in the documents."
)


def instruction(questions: Sequence[Question]) -> str:
    """The instruction of every arm: for answers of a few words, or, where most accepted answers are such, sentences."""
    answers = [question.answers[0] for question in questions if question.answers]
    long = sum(map(sentence, answers))
    return IN_SENTENCES if 2 * long > len(answers) else prompts.INSTRUCTION


def closed_book(questions: Sequence[Question], told: str) -> list[Example]:
    """The question as `prompt` asks it, and the answer."""
    return [
        Example(build(question.text, instruction=told), (question.answers or (REFUSAL,))[0]) for question in questions
    ]


def open_book(
    questions: Sequence[Question], retriever: Retriever, k: int, told: str, texts: Mapping[str, str], seed: int
) -> list[Example]:
    """The question with k retrieved passages in random order; the answer with the number of its passage.

    As `arms.both.open_book` (RAFT, arXiv 2403.10131), for data of any kind: where the search did not put the support
    among the first k, it takes the last one's place. A share `WITHOUT` loses it and learns the refusal; a question
    whose support is not found among `POOL` teaches nothing and is left out. `texts` by document id.
    """
    generator = random.Random(seed)
    found = retriever.search([question.text for question in questions], POOL)
    examples = []
    for question, passages in zip(questions, found, strict=True):
        holding = [passage for passage in passages if supports(passage, question, texts)]
        if question.answers and not holding:
            continue
        if generator.random() < WITHOUT:
            kept, holding = [passage for passage in passages if passage not in holding][:k], []
        else:
            kept = passages[:k]
            if holding and not any(passage in holding for passage in kept):
                kept = [*kept[:-1], holding[0]]
        generator.shuffle(kept)
        numbers = [number for number, passage in enumerate(kept, start=1) if passage in holding]
        answer = f"{question.answers[0]} [{numbers[0]}]" if numbers else REFUSAL
        examples.append(Example(build(question.text, kept, told), answer))
    return examples


def supports(passage: Passage, question: Question, texts: Mapping[str, str]) -> bool:
    """Whether a passage holds the answer to `question`, and is of its document where that is known.

    An answer that its document states nowhere in such words (yes, a sum, a summary) is held by any of its passages.
    """
    if not question.answers or (question.doc_ids and passage.doc_id not in question.doc_ids):
        return False
    if stated(passage.searchable, question):
        return True
    return bool(question.doc_ids) and not any(stated(texts.get(name, ""), question) for name in question.doc_ids)
