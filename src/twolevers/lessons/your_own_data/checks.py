"""Checks of exercise 15: pages on both sides of a test, good enough by the interval, and the core of recheck."""

from collections.abc import Callable, Mapping, Sequence

from twolevers.learn.check import Step, check, gives

LESSON = "15_your_own_data"
Rows = Sequence[tuple[str, str]]
Hashes = Mapping[str, str]

TRAINING = [
    ("How late is Ferry Lane open?", "ferry-lane.md"),
    ("What does printing cost?", "printing.md"),
    ("Who runs Tollgate?", "tollgate.md"),
    ("How many seats has Ferry Lane?", "ferry-lane.md"),
]
TESTED = [
    ("Which bus goes to Ferry Lane?", "ferry-lane.md"),
    ("How long may I keep the ukulele?", "ukulele.md"),
    ("Until when is Tollgate open?", "tollgate.md"),
    ("Is Ferry Lane open on Sundays?", "ferry-lane.md"),
]
BEFORE = {"fees.md": "a1", "hours.md": "b2", "rooms.md": "c3", "tools.md": "d4"}
NOW = {"fees.md": "a9", "hours.md": "b2", "tools.md": "d4", "seeds.md": "e5"}


def leaking_pages(function: Callable[[Rows, Rows], list[str]]) -> None:
    """Task 1: `function(training, tested)` gives the pages that both sides ask about, sorted, each once."""
    note = "Any page in that list makes the tuned arms look better than they are."
    cases = [(TRAINING, TESTED), (TRAINING, TESTED[1:2]), ([], TESTED)]
    check(LESSON, "Task 1", function, *(_leaks(*case) for case in cases), note=note)


def good_enough(function: Callable[[float, float, float, float], str]) -> None:
    """Task 2: `function(right, low, high, wanted)` gives "yes", "no" or "cannot say"."""
    note = "The report says the same in its first lines, with --good-enough as the wanted share."
    cases = [
        (0.90, 0.84, 0.95, 0.80),
        (0.55, 0.40, 0.70, 0.80),
        (0.85, 0.70, 0.93, 0.80),
        (0.75, 0.62, 0.86, 0.80),
        (0.88, 0.80, 0.94, 0.80),
    ]
    check(LESSON, "Task 2", function, *(_enough(*case) for case in cases), note=note)


def changes(function: Callable[[Hashes, Hashes], dict[str, list[str]]]) -> None:
    """Task 3: `function(before, now)` gives a dict: "changed", "gone" and "new", each a sorted list of names."""
    note = "This is the core of `twolevers recheck`; the rest is reading and plain words."
    check(
        LESSON, "Task 3", function, *(_changes(*case) for case in [(BEFORE, NOW), (NOW, BEFORE), (NOW, NOW)]), note=note
    )


def _leaks(training: Rows, tested: Rows) -> Step:
    pages = [{page for _, page in side} for side in (training, tested)]
    right = sorted(pages[0] & pages[1])
    twice = sorted(page for _, page in tested if page in pages[0])
    texts = sorted({text for text, _ in training} & {text for text, _ in tested})
    mistakes = [
        (lambda value: isinstance(value, set), "that is a set; return a sorted list."),
        (twice, "a page stands there more than once; name each once."),
        (sorted(pages[0] | pages[1]), "those are the pages of either side; wanted are those of both."),
        (sorted(pages[1] - pages[0]), "those are only on the test's side; wanted are those on both."),
        (texts, "equal questions are not the point: a page that was trained on leaks by any other question too."),
        (len(right), "that is how many; name the pages."),
    ]
    named = [(wrong, said) for wrong, said in mistakes if callable(wrong) or wrong != right]
    return gives(right, args=(training, tested), mistakes=named, hint="A row is (question, page).")


def _enough(right: float, low: float, high: float, wanted: float) -> Step:
    word = "yes" if low >= wanted else "no" if high < wanted else "cannot say"
    by_mean = "yes" if right >= wanted else "no"
    mistakes = [
        (True, 'answer in words: "yes", "no" or "cannot say".'),
        (False, 'answer in words: "yes", "no" or "cannot say".'),
        (by_mean, "that goes by the share alone; the interval reaches to both sides of what is wanted."),
        (
            "cannot say",
            "the whole interval lies on one side of what is wanted; an end that is equal counts as reached.",
        ),
    ]
    named = [(wrong, said) for wrong, said in mistakes if wrong != word]
    return gives(word, args=(right, low, high, wanted), mistakes=named, hint="Compare both ends with what is wanted.")


def _changes(before: Hashes, now: Hashes) -> Step:
    right = {
        "changed": sorted(name for name in before if name in now and now[name] != before[name]),
        "gone": sorted(set(before) - set(now)),
        "new": sorted(set(now) - set(before)),
    }
    loose = {**right, "changed": sorted(name for name in before if now.get(name) != before[name])}
    turned = {**right, "gone": right["new"], "new": right["gone"]}
    same = {**right, "changed": sorted(name for name in before if now.get(name) == before[name])}
    mistakes = [
        (loose, "a page that is gone counts as changed there; look only at names that are in both."),
        (turned, '"gone" and "new" stand the wrong way round.'),
        (same, '"changed" holds the pages that stayed the same.'),
        ({name: set(each) for name, each in right.items()}, "the values are sets; return sorted lists."),
    ]
    named = [(wrong, said) for wrong, said in mistakes if wrong != right]
    return gives(right, args=(before, now), mistakes=named, hint="Keys: changed, gone, new.")
