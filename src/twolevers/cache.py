"""What was computed once and is kept: one folder a kind under `cache`, each entry named by what it was made from."""

import ast
import hashlib
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache as remember
from pathlib import Path

from twolevers.errors import TwoLeversError
from twolevers.paths import home

LOCK = ".lock"


@dataclass(frozen=True)
class Kind:
    """How much of one kind is kept. `entries`: folders or files, or the lines of a journal."""

    name: str
    entries: int
    megabytes: float


def folder() -> Path:
    """Where everything is kept that can be computed again."""
    return home() / "cache"


def place(kind: str, *content: object) -> Path:
    """Where the entry of a kind belongs that is made from `content` (told apart by `repr`)."""
    return folder() / kind / hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def code(*parts: str) -> str:
    """Version of parts of this package (`"models"`, `"models/embedders/sentence.py"`): a hash of what their code does.

    Put into an entry's content, it makes sure that no entry outlives the code that made it. Comments, docstrings and
    line breaks do nothing: what they change is no other version.
    """
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for part in parts:
        chosen = package / part
        for path in sorted(chosen.rglob("*.py")) if chosen.is_dir() else [chosen]:
            digest.update(path.relative_to(package).as_posix().encode() + _bare(path.read_bytes()).encode())
    return digest.hexdigest()[:12]


@remember
def _bare(source: bytes) -> str:
    """Source as Python reads it: without comments and docstrings, written in one way."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of an entry, so that of two processes one makes it and the other finds it made."""
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}{LOCK}"):
            yield
    except OSError as error:
        raise TwoLeversError(
            f"Nothing can be kept in {path.parent} ({error.strerror or error}): "
            "make room there, or set TWOLEVERS_HOME to another folder of yours."
        ) from error


def damaged(what: str, path: Path) -> None:
    """Say in one line that an entry cannot be used and is made again."""
    warnings.warn(f"{what} kept in {path} is damaged: made again.", stacklevel=3)


def usage() -> list[Kind]:
    """What is kept, by kind."""
    kinds = [path for path in sorted(folder().glob("*")) if path.suffix != LOCK]
    return [Kind(path.stem, _entries(path), _size(path) / 1e6) for path in kinds]


def clear() -> list[Path]:
    """Remove every entry but those whose lock a running program holds; returns these."""
    kinds = [path for path in folder().glob("*") if path.is_dir()]
    paths = [path for group in (*kinds, folder()) for path in sorted(group.glob("*")) if path not in kinds]
    # Locks last: until its entry is gone, a lock is needed.
    busy = [path for path in sorted(paths, key=lambda path: path.suffix == LOCK) if not _removed(path)]
    for group in (*kinds, folder()):
        if group.exists() and not any(group.iterdir()):
            group.rmdir()
    return [path for path in busy if path.suffix != LOCK]


def _removed(path: Path) -> bool:
    """Remove an entry or a lock, unless another program holds its lock."""
    from filelock import FileLock, Timeout

    names = (path,) if path.suffix == LOCK else (Path(f"{path}{LOCK}"), path.with_suffix(LOCK))
    lock = next((name for name in names if name.exists()), None)
    if lock is None:
        _remove(path)
        return True
    try:
        with FileLock(lock, timeout=0), suppress(PermissionError):  # Windows removes no file that is open
            _remove(path)
    except Timeout:
        return False
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _entries(path: Path) -> int:
    if path.is_dir():
        return sum(entry.suffix != LOCK for entry in path.iterdir())
    return path.read_bytes().count(b"\n")


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
