"""`twolevers recheck RECORD`: what of a decision record still holds, measured where that is cheap. Writes nothing."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from twolevers.bakeoff.grounds import Hashes, evidence, hashes, paid
from twolevers.decide.stamp import Flip, Stamp, read
from twolevers.decide.weights import stored, weights_hash
from twolevers.errors import TwoLeversError, UsageError

DAYS = 365  # age from which a price is old, where nothing else is said
MOVED = 0.10  # change of a cost from which it is told
NAMED = 3  # changed documents or items that are named
MARKS = {True: "holds", False: "STALE", None: "judge"}


@dataclass(frozen=True)
class Finding:
    """One line: `holds` is None where a person has to judge."""

    about: str
    holds: bool | None
    says: str

    def __str__(self) -> str:
        return f"{MARKS[self.holds]}  {self.about}: {self.says}"


def recheck(
    record: Path, *, results: Path | None = None, days: int = DAYS, today: date | None = None
) -> tuple[Stamp, list[Finding]]:
    """What the record says of itself, and a finding for each ground of the decision.

    `results`: the results.json of a later bake-off, to read the conditions from. Raises UsageError for a record or
    results that cannot be read or are of another version. Nothing is fetched, and nothing is written.
    """
    stamp = read(record)
    today = today or datetime.now(UTC).date()
    if stamp.kind == "capstone":
        from twolevers.decide import expiry

        measured, found = expiry.measured(stamp.task), [Finding(*line) for line in expiry.grounds(stamp)]
    else:
        measured = _figures(results or record.parent / stamp.results, asked=results is not None)
        found = [*_data(stamp, record.parent)]
        if results is None:
            found += _evidence(stamp, measured)
    found += [_model(stamp, record.parent), *_prices(stamp, measured, days, today)]
    found += [_flip(flip, measured) for flip in stamp.flips]
    found += [Finding("would end it", None, line) for line in stamp.for_people]
    return stamp, found


def summary(stamp: Stamp, found: list[Finding]) -> str:
    """The last line."""
    stale = sum(each.holds is False for each in found)
    judged = sum(each.holds is None for each in found)
    what = f"{stamp.arm or 'no arm'}, decided {stamp.created[:10]}"
    left = f"; {judged} for you to judge" if judged else ""
    if stale:
        return f"{what}: {stale} of {len(found)} grounds went stale{left}. Look at them, then measure again."
    return f"{what}: nothing that was checked went stale{left}."


def _figures(path: Path, asked: bool) -> Mapping[str, Any] | None:
    """The results, None where the record's own are gone."""
    try:
        found = json.loads(path.read_text("utf-8"))
        schema = found["schema"]
    except FileNotFoundError:
        if asked:
            raise UsageError(f"{path} is not there: name the results.json of a later bake-off.") from None
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        if asked:
            raise UsageError(f"{path} is no results.json: name that of a later bake-off.") from None
        return None
    if schema != 1:
        raise UsageError(f"{path} was written by another version of the course (form {schema!r}): update the course.")
    if "drill" in found:
        raise UsageError(f"{path} is a drill's, with a fault planted on purpose: name those of a bake-off without one.")
    return found


def _data(stamp: Stamp, folder: Path) -> Iterator[Finding]:
    from twolevers.bakeoff.command import digest

    try:
        data = _task(stamp, folder).read(folder)
    except TwoLeversError as error:
        yield Finding("data", False, f"cannot be read as it was: {error}")
        return
    before, after = _kept(folder / stamp.items), hashes(data)
    same = digest(data) == stamp.hash
    if before is None:
        says = "as it was" if same else f"changed ({stamp.items} is gone, so that what changed cannot be named)"
        yield Finding("data", same, says)
        return
    for kind in sorted({*before, *after}):
        what = kind if kind == "documents" else {"questions": "questions"}.get(stamp.task, "examples")
        changes = _changes(before.get(kind, {}), after.get(kind, {}))
        yield Finding(what, not changes, changes or f"all {len(after[kind])} as they were")
    if not same and before == after:
        yield Finding("data", False, "is read in another way than it was (another version of the course?)")


def _task(stamp: Stamp, folder: Path) -> Any:
    from twolevers.bakeoff.tasks.labels import Labels
    from twolevers.bakeoff.tasks.questions import Questions
    from twolevers.bakeoff.tasks.replies import Replies

    given = {name: folder / value if isinstance(value, str) else value for name, value in stamp.inputs.items()}
    kinds = {
        "questions": (Questions, {"questions": None} | given),
        "classify": (Labels, given),
        "reply": (Replies, given),
    }
    try:
        make, values = kinds[stamp.task]
        return make(**values)
    except (KeyError, TypeError):
        raise UsageError(f"The record's inputs are not those of a bake-off on {stamp.task!r}: run it again.") from None


