"""Which weights a decision was measured with, and whether they are still on this machine. Nothing is fetched."""

import hashlib
import json
import os
from pathlib import Path

from twolevers.decide.stamp import Model


def named(name: str | None) -> str:
    """How a model is named when the default may be meant: "" for the course's own."""
    return name or os.environ.get("TWOLEVERS_MODEL") or ""


def stored(name: str) -> Path | None:
    """The folder of a model on this machine, nothing fetched; None where there is none, as for a server's address."""
    from twolevers.models import weights
    from twolevers.models.gguf_file import folder_of

    for model in weights.DEFAULTS:
        if name in ("", model.name):
            return None if weights.verify(model, hashes=False) else model.folder
    folder = Path(name).expanduser()
    if folder.suffix.lower() == ".gguf":
        return folder_of(folder) if folder.is_file() else None
    if not folder.is_dir() and "://" not in name:
        from huggingface_hub import snapshot_download

        try:
            folder = Path(snapshot_download(name, local_files_only=True))
        except Exception:  # the client raises many kinds, all with one meaning here
            return None
    return folder if any(folder.glob("*.safetensors")) else None


def weights_hash(folder: Path) -> str:
    """sha256 over the hashes of a model folder's weights; those of its manifest where it has one."""
    try:
        files = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
        found = {name: files[name]["sha256"] for name in files if name.endswith(".safetensors")}
    except (OSError, ValueError, KeyError, TypeError):
        found = {}
        for path in folder.glob("*.safetensors"):
            with path.open("rb") as stream:
                found[path.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()


def measured(name: str, given: str | None, seen_from: Path) -> Model:
    """The model for a record in the folder `seen_from`: a folder by its path from there, the weights by their hash."""
    said = named(given)
    folder = stored(said)
    if said and folder == Path(said).expanduser():
        said = relative(folder, seen_from)
    return Model(name=name, given=said, sha256=weights_hash(folder) if folder else "")


def relative(path: Path, folder: Path) -> str:
    """`path` as seen from `folder`; absolute where it lies on another drive."""
    try:
        return Path(os.path.relpath(path.expanduser().resolve(), folder.resolve())).as_posix()
    except ValueError:
        return path.resolve().as_posix()
