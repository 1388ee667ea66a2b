"""Checks of exercise 15: pages on both sides of a test, good enough by the interval, and the core of recheck."""

from collections.abc import Callable, Mapping, Sequence

from twolevers.learn.check import Step, check, equals, gives, has_keys, with_given

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
PRACTICE = {"prompt": (0.08, 0.03, 0.20), "rag": (0.58, 0.43, 0.71), "both": (0.83, 0.70, 0.91)}
WANTED = 0.6  # the share of right answers that the library's desk asks for
NOW = {"fees.md": "a9", "hours.md": "b2", "tools.md": "d4", "seeds.md": "e5"}


def leaking_pages(function: Callable[[Rows, Rows], list[str]]) -> None:
    """Task 1: `function(training, tested)` gives the pages that both sides ask about, sorted, each once."""
    note = "Any page in that list makes the tuned arms look better than they are."
    cases = [(TRAINING, TESTED), (TRAINING, TESTED[1:2]), ([], TESTED)]
    check(LESSON, "Task 1", function, *(_leaks(*case) for case in cases), note=note)


def good_enough(function: Callable[[float, float, float, float], str]) -> None:
    """Task 2a: `function(right, low, high, wanted)` gives "yes", "no" or "cannot say"."""
    note = "The report says the same in its first lines, with --good-enough as the wanted share."
    cases = [
        (0.90, 0.84, 0.95, 0.80),
        (0.55, 0.40, 0.70, 0.80),
        (0.85, 0.70, 0.93, 0.80),
        (0.75, 0.62, 0.86, 0.80),
        (0.88, 0.80, 0.94, 0.80),
    ]
    check(LESSON, "Task 2a", function, *(_enough(*case) for case in cases), note=note)


def own_shares() -> dict[str, tuple[float, float, float]]:
    """Task 2b: arm to (right, low, high) from the bake-off in your ledger, or made-up ones: the print says which."""
    from twolevers.learn.ledger import Ledger

    rows = [row for row in Ledger().newest() if row.lesson == LESSON and " - " not in row.arm and row.low <= row.high]
    print("From your own ledger." if rows else "Your ledger holds no bake-off yet: these shares are made up.")
    return {row.arm: (row.value, row.low, row.high) for row in rows} or dict(PRACTICE)


@with_given
def own_words(answer: Mapping[str, str], shares: Mapping[str, tuple[float, float, float]]) -> None:
    """Task 2b: for each arm of one's own bake-off whether it is shown to reach `WANTED`."""

    def words(test: Callable[[float, float, float], str]) -> dict[str, str]:
        return {arm: test(*each) for arm, each in shares.items()}

    right = words(lambda _, low, high: "yes" if low >= WANTED else "no" if high < WANTED else "cannot say")
    ways = [
        (words(lambda value, *_: "yes" if value >= WANTED else "no"), "That goes by the share; use its interval."),
        (words(lambda *each: "yes" if each[2] >= WANTED else "no"), "That asks whether the high end reaches it."),
        (
            words(lambda *each: "yes" if each[1] >= WANTED else "no"),
            "Not shown to be good enough may still be good enough.",
        ),
        ({arm: "cannot say" for arm in shares}, "Look at each arm: some intervals lie on one side of what is wanted."),
    ]
    check(
        LESSON,
        "Task 2b",
        answer,
        has_keys(shares, hint="Make a dictionary from each arm to its word."),
        equals(right, mistakes=[(wrong, said) for wrong, said in ways if wrong != right]),
        note="An arm with “cannot say” needs more questions before it needs a larger model.",
    )


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
