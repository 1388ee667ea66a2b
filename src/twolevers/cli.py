"""The command `twolevers`: every subcommand is a few lines that call the library."""

import errno
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twolevers.bakeoff.options import bakeoff, recheck
from twolevers.errors import TwoLeversError, UsageError

if TYPE_CHECKING:
    from types import ModuleType


DISK_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}

app = typer.Typer(
    help="Two Levers: fine-tuning or RAG? A course that answers with measurements taken on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line. A fault the user can act on is one line on standard error and its exit code."""
    try:
        app()
    except TwoLeversError as error:
        print(f"twolevers: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in DISK_FAULTS:
            raise
        remedy = "make room or make it writable, or set TWOLEVERS_HOME to a folder of yours"
        print(
            f"twolevers: Cannot write {error.filename or 'to the disk'} ({error.strerror}): {remedy}.", file=sys.stderr
        )
        sys.exit(1)


@app.command()
def lab(
    browser: Annotated[bool, typer.Option(help="Open the browser, or only print the address.")] = True,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port; without it, the first free one from 8888."),
    ] = None,
) -> None:
    """Open JupyterLab at the first lesson."""
    from twolevers.lab import start

    start(browser, port)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    whole_room: Annotated[
        bool, typer.Option("--room", help="Check too what a workshop needs: decks, agendas.")
    ] = False,
) -> None:
    """Say whether this machine can run the course, and what to do where it can't. Exit code 0 or 1."""
    from twolevers import doctor, doctor_room

    report = doctor_room.examine() if whole_room else doctor.examine()
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
    else:
        typer.echo(report.text())
    raise typer.Exit(0 if report.healthy else 1)


@app.command()
def models(
    verify: Annotated[bool, typer.Option("--verify", help="Only compare the files on disk.")] = False,
) -> None:
    """Fetch, verify and convert the two default models, once."""
    from twolevers.models import weights

    if not verify:
        for model in weights.DEFAULTS:
            typer.echo(f"{model.name}: ready in {weights.fetch(model, typer.echo)}")
        return
    found = {model: weights.verify(model) for model in weights.DEFAULTS}
    for model, problems in found.items():
        typer.echo("\n".join(problems) or f"{model.name}: every file as it was set up, in {model.folder}")
    raise typer.Exit(1 if any(found.values()) else 0)


@app.command()
def exercises(
    check: Annotated[bool, typer.Option("--check", help="Write nothing, fail when one is stale.")] = False,
) -> None:
    """Make exercises/ from solutions/."""
    from twolevers.paths import repository
    from twolevers.publish import exercises as publisher

    if not check:
        for path in publisher.build(repository()):
            typer.echo(path)
        return
    if stale := publisher.check(repository()):
        raise TwoLeversError(f"Out of date: {', '.join(stale)}: run `twolevers exercises` and commit the result.")
    typer.echo("Every exercise is up to date.")


@app.command()
def slides(
    out: Annotated[Path, typer.Option(help="Folder to write the decks to.")],
    lessons: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LESSON]...", help="Such as 01_two_levers, or an agenda such as half-day; without one, all."
        ),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print each deck to PDF too.")] = False,
) -> None:
    """Make slide decks that open from a file, with no network."""
    from twolevers.publish.slides import build

    for path in build(lessons or [], out, pdf):
        typer.echo(path)


@app.command()
def site(
    out: Annotated[Path, typer.Option(help="Folder to write the pages to.")],
) -> None:
    """Make lessons, quizzes, decks, guide and glossary into pages that open from a folder, with no network."""
    from twolevers.publish.site import build

    typer.echo(build(out)[0])


@app.command()
def room(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the files that learners handed in.")],
    out: Annotated[Path | None, typer.Option(help="The page to write; without it, room.html in that folder.")] = None,
) -> None:
    """Show where a room of learners stands: who is where, what is missed, guesses against measurements."""
    from twolevers.learn.room import build

    page, learners, aside = build(folder, out)
    typer.echo(f"{page}: {learners} {'learner' if learners == 1 else 'learners'}")
    for one in aside:
        typer.echo(f"Set aside: {one.file}: {one.reason}")


