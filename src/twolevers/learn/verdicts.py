"""The article's claims against the learner's ledger: the comparisons that decide each, judged and combined.

Which comparisons decide a claim, in which direction and from which margin on, stands in datasets/comparisons.csv.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from twolevers.data.claims import load_claims, load_comparisons, load_published
from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import BY_CONSTRUCTION, Verdict, combine, judge

if TYPE_CHECKING:
    import pandas as pd

NUMBERS_TABLE = "numbers table"  # the criterion of C12 to C17, which lesson 11 shows
_PUBLISHED = {"for": 2, "mixed": 1, "against": 0}
_OURS = {Verdict.SUPPORTED: 2, Verdict.QUALIFIED: 1, Verdict.CONTRADICTED: 0}
_AGREEMENT = ("yes", "in part", "no")


@dataclass(frozen=True)
class Planned:
    """A comparison that decides a claim: a row of comparisons.csv (see `data.claims.ComparisonRow`)."""

    claim: str
    lesson: str
    comparison: str
    metric: str
    margin: float
    by_construction: str  # why it could not be lost, or ""
    arm: str
    expected: str

    def fits(self, row: Evidence) -> bool:
        """Whether the row measures this comparison, whatever claim it was written for."""
        return (row.lesson, row.arm) == (self.lesson, self.arm) and fnmatchcase(row.metric, self.metric)


@dataclass(frozen=True)
class Finding:
    """A planned comparison as measured with one model and seed; `earlier`: rows of that model it has replaced."""

    planned: Planned
    row: Evidence
    earlier: int

    @property
    def said(self) -> str:
        """Its verdict; "by construction" where it could not be lost."""
        return BY_CONSTRUCTION if self.planned.by_construction else str(self.verdict)

    @property
    def verdict(self) -> Verdict:
        """By the row's interval and the planned margin."""
        interval = Interval(self.row.low, self.row.high)
        return judge(interval, expected=self.planned.expected, margin=self.planned.margin)


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim with what the ledger says of it.

    `published` is the direction of the published results ("for", "mixed", "against", "none"), `sources` their ids;
    `missing` are planned comparisons not measured yet; `unplanned` are rows written for this claim that decide none.
    """

    claim: str
    criterion: str
    statement: str
    lesson: str
    published: str
    sources: tuple[str, ...]
    findings: tuple[Finding, ...]
    missing: tuple[Planned, ...]
    unplanned: tuple[Evidence, ...]

    @property
    def verdict(self) -> Verdict | None:
        """Of all that was measured so far and could have been lost; None before anything was."""
        deciding = [finding.verdict for finding in self.findings if not finding.planned.by_construction]
        return combine(deciding) if deciding else None

    @property
    def agrees(self) -> str | None:
        """Whether we find what was published: "yes", "in part", "no"; None where one of the two says nothing."""
        if self.verdict not in _OURS or self.published not in _PUBLISHED:
            return None
        return _AGREEMENT[abs(_OURS[self.verdict] - _PUBLISHED[self.published])]


def assess(rows: Sequence[Evidence], model: str | None = None) -> list[ClaimVerdict]:
    """Every claim, C01 to C24, by the rows of a ledger (`Ledger().history()`, oldest first).

    For each comparison and model the newest row decides; rows on other data than the newest are history, and rows of
    other seeds on the same data count beside it. Models and seeds are conditions, which `combine` weighs. `model`:
    its rows alone; `UsageError` where there are none.
    """
    models = list(dict.fromkeys(row.model for row in rows))
    if model is not None and model not in models:
        known = f"use one of {', '.join(models)}" if models else "run lesson 01_two_levers first"
        raise UsageError(f"The ledger has no row of model {model}: {known}.")
    rows = [row for row in rows if model in (None, row.model)]
    plan = [Planned(*row) for row in load_comparisons().itertuples(index=False)]
    loose = [row for row in rows if row.claim and not any(planned.fits(row) for planned in plan)]
    published = load_published().explode("claim_ids")
    assessed = []
    for claim in load_claims().itertuples():
        own = [planned for planned in plan if planned.claim == claim.id]
        found = {planned: _findings(planned, rows) for planned in own}
        assessed.append(
            ClaimVerdict(
                claim=claim.id,
                criterion=claim.criterion,
                statement=claim.claim,
                lesson=claim.lesson,
                published=claim.published,
                sources=tuple(published.loc[published["claim_ids"] == claim.id, "id"]),
                findings=tuple(finding for findings in found.values() for finding in findings),
                missing=tuple(planned for planned, findings in found.items() if not findings),
                unplanned=tuple({(r.arm, r.metric, r.model): r for r in loose if r.claim == claim.id}.values()),
            )
        )
    return assessed


def frame(claims: Sequence[ClaimVerdict]) -> pd.DataFrame:
    """One row per comparison, measured or missing.

    Columns: claim, article (what it says), comparison, metric, value, low, high, n, finding (this comparison's
    verdict, or "by construction"), model, verdict (the claim's), published, agrees, to_do ("run lesson …" where not
    measured).
    """
    import pandas as pd

    rows = []
    for one in claims:
        said = {"verdict": one.verdict and str(one.verdict), "published": one.published, "agrees": one.agrees}
        for found in one.findings:
            row, name = found.row, found.planned.comparison
            measured = {"value": row.value, "low": row.low, "high": row.high, "n": row.n}
            measured |= {"finding": found.said, "model": row.model}
            rows.append({**_heading(one, name, row.metric), **measured, **said, "to_do": ""})
        for planned in one.missing:
            heading = _heading(one, planned.comparison, planned.metric)
            rows.append({**heading, **said, "to_do": f"run lesson {planned.lesson}"})
    columns = [*("claim", "article", "comparison", "metric", "value", "low", "high", "n"), "finding", "model"]
    table = pd.DataFrame(rows, columns=[*columns, "verdict", "published", "agrees", "to_do"])
    return table.astype({"value": float, "low": float, "high": float, "n": "Int64"})


def numbers(rows: Sequence[Evidence], model: str | None = None) -> pd.DataFrame:
    """The article's numbers table, C12 to C17, as measured (columns of `frame`)."""
    return frame([one for one in assess(rows, model) if one.criterion == NUMBERS_TABLE])


