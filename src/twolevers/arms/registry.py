"""The arms by name: what a figure calls and paints each, which adapter it wears, and whether it retrieves.

A new arm is one module, one row here and one test. The colours are those of Okabe and Ito ("Color universal design",
2008); marker, hatch and line stand in for the colour where it cannot be seen.
"""

from dataclasses import dataclass
from types import MappingProxyType

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, BROWN = "#6B6B6B", "#8C564B"
CLOSED, OPEN = "closed", "open"  # adapters: trained on the bare pairs, or with retrieved passages


@dataclass(frozen=True)
class Row:
    """One arm. `adapter`: which one it wears, "" for none."""

    name: str
    label: str
    color: str
    marker: str
    hatch: str
    line: str = "-"
    adapter: str = ""
    retrieves: bool = False


ROWS = (
    Row("prompt", "prompt", GREY, "o", "", ":"),
    Row("rag", "RAG", BLUE, "s", "//", retrieves=True),
    Row("tuned", "tuned", VERMILION, "^", "\\\\", "--", adapter=CLOSED),
    Row("both", "both", GREEN, "D", "xx", adapter=OPEN, retrieves=True),
    Row("stacked", "stacked", PURPLE, "v", "..", "-.", adapter=CLOSED, retrieves=True),
    Row("few_shot", "few-shot", SKY, "P", "++", "--"),
    Row("retrieved_few_shot", "retrieved few-shot", ORANGE, "X", "oo", "-."),
    Row("linear", "linear", YELLOW, "*", "--"),
    Row("tfidf", "TF-IDF + linear", BROWN, "<", "||", "--"),
    Row("long_prompt", "long prompt", BLACK, "h", "**", ":"),
)
ARMS = MappingProxyType({row.name: row for row in ROWS})
