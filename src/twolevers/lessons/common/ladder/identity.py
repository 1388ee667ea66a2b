"""Which model a recording is of: name, size, file hash, revision, number formats."""

import hashlib
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twolevers.errors import UsageError
from twolevers.lessons.common.ladder.central import Shape
from twolevers.models import api, weights
from twolevers.models.checkpoint import read_config
from twolevers.models.hub import tensor_files

SAMPLE, ALIKE = 101, 0.9  # every so many rows are compared; the cosine from which two matrices count as one


@dataclass(frozen=True)
class Identity:
    """A model on the ladder. `billions` of weights; `sha256` of `file`; `stored` and `run`: number formats.

    `revision`: the commit of a hub's model or the package that brought it, "" for a file from elsewhere.
    """

    model: str
    billions: float
    file: str
    sha256: str
    revision: str
    stored: str
    run: str


def opened(name: str | None, device: str) -> tuple[api.LanguageModel, Identity, Shape]:
    """Load a model, and say which it is. UsageError for a server's: its weights can neither be named nor trained."""
    folder = api.fetched(name)
    if folder is None:
        raise UsageError("A server's model cannot be trained or told by its hash: give a hub id, folder or FILE.gguf.")
    model, config = api.load(name, device), read_config(folder)
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    shape = Shape(config.num_hidden_layers, config.hidden_size)
    identity = Identity(
        model=model.name,
        billions=round(_weights(folder) / 1e9, 3),
        **_origin(name, folder),
        run=_running(model),
    )
    return model, identity, shape


def _origin(name: str | None, folder: Path) -> dict[str, str]:
    """File, sha256, revision and stored format of what `name` stands for."""
    path = Path(name or "").expanduser()
    if path.suffix.lower() == ".gguf":
        return {"file": path.name, "sha256": _sha256([path]), "revision": "", "stored": _quantised(path)}
    for packaged in weights.DEFAULTS:
        if folder == packaged.folder:
            stored = re.search(r"\.(Q\w+)\.gguf$", packaged.weights)
            return {
                "file": Path(packaged.weights).name,
                "sha256": packaged.weights_sha256,
                "revision": packaged.requirement,
                "stored": stored[1] if stored else "as released",
            }
    files = tensor_files(folder)
    revision = folder.name if folder.parent.name == "snapshots" else ""
    return {"file": files[0].name, "sha256": _sha256(files), "revision": revision, "stored": _dtypes(files)}


def _quantised(file: Path) -> str:
    """A GGUF file's number format as it names it, such as "Q4_K_M"."""
    from gguf import GGUFReader, LlamaFileType

    found = GGUFReader(file).get_field("general.file_type")
    try:
        return LlamaFileType(int(found.contents())).name.removeprefix("MOSTLY_")
    except (AttributeError, ValueError):
        return "unknown"


def _running(model: Any) -> str:
    """The number format that the model answers in, and where it runs."""
    holder = model.decoder if hasattr(model, "decoder") else model.network
    rounded = ", answers in int8" if getattr(model, "rounds", False) else ""
    return f"{str(holder.dtype).removeprefix('torch.')}{rounded}, {model.device}"


def _headers(files: list[Path]) -> dict[str, dict[str, Any]]:
    """The tensors that safetensors files announce at their start: {"dtype", "shape", …} and `file`, by name."""
    found = {}
    for file in files:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            said = json.loads(stream.read(length))
        found |= {name: {**each, "file": file} for name, each in said.items() if name != "__metadata__"}
    return found


def _weights(folder: Path) -> int:
    """Weights of a model; a head that repeats the embedding counts once, as its makers count it."""
    found = _headers(tensor_files(folder))
    heads = [name for name in found if name.endswith(("lm_head.weight", "embed_tokens.weight"))]
    once = heads[:1] if len(heads) == 2 and _repeats(found, *heads) else []
    return sum(math.prod(each["shape"]) for name, each in found.items() if name not in once)


def _repeats(found: dict[str, dict[str, Any]], one: str, other: str) -> bool:
    """Whether two matrices are the same but for rounding, by some of their rows: a file may hold a tied head twice."""
    from safetensors import safe_open

    rows = []
    for name in (one, other):
        with safe_open(found[name]["file"], framework="pt") as tensors:
            rows.append(tensors.get_slice(name)[: 8 * SAMPLE : SAMPLE].float().flatten())
    if rows[0].shape != rows[1].shape:
        return False
    return bool((rows[0] * rows[1]).sum() > ALIKE * rows[0].norm() * rows[1].norm())


def _dtypes(files: list[Path]) -> str:
    return " and ".join(sorted({each["dtype"] for each in _headers(files).values()}))


def _sha256(files: list[Path]) -> str:
    """Of one file its own; of several that of their hashes in order."""
    digests = []
    for file in files:
        with file.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256"))
    if len(digests) == 1:
        return digests[0].hexdigest()
    return hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()
