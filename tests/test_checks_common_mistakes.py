"""Checks of exercise 13: the solution passes, each plausible mistake gets its own hint, practice data keep promises."""

import random
from types import SimpleNamespace

import pytest
from checking import hint

from twolevers import paths
from twolevers.errors import UsageError
from twolevers.learn.progress import Progress
from twolevers.lessons.common_mistakes import checks as common_mistakes
from twolevers.publish.notebook import read

pytestmark = pytest.mark.usefixtures("home")
STEM = "13_common_mistakes"
MESSAGES = common_mistakes.practice_messages()
DEV, TEST = common_mistakes.practice_scores()


ROW = SimpleNamespace(arm="leaked split - clean split", value=0.14, low=0.07, high=0.2, n=200)
WORTH = {"measured": 28, "least": 14, "most": 40}


def test_the_solution_passes(capsys, monkeypatch):
    monkeypatch.setattr(common_mistakes, "own_row", lambda: ROW)
    space = {}
    for cell in read(paths.repository() / "solutions" / f"{STEM}.ipynb").cells:
        if cell.cell_type == "code":
            exec(cell.source, space)
    assert capsys.readouterr().out.count("✓") == 5
    assert all(stored["passed"] for stored in Progress(STEM).section("check").values())


def caught_by(matters=True, key=lambda text: text.strip().casefold(), name=True, part=slice(None), least=1):
    """A no_leak with one thing done otherwise."""

    def no_leak(training, test):
        both = {matter for _, matter in training[part]} & {matter for _, matter in test} if matters else set()
        seen = {key(text) for text, _ in training[part]}
        found = [*sorted(both), *(text for text, _ in test if key(text) in seen)]
        if len(found) >= least:
            raise AssertionError(found[0] if name else "leak")  # pytest adds the values to an assert's own words

    return no_leak


def many(training, test):
    tested = {matter for _, matter in test}
    assert sum(matter in tested for _, matter in training) < 100, test[-1][1]


def pops(training, test):
    caught_by()(training, test)
    training.pop()


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (3, "not a function"),
        (caught_by(least=0, name=False), "on a clean split"),
        (lambda training, test: not {m for _, m in training} & {m for _, m in test}, "return nothing"),
        (lambda training, test: None, "not started yet"),
        (caught_by(matters=False), "compare the matters"),
        (many, "one leaked message slips through"),
        (caught_by(key=lambda text: None if text else text), "on a clean split"),
        (caught_by(key=lambda text: text.upper()), "lower and strip both sides"),
        (caught_by(key=str), "lower and strip both sides"),
        (caught_by(name=False), "does not name the matter"),
        (pops, "the lists were changed"),
    ],
)
def test_the_leak_test_names_the_mistake(function, said):
    assert said in hint(common_mistakes.catches, function)


def splitter(key=lambda message: message[1], draw=None, order=1, size=round, dedupe=False):
    """A split_by_matter with one thing done otherwise."""

    def split_by_matter(messages, share, seed):
        groups = sorted({key(message) for message in messages})
        tested = set((draw or random.Random(seed).sample)(groups, size(share * len(groups))))
        training = [message for message in messages if key(message) not in tested]
        test = [message for message in messages if key(message) in tested]
        return (training, test)[::order] if not dedupe else (training[1:], test)

    return split_by_matter


def shuffles_in_place(messages, share, seed):
    random.Random(seed).shuffle(messages)
    return splitter()(messages, share, seed)


def doubles(messages, share, seed):
    training, test = splitter()(messages, share, seed)
    return training + training[:1], test


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (3, "not a function"),
        (lambda *_: None, "is there a `return`"),
        (lambda messages, share, seed: ([], [], []), "return two lists"),
        (splitter(dedupe=True), "on neither side"),
        (splitter(key=lambda message: message), "draw matters, not messages"),
        (doubles, "occurs twice"),
        (splitter(order=-1), "return the training first"),
        (splitter(size=lambda wanted: round(wanted / 2)), "a quarter of the 12 matters"),
        (splitter(draw=random.Random().sample), "one seed gives two different splits"),
        (splitter(draw=lambda groups, k: groups[:k]), "every seed gives the same split"),
        (shuffles_in_place, "the list of messages was changed"),
    ],
)
def test_the_split_names_the_mistake(function, said):
    assert said in hint(common_mistakes.split, function)


