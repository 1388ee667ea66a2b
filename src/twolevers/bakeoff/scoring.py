"""Which answers are right in a bake-off: short answers by the value they state, sentences by what they add."""

import unicodedata
from collections.abc import Mapping, Sequence

import pandas as pd

from twolevers.data.records import Question
from twolevers.evaluate.metrics import answer_match, is_refusal, mentions, token_f1
from twolevers.evaluate.values import Value, read, spelling

SENTENCE = 8  # words of an accepted answer from which it is taken for a sentence
ADDED = 0.5  # share of what a sentence adds to its question that an answer must state
WORDS = (
    "a an the and or but of in on at to for from by with as is are was were be been being has have had do does did it "
    "its he she they his her their this that these those which who whom whose what when where how why also not no "
    "both such than then there into over about after before during through while can could may might will would "
    "should i we you our your my me him them us so if"
)
FUNCTION = frozenset(WORDS.split())


def right(text: str, question: Question, title: str = "") -> bool:
    """Whether `text` answers `question` rightly; `title` is that of the document asked about.

    Nothing answers it: a refusal. An accepted answer of fewer than `SENTENCE` words: `answer_match`, the title cut
    out first where the question names it. A longer one: `adds`. Scripts without spaces: the answer stands in the text.
    """
    if not question.answers:
        return is_refusal(text)
    named = title if title and mentions(question.text, title) else ""
    short = [answer for answer in question.answers if not sentence(answer)]
    if short and answer_match(text, short, entity=named):
        return True
    return any(
        _inside(text, answer) if _unspaced(answer) else sentence(answer) and adds(text, answer, question.text)
        for answer in question.answers
    )


def sentence(answer: str) -> bool:
    """Whether an accepted answer is a sentence rather than a name or a value."""
    return len(read(answer)) >= SENTENCE


def adds(text: str, answer: str, question: str) -> bool:
    """Whether `text` states at least `ADDED` of the words and values that `answer` adds to the question.

    Function words and what the question says already prove nothing. An answer that adds nothing is compared by its
    words (F1 of 0.5).
    """
    if is_refusal(text):
        return False
    known = {spelling(token) for token in read(question)}
    wanted = {name for token in read(answer) if (name := spelling(token)) not in known and name not in FUNCTION}
    if not wanted:
        return token_f1(text, answer) >= 0.5
    said = read(text)
    names = {spelling(token) for token in said}
    values = [token for token in said if isinstance(token, Value)]
    stated = wanted & names
    for token in read(answer):
        if isinstance(token, Value) and spelling(token) in wanted - stated and any(map(token.same, values)):
            stated.add(spelling(token))
    return len(stated) >= ADDED * len(wanted)


def stated(text: str, question: Question) -> bool:
    """Whether a passage holds an accepted answer: word for word where it is short, else by what it adds."""
    return any(
        _inside(text, answer)
        if _unspaced(answer)
        else adds(text, answer, question.text)
        if sentence(answer)
        else mentions(text, answer)
        for answer in question.answers
    )


def rescored(frame: pd.DataFrame, questions: Sequence[Question], titles: Mapping[str, str]) -> pd.DataFrame:
    """`frame` of `evaluate.run` with `correct` by `right` and `token_f1` to the nearest accepted answer.

    `titles` by document id. Citations are undefined where the questions name no document.
    """
    known = {question.question_id: question for question in questions}
    asked = frame["question_id"].map(known)
    correct, likeness, cited = [], [], []
    for text, question, found in zip(frame["text"], asked, frame["cited_right"], strict=True):
        title = titles.get(question.doc_ids[0], "") if question.doc_ids else ""
        correct.append(right(text, question, title))
        plain = [token_f1(text, answer) for answer in question.answers] or [float(is_refusal(text))]
        likeness.append(max(plain))
        cited.append(found if question.doc_ids else None)
    return frame.assign(correct=correct, token_f1=likeness, cited_right=cited)


def _unspaced(text: str) -> bool:
    """Whether most letters are of a script that puts no spaces between words (Han, kana, Thai)."""
    letters = [letter for letter in text if letter.isalpha()]
    odd = [letter for letter in letters if "฀" <= letter <= "๿" or "぀" <= letter <= "鿿"]
    return len(odd) > len(letters) / 2


def _inside(text: str, answer: str) -> bool:
    plain = ["".join(unicodedata.normalize("NFKC", each).casefold().split()) for each in (text, answer)]
    return plain[1] in plain[0]
