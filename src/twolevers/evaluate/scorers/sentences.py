"""Facts of any kind of data: short answers by the value they state, sentences by what they add."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import regex

from twolevers.data.records import Question
from twolevers.evaluate.facts import Match, ambiguous, judged, mentions
from twolevers.evaluate.metrics import token_f1
from twolevers.evaluate.readings import variants
from twolevers.evaluate.refusal import is_refusal
from twolevers.evaluate.values import UNSPACED, Token, Value, read, spelling

if TYPE_CHECKING:
    from twolevers.arms.protocol import Answer

SENTENCE = 8  # words of an accepted answer from which it is taken for a sentence
LETTERS = 2  # letters that make about a word in a script without spaces
ADDED = 0.5  # share of what a sentence adds to its question that an answer must state
NEAR = 0.15  # shares this near to `ADDED` are for a person to judge
WORDS = (
    "a an the and or but of in on at to for from by with as is are was were be been being has have had do does did it "
    "its he she they his her their this that these those which who whom whose what when where how why also not no "
    "both such than then there into over about after before during through while can could may might will would "
    "should i we you our your my me him them us so if"
)
FUNCTION = frozenset(WORDS.split())
_LETTER = regex.compile(rf"{UNSPACED}\p{{M}}*")


@dataclass(frozen=True)
class Accepted:
    """Columns: `correct` and `doubt` (`judge`), `refused`, `accepted` (the accepted answers), `token_f1` (the nearest).

    `titles` by document id.
    """

    titles: Mapping[str, str]
    columns: ClassVar[tuple[str, ...]] = ("correct", "doubt", "refused", "accepted", "token_f1")

    def __call__(self, question: Question, answer: "Answer") -> dict[str, Any]:
        """The scores of one answer."""
        title = self.titles.get(question.doc_ids[0], "") if question.doc_ids else ""
        found, refused = judge(answer.text, question, title), is_refusal(answer.text)
        likeness = [token_f1(answer.text, each) for each in question.answers] or [float(refused)]
        return {
            "correct": found.right,
            "doubt": found.doubt,
            "refused": refused,
            "accepted": question.answers,
            "token_f1": max(likeness),
        }


def right(text: str, question: Question, title: str = "") -> bool:
    """Whether `text` answers `question` rightly; `title` is that of the document asked about.

    Nothing answers it, or the accepted answers say so ("I don't know"): a refusal. An accepted answer of fewer than
    `SENTENCE` words: `answer_match`, the title cut out first where the question names it. A longer one: `adds`.
    """
    return judge(text, question, title).right


def judge(text: str, question: Question, title: str = "") -> Match:
    """As `right`, with the doubt that is left, if any: what a person should look at."""
    accepted = [answer for answer in question.answers if not is_refusal(answer)]
    if not accepted:
        return Match(is_refusal(text))
    named = title if title and mentions(question.text, title) else ""
    found = judged(text, accepted, entity=named, question=question.text)
    if found.right:
        return found
    shares = [share(text, answer, question.text) for answer in accepted if sentence(answer)]
    if not shares:
        return found
    most = max(shares)
    near = abs(most - ADDED) < NEAR
    return Match(most >= ADDED, f"it states {most:.0%} of what the accepted sentence adds" if near else "")


def sentence(answer: str) -> bool:
    """Whether an accepted answer is a sentence rather than a name or a value."""
    tokens = read(answer)
    letters = sum(map(_is_letter, tokens))
    return len(tokens) - letters + letters / LETTERS >= SENTENCE


def adds(text: str, answer: str, question: str) -> bool:
    """Whether `text` states at least `ADDED` of the words and values that `answer` adds to the question."""
    return share(text, answer, question) >= ADDED


def share(text: str, answer: str, question: str) -> float:
    """Share of the words and values that `answer` adds to the question which `text` states.

    Function words and what the question says already prove nothing. Of an answer that adds nothing: its likeness
    (token F1). In scripts without spaces pairs of letters stand for words. A refusal states nothing.
    """
    if is_refusal(text):
        return 0.0
    known = set(_names(read(question)))
    tokens = read(answer)
    wanted = {name for name in _names(tokens) if name not in known and name not in FUNCTION}
    if not wanted:
        return token_f1(text, answer)
    said = read(text)
    values = [token for token in said if isinstance(token, Value)]
    told = wanted & set(_names(said))
    for token in tokens:
        if isinstance(token, Value) and spelling(token) in wanted - told and any(map(token.same, values)):
            told.add(spelling(token))
    return len(told) / len(wanted)


def stated(text: str, question: Question) -> bool:
    """Whether a passage holds an accepted answer: word for word where it is short, else by what it adds."""
    return any(
        adds(text, answer, question.text)
        if sentence(answer)
        else any(mentions(text, variant) for variant in variants(answer))
        for answer in question.answers
    )


def two_readings(questions: Sequence[Question]) -> str:
    """The accepted answers that can be read in two ways, in a sentence; "" where none can."""
    found = [why for question in questions for answer in question.answers if (why := ambiguous(answer))]
    if not found:
        return ""
    named = "; ".join(list(dict.fromkeys(found))[:5])
    return f"{len(found)} accepted answers can be read in two ways ({named}): either reading was taken for right."


def _is_letter(token: Token) -> bool:
    return isinstance(token, str) and bool(_LETTER.fullmatch(token))


def _names(tokens: Sequence[Token]) -> list[str]:
    """Spellings; letters of a script without spaces in pairs with the letter that follows."""
    names = []
    for token, after in zip(tokens, (*tokens[1:], ""), strict=True):
        if not _is_letter(token):
            names.append(spelling(token))
        elif _is_letter(after):
            names.append(f"{token}{after}")
    return names
