"""Figures with alt text and tables with captions, the same in JupyterLab, decks and sites."""

import base64
import io
from html import escape
from numbers import Integral, Real
from typing import TYPE_CHECKING

from twolevers.errors import UsageError
from twolevers.learn.glossary import columns_explained
from twolevers.learn.markup import Html, table_html
from twolevers.learn.static import building_pages

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

PIXELS_PER_INCH = 100  # as shown; drawn at twice that, for sharp text on dense screens and projectors
SHORTEST_ALT = 20


def show(fig: "Figure", *, alt: str) -> None:
    """Show `fig` as an image whose alternative text is `alt`, and close it.

    `alt` says what the figure shows (the finding, not "a bar chart"): whoever cannot see it reads this in its place.
    Raises UsageError when `alt` is empty, shorter than 20 characters or a tool's default sentence.
    """
    from IPython.display import display
    from matplotlib import pyplot

    alt = " ".join(alt.split())
    if len(alt) < SHORTEST_ALT or alt.lower().startswith("no description has been provided"):
        raise UsageError(f"show: alt={alt!r} does not say what the figure shows; write a sentence with its finding.")
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=2 * PIXELS_PER_INCH, bbox_inches="tight", facecolor="white")
    pyplot.close(fig)
    data = buffer.getvalue()
    width = int.from_bytes(data[16:20], "big") // 2  # the PNG header's width; half of it on the page
    image = (
        f'<figure style="margin:.5em 0"><img alt="{escape(alt)}" width="{width}" '
        f'style="max-width:100%;height:auto" src="data:image/png;base64,{base64.b64encode(data).decode()}"></figure>'
    )
    display({"text/html": image, "text/plain": f"[Figure: {alt}]"}, raw=True)


def table(frame: "pd.DataFrame", caption: str, digits: int = 3) -> Html:
    """`frame` as a captioned table; real numbers with `digits` decimals, missing values as "–".

    A meaningful index (named, or not 0, 1, 2 …) heads the rows, else the first column does. The last line of a cell.
    Below it the glossary's entries for its columns are folded; pages built from notebooks have the glossary itself.
    """
    import pandas as pd

    if frame.index.name or frame.index.nlevels > 1 or not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index(names=frame.index.name or "") if frame.index.nlevels == 1 else frame.reset_index()
    columns = [str(name).replace("_", " ") for name in frame.columns]
    rows = [[_text(value, digits) for value in row] for row in frame.itertuples(index=False)]
    numeric = frozenset(i for i in range(len(columns)) if pd.api.types.is_numeric_dtype(frame.dtypes.iloc[i]))
    words = "" if building_pages() else columns_explained(columns)
    return Html(table_html(caption, columns, rows, numeric) + words, f"{caption}\n{_plain(columns, rows)}")


def _text(value: object, digits: int) -> str:
    import pandas as pd

    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "–"
    if isinstance(value, Integral):
        return f"{int(value):,}".replace("-", "−")
    return f"{float(value):,.{digits}f}".replace("-", "−") if isinstance(value, Real) else str(value)


def _plain(columns: list[str], rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in [columns, *rows]
    ]
    return "\n".join(line.rstrip() for line in lines)