def _kept(path: Path) -> Hashes | None:
    try:
        found = json.loads(path.read_text("utf-8"))
        return found if isinstance(found, dict) and all(isinstance(each, dict) for each in found.values()) else None
    except (OSError, ValueError, RecursionError):
        return None


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What changed, in words; "" for nothing."""
    groups = {
        "changed": [name for name in before if name in after and after[name] != before[name]],
        "gone": [name for name in before if name not in after],
        "new": [name for name in after if name not in before],
    }
    said = []
    for what, names in groups.items():
        if names:
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            said.append(f"{len(names)} {what} ({', '.join(name[:60] for name in names[:NAMED])}{more})")
    return f"of {len(before)}, {'; '.join(said)}" if said else ""


def _evidence(stamp: Stamp, measured: Mapping[str, Any] | None) -> list[Finding]:
    if measured is None:
        return [Finding("evidence", False, f"{stamp.results} is gone or damaged: its figures cannot be looked up")]
    try:
        known = {row.id for row in evidence(measured)}
    except (KeyError, TypeError, ValueError, UsageError):
        return [Finding("evidence", False, f"{stamp.results} does not hold the figures of a bake-off any more")]
    lost = [name for name in stamp.evidence if name not in known]
    if lost:
        of = f"{len(lost)} of {len(stamp.evidence)} rows"
        return [Finding("evidence", False, f"{of} ({', '.join(lost[:NAMED])} …) are not in {stamp.results} any more")]
    return [Finding("evidence", True, f"all {len(stamp.evidence)} rows are in {stamp.results}, unchanged")]


def _model(stamp: Stamp, folder: Path) -> Finding:
    given = stamp.model.given
    if "://" in given:
        return Finding("model", None, f"{stamp.model.name} is on a server, which was not asked: is it the same?")
    beside = folder / given
    there = stored(str(beside) if given and beside.is_dir() else given)
    if there is None:
        return Finding("model", False, f"{stamp.model.name} is not on this machine any more, or damaged")
    if stamp.model.sha256 and weights_hash(there) != stamp.model.sha256:
        return Finding("model", False, f"{stamp.model.name} has other weights than those measured")
    return Finding("model", True, f"{stamp.model.name}, the weights that were measured")


def _prices(stamp: Stamp, measured: Mapping[str, Any] | None, days: int, today: date) -> Iterator[Finding]:
    for price in stamp.prices:
        try:
            age = (today - date.fromisoformat(price.date)).days
        except ValueError:
            yield Finding("price", None, f"{price.what}: its date is unknown")
            continue
        old = age > days
        yield Finding("price", not old, f"{price.what}, of {price.date}: {age} days old{f', more than {days}' * old}")
    yield from _moved(stamp, measured)


def _moved(stamp: Stamp, measured: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Whether the prices that this version knows give another cost for the same tokens and seconds."""
    from twolevers.bakeoff.costs import lines

    row = (measured or {}).get("arms", {}).get(stamp.arm) if stamp.kind == "bakeoff" else None
    if not row or not row.get("answers_per_second"):
        return
    tuned = bool(row["train_seconds"])
    again = lines(1 / row["answers_per_second"], row["prompt_tokens"], row["new_tokens"], tuned)
    now = {line["what"]: line["usd_per_1000"] for line in paid({"costs": again})}
    for price in stamp.prices:
        if price.what not in now or not price.usd_per_1000:
            continue
        ratio = now[price.what] / price.usd_per_1000
        if abs(ratio - 1) > MOVED:
            says = f"{price.what}: 1,000 answers come to {now[price.what]:.4f} USD now, {price.usd_per_1000:.4f} then"
            yield Finding("price", False, says)


def _flip(flip: Flip, measured: Mapping[str, Any] | None) -> Finding:
    try:
        value = _at(measured, flip.figure)
        if flip.other_than is not None:
            came = value != flip.other_than
            return Finding("would end it", not came, f"{flip.when}: {'it is now ' + str(value) if came else 'no'}")
        number = float(value) - (float(_at(measured, flip.less)) if flip.less else 0.0)
    except (KeyError, TypeError, ValueError):
        return Finding("would end it", None, f"{flip.when}: no figure to tell by")
    came = (flip.below is not None and number < flip.below) or (flip.above is not None and number > flip.above)
    shown = f"{100 * number:+.0f} points" if flip.less else f"{100 * number:.0f} of 100"
    return Finding("would end it", not came, f"{flip.when}: {'yes, ' if came else 'no, '}{shown}")


def _at(measured: Any, figure: str) -> Any:
    for part in figure.split("/"):
        measured = measured[part]
    return measured
