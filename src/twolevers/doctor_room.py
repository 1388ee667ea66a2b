"""Is a room ready for a workshop? The doctor's checks, then decks, printing, network, and minutes on this machine."""

import os
import shutil
from pathlib import Path

from twolevers import doctor, paths
from twolevers.doctor import Check, Report
from twolevers.publish import agenda, guide, pdf

DECKS = Path("slides/_build")
LATE = 1.1  # an agenda that takes a tenth longer than stated needs its cuts


def examine(decks: Path | None = None) -> Report:
    """The doctor's report with the room's checks; `decks` is the folder of decks, by default slides/_build.

    The timing gains `agenda_minutes`: for each agenda its stated minutes and those that are estimated for this machine.
    """
    report = doctor.examine()
    root = paths.repository()
    decks = decks or root / DECKS
    plans = agenda.load(root / "slides", sorted((root / "notebooks").glob("*.ipynb")))
    timing = dict(report.timing)
    checks = [*report.checks, _decks(decks, plans), _paper(decks), _network(report)]
    if "forward_seconds" in timing:
        times = {name: minutes(plan, timing["forward_seconds"]) for name, plan in plans.items()}
        timing["agenda_minutes"] = {name: {"stated": stated, "here": here} for name, (stated, here) in times.items()}
        checks += [_agenda(name, *found, plans[name]) for name, found in times.items()]
    return Report(tuple(checks), timing)


def minutes(plan: agenda.Agenda, forward_seconds: float) -> tuple[int, int]:
    """An agenda's stated minutes, and those here: runs grow in proportion to the timed step, talk does not.

    A run that is faster than stated saves nothing: the talk fills it.
    """
    stated = guide.stated_minutes()
    factor = max(1.0, forward_seconds / doctor.REFERENCE_STEP_SECONDS)
    runs = sum(stated[part.lesson]["run"] for part in plan.parts if part.runs)
    whole = guide.total(plan, stated)
    return whole, round(whole + runs * (factor - 1))


def _agenda(name: str, stated: int, here: int, plan: agenda.Agenda) -> Check:
    title = f"Agenda {name}"
    found = f"{here} min on this machine, {stated} as planned"
    if here <= stated * LATE:
        return Check(title, "ok", found)
    saved, cuts = 0, []
    for cut in plan.cuts:
        if here - saved > stated:
            saved += guide.saves(plan, cut, guide.stated_minutes())
            cuts.append(f"{'the exercise of ' if cut.exercise else ''}{cut.lesson}")
    return Check(title, "note", found, f"Leave out {', then '.join(cuts)}, or start the slow cells before the talk.")


def _decks(folder: Path, plans: dict[str, agenda.Agenda]) -> Check:
    wanted = [*guide.stated_minutes(), *plans]
    missing = [name for name in wanted if not (folder / f"{name}.html").is_file()]
    if not missing:
        return Check("Decks", "ok", f"{len(wanted)} in {folder}")
    named = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    return Check(
        "Decks", "fail", f"{len(wanted) - len(missing)} of {len(wanted)} in {folder}; no {named}", "`make slides`."
    )


def _paper(folder: Path) -> Check:
    printed = len(list(folder.glob("*.pdf")))
    if printed:
        return Check("Paper", "ok", f"{printed} PDF in {folder}")
    browser = next(filter(None, map(shutil.which, pdf.BROWSERS)), None)
    remedy = "`twolevers slides half-day --pdf --out slides/_build`, in case the projector fails."
    if browser is None:
        return Check("Paper", "note", "no PDF of a deck, and no Chromium here to print one", f"Elsewhere: {remedy}")
    return Check("Paper", "note", f"no PDF of a deck in {folder}", remedy)


def _network(report: Report) -> Check:
    chosen = os.environ.get("TWOLEVERS_MODEL", "")
    if chosen and not Path(chosen).expanduser().is_dir() and chosen not in {model.name for model in doctor.DEFAULTS}:
        return Check("Network", "note", f"TWOLEVERS_MODEL={chosen} may be fetched", "Unset it, or name a local folder.")
    names = {model.name for model in doctor.DEFAULTS}
    if any(check.state == "fail" for check in report.checks if check.name in names):
        return Check("Network", "fail", "needed to fetch the models", "`twolevers models`, before the room has none.")
    return Check("Network", "ok", "not needed: the models are on this machine; unplug it and run this once more")
