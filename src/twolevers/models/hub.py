"""Model folders that are not the course's own: what of a hub repository is fetched, which files count, its name."""

import json
import re
from pathlib import Path

from twolevers.errors import TwoLeversError, UsageError

INDEX, WHOLE = "model.safetensors.index.json", "model.safetensors"
SETTINGS = ["*.json", "*.txt", "*.jinja", "tokenizer.model"]


def download(name: str) -> Path:
    """Download a hub model's settings, tokenizer and the weights that its index names, never code; returns the folder.

    The hub's client caches. Raises UsageError where `name` cannot be a hub id, TwoLeversError where it is not there.
    """
    if not re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", name):
        raise UsageError(f"No folder {name}, and it is not a model id (owner/model): check the spelling.")
    from huggingface_hub import snapshot_download

    try:
        # Folders below hold the same weights again, for other programs.
        folder = Path(snapshot_download(name, allow_patterns=SETTINGS, ignore_patterns=["*/*"]))
        wanted = [file.name for file in tensor_files(folder, there=False)]
        return Path(snapshot_download(name, allow_patterns=[*SETTINGS, *wanted], ignore_patterns=["*/*"]))
    except UsageError:
        raise
    except Exception as error:  # the client raises many kinds (HTTP, offline, gated, disk), all with one end
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise TwoLeversError(
            f"{name} is not a folder, and fetching it from the model hub failed ({reason}): check the id and "
            "the network, or use the course's own model."
        ) from error


def tensor_files(folder: Path, there: bool = True) -> list[Path]:
    """The weights of a model folder: the files of its index, else `model.safetensors`, else the one file that there is.

    A folder may hold the same weights twice. Raises TwoLeversError when one is missing (unless not `there`), UsageError
    where it cannot be told which ones count.
    """
    if (folder / INDEX).is_file():
        try:
            names = sorted(set(json.loads((folder / INDEX).read_text("utf-8"))["weight_map"].values()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TwoLeversError(f"{folder / INDEX} cannot be read ({error}): fetch the model again.") from error
        if any(not isinstance(name, str) or Path(name).name != name for name in names):
            raise TwoLeversError(f"{folder / INDEX} names files outside of its folder: fetch the model again.")
    elif not there or (folder / WHOLE).is_file():
        names = [WHOLE]
    else:
        found = sorted(path.name for path in folder.glob("*.safetensors") if not path.name.startswith("adapter"))
        parts = [name for name in found if re.search(r"-\d+-of-\d+\.", name)]
        names = parts or found
        if not names:
            raise TwoLeversError(f"No .safetensors weights in {folder}: run `twolevers models`, or name another model.")
        if len(names) > 1 and not parts:
            raise UsageError(
                f"{folder} holds {', '.join(names[:3])} and no {INDEX}: keep the model's own weights only."
            )
    if there and (missing := [name for name in names if not (folder / name).is_file()]):
        raise TwoLeversError(f"{folder / missing[0]} is missing: fetch the model again.")
    return [folder / name for name in names]


def named(folder: Path) -> str:
    """What a model is called: the hub id of a downloaded one (its folder is a commit hash), else the folder's name."""
    holder = folder.parent.parent.name
    if folder.parent.name == "snapshots" and holder.startswith("models--"):
        return holder.removeprefix("models--").replace("--", "/", 1)
    return folder.name


def usable(folder: Path, name: str) -> Path:
    """The folder, if it looks like a model. Raises UsageError naming what is missing."""
    for pattern, what in (("config.json", "config.json"), ("*.safetensors", "weights in safetensors form")):
        if not any(folder.glob(pattern)):
            raise UsageError(
                f"{name} cannot be used as a model: {folder} holds no {what}. Name a folder or hub id with "
                "config.json, a tokenizer and .safetensors files."
            )
    return folder