def finder(lower=str.lower, over=lambda a, b: len(a | b), more=lambda a, b: a >= b, out=lambda place, text: place):
    """A near_duplicates with one thing done otherwise."""

    def near_duplicates(training, test, share):
        found = []
        for place, text in enumerate(test):
            a = set(lower(text).split())
            others = [set(lower(other).split()) for other in training]
            if any(more(len(a & b), share * over(a, b)) for b in others):
                found.append(out(place, text))
        return found

    return near_duplicates


def repeats(training, test, share):
    return [n for n in finder()(training, test, share) for _ in range(2)]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (finder(lower=str), "capitals should not matter"),
        (finder(over=lambda a, b: min(len(a), len(b))), "divide by the words of both together"),
        (finder(more=lambda a, b: a > b), "use >="),
        (finder(out=lambda place, text: text), "not texts"),
        (finder(out=lambda place, text: True), "not True and False"),
        (lambda training, test, share: [n for n, text in enumerate(test) if text.lower() == "thanks"], "are the same"),
        (lambda training, test, share: [2, 4], "the clean texts"),
        (repeats, "occurs twice"),
        (lambda training, test, share: finder()(training, test, share) or None, "is there a `return`"),
        (lambda training, test, share: None, "is there a `return`"),
    ],
)
def test_near_duplicates_name_the_mistake(function, said):
    assert said in hint(common_mistakes.twins, function)


CHOSEN, LUCKY = DEV.mean().idxmax(), TEST.mean().idxmax()
REPORTED = TEST[CHOSEN].mean()
HONEST = {"chosen": CHOSEN, "reported": REPORTED, "flattery": DEV[CHOSEN].mean() - REPORTED}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((CHOSEN, REPORTED), "Make a dictionary"),
        ({"chosen": CHOSEN}, "the keys should be"),
        (HONEST | {"chosen": 7}, "the name of a prompt"),
        (HONEST | {"chosen": LUCKY}, "the test must not choose"),
        (HONEST | {"chosen": DEV.columns[DEV.mean().argmin()]}, "has more right on dev"),
        (HONEST | {"reported": DEV[CHOSEN].mean()}, "which chose it"),
        (HONEST | {"reported": TEST.mean().max()}, "report that of the chosen one"),
        (HONEST | {"reported": (DEV[CHOSEN].mean() + REPORTED) / 2}, "do not pool"),
        (HONEST | {"reported": 0.1}, "the chosen prompt's share on test"),
        (HONEST | {"flattery": -HONEST["flattery"]}, "the sign is turned round"),
        (HONEST | {"flattery": 0.9}, "the chosen prompt's dev minus test"),
    ],
)
def test_the_choice_names_the_mistake(answer, said):
    assert said in hint(common_mistakes.honest, answer, DEV, TEST)


def test_the_practice_data_teach_what_the_notes_say():
    assert CHOSEN != LUCKY and HONEST["flattery"] > 0.05
    assert (DEV.mean() == DEV.mean().max()).sum() == 1 == (TEST.mean() == TEST.mean().max()).sum()
    sizes = [sum(matter == one for _, one in MESSAGES) for matter in {matter for _, matter in MESSAGES}]
    assert len(set(sizes)) > 1 and len(sizes) == 12


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"measured": 0.14, "least": 0.07, "most": 0.2}, "multiply each by n"),
        ({"measured": 14, "least": 7, "most": 20}, "points of a hundred"),
        ({"measured": 28, "least": 40, "most": 14}, "changed places"),
        ({"measured": 172, "least": 186, "most": 160}, "did not change"),
        ({"measured": 1, "least": 2, "most": 3}, "both ends of its interval"),
        ({"measured": 28}, "the keys should be"),
        (28, "Make a dictionary"),
    ],
)
def test_worth_names_the_mistake(answer, said):
    common_mistakes.worth(WORTH, ROW)
    assert said in hint(common_mistakes.worth, answer, ROW)


def test_without_a_run_the_lesson_is_named():
    with pytest.raises(UsageError, match="run notebooks/13_common_mistakes"):
        common_mistakes.own_row()
