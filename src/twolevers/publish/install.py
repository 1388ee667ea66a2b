"""Set up Two Levers from this folder with no network: `python install.py`.

A bundle carries a copy of this file; it runs on a bare Python, so it imports nothing but the standard library.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

WHEELS, NOTE = "wheels", "bundle.json"
STAMP = ".venv/.ready"  # the Makefile's: without it `make lab` would set up once more, from the network


def this_machine() -> dict[str, str]:
    """What packages with compiled parts are made for."""
    python = ".".join(map(str, sys.version_info[:2]))
    return {"system": platform.system(), "machine": platform.machine(), "python": python}


def misfit(made_for: dict[str, str], here: dict[str, str]) -> str:
    """One line why the bundle does not serve this machine; empty when it does."""
    said = [", ".join(f"{name} {one.get(name, '?')}" for name in here) for one in (made_for, here)]
    if made_for == here:
        return ""
    return (
        f"This bundle is for {said[0]}; this is {said[1]}: use a matching Python, or a bundle made on such a machine."
    )


def main() -> None:
    """Make .venv, install the course and its packages from wheels/, set up the models."""
    root = Path(__file__).resolve().parent
    try:
        made_for = json.loads((root / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        sys.exit(f"No {NOTE} beside {Path(__file__).name}: unpack the whole bundle and run it there.")
    if problem := misfit(made_for, this_machine()):
        sys.exit(problem)
    programs = root / ".venv" / ("Scripts" if os.name == "nt" else "bin")
    # As an address: pip takes a space in this variable for the end of a folder.
    source = {"PIP_FIND_LINKS": (root / WHEELS).as_uri(), "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    # What a machine's own settings add, such as another index, is left aside.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment = {**kept, **source, "PIP_CONFIG_FILE": os.devnull}
    steps = {
        "Making .venv": [sys.executable, "-m", "venv", str(root / ".venv")],
        "Installing the packages": [str(programs / "python"), "-m", "pip", "install", "--quiet", "--editable", "."],
        "Setting up the models": [str(programs / "twolevers"), "models"],
    }
    for what, command in steps.items():
        print(f"{what} ...", flush=True)
        if code := subprocess.run(command, cwd=root, env=environment, check=False).returncode:
            sys.exit(f"{what} failed (exit code {code}): see above, and run this again.")
    (root / STAMP).touch()
    print(f"Ready. Start the course with {programs / 'twolevers'} lab")


if __name__ == "__main__":
    main()
