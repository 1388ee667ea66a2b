"""report.html: one file that opens anywhere; the verdict first, then what it rests on. All data is escaped.

The page is `page.html.j2` with `page.css`; tables, figure and sentences come from the modules beside it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twolevers.bakeoff.read.rows import Unused
from twolevers.bakeoff.report import tables, words
from twolevers.bakeoff.report.figure import picture
from twolevers.bakeoff.tasks.kinds import Kind

HERE = Path(__file__).parent


def html(results: dict[str, Any], kind: Kind, unused: Sequence[Unused]) -> str:
    """The report as one HTML page without scripts or outside files."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    arms, advice = results["arms"], results["recommendation"]
    drawn, alt = picture(arms, advice["good_enough"])
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        title=f"Bake-off: {results['data']['tested']} {kind.items}",
        style=(HERE / "page.css").read_text("utf-8"),
        advice=advice,
        drill=results.get("drill"),
        threshold=words.threshold(arms, advice["good_enough"]),
        picture=drawn,
        alt=alt,
        quality=tables.quality(arms),
        comparisons=tables.comparisons(results["comparisons"]),
        costs=tables.costs(arms),
        per_right=tables.per_right(arms),
        prices=tables.prices(arms),
        failures=results["failures"],
        revisions=tables.revisions(results.get("revisions")),
        method=words.method(results, kind),
        limits=words.limits(results),
        unused=tables.unused(unused) if unused else None,
    )
