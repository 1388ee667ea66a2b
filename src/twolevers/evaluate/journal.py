"""Append-only JSON lines that survive a kill and several writers: the journal of answers and the ledger."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from twolevers.errors import TwoLeversError

_WAIT = 60  # seconds; a writer holds the lock for milliseconds


def append(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Add rows in one write, synced to disk before returning; on failure the file is as it was before.

    Raises `TwoLeversError` (one line) when the folder cannot be written or the disk is full.
    """
    data = "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows).encode()
    with locked(path), open(path, "a+b", buffering=0) as stream:
        end = stream.seek(0, os.SEEK_END)
        if end:
            stream.seek(end - 1)
            if stream.read(1) != b"\n":
                data = b"\n" + data  # a killed writer left half a line: it must not swallow this row
        try:
            while data:
                data = data[stream.write(data) :]  # a full disk may take only a part before it raises
            os.fsync(stream.fileno())
        except OSError:
            os.truncate(path, end)
            raise


def read(path: Path) -> tuple[list[dict[str, Any]], list[bytes]]:
    """The rows in the order they were written, and the raw lines that are no JSON object. No file, no rows."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise _unusable(path, "read", error) from error
    rows, damaged = [], []
    for line in filter(bytes.strip, lines):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            rows.append(row)
        else:
            damaged.append(line)
    return rows, damaged


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of `path` (a file beside it) against other processes; an OSError becomes one line."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=_WAIT):
            yield
    except Timeout:
        raise TwoLeversError(
            f"{path} has been locked by another program for {_WAIT} s: close it, then run this again."
        ) from None
    except OSError as error:
        raise _unusable(path, "written", error) from error


def _unusable(path: Path, verb: str, error: OSError) -> TwoLeversError:
    reason = error.strerror or str(error)
    return TwoLeversError(
        f"{path} cannot be {verb} ({reason}): check its folder's permissions and free space, "
        f"or set TWOLEVERS_HOME to another folder."
    )
