"""Read and write notebook files: one clear line for a damaged one, the same bytes for the same content."""

from pathlib import Path
from typing import TYPE_CHECKING

from twolevers.errors import UsageError

if TYPE_CHECKING:
    from nbformat import NotebookNode


def read(path: Path) -> "NotebookNode":
    """The notebook at `path`; raises UsageError when it is missing, damaged or without cell ids."""
    import nbformat

    try:
        notebook = nbformat.from_dict(nbformat.reader.reads(path.read_text(encoding="utf-8")))
        if (notebook.nbformat, notebook.get("nbformat_minor", 0)) < (4, 5):
            raise UsageError(f"{path}: an old notebook format without cell ids: open and save it in JupyterLab 4.")
        nbformat.validate(notebook)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such notebook.") from error
    except UsageError:
        raise
    except Exception as error:  # nbformat raises many kinds for a file cut short
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise UsageError(f"{path}: not a valid notebook ({reason}): restore it from git.") from error
    return notebook


def to_bytes(notebook: "NotebookNode") -> bytes:
    """UTF-8 JSON as JupyterLab writes it (sorted keys, one space, final newline), alike everywhere."""
    import nbformat

    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode("utf-8")


def title(notebook: "NotebookNode", fallback: str) -> str:
    """The first level-one heading of the notebook, else `fallback`."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("# "):
                    return line[2:].strip()
    return fallback
