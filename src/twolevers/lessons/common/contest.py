"""What a lesson plans to compare, and its rows for the ledger: written once for all lessons, which only declare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from twolevers.data.claims import foregone
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import BY_CONSTRUCTION, judge
from twolevers.lessons.common.bench import Measured, Workbench
from twolevers.lessons.common.reading import judged, levels


@dataclass(frozen=True)
class Contest:
    """A family of comparisons, planned before the run.

    `metric` names the score in the ledger. `pairs`: (a, b), each claiming a > b, with the claim that it decides; ""
    for a row that decides none, None for a comparison that is shown and not kept. `score`: a column of the frame
    (right or wrong, or a share) or `reading.MACRO_F1`. `part` picks the rows that take part. `seed` is the lesson's,
    `draws` that of the resampling. `allowed`: a loss that would not matter, for "not worse": it is added to every
    difference and its interval, so that above zero means "loses less than that".
    """

    lesson: str
    metric: str
    pairs: Mapping[tuple[str, str], str | None]
    margin: float  # the smallest difference that would matter to us
    seed: int
    score: str = "correct"
    part: Callable[[pd.DataFrame], pd.DataFrame] = pd.DataFrame
    draws: int = 0
    allowed: float = 0.0

    def comparisons(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The planned comparisons with verdicts (see `reading.judged`); "by construction" where one side cannot win."""
        table = judged(self.part(frame), list(self.pairs), self.margin, self.score, self.draws)
        if self.allowed:
            table = table.assign(**{name: table[name] + self.allowed for name in ("difference", "low", "high")})
            ends = [Interval(row.low, row.high) for row in table.itertuples()]
            table["verdict"] = [str(judge(each, expected="higher", margin=self.margin)) for each in ends]
        table.loc[table["claim"].isin(foregone(self.lesson, self.metric)), "verdict"] = BY_CONSTRUCTION
        return table

    def evidence(self, bench: Workbench, frame: pd.DataFrame) -> list[Evidence]:
        """What goes into the ledger: each arm's score, and each comparison under its claim."""
        return [*self.scores(bench, frame), *self.verdicts(bench, frame)]

    def scores(self, bench: Workbench, frame: pd.DataFrame) -> list[Evidence]:
        """Ledger rows of each arm's score."""
        return level_rows(bench, self.lesson, self.metric, self.part(frame), self.seed, self.score, self.draws)

    def verdicts(self, bench: Workbench, frame: pd.DataFrame) -> list[Evidence]:
        """Ledger rows of the comparisons."""
        claims = {f"{a} > {b}": claim for (a, b), claim in self.pairs.items()}
        return pair_rows(bench, self.lesson, self.metric, self.comparisons(frame), self.seed, claims)


def level_rows(
    bench: Workbench,
    lesson: str,
    metric: str,
    frame: pd.DataFrame,
    seed: int,
    score: str = "correct",
    draws: int = 0,
) -> list[Evidence]:
    """Ledger rows of `reading.levels`: each arm's score, and the seconds that its answers took."""
    seconds, kept = frame.groupby("arm")["seconds"].sum(), []
    for row in levels(frame, score, draws).itertuples():
        measured, spent = Measured(row.value, row.low, row.high, row.n), float(seconds[row.arm])
        kept.append(bench.evidence(lesson, "", row.arm, metric, measured, seconds=spent, seed=seed))
    return kept


def pair_rows(
    bench: Workbench, lesson: str, metric: str, table: pd.DataFrame, seed: int, claims: Mapping[str, str | None]
) -> list[Evidence]:
    """Ledger rows of a table of `reading.judged`, each under the claim of its "a > b"; none where that is None."""
    kept = []
    for row in table.itertuples():
        if (claim := claims.get(row.claim)) is not None:
            measured, name = Measured(row.difference, row.low, row.high, row.n), row.claim.replace(" > ", " - ")
            kept.append(bench.evidence(lesson, claim, name, metric, measured, seconds=0.0, seed=seed))
    return kept
