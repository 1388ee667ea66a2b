"""When a capstone's decision ends: the block of its record, and what of it still holds on this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twolevers import __version__
from twolevers.cost.prices import listed
from twolevers.decide import rubric
from twolevers.decide.brief import load_case
from twolevers.decide.capstone import Capstone
from twolevers.decide.stamp import Flip, Price, Stamp
from twolevers.decide.weights import measured as measured_with
from twolevers.errors import TwoLeversError
from twolevers.evaluate.evidence import now
from twolevers.learn.ledger import Ledger
from twolevers.lessons.capstone import experiment
from twolevers.lessons.capstone.contest import Contest, data_hash
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.reading import levels


def stamp(work: Capstone, bench: Workbench, contest: Contest, folder: Path) -> Stamp:
    """The block of a record in `folder`: the rows cited and those of the contest, the brief's data, what ends it."""
    decision = work.decision()
    rows = experiment.rows(bench, contest)
    source, day = listed()
    return Stamp(
        kind="capstone",
        version=__version__,
        created=now(),
        task=work.name,
        arm=decision.arm,
        hash=contest.data_hash,
        model=measured_with(bench.model.name, None, folder),
        prices=(Price(what=source, usd_per_1000=0.0, date=day.isoformat() if day else "unknown"),),
        evidence=tuple(dict.fromkeys([*rubric.cited(decision.because), *(row.id for row in rows)])),
        flips=tuple(_flips(decision.arm, contest)),
        for_people=(decision.would_change,),
    )


def grounds(stamp: Stamp) -> Iterator[tuple[str, bool | None, str]]:
    """(about, whether it holds, in words) of the brief's data and the ledger's rows."""
    try:
        same = data_hash(load_case(stamp.task)) == stamp.hash
        yield "data", same, f"the brief {stamp.task} {'as it was' if same else 'has other data than were measured'}"
    except TwoLeversError as error:
        yield "data", False, f"the brief cannot be read: {error}"
    history = Ledger().history()
    known = {row.id: row for row in history}
    newest = {(row.lesson, row.claim, row.arm, row.metric, row.model): row for row in history}
    for name in stamp.evidence:
        if name not in known:
            yield "evidence", False, f"{name} is no row of this machine's ledger"
            continue
        row = known[name]
        last = newest[row.lesson, row.claim, row.arm, row.metric, row.model]
        about = f"{name} ({row.arm}, {row.metric} {row.value:.2f})"
        if last.id == name:
            yield "evidence", True, f"{about} is the newest of its kind"
        else:
            holds = not row.low <= row.high or row.low <= last.value <= row.high
            yield (
                "evidence",
                holds,
                f"{about} was measured again: {last.value:.2f}, {'within' if holds else 'outside'} its interval",
            )


def measured(brief: str) -> dict[str, Any] | None:
    """What the brief's newest contest on this machine came to, as the conditions read it."""
    try:
        return Capstone(brief).state().get("contest")
    except TwoLeversError:
        return None


def _flips(arm: str, contest: Contest) -> Iterator[Flip]:
    table = levels(contest.frame).set_index("arm")
    low, share = (float(table.loc[arm, column]) for column in ("low", "value"))
    said = f"{arm} meets the goal in fewer than {100 * low:.0f} of 100, the least that fitted the contest"
    yield Flip(when=said, figure=f"shares/{arm}", below=round(low, 4))
    for rival in table.index.drop(arm):
        # What the contest showed was known when the record was written.
        lead = experiment.MARGIN + max(0.0, float(table.loc[rival, "value"]) - share)
        said = f"{rival} is ahead of {arm} by more than {100 * lead:.0f} points"
        yield Flip(when=said, figure=f"shares/{rival}", less=f"shares/{arm}", above=round(lead, 4))
