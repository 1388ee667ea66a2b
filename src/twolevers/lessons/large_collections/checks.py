"""Checks of exercise 04: recall of an index, a promise about slow searches, a search broken, a training multiplied."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twolevers.data.records import Question
from twolevers.learn.check import Step, check, equals, gives, has_keys, holds, is_a

if TYPE_CHECKING:
    import pandas as pd

LESSON = "04_large_collections"
PROMISE = 20.0  # milliseconds
PIECES = ((1_000, 2.0), (3_000, 4.0), (4_000, 7.0))  # task 4: tokens and seconds of three trainings
TOKENS, INDEXING = 60_000_000, 120.0
BREAK, FIRST = 3, 3  # task 3: questions, and passages among which the page must not be

NEAREST = [["a", "b", "c", "d"], ["e", "f", "g", "h"], ["i", "j", "k", "l"]]
RETURNED = [["b", "a", "x", "c"], ["e", "f", "g", "h"], ["y", "j", "i", "w"]]


def practice_times() -> "pd.DataFrame":
    """Made-up milliseconds for task 2: 400 searches by each of three engines; columns engine, ms."""
    import pandas as pd

    rng = np.random.default_rng(4)
    ms = {
        "swift": np.where(rng.random(400) < 0.08, rng.uniform(30, 90, 400), rng.uniform(1, 3, 400)),
        "steady": rng.uniform(8, 16, 400),
        "spiky": np.where(np.arange(400) == 200, 900.0, rng.uniform(5, 9, 400)),
    }
    return pd.DataFrame([{"engine": engine, "ms": value} for engine, values in ms.items() for value in values])


def recall_of_index(function: Callable[[Sequence[Sequence[str]], Sequence[Sequence[str]], int], float]) -> None:
    """Task 1: `function(exact, approximate, k)`, the mean share of the k nearest that the index returns too."""

    def score(each: Callable[[list[str], list[str], int], float], k: int, cut: bool = True) -> float:
        pairs = zip(NEAREST, RETURNED, strict=True)
        return float(np.mean([each(near[:k] if cut else near, got[:k] if cut else got, k) for near, got in pairs]))

    def share(near: list[str], got: list[str], k: int) -> float:
        return len(set(near) & set(got)) / k

    def mistakes(k: int) -> list[tuple[Any, str]]:
        return [
            (lambda value: isinstance(value, list | tuple), "return one number, the mean over the questions."),
            (score(share, k, cut=False), "Look at the first k of both lists only."),
            (
                score(lambda near, got, k: np.mean([a == b for a, b in zip(near, got, strict=True)]), k),
                "The order does not count: a neighbour that comes one place later is not missed. Compare sets.",
            ),
            (
                score(lambda near, got, k: len(set(near) & set(got)) / len(set(near) | set(got)), k),
                "You divided by the union; recall divides by the k that should have come.",
            ),
            (
                score(lambda near, got, k: float(bool(set(near) & set(got))), k),
                "That is the share of questions with any hit; count how many of the k came.",
            ),
            (k * score(share, k), "That is the number that came, per question; divide by k."),
            (3 * score(share, k), "That is the sum over the questions; take the mean."),
            (1 - score(share, k), "That is the share missed; recall is the share found."),
        ]

    check(
        LESSON,
        "Task 1",
        function,
        *(gives(score(share, k), args=(NEAREST, RETURNED, k), tolerance=1e-6, mistakes=mistakes(k)) for k in (4, 3, 2)),
        note="No page has been judged right or wrong by this number.",
    )


def kept_promise(answer: Mapping[str, float], times: "pd.DataFrame") -> None:
    """Task 2a: the 95th percentile of every engine's milliseconds."""
    groups = times.groupby("engine")["ms"]

    def alike(values: "pd.Series") -> Callable[[Mapping[str, float]], bool]:
        return lambda found: all(math.isclose(found[name], values[name], rel_tol=0.005) for name in values.index)

    wrong = [
        (groups.mean(), "Those are means; ask for the time that 95 % of the searches keep below."),
        (groups.median(), "Those are medians, which half of the searches pass; take the 95th percentile."),
        (groups.max(), "Those are the slowest of all searches; the promise allows one in twenty to be slower."),
        (groups.quantile(0.05), "Those are the fastest twentieth; take the other end."),
        (groups.mean() + 1.96 * groups.std(), "Times are not normal: count them in place of assuming a bell."),
    ]
    check(
        LESSON,
        "Task 2a",
        answer,
        has_keys(groups.groups, hint="Make a dictionary from each engine to its 95th percentile."),
        *(holds(lambda found, values=values: not alike(values)(found), said) for values, said in wrong),
        holds(
            alike(groups.quantile(0.95)), "a value is not the expected one; is it the 95th percentile of this engine?"
        ),
    )


def keepers(answer: Sequence[str], times: "pd.DataFrame") -> None:
    """Task 2b: the engines that keep the promise, by name."""
    right = {"steady", "spiky"}
    check(
        LESSON,
        "Task 2b",
        answer,
        is_a(list, set, tuple, hint="Make a list of engine names."),
        holds(lambda found: set(found) <= set(times["engine"]), "name engines of the table."),
        holds(
            lambda found: "swift" not in found,
            "swift has the best median, and yet more than one search in twenty is far slower than promised.",
        ),
        holds(
            lambda found: "spiky" in found,
            "spiky had one very slow search in four hundred: the promise allows one in twenty.",
        ),
        holds(lambda found: set(found) == right, "one more engine keeps below the promise."),
        note="The engine with the best median is the one that breaks the promise.",
    )


