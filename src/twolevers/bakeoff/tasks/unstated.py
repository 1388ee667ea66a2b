"""Accepted answers that do not stand in the document that their question names: an old document, or a wrong key."""

from collections.abc import Mapping, Sequence

from twolevers.data.records import Question
from twolevers.evaluate.metrics import mentions
from twolevers.evaluate.polarity import choice, polarity

LOOKED_AT, LONG, WORDS, NAMED = 400, 10_000, 5, 3  # questions; characters of a document; words of an answer; examples
FEWEST, SHARE = 2, 0.05  # from which on it is told: some answers are worked out and stand nowhere
SAID = "do not state the accepted answer"


def unstated(questions: Sequence[Question], texts: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for the report where documents do not state the short answers asked of them; `texts` by id.

    Yes, no, a choice's letter, sentences and long documents are left aside. The first `LOOKED_AT` are looked at.
    """
    looked_at = lacking = 0
    named: list[str] = []
    for question in questions[:LOOKED_AT]:
        text = "\n".join(texts.get(name, "") for name in question.doc_ids)
        if not question.answers or not text or len(text) > LONG or any(map(_aside, question.answers)):
            continue
        looked_at += 1
        folded = text.casefold()
        if not any(each.casefold() in folded or mentions(text, each) for each in question.answers):
            lacking += 1
            named.append(f"{question.text[:60]!r} ({question.answers[0][:30]})")
    if lacking < max(FEWEST, SHARE * looked_at):
        return ()
    return (
        f"Of {looked_at} short answers {lacking} stand in none of the documents that their questions name, such as "
        f"{'; '.join(named[:NAMED])}: these documents {SAID}. Where it is not worked out from them, the document is "
        "old or the key is wrong.",
    )


def _aside(answer: str) -> bool:
    return len(answer.split()) > WORDS or polarity(answer) is not None or bool(choice(answer))
