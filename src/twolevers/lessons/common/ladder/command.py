"""The command `twolevers ladder`: records a model, and shows verdicts by claim and size."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from twolevers.errors import UsageError
from twolevers.lessons.common.ladder import record as recording
from twolevers.lessons.common.ladder.central import chosen
from twolevers.lessons.common.ladder.read import Recording, recordings, seeded
from twolevers.lessons.common.ladder.seeds import spread
from twolevers.lessons.common.ladder.table import by_claim, flip, sizes


def record(
    model: str, lessons: str, device: str, n: int, out: Path | None, seed: int | None, report: recording.Report
) -> list[Path]:
    """Record the lessons' contests (all where none is named) with a model; returns the files."""
    place = _folder(out) or recording.folder()
    return recording.record(model, chosen(lessons), device, n, place, report, seed)


def found(lessons: str, out: Path | None) -> list[Recording]:
    """The recordings of the lessons named (all where none is), the course's own and those made here."""
    wanted, out = chosen(lessons), _folder(out)
    return [one for one in recordings(None, *([out] if out else [])) if one.head["lesson"] in wanted]


def _folder(out: Path | None) -> Path | None:
    if out and out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file: give --out a folder.")
    return out


def table(rows: pd.DataFrame) -> Table:
    """One row per contest, a column per model: verdict, difference with interval, scores, n; flips marked."""
    models = rows.sort_values("billions", kind="stable").drop_duplicates("model")
    shown = Table(box=box.HORIZONTALS, show_lines=True, pad_edge=False)
    shown.add_column("Contest")
    for model in models.itertuples():
        shown.add_column(Text(f"{model.model}\n{model.billions:g} billion weights"), overflow="fold")
    for (lesson, comparison, metric), group in rows.groupby(["lesson", "comparison", "metric"], sort=False):
        word = flip(group)
        head = [f"{comparison}", f"{lesson}, {metric}", *([f"⇄ {word}"] if word else [])]
        cells = [_cell(group[group["model"] == model]) for model in models["model"]]
        # Text, not str: rich would read "[0.1, 0.2]" as a style.
        shown.add_row(*(Text(cell) for cell in ("\n".join(head), *cells)))
    return shown


def lines(rows: pd.DataFrame, of: Sequence[Recording]) -> Iterator[str]:
    """What the claims come to, what turned, and where the figures are from."""
    if rows["change"].notna().any():
        yield "change: the difference less the smallest model's, on the questions that both answered."
    table = by_claim(rows)
    models = [name for name in table.columns if name not in ("claim", "contest", "flips")]
    for row in table.to_dict("records"):
        said = ", ".join(f"{model} {row[model]}" for model in models if isinstance(row[model], str))
        flips = f" ⇄ {row['flips']}" if row["flips"] else ""
        yield f"{row['claim']}{flips}: {said}"
    for one in of:
        took = f"{one.seconds / 60:.1f} min"
        yield (
            f"{one.head['lesson']}, {one.head['model']}: n = {one.head['n']}, {one.head['stored']} run in "
            f"{one.head['run']}, {took} on {one.arms[-1]['machine']}, {one.arms[-1]['created'][:10]}"
        )


def seeds(lessons: str, found: Sequence[Recording], out: Path | None) -> Iterator[str]:
    """A line for each pair that was trained with several seeds: their spread, apart from the interval over items."""
    wanted = chosen(lessons)
    others = [one for one in seeded(None, *([out] if out else [])) if one.head["lesson"] in wanted]
    for row in spread(found, others).itertuples():
        low, high, first, last = (
            f"{end:+.2f}".replace("-", "−") for end in (row.low, row.high, row.lowest, row.highest)
        )
        yield (
            f"{row.lesson}, {row.model}, {row.comparison}: {row.seeds} training seeds from {first} to {last} "
            f"(sd {row.sd:.2f}), over items [{low}, {high}], n = {row.n}: {row.verdicts}"
        )


def scored(of: Sequence[Recording]) -> tuple[pd.DataFrame, list[str]]:
    """`table.sizes`, and what it warned of, a line each."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        rows = sizes(of)
    return rows, [str(one.message) for one in said if issubclass(one.category, UserWarning)]


def _cell(group: pd.DataFrame) -> str:
    if group.empty:
        return "–"
    row = next(group.itertuples())
    cell = (
        f"{row.verdict}\n{row.difference:+.2f} [{row.low:+.2f}, {row.high:+.2f}]\n{row.a:.2f}, {row.b:.2f}; n = {row.n}"
    )
    if row.change_low <= row.change_high:
        cell += f"\nchange {row.change:+.2f} [{row.change_low:+.2f}, {row.change_high:+.2f}]"
    return cell.replace("-", "−")
