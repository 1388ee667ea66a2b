"""What the quizzes cover, by lesson, claim and kind of item: `make quiz-report`."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from twolevers.data.claims import load_claims
from twolevers.learn.bank import Bank, load_bank
from twolevers.learn.items import Item
from twolevers.paths import datasets

KINDS = {  # and their short names, so that a row fits into 80 columns
    **{"single": "single", "several": "sev.", "spot_the_flaw": "flaw", "numeric": "num."},
    **{"ordering": "order", "matching": "match", "short_text": "text"},
}
DIFFICULTIES = (1, 2, 3)
Groups = Mapping[str, Sequence[Item]]


def load_banks() -> dict[str, Bank]:
    """Every quiz of the course by its lesson's stem, in order. Raises UsageError for a bank that cannot be used."""
    return {path.stem: load_bank(path.stem) for path in sorted((datasets() / "quizzes").glob("*.yaml"))}


def by_lesson(banks: Mapping[str, Bank]) -> Groups:
    """The items of each lesson."""
    return {stem: bank.items for stem, bank in banks.items()}


def by_claim(banks: Mapping[str, Bank]) -> Groups:
    """The items on each claim, C01 to C24; an item on two claims stands with both."""
    return {claim: [item for item in _all(banks) if claim in item.claims] for claim in load_claims()["id"]}


def by_kind(banks: Mapping[str, Bank]) -> Groups:
    """The items of each kind."""
    return {kind: [item for item in _all(banks) if item.kind == kind] for kind in KINDS}


def coverage(heading: str, groups: Groups) -> Table:
    """One row per group: its items, those on evidence, those of each difficulty and of each kind; "·" is none."""
    title = f"By {heading} (1 to {max(DIFFICULTIES)}: difficulty)"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", show_edge=False, padding=0)
    table.add_column(heading, no_wrap=True)
    for name in ("items", "evid.", *map(str, DIFFICULTIES), *KINDS.values()):
        table.add_column(name, justify="right", no_wrap=True)
    for name, items in groups.items():
        counts = [len(items), sum(item.evidence for item in items)]
        counts += [sum(item.difficulty == level for item in items) for level in DIFFICULTIES]
        counts += [sum(item.kind == kind for item in items) for kind in KINDS]
        table.add_row(name, *(str(count) if count else "·" for count in counts))
    return table


def summary(banks: Mapping[str, Bank]) -> str:
    """How many items there are, how many on evidence, and which claims no item asks about."""
    items = _all(banks)
    bare = [claim for claim, asked in by_claim(banks).items() if not asked]
    said = f"{len(items)} items in {len(banks)} quizzes, {sum(item.evidence for item in items)} of them on evidence."
    return f"{said} No item yet: {', '.join(bare)}." if bare else f"{said} Every claim is asked about."


def _all(banks: Mapping[str, Bank]) -> list[Item]:
    return [item for bank in banks.values() for item in bank.items]


def main() -> None:
    """Print the report."""
    console, banks = Console(), load_banks()
    for heading, groups in (("lesson", by_lesson), ("claim", by_claim), ("kind", by_kind)):
        console.print(coverage(heading, groups(banks)))
    console.print(summary(banks))


if __name__ == "__main__":
    main()
