"""The commands `twolevers bakeoff` and `twolevers recheck`: their options, and the task that these ask for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twolevers.errors import UsageError

if TYPE_CHECKING:
    from twolevers.bakeoff.tasks.protocol import Task


def bakeoff(
    out: Annotated[Path, typer.Option(help="Folder for report.html, results.json, answers.csv, decision-record.md.")],
    docs: Annotated[Path | None, typer.Option(help="Folder (md, txt, html, pdf, docx), or table with text.")] = None,
    questions: Annotated[Path | None, typer.Option(help="CSV or JSONL with question, answer, perhaps doc_id.")] = None,
    examples: Annotated[
        Path | None, typer.Option(help="Instead: CSV or JSONL with text,label or instruction,response.")
    ] = None,
    task: Annotated[str, typer.Option(help="What the examples are: classify or reply.")] = "classify",
    arms: Annotated[str, typer.Option(help="Which arms, with commas; without it, all.")] = "",
    seeds: Annotated[int, typer.Option(min=1, max=10, help="Training seeds.")] = 1,
    minutes: Annotated[float, typer.Option(min=0.5, help="Time that it may take; it plans to it.")] = 15,
    model: Annotated[
        str | None, typer.Option(help="Another model: hub id, folder, FILE.gguf, or URL of an OpenAI-like server.")
    ] = None,
    embedder: Annotated[
        str | None,
        typer.Option(help="Another sentence embedder: hub id or folder of a BERT, or universal-sentence-encoder."),
    ] = None,
    multilingual: Annotated[
        bool, typer.Option("--multilingual", help="A model and an embedder for many languages, fetched once.")
    ] = False,
    device: Annotated[str, typer.Option(help="Where it runs: auto, cpu, cuda or mps.")] = "auto",
    make_pairs: Annotated[int, typer.Option(min=0, help="Make up to N training pairs of each document, by rule.")] = 0,
    write_pairs: Annotated[
        bool,
        typer.Option("--write-pairs", help="Have the model write those pairs; worth it with a larger --model or URL."),
    ] = False,
    reviewed: Annotated[Path | None, typer.Option(help="The review.csv of an earlier run, filled in.")] = None,
    good_enough: Annotated[float, typer.Option(min=0, max=1, help="Share right from which an arm can be used.")] = 0.8,
    answers: Annotated[
        list[Path] | None,
        typer.Option(
            help="Answers made elsewhere, as an arm: question or id, answer, perhaps sources. May be repeated."
        ),
    ] = None,
    revisions: Annotated[
        Path | None, typer.Option(help="Changes of the documents: doc_id, old, new, perhaps question and answer.")
    ] = None,
    handover: Annotated[
        Path | None, typer.Option(help="Also write the chosen arm for a team: weights, index, test set, a check.")
    ] = None,
    larger: Annotated[
        bool, typer.Option("--larger", help="Then run the finalists on the larger model that the report proposes.")
    ] = False,
    plant: Annotated[
        str | None,
        typer.Option(help="A drill: plant leak, stale, duplicate or wrong-key into a copy; does the report notice?"),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would run, how long, what it could show.")
    ] = False,
) -> None:
    """Compare the arms on your own documents and questions, or examples. Run it again to go on after a stop."""
    from twolevers.bakeoff.command import compare, forecast
    from twolevers.bakeoff.models import MULTILINGUAL

    chosen = _task(docs, questions, examples, task, make_pairs, reviewed, write_pairs)
    given = {"arms": [arm.strip() for arm in arms.split(",") if arm.strip()], "seeds": seeds, "minutes": minutes}
    if plant is not None and larger:
        raise UsageError("--plant is a drill on the data alone: leave out --larger.")
    if plan and plant is not None:
        raise UsageError("--plan says what a run would cost, and a drill costs the same: leave out --plan or --plant.")
    if plan:
        typer.echo("\n".join(forecast(chosen, out, **given)))
        return
    if multilingual:
        model, embedder = model or MULTILINGUAL[0], embedder or MULTILINGUAL[1]
    chosen_model = {"model": model, "embedder": embedder, "device": device, "handover": handover}
    chosen_model |= {"answers": tuple(answers or ()), "revisions": revisions}
    chosen_model |= {"plant": plant}
    results = compare(chosen, out, **given, **chosen_model, good_enough=good_enough, report=typer.echo)
    if plant is not None:
        typer.echo(
            "\n".join(
                ["Drill. " + results["drill"]["planted"], *results["drill"]["checks"], results["drill"]["verdict"]]
            )
        )
        return
    typer.echo(f"{results['recommendation']['headline']}. {results['recommendation']['reason']}")
    if larger:
        from twolevers.bakeoff.finalists import on_larger

        rest = {"seeds": seeds, "device": device, "embedder": embedder, "good_enough": good_enough}
        typer.echo("\n".join(on_larger(chosen, out, results, report=typer.echo, **rest)))


def recheck(
    record: Annotated[Path, typer.Argument(help="A decision-record.md, of a bake-off or of lesson 14.")],
    results: Annotated[
        Path | None, typer.Option(help="The results.json of a later bake-off on the same question.")
    ] = None,
    days: Annotated[int, typer.Option(min=0, help="Age in days from which a price is old.")] = 365,
) -> None:
    """Say line by line what a decision rests on and what of it went stale. Writes nothing. Exit code 0 or 1."""
    from twolevers.bakeoff import recheck as checking

    stamp, found = checking.recheck(record, results=results, days=days)
    typer.echo("\n".join([*map(str, found), checking.summary(stamp, found)]))
    raise typer.Exit(1 if any(each.holds is False for each in found) else 0)


def _task(
    docs: Path | None,
    questions: Path | None,
    examples: Path | None,
    task: str,
    make_pairs: int,
    reviewed: Path | None,
    write_pairs: bool,
) -> "Task":
    """The bake-off that these options ask for."""
    from twolevers.bakeoff.tasks.labels import Labels
    from twolevers.bakeoff.tasks.questions import Questions
    from twolevers.bakeoff.tasks.replies import Replies

    kinds = {"classify": Labels, "reply": Replies}
    if task not in kinds:
        raise UsageError(f"There is no task {task!r}: use --task classify or --task reply.")
    if examples and not docs and not questions:
        return kinds[task](examples)
    if docs and (questions or make_pairs or write_pairs) and not examples:
        return Questions(docs, questions, make_pairs, reviewed, write_pairs)
    raise UsageError("Give --docs with --questions or --make-pairs, or --examples.")
