"""The verdicts as a table for the terminal."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from twolevers.learn.verdicts import ClaimVerdict, Finding


def verdict_table(claims: Sequence[ClaimVerdict]) -> Table:
    """One row per claim: what was measured, or which lesson to run; our verdict; the published direction."""
    table = Table(box=box.HORIZONTALS, show_lines=True, pad_edge=False, expand=True)
    table.add_column("", no_wrap=True)
    table.add_column("The article's claim", ratio=9)
    table.add_column(Text("Measured here: difference [interval], n"), ratio=16)
    table.add_column("Verdict", width=11)
    table.add_column("Published", width=11)
    several = len({finding.row.model for one in claims for finding in one.findings}) > 1
    for one in claims:
        ours = "\n".join([*_measured(one, several), *_missing(one)])
        # Text, not str: rich would read "[0.1, 0.2]" as a style.
        cells = (one.claim, f"{one.statement} ({one.lesson})", ours, _verdict(one), _published(one))
        table.add_row(*(Text(cell) for cell in cells))
    return table


def summary(claims: Sequence[ClaimVerdict]) -> list[str]:
    """How much is measured, and rows that were written for a claim but decide none."""
    whole = sum(bool(one.findings) and not one.missing for one in claims)
    part = sum(bool(one.findings and one.missing) for one in claims)
    lines = [f"{whole} of {len(claims)} claims measured, {part} in part, {len(claims) - whole - part} not yet."]
    for one in claims:
        for row in one.unplanned:
            lines.append(
                f"Not counted, since datasets/comparisons.csv does not plan it: {one.claim}, {row.lesson}, "
                f"{row.arm}, {row.metric}"
            )
    return lines


def _measured(one: ClaimVerdict, several: bool) -> Iterator[str]:
    for finding in one.findings:
        row = finding.row
        model = f", {row.model}" if several else ""
        seeds = {other.row.seed for other in one.findings if other.planned == finding.planned}
        seed = f", seed {row.seed}" if len(seeds) > 1 else ""
        again = f", {finding.earlier} earlier" if finding.earlier else ""
        yield f"{finding.planned.comparison}, {row.metric}{model}{seed}{again}"
        why = f" ({finding.planned.by_construction})" if finding.planned.by_construction else ""
        yield f"{_figures(finding)}: {finding.said}{why}"


def _missing(one: ClaimVerdict) -> Iterator[str]:
    """The lessons to run; what is missing is named once a part of the claim is measured."""
    for lesson in dict.fromkeys(planned.lesson for planned in one.missing):
        names = [f"{planned.comparison}, {planned.metric}" for planned in one.missing if planned.lesson == lesson]
        yield f"run lesson {lesson}" + (f" for {'; '.join(names)}" if one.findings else "")


def _figures(finding: Finding) -> str:
    row = finding.row
    interval = f"[{row.low:+.2f}, {row.high:+.2f}]" if row.low <= row.high else "[no interval]"
    return f"{row.value:+.2f} {interval}, n {row.n}"


def _verdict(one: ClaimVerdict) -> str:
    if one.verdict is None:
        return "not measured"
    return f"{one.verdict}, so far" if one.missing else str(one.verdict)


def _published(one: ClaimVerdict) -> str:
    """Direction and number of published results, and whether ours agrees."""
    if one.published == "none":
        return "none"
    agrees = f"\nagrees: {one.agrees}" if one.agrees else ""
    return f"{one.published} ({len(one.sources)}){agrees}"
