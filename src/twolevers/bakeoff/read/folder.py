"""Which files of a folder may be documents: no links that lead out of it, no output or answer key, no odd names."""

import json
import os
import unicodedata
from collections.abc import Collection
from pathlib import Path

from twolevers.bakeoff.read.rows import Unused

WRITTEN = frozenset(  # what a bake-off writes into its output folder
    {
        *("results.json", "answers.csv", "review.csv", "report.html", "decision-record.md", "answers.jsonl"),
        *("plan.json", "progress.json", "inputs.json", "written.jsonl", "sizes.md"),
    }
)

HANDOVER = "handover.json"  # stands in a handover, all of which a bake-off wrote


def files(path: Path, leave_out: Collection[Path] = ()) -> tuple[list[tuple[Path, str]], list[Unused]]:
    """(file, name) of each file below `path` in the order of their names, and what was left aside with the reason.

    A name is the path from the folder, in NFC, with "/" between its parts. Links are followed to files within the
    folder alone. Hidden files and folders do not count.
    """
    out = {each.resolve() for each in leave_out}
    root = path.resolve()
    found: list[tuple[Path, str]] = []
    unused: list[Unused] = []

    def failed(error: OSError) -> None:
        unused.append(Unused(_name(path, Path(error.filename)), f"cannot be opened ({error.strerror})"))

    for folder, folders, names in os.walk(path, onerror=failed):
        here = Path(folder)
        folders.sort()
        for inner in [each for each in folders if not each.startswith(".")]:
            if (here / inner).is_symlink():
                unused.append(Unused(_name(path, here / inner), "is a link to a folder: give that folder itself"))
            elif (here / inner).resolve() in out:
                unused.append(Unused(_name(path, here / inner), "is the output folder"))
            elif (here / inner / HANDOVER).is_file():
                unused.append(Unused(_name(path, here / inner), "was handed over by a bake-off"))
        kept = [each for each in folders if not each.startswith(".") and not (here / each).is_symlink()]
        own = [each for each in kept if not (here / each / HANDOVER).is_file()]
        folders[:] = [each for each in own if (here / each).resolve() not in out]
        earlier = _is_output(here, names)
        for each in sorted(names):
            file = here / each
            if each.startswith("."):
                continue
            reason = _reason(file, root, out) or ("was written by a bake-off" if earlier and each in WRITTEN else "")
            if reason:
                unused.append(Unused(_name(path, file), reason))
            else:
                found.append((file, _name(path, file)))
    return sorted(found, key=lambda pair: pair[1]), unused


def _reason(file: Path, root: Path, out: set[Path]) -> str:
    """Why a file is no document whatever it holds, "" for none."""
    if file.is_symlink():
        if not file.exists():
            return "is a link that leads nowhere"
        if root not in file.resolve().parents:
            return "is a link to a place outside the folder: copy the file"
    if not file.is_file():
        return "is no ordinary file"
    if file.resolve() in out:
        return "holds the questions or results"
    return ""


def _is_output(folder: Path, names: Collection[str]) -> bool:
    """Whether a bake-off wrote into this folder: its results, or the plan of a run that was stopped."""
    for name, keys in (("results.json", {"arms", "recommendation"}), ("plan.json", {"arms", "tested"})):
        if name in names:
            try:
                content = json.loads((folder / name).read_text("utf-8"))
            except (OSError, ValueError, RecursionError):
                continue
            if isinstance(content, dict) and keys <= content.keys():
                return True
    return False


def _name(path: Path, file: Path) -> str:
    try:
        name = file.relative_to(path).as_posix()
    except ValueError:
        name = file.name
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return unicodedata.normalize("NFC", "".join(each if each.isprintable() else "\ufffd" for each in shown))