def practice_search() -> tuple[list[Question], Callable[[str], list[str]]]:
    """The course's real search for task 3: `BREAK` questions that it answers, and the titles that a text finds."""
    from twolevers.data.catalogue import load_catalogue
    from twolevers.data.questions import ask, load_questions
    from twolevers.lessons.common.bench import PASSAGE_WORDS
    from twolevers.models.embedders.sentence import SentenceEmbedder
    from twolevers.retrieval.search import Hybrid, NamedFirst, build_index

    embedder = SentenceEmbedder.load()
    search = NamedFirst(Hybrid(build_index(load_catalogue(), embedder, PASSAGE_WORDS), embedder))
    rows = load_questions().query("split == 'dev' and kind == 'fact'").drop_duplicates("entity").head(BREAK)
    return ask(rows), lambda text: [passage.title for passage in search.search([text], k=FIRST)[0]]


def broken(answer: Mapping[str, str], questions: Sequence[Question], find: Callable[[str], list[str]]) -> None:
    """Task 3: a new wording of each question, as a customer could type it, for which its page is not found."""

    def of(told: str, test: Callable[[Question, str], bool]) -> Step:
        return lambda value: next((f"{one.entity}: {told}" for one in questions if test(one, value[one.entity])), None)

    def found(value: Mapping[str, str]) -> str | None:
        for one in questions:
            titles = find(value[one.entity])
            if one.entity in titles:
                place = titles.index(one.entity) + 1
                return f"{one.entity}: its page still comes in place {place}. Which word of yours gives it away?"
        return None

    check(
        LESSON,
        "Task 3",
        answer,
        has_keys([one.entity for one in questions], hint="Make a dictionary from each product to your new wording."),
        holds(lambda value: all(isinstance(text, str) for text in value.values()), "each wording should be a text."),
        of("that is the question as printed; put it in other words.", lambda one, text: text == one.text),
        of(
            "too short to be a question: keep what the customer wants to know.", lambda one, text: len(text.split()) < 4
        ),
        of("that asks about another product; the customer means this one.", _names_another),
        of("nobody could tell what is asked: keep a word of the question.", lambda one, text: not _kept(one, text)),
        found,
        note="No model took part: what is not found cannot be read. Would spelling help, or asking back?",
    )


def _names_another(question: Question, text: str) -> bool:
    years = set(re.findall(r"\b20\d\d\b", text)) - set(re.findall(r"\b20\d\d\b", question.entity))
    return bool(years)


def _kept(question: Question, text: str) -> set[str]:
    """Words of four letters or more that the new wording keeps, the product's name left out."""
    name = set(re.findall(r"\w+", question.entity.casefold()))
    words = (set(re.findall(r"\w{4,}", one.casefold())) - name for one in (question.text, text))
    return set.intersection(*words)


def extrapolated(hours: float, ratio: float) -> None:
    """Task 4: hours of one pass over the collection, and log2 of that time over the indexing time."""
    tokens, seconds = sum(one for one, _ in PIECES), sum(one for _, one in PIECES)
    right = TOKENS * seconds / tokens
    mean_rate = TOKENS / float(np.mean([a / b for a, b in PIECES]))
    check(
        LESSON,
        "Task 4a",
        hours,
        is_a(float, hint="hours is one number."),
        equals(
            right / 3600,
            tolerance=0.01,
            mistakes=[
                (_near(right), "Those are seconds; an hour has 3,600."),
                (_near(right / 60), "Those are minutes; divide by 60 once more."),
                (_near(right / 86_400), "Those are days; multiply by 24."),
                (_near(mean_rate / 3600), "That weighs short pieces as much as long ones: all tokens ÷ all seconds."),
                (_near(TOKENS * tokens / seconds / 3600), "The speed is upside down: divide by tokens per second."),
                (_near(TOKENS * PIECES[-1][1] / PIECES[-1][0] / 3600), "That is the last piece alone; use all three."),
            ],
            hint="Tokens in all ÷ tokens per second ÷ 3,600.",
        ),
    )
    log2 = math.log2(right / INDEXING)
    check(
        LESSON,
        "Task 4b",
        ratio,
        is_a(float, hint="ratio is one number."),
        equals(
            log2,
            tolerance=0.01,
            mistakes=[
                (_near(-log2), "The ratio is upside down: positive means that training takes longer."),
                (_near(right / INDEXING), "That is the ratio itself; take log2 of it."),
                (_near(math.log(right / INDEXING)), "That is the natural logarithm; take math.log2."),
                (_near(math.log10(right / INDEXING)), "That is the logarithm to base 10; take math.log2."),
                (_near(math.log2(right / 3600 / INDEXING)), "Hours over seconds: bring both times to one unit first."),
            ],
            hint="log2 of seconds of training over seconds of indexing.",
        ),
        note="An extrapolation: three short pieces measured, the rest multiplied.",
    )


def _near(wrong: float) -> Callable[[Any], bool]:
    return lambda value: math.isclose(value, wrong, rel_tol=0.002)
