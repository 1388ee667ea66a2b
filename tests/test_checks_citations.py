"""Exercise 03: the solution passes, and each plausible mistake gets its own hint."""

import re

import pandas as pd
import pytest
from checking import hint

from twolevers import paths
from twolevers.evaluate.metrics import mentions
from twolevers.evaluate.statistics import wilson
from twolevers.learn.check import CheckFailed
from twolevers.learn.progress import Progress
from twolevers.lessons.citations import checks as citations
from twolevers.publish.notebook import read

pytestmark = pytest.mark.usefixtures("home")


def test_the_solution_passes(capsys, monkeypatch):
    monkeypatch.setattr(citations, "own_answers", with_own)  # the model is asked with the notebooks
    space = {}
    for cell in read(paths.repository() / "solutions" / "03_citations.ipynb").cells:
        if cell.cell_type == "code":
            exec(cell.source, space)
    stored = Progress(citations.LESSON).section("check")
    assert capsys.readouterr().out.count("✓") == len(stored) == 5
    assert all(each["passed"] for each in stored.values())


def pages_by(look_up, pattern=r"\[(\d+)\]", tidy=lambda named: list(dict.fromkeys(named))):
    """A `source_pages` that finds numbers by `pattern` and looks each up in the pages."""

    def source_pages(answer, pages):
        return tidy([name for name in (look_up(int(n), pages) for n in re.findall(pattern, answer)) if name])

    return source_pages


def named(number, pages):
    return pages[number - 1] if 1 <= number <= len(pages) else f"?{number}"


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (pages_by(lambda n, pages: pages[n] if n < len(pages) else f"?{n}"), "from 1, and a list from 0"),
        (pages_by(lambda n, pages: str(n)), "look up the page"),
        (lambda answer, pages: named(int(re.findall(r"\[(\d+)\]", answer)[0]), pages), "return a list of pages"),
        (pages_by(named, pattern=r"(\d+)"), "only numbers in brackets"),
        (pages_by(named, tidy=lambda found: sorted(set(found))), "keep the order"),
        (pages_by(named, tidy=lambda found: found[:1]), "find every bracket"),
        (pages_by(named, tidy=lambda found: found), "keep it once"),
        (pages_by(named, tidy=lambda found: list(dict.fromkeys(found)) or citations.PAGES), "nothing is cited"),
        (pages_by(lambda n, pages: pages[n - 1] if 1 <= n <= len(pages) else None), "an invention, not nothing"),
        (pages_by(lambda n, pages: pages[n - 1]), "raised IndexError"),
        (pages_by(lambda n, pages: pages[n - 1] if n <= len(pages) else f"?{n}"), "must not reach the last page"),
        (["Elda 2031"], "a function is wanted"),
    ],
)
def test_source_pages_names_the_mistake(function, said):
    assert said in hint(citations.source_pages, function)


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else None


def measures(precision=None, recall=None):
    """A `precision_and_recall` with one of its measures done otherwise."""

    def right_precision(rows):
        return mean(number in supporting for cited, supporting in rows for number in cited)

    def right_recall(rows):
        return mean(bool(cited & supporting) for cited, supporting in rows)

    return lambda rows: ((precision or right_precision)(rows), (recall or right_recall)(rows))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda rows: measures()(rows)[0], "return precision, recall"),
        (lambda rows: measures()(rows)[::-1], "the other way round"),
        (measures(precision=lambda rows: mean(len(c & s) / len(c) for c, s in rows if c)), "one vote"),
        (measures(precision=lambda rows: mean(bool(c & s) for c, s in rows if c)), "counted statements that cite"),
        (measures(recall=lambda rows: mean(bool(c & s) for c, s in rows if c)), "divide by all statements"),
        (measures(recall=lambda rows: mean(n in c for c, s in rows for n in s)), "counted supporting passages"),
        (measures(recall=lambda rows: mean(bool(c) and c <= s for c, s in rows)), "one supporting citation is enough"),
        (lambda rows: tuple(value or 0.0 for value in measures()(rows)), "None, not zero"),
        (measures(precision=lambda rows: mean(n in s for c, s in rows for n in c) or 1.0), "None, not one"),
        (measures(recall=lambda rows: sum(bool(c & s) for c, s in rows) / len(rows)), "raised ZeroDivisionError"),
    ],
)
def test_precision_and_recall_names_the_mistake(function, said):
    assert said in hint(citations.precision_and_recall, function)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda product, value, text: mentions(text, value), "the clause must name the product too"),
        (lambda product, value, text: mentions(text, product) and mentions(text, value), "in different clauses"),
        (lambda product, value, text: any(product in c and value in c for c in citations.clauses(text)), "143 dB"),
        (
            lambda product, value, text: any(
                mentions(c, product) and re.search(rf"\b{value}\b", c) is not None for c in citations.clauses(text)
            ),
            "kilograms and kg are one unit",
        ),
        (
            lambda product, value, text: any(product in c and mentions(c, value) for c in citations.clauses(text)),
            "another spelling",
        ),
        (
            lambda product, value, text: all(
                mentions(c, product) and mentions(c, value) for c in citations.clauses(text)
            ),
            "do you ask for `any` clause",
        ),
        (lambda product, value, text: None, "returned nothing"),
    ],
)
def test_confirms_names_the_mistake(function, said):
    assert said in hint(citations.confirms, function)


