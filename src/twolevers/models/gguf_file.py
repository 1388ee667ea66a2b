"""A GGUF file as a model: its numbers written once as an ordinary model folder, which is found again."""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path

from twolevers.errors import TwoLeversError, UsageError
from twolevers.paths import home

RECIPE = 1  # raise when the conversion changes


def folder_of(file: Path) -> Path:
    """The model folder made of `file`, bf16; made on the first call (a minute for 0.5 B parameters).

    Raises UsageError where transformers cannot read the file, TwoLeversError where there is no room.
    """
    from filelock import FileLock

    if not file.is_file():
        raise UsageError(f"There is no file {file}: check the path.")
    with file.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise UsageError(f"{file} is no GGUF file: its first bytes say so. Download it again.")
        stream.seek(0)
        digest = hashlib.file_digest(stream, "sha256").hexdigest()[:12]
    folder = home() / "models" / "gguf" / f"{digest}-{RECIPE}" / file.stem
    if (folder / "config.json").is_file():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder.parent}.lock"):
            if not (folder / "config.json").is_file():
                _make(file, folder)
    except Exception as error:  # the readers raise bare kinds: an unknown architecture, cut tensors, a full disk, …
        raise _said(error, file, folder) from error
    return folder


def _make(file: Path, folder: Path) -> None:
    """Convert beside, then move into place: a killed run leaves no half of a model."""
    from twolevers.models.convert import to_safetensors

    staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        to_safetensors(file, staging / "ready")
        (staging / "ready").rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _said(error: Exception, file: Path, folder: Path) -> TwoLeversError:
    """What a conversion that failed means for the user, in one line."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    if (isinstance(error, OSError) and error.errno) or re.search("No space left|StorageFull", reason):
        return TwoLeversError(
            f"{file.name} cannot be converted in {folder.parent} ({reason}): make room there or make it writable, or "
            "set TWOLEVERS_HOME to another folder of yours."
        )
    if isinstance(error, MemoryError) or "can't allocate memory" in reason:
        return TwoLeversError(f"Not enough memory to convert {file.name}: close programs, or choose a smaller model.")
    return UsageError(
        f"{file.name} cannot be read as a model ({reason}): choose another file, or name the model's hub id or folder."
    )
