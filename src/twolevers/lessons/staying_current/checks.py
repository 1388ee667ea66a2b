"""Checks of exercise 05: two rows of the own ledger, lags from a log, a promise about lag, a last training day."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from twolevers.errors import UsageError
from twolevers.evaluate.statistics import wilson
from twolevers.learn.check import check, equals, gives, has_keys, holds, is_a, with_given

if TYPE_CHECKING:
    import pandas as pd

    from twolevers.evaluate.evidence import Evidence
    from twolevers.lessons.staying_current.live_feed import Shop

LESSON = "05_staying_current"
PARTS = {"opening": "value of the opening", "later": "value came later"}  # of task 1, as the ledger's metric ends
KEPT, LONGEST, POLLS = 4, 5, range(1, 13)  # task 3, in the shop's minutes
NEAR = 0.005
FLOOR = 0.25


def practice_months() -> "pd.DataFrame":
    """Made-up counts for task 4: columns month, n, right; facts by the month in which they became true."""
    import pandas as pd

    months = ["January", "February", "March", "April", "May", "June"]
    return pd.DataFrame({"month": months, "n": [60, 60, 60, 60, 12, 60], "right": [31, 34, 29, 4, 5, 2]})


def own_rows() -> "dict[str, Evidence]":
    """Task 1: your ledger's newest rows of RAG − tuned, by part of the day. UsageError before the lesson was run."""
    from twolevers.learn.ledger import Ledger

    mine = [row for row in Ledger().newest() if row.lesson == LESSON and row.arm == "rag - tuned"]
    found = {part: row for part, ends in PARTS.items() for row in mine if row.metric.endswith(ends)}
    if len(found) < len(PARTS):
        raise UsageError("Your ledger has no row on this day yet: run notebooks/05_staying_current.ipynb to its end.")
    return found


@with_given
def own_items(answer: Mapping[str, float], rows: "Mapping[str, Evidence]") -> None:
    """Task 1a: by how many facts RAG was ahead in each part of the day, below zero where it was behind."""
    right = {part: row.value * row.n for part, row in rows.items()}
    check(
        LESSON,
        "Task 1a",
        answer,
        has_keys(right),
        equals(
            right,
            tolerance=0.6,
            mistakes=[
                ({part: row.value for part, row in rows.items()}, "those are shares; multiply each by its n."),
                ({part: 100 * row.value for part, row in rows.items()}, "those are points of a hundred; n is another."),
                (
                    {part: abs(value) for part, value in right.items()},
                    "RAG was behind there: below zero.",
                ),
                (
                    {part: -value for part, value in right.items()},
                    "the sign is turned round; the row is RAG − tuned.",
                ),
                ({part: float(row.n) for part, row in rows.items()}, "that is how many facts were asked."),
            ],
            hint="The difference of two shares times the number of facts.",
        ),
    )


@with_given
def own_decided(answer: Sequence[str], rows: "Mapping[str, Evidence]") -> None:
    """Task 1b: the parts of the day in which the interval leaves zero out."""
    open_ = [part for part, row in rows.items() if row.low <= 0 <= row.high]
    check(
        LESSON,
        "Task 1b",
        answer,
        is_a(list, set, tuple, hint='List the parts by name, such as ["later"]; [] where it is neither.'),
        holds(lambda found: set(found) <= set(rows), f"the parts are {' and '.join(rows)}."),
        *(
            holds(lambda found, part=part: part not in found, f"{part}: zero lies within its interval; look again.")
            for part in open_
        ),
        *(
            holds(lambda found, part=part: part in found, f"{part}: its whole interval lies on one side of zero.")
            for part in rows
            if part not in open_
        ),
        note="Freshness pays for what has changed. For the rest, look at who reads or remembers better.",
    )