@pytest.fixture(scope="module")
def frame():
    """The practice bots and one as a learner's own."""
    return with_own()


def with_own():
    own = pd.DataFrame({"bot": citations.YOURS, "with_page": [1] * 12 + [0] * 8, "without_page": [0] * 11 + [1] * 9})
    return pd.concat([citations.practice_answers(), own])


def shares(frame, count):
    """`lost` from two counts of (rows of a bot): how many, of how many."""
    found = {}
    for bot, rows in frame.groupby("bot"):
        successes, n = (int(number) for number in count(rows["with_page"], rows["without_page"]))
        interval = wilson(successes, n)
        found[bot] = (successes / n, interval.low, interval.high)
    return found


def right(frame):
    return shares(frame, lambda there, gone: ((there > gone).sum(), there.sum()))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda of: shares(of, lambda there, gone: ((there > gone).sum(), len(there))), "an answer that was never"),
        (lambda of: shares(of, lambda there, gone: ((there & gone).sum(), there.sum())), "the share kept"),
        (lambda of: shares(of, lambda there, gone: ((gone == 0).sum(), len(gone))), "wrong without the page, whatever"),
        (
            lambda of: shares(of, lambda there, gone: (max(0, there.sum() - gone.sum()), len(gone))),
            "difference of two shares",
        ),
        (lambda of: {bot: (share, 0.0, 1.0) for bot, (share, _, _) in right(of).items()}, "takes two counts"),
        (lambda of: {bot: (0.5, 0.4, 0.6) for bot in right(of)}, "a share is not the expected one"),
        (lambda of: {bot: found[0] for bot, found in right(of).items()}, "each value should be (share, low, high)"),
        (lambda of: {"A": right(of)["A"]}, "the keys should be"),
        (lambda of: 0.9, "Make a dictionary"),
    ],
)
def test_lost_names_the_mistake(answer, said, frame):
    assert said in hint(citations.lost, answer(frame), frame)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (["A", "C", "yours"], "few right answers show little"),
        (["A", "B", "C"], "B keeps nearly all"),
        ([], "one bot's whole interval"),
        ("A", "List the bots' names"),
        (["D"], "the bots are A, B, C and yours"),
        (["A"], "your own bot's interval begins at"),
    ],
)
def test_sure_names_the_mistake(answer, said, frame):
    assert said in hint(citations.sure, answer, frame)


def test_the_practice_bots_differ_in_what_their_intervals_allow(frame):
    low = {bot: found[1] for bot, found in right(frame).items()}
    share = {bot: found[0] for bot, found in right(frame).items()}
    assert low["A"] > 0.5 > low["C"] and share["C"] > 0.5 > share["B"]
    citations.lost(right(frame), frame)
    citations.sure([bot for bot in low if low[bot] > 0.5], frame)
    with pytest.raises(CheckFailed):
        citations.lost({}, frame)


def test_a_bot_that_was_never_right_is_left_out(frame):
    never = frame.assign(with_page=frame["with_page"].where(frame["bot"] != citations.YOURS, 0))
    citations.lost(right(frame[frame["bot"] != citations.YOURS]), never)
    citations.sure(["A"], never)