def records(claims: Sequence[ClaimVerdict]) -> list[dict[str, Any]]:
    """JSON-ready, one entry per claim; NaN becomes None, and an interval that could not be computed is None."""
    return [
        {
            "claim": one.claim,
            "lesson": one.lesson,
            "statement": one.statement,
            "comparisons": [_record(finding) for finding in one.findings],
            "verdict": one.verdict and str(one.verdict),
            "expected": one.published,
            "sources": list(one.sources),
            "agrees": one.agrees,
            "missing": [
                {"lesson": planned.lesson, "comparison": planned.comparison, "metric": planned.metric}
                for planned in one.missing
            ],
            "unplanned": [{"lesson": row.lesson, "arm": row.arm, "metric": row.metric} for row in one.unplanned],
        }
        for one in claims
    ]


def _findings(planned: Planned, rows: Sequence[Evidence]) -> list[Finding]:
    """The comparison's current rows: one per metric that fits it, model and seed."""
    groups = defaultdict(list)
    for row in rows:
        if planned.fits(row):
            groups[row.metric, row.model].append(row)
    findings = []
    for group in groups.values():
        current = {row.seed: row for row in group if row.data_hash == group[-1].data_hash}
        findings += [Finding(planned, row, len(group) - len(current)) for row in current.values()]
    return findings


def _heading(one: ClaimVerdict, comparison: str, metric: str) -> dict[str, str]:
    return {"claim": one.claim, "article": one.statement, "comparison": comparison, "metric": metric}


def _record(finding: Finding) -> dict[str, Any]:
    row, planned = finding.row, finding.planned
    return {
        "id": row.id,
        "lesson": row.lesson,
        "arm": row.arm,
        "metric": row.metric,
        "claimed": planned.comparison,
        "margin": planned.margin,
        "value": None if math.isnan(row.value) else row.value,
        "interval": None if math.isnan(row.low) or math.isnan(row.high) else [row.low, row.high],
        "n": row.n,
        "verdict": None if planned.by_construction else str(finding.verdict),
        "by_construction": planned.by_construction or None,
        "model": row.model,
        "seed": row.seed,
        "created": row.created,
        "earlier": finding.earlier,
    }