@app.command()
def cache(
    clear: Annotated[
        bool, typer.Option("--clear/--size", help="Empty the cache, or only say how large it is.")
    ] = False,
) -> None:
    """Say how large the cache is, by kind, or empty it. Models, progress and the ledger stay."""
    from twolevers import cache as kept

    kinds = kept.usage()
    for kind in kinds:
        typer.echo(f"{kind.name:12} {kind.entries:7} entries {kind.megabytes:9.1f} MB")
    busy = kept.clear() if clear else []
    typer.echo(f"{kept.folder()}: {sum(kind.megabytes for kind in kinds):.1f} MB{' removed' if clear else ''}")
    for path in busy:
        typer.echo(f"{path}: in use by a running program, kept")


@app.command()
def verdicts(
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write them to this file.")] = None,
    model: Annotated[str | None, typer.Option(help="Only what was measured with this model.")] = None,
) -> None:
    """Say what your ledger makes of the article's claims, C01 to C24, and what is not measured yet."""
    import warnings

    from rich.console import Console

    from twolevers.learn import verdicts as ledger_verdicts
    from twolevers.learn.ledger import Ledger
    from twolevers.learn.verdict_table import summary, verdict_table
    from twolevers.paths import write_atomically

    with warnings.catch_warnings(record=True) as damaged:
        warnings.simplefilter("always")
        rows = Ledger().history()
    for warning in damaged:
        typer.echo(f"twolevers: {warning.message}", err=True)
    claims = ledger_verdicts.assess(rows, model)
    if json_file:
        write_atomically(json_file, json.dumps(ledger_verdicts.records(claims), indent=2, ensure_ascii=False) + "\n")
    Console().print(verdict_table(claims))
    typer.echo("\n".join(summary(claims)))


@app.command()
def ladder(
    model: Annotated[
        str | None, typer.Option(help="Record this model: hub id, folder or FILE.gguf. Without it, show the table.")
    ] = None,
    lessons: Annotated[str, typer.Option(help="Which lessons, such as 01,08; without it, all on the ladder.")] = "",
    device: Annotated[str, typer.Option(help="Where it runs: auto, cpu, cuda or mps.")] = "auto",
    n: Annotated[int, typer.Option(min=10, help="Items of each contest, where there are as many.")] = 100,
    out: Annotated[Path | None, typer.Option(help="Folder of the recordings; without it, your own.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="One more training seed: records the trained arms alone, beside.")
    ] = None,
) -> None:
    """Ask another model each lesson's central contest; show verdicts by size. Run it again to go on after a stop."""
    from rich.console import Console

    from twolevers.lessons.common.ladder import command

    if model:
        command.record(model, lessons, device, n, out, seed, typer.echo)
    elif seed is not None:
        raise UsageError("--seed says how a model is trained: give --model too.")
    found = command.found(lessons, out)
    rows, damaged = command.scored(found)
    for line in damaged:
        typer.echo(f"twolevers: {line}", err=True)
    if rows.empty and seed is not None:
        typer.echo("Read beside the lesson's own seed, which is not recorded yet: run the same without --seed.")
        return
    if rows.empty:
        raise UsageError("Nothing is recorded of these lessons: give --model with a hub id, folder or FILE.gguf.")
    Console().print(command.table(rows))
    typer.echo("\n".join([*command.lines(rows, found), *command.seeds(lessons, found, out)]))


app.command()(bakeoff)
app.command()(recheck)


@app.command()
def bench(
    name: Annotated[str | None, typer.Argument(help="train, answer, retrieve or lesson; without one, all.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the rows to this file.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each side, taken in turns.")] = 3,
    peer: Annotated[list[str] | None, typer.Option(help="Only this peer; may be repeated.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the rows as CSV.")] = False,
) -> None:
    """Compare with what people would use instead. All peers: written to benchmarks/results; a ratio > 1: we lead."""
    from twolevers.paths import write_atomically

    suite = _benchmarks()
    rows = suite.run(name, suite.Options(repeats, tuple(peer or ()), lambda line: typer.echo(line, err=True)))
    if json_file:
        write_atomically(json_file, json.dumps(rows, indent=2) + "\n")
    typer.echo(suite.table(rows).to_csv(index=False) if as_csv else suite.summary(rows))


def _benchmarks() -> "ModuleType":
    """The benchmarks of the checkout; they are not installed with the library."""
    from importlib import import_module

    from twolevers.paths import repository

    try:
        root = repository()
        if not (root / "benchmarks" / "suite.py").is_file():
            raise TwoLeversError(f"No benchmarks/ in {root}.")
    except TwoLeversError as error:
        raise UsageError("The benchmarks come with the course's repository: run from inside the clone.") from error
    sys.path.insert(0, str(root))
    return import_module("benchmarks.suite")


if __name__ == "__main__":
    main()
