"""Pairs made from documents by rule: a sentence with a gap, and the words that fill it. They are labelled as made."""

import random
import re
from collections.abc import Sequence

from twolevers.data.records import Document, Question
from twolevers.retrieval.chunking import sentences

MADE = "made from the documents by rule"
PER_DOCUMENT = 4
SHORTEST, LONGEST = 6, 40  # words of a sentence that is used
VALUE = re.compile(
    r"(?<![\w.,-])(?:[€£$]\s?)?\d[\d.,:]*\d?(?:\s?[%°€£$]|\s[a-zµ°%]{1,12}\b)?"  # a number and the word after it
    r"|(?<=[a-z,;] )[A-Z][\w'’-]+(?: (?:of |the |de |van )?[A-Z][\w'’-]+)*"  # a name within the sentence
)


def cloze(documents: Sequence[Document], seed: int = 0, per_document: int = PER_DOCUMENT) -> list[Question]:
    """Up to `per_document` gaps of each document, values before names, in an order drawn with `seed`.

    A gap is a value or a name that stands once in its sentence and not in the title. No language model takes part.
    """
    generator = random.Random(seed)
    made = []
    for document in documents:
        found = [pair for each in sentences(document.text) if (pair := _gap(each, document.title))]
        generator.shuffle(found)
        found.sort(key=lambda pair: not pair[1][0].isdigit())
        for number, (text, answer) in enumerate(found[:per_document], start=1):
            name = f"made {document.doc_id} {number}"
            made.append(Question(name, text, (answer,), "made", (document.doc_id,), document.doc_id, "", ""))
    generator.shuffle(made)
    return made


def _gap(sentence: str, title: str) -> tuple[str, str] | None:
    if not SHORTEST <= len(sentence.split()) <= LONGEST:
        return None
    found = [match[0].strip(" .,:;") for match in VALUE.finditer(sentence)]
    fit = [text for text in found if text and sentence.count(text) == 1 and text.casefold() not in title.casefold()]
    if not fit:
        return None
    answer = next((text for text in fit if text[0].isdigit()), fit[0])
    about = "" if not title or title.casefold() in sentence.casefold() else f"{title}: "
    return f"Which words fill the gap? {about}{sentence.replace(answer, '____')}", answer
