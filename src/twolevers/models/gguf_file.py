"""A GGUF file as a model: its numbers written once as an ordinary model folder, which is found again."""

import hashlib
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

    from twolevers.models.convert import to_safetensors
    from twolevers.models.weights import faults

    if not file.is_file():
        raise UsageError(f"There is no file {file}: check the path.")
    with file.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise UsageError(f"{file} is no GGUF file: its first bytes say so. Download it again.")
        stream.seek(0)
        digest = hashlib.file_digest(stream, "sha256").hexdigest()[:12]
    models = home() / "models"
    folder = models / "gguf" / f"{digest}-{RECIPE}" / file.stem
    if (folder / "config.json").is_file():
        return folder
    with faults(models):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder.parent}.lock"):
            if (folder / "config.json").is_file():
                return folder
            staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
            try:
                to_safetensors(file, staging / "ready")
                (staging / "ready").rename(folder)
            except (TwoLeversError, OSError, MemoryError):
                raise
            except Exception as error:  # the readers raise bare kinds: an unknown architecture, cut tensors, …
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
                raise UsageError(
                    f"{file.name} cannot be read as a model ({reason}): choose another file, or name the model's "
                    "hub id or folder."
                ) from error
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    return folder
