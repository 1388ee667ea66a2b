"""The glossary, one Markdown source for site and tables: what a table's columns mean, folded below it."""

import re
from collections.abc import Sequence
from functools import cache
from html import escape

from twolevers import paths
from twolevers.errors import TwoLeversError
from twolevers.learn.markup import inline

# Headings of columns, as `show.table` writes them, and the entries that explain them.
COLUMNS = {
    "claim": "Claim",
    "difference": "Paired difference",
    "low": "Interval",
    "high": "Interval",
    "p": "McNemar's test",
    "p holm": "Holm's correction",
    "resolution": "Resolution",
    "verdict": "Verdict",
}


@cache
def entries() -> dict[str, str]:
    """Each term of slides/glossary.md with its text, in order; none where the package stands without the course."""
    try:
        text = (paths.repository() / "slides" / "glossary.md").read_text("utf-8")
    except (OSError, TwoLeversError):
        return {}
    parts = [part.partition("\n") for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]]
    found = [(term.strip(), rest.partition("\n#")[0]) for term, _, rest in parts]
    return {term: " ".join(said.split()) for term, said in found}


def columns_explained(columns: Sequence[str]) -> str:
    """The entries for the columns of a table, folded; "" where the glossary has fewer than two of them."""
    known, shown = entries(), dict.fromkeys(COLUMNS[name] for name in columns if name in COLUMNS)
    said = [(term, known[term]) for term in shown if term in known]
    if len(said) < 2:
        return ""
    listed = "".join(f"<dt><strong>{escape(term)}</strong></dt><dd>{inline(text)}</dd>" for term, text in said)
    return f"<details><summary>What these columns mean</summary><dl>{listed}</dl></details>"
