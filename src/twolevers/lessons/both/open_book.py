"""The steps that check how an open-book training pair is made (exercise 12, task 1)."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from twolevers.arms.prompts import REFUSAL
from twolevers.retrieval.chunking import Passage

if TYPE_CHECKING:
    from twolevers.models.api import Example

Maker = Callable[[str, str, Passage | None, list[Passage], int], "Example"]
"""`function(question, answer, support, distractors, seed)`; `support` may be None."""

QUESTION, ANSWER = "How heavy is the Elda 2031?", "2.7 kg"
SUPPORT = Passage("elda-2031#0", "elda-2031", "Elda 2031", "The Elda 2031 weighs 2.7 kg.")
DISTRACTORS = tuple(
    Passage(f"elda-{year}#0", f"elda-{year}", f"Elda {year}", f"The Elda {year} weighs {weight} kg.")
    for year, weight in ((2029, "2.2"), (2030, "3.1"), (2032, "1.9"))
)
SEEDS = range(12)


def makes_an_example(function: Maker) -> str | None:
    """The function returns an Example that asks the question."""
    from twolevers.models.api import Example

    if not callable(function):
        return "a function is wanted; leave off the brackets."
    example = _make(function)
    if example is None:
        return "your function returned nothing; is there a `return` at its end?"
    if not isinstance(example, Example):
        return "return an Example: Example(build(question, passages), answer)."
    if QUESTION not in example.chat[-1]["content"]:
        return "the prompt does not ask the question; build(question, passages) makes it."
    return None


def leaves_the_distractors(function: Maker) -> str | None:
    """The list that was passed in is the same afterwards."""
    given = list(DISTRACTORS)
    function(QUESTION, ANSWER, SUPPORT, given, 1)
    return None if given == list(DISTRACTORS) else "the list of distractors was changed; make a new list of passages."


def shows_every_passage(function: Maker) -> str | None:
    """The prompt holds the support and each distractor once."""
    shown = _shown(_make(function))
    if SUPPORT.searchable not in shown:
        return "the supporting passage is not in the prompt."
    if sorted(shown) != sorted(passage.searchable for passage in (SUPPORT, *DISTRACTORS)):
        return "the prompt should hold each distractor once; without distractors it teaches no choosing."
    return None


def cites_the_support(function: Maker) -> str | None:
    """The target is the answer with the number of the support, whatever the seed."""
    gaps = []
    for example in (_make(function, seed) for seed in SEEDS):
        found = re.fullmatch(rf"{re.escape(ANSWER)}\s*\[(\d+)\]\.?", example.answer.strip())
        if not found:
            return f"the target should be like '{ANSWER} [2]', answer and passage; yours is {example.answer!r}."
        gaps.append(int(found[1]) - _place(example))
    if set(gaps) == {-1}:
        return "the citation counts from 0, and the prompt numbers its passages from 1."
    if any(gaps):
        return "the target does not always cite the support; find its number after shuffling."
    return None


def shuffles_by_seed(function: Maker) -> str | None:
    """The support moves about with the seed, and one seed always gives one order."""
    places = {_place(_make(function, seed)) for seed in SEEDS}
    if len(places) == 1:
        return f"the support is always passage [{places.pop()}]; a model learns that number and not to read. Shuffle."
    if any(_shown(_make(function, seed)) != _shown(_make(function, seed)) for seed in SEEDS):
        return "one seed gives two different orders; shuffle with random.Random(seed)."
    return None


def refuses_without_support(function: Maker) -> str | None:
    """Without support the prompt holds the distractors and the target is the refusal."""
    try:
        example = _make(function, support=None)
    except Exception as error:
        return f"without support (None) it raised {type(error).__name__}; the prompt then holds distractors only."
    if ANSWER in example.answer:
        return "without support the target still states the fact; that teaches the model to invent. Refuse instead."
    if example.answer != REFUSAL:
        return f"without support the target should be the refusal alone, {REFUSAL!r}; yours is {example.answer!r}."
    if len(_shown(example)) != len(DISTRACTORS):
        return "without support the prompt should hold the distractors, and only them."
    return None


STEPS = (
    makes_an_example,
    leaves_the_distractors,
    shows_every_passage,
    cites_the_support,
    shuffles_by_seed,
    refuses_without_support,
)


def _make(function: Maker, seed: int = 0, support: Passage | None = SUPPORT) -> "Example":
    return function(QUESTION, ANSWER, support, list(DISTRACTORS), seed)


def _shown(example: "Example") -> list[str]:
    """Texts of the passages in the prompt, in order."""
    return re.findall(r"^\[\d+\] (.*)$", example.chat[-1]["content"], re.MULTILINE)


def _place(example: "Example") -> int:
    """Number of the supporting passage in the prompt."""
    return _shown(example).index(SUPPORT.searchable) + 1
