"""What another training seed does to a contest, set apart from what other questions would do."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from twolevers.evaluate.statistics import seed_spread
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder.read import Recording, usable
from twolevers.lessons.common.ladder.table import compared

COLUMNS = ("lesson", "comparison", "metric", "model", "n", "difference", "low", "high")
SPREAD = ("seeds", "lowest", "highest", "sd", "verdicts")


def spread(found: Sequence[Recording], others: Sequence[Recording]) -> pd.DataFrame:
    """One row per planned pair and model that was trained with several seeds: `COLUMNS`, then `SPREAD`.

    `found`: with the lessons' own seeds (`read.recordings`); `others`: with further ones (`read.seeded`).

    `difference`, `low`, `high`: with the lesson's own seed, the interval over items. `lowest`, `highest`, `sd` (n − 1):
    of the difference over all `seeds`, the lesson's own among them, on the same items. `verdicts`: each word with how
    often it came. With a further seed the pair's trained arms are the recording's of that seed, the rest stays.
    """
    rows, frames = [], list(usable(others))
    for base, frame in usable([base for base in found if any(_same(one, base) for one, _ in frames)]):
        contest = base.contest
        about = {name: base.head[name] for name in ("lesson", "model")} | {"metric": contest.contest.metric}
        again = [_with(contest.contest, frame, other) for one, other in frames if _same(one, base)]
        for row in compared(contest.contest, frame):
            name = str(row["comparison"])
            needed = set(name.split(" > ")) & set(contest.trained)
            every = [row, *(other[name] for arms, other in again if needed and needed <= arms)]
            if len(every) > 1:
                rows.append(about | row | _over(every))
    return pd.DataFrame(rows, columns=[*COLUMNS, *SPREAD])


def _over(every: Sequence[dict[str, Any]]) -> dict[str, object]:
    """`SPREAD` of one pair's rows, a row a seed."""
    gaps = seed_spread([row["difference"] for row in every])
    words = Counter(str(row["verdict"]) for row in every)
    said = ", ".join(f"{word} {times} ×" for word, times in words.most_common())
    return {"seeds": gaps.n, "lowest": gaps.low, "highest": gaps.high, "sd": gaps.sd, "verdicts": said}


def _with(contest: Contest, frame: pd.DataFrame, again: pd.DataFrame) -> tuple[set[str], dict[str, dict[str, Any]]]:
    """The arms that another seed trained, and the contest's rows (by comparison) with these in their place."""
    arms = set(again["arm"])
    whole = pd.concat([frame[~frame["arm"].isin(arms)], again], ignore_index=True)
    return arms, {str(row["comparison"]): row for row in compared(contest, whole)}


def _same(one: Recording, base: Recording) -> bool:
    """Whether two recordings are of one model and the same questions."""
    return all(one.head[name] == base.head[name] for name in ("lesson", "model", "sha256", "n", "data"))