def lags(function: Callable[[Sequence[float], Sequence[float], float], list[float | None]]) -> None:
    """Task 2: `function(changes, starts, takes)` gives each change's lag in minutes, None where no refresh saw it."""
    starts = [0, 30, 60]
    waits, negative = [20, 1, 0], [-24, -5, -4]
    whole = [24, 5, 4]
    cases = [
        ([10, 29, 30], starts, 4, whole),
        ([31, 70], starts, 4, [33, None]),
        ([], starts, 4, []),
    ]
    mistakes = [
        (waits, "those are the waits; a change is served only when the refresh has ended: add what it takes."),
        (negative, "the sign is turned round: the lag runs from the change to the end of the refresh."),
        ([24, 5, 34], "a change at the very start of a refresh is read by it; ask for start >= change."),
        ([-6, -25, 4], "that refresh read the feed before the change; take the first start that is not earlier."),
        ([54, 35, 34], "an earlier refresh had seen it; take the first, not the last."),
        ([34, 34, 34], "that is the longest possible lag; here each change has its own."),
        (sum(whole) / 3, "return one lag for each change, not their mean."),
    ]
    late = "no refresh started after minute 70: its lag is not known yet, None."
    check(
        LESSON,
        "Task 2",
        function,
        gives(cases[0][3], args=cases[0][:3], mistakes=mistakes, hint="Return a list, a lag for each change in order."),
        gives(cases[1][3], args=cases[1][:3], mistakes=[([33], late), (_keeps_a_number, late)], hint=late),
        gives(cases[2][3], args=cases[2][:3], hint="No change, no lag: an empty list."),
        note="The longest lag that can happen is the time between two starts plus what a refresh takes.",
    )


def day() -> "Shop":
    """The shop of the lesson after its whole day, for task 3: the same changes that the lesson's indexes followed."""
    from twolevers.data.catalogue import load_catalogue
    from twolevers.lessons.staying_current.experiment import MINUTES, opened

    shop = opened(load_catalogue())
    for _ in range(MINUTES):
        shop.tick()
    return shop


def promise(every: int, old: float, shop: "Shop") -> None:
    """Task 3: the rarest polls that keep the longest lag at `LONGEST` behind a cache of `KEPT`; the share told old."""
    from twolevers.lessons.staying_current.lab import lag

    behind = {wait: lag(shop, wait, KEPT) for wait in POLLS}
    right = max(wait for wait in POLLS if behind[wait]["longest"] <= LONGEST)
    bare = max(wait for wait in POLLS if lag(shop, wait, 0)["longest"] <= LONGEST)
    mean = max(wait for wait in POLLS if behind[wait]["mean"] <= LONGEST)
    check(
        LESSON,
        "Task 3a",
        every,
        is_a(int, hint="every is a whole number of minutes."),
        holds(lambda wait: wait in POLLS, f"try whole minutes from {POLLS[0]} to {POLLS[-1]}."),
        holds(lambda wait: wait != bare, "that leaves the cache out; answers are kept, and grow old there."),
        holds(lambda wait: wait != mean, "that goes by the mean; a promise is about the longest."),
        holds(lambda wait: behind[wait]["longest"] <= LONGEST, "its longest lag breaks the promise; ask lag()."),
        holds(lambda wait: wait == right, "the promise is kept, but rarer polls keep it as well. Try each."),
    )
    check(
        LESSON,
        "Task 3b",
        old,
        is_a(float, hint="old is a share from 0 to 1."),
        holds(lambda share: 0 <= share <= 1, "give a share from 0 to 1."),
        holds(
            lambda share: abs(share - behind[bare]["out_of_date"]) > NEAR,
            "that is the share of polls that are too rare.",
        ),
        holds(
            lambda share: abs(share - behind[right]["out_of_date"]) <= NEAR,
            "that is not the share told old with these polls and this cache; it stands in lag() as out_of_date.",
        ),
        note="Polls that fall into step with the cache lag less than some that are more frequent.",
    )


def last_month(answer: str, table: "pd.DataFrame") -> None:
    """Task 4: the last month whose share is surely above `FLOOR`, by the low end of its 95 % Wilson interval."""
    low = {row.month: wilson(row.right, row.n).low for row in table.itertuples()}
    right = [month for month in table["month"] if low[month] > FLOOR][-1]
    says = {
        "May": "May has few questions: 5 of 12 look like many, but the interval reaches far below the floor.",
        "June": "June is the last month asked about, not the last one learned.",
        "April": "4 of 60 is hardly anything; April's facts came too late.",
        "February": "February has the highest share; asked for is the last month that is surely known.",
        "January": "Later months are known as well.",
    }
    check(
        LESSON,
        "Task 4",
        answer,
        is_a(str, hint="Answer with a month's name."),
        holds(lambda found: found in low, f"the months are {', '.join(low)}."),
        *(holds(lambda found, month=month: found != month, said) for month, said in says.items() if month != right),
        note="What came after it the model cannot have seen. Not all that came before is known either.",
    )


def _keeps_a_number(found: object) -> bool:
    return isinstance(found, list) and len(found) == 2 and found[0] == 33
