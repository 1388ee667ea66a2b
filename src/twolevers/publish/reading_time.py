"""How long a lesson takes to read: its prose, the code that is shown and what the code shows. An estimate, by a rule.

Minutes for reading in the registry are held against it (tests/test_lessons.py). Guesses, quiz and runs have their own.
"""

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

WORDS_A_MINUTE = 200
SECONDS_A_LINE = 4  # of code
SECONDS_A_FIGURE = 30  # a figure or a table
TOLERANCE = 0.2, 2.0  # a share of the estimate, or minutes, whichever is more
SHOWING = {"show", "table"}  # calls whose result is looked at, one by one
# Calls that show nothing to read, or something to fill in: guesses, quiz, forms.
NOT_READ = {"predict", "predict_choice", "reveal", "compare_guess", "quiz", "mixed_quiz", "print", "add"}
NOT_READ |= {"diagnose", "score", "pick", "justify", "commit"}


def minutes(notebook: "NotebookNode") -> float:
    """Minutes to read a lesson; notes for instructors, hidden code and imports are left out."""
    words = lines = shown = 0
    for cell in notebook.cells:
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        if hidden or cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
            continue
        if cell.cell_type == "markdown":
            words += len(re.findall(r"\w[\w'’-]*", re.sub(r"\]\([^)]*\)", "]", cell.source)))
            shown += bool(re.search(r"^\|[ :-]+\|", cell.source, flags=re.MULTILINE))
        else:
            lines += _code_lines(cell.source)
            shown += _shown(cell.source)
    return words / WORDS_A_MINUTE + (lines * SECONDS_A_LINE + shown * SECONDS_A_FIGURE) / 60


def fits(stated: int, estimate: float) -> bool:
    """Whether stated minutes are near enough to the estimate."""
    share, least = TOLERANCE
    return abs(stated - estimate) <= max(share * estimate, least)


def _code_lines(source: str) -> int:
    """Lines of code to read: not empty, and no import."""
    return sum(bool(line.strip()) and not re.match(r"\s*(import|from)\s", line) for line in source.splitlines())


def _shown(source: str) -> int:
    """Figures and tables that a cell's code puts on the page; a last line such as `pictures.lora()` is one."""
    tree = ast.parse(source)
    calls = [_name(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = sum(name in SHOWING for name in calls)
    last = tree.body[-1] if tree.body else None
    bare = isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and _name(last.value) not in NOT_READ
    return named or int(bare)


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")
