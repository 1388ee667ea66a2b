"""The data goes one way: a folder imports only from those before it, and importing stays light."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import twolevers

PACKAGE = Path(twolevers.__file__).parent
# `learn` before `lessons`: its widgets know no lesson, and a lesson's checks, sliders and clinics are made of them.
ORDER = ["errors", "paths", "cache", "data", "models", "retrieval", "arms", "evaluate", "cost", "learn", "lessons"]
ORDER += ["decide", "bakeoff", "publish", "doctor", "doctor_room", "lab", "cli"]
FOLDERS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
HEAVY = {"torch", "transformers", "peft", "lancedb", "matplotlib", "pandas", "scipy", "sklearn", "jupyterlab"}


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(path: Path) -> set[str]:
    """What a module imports of the package, by full name, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: line {node.lineno}: import by full name, not relatively"
            names = [node.module] if node.module != "twolevers" else [f"twolevers.{alias.name}" for alias in node.names]
            if node.module.startswith("twolevers."):
                names += [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name for name in names if name.startswith("twolevers.")}
    return found


def imported_parts(path: Path) -> set[str]:
    """Top-level parts of the package that a module imports."""
    return {name.split(".")[1] for name in imported_names(path)} - {"__version__"}


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_only_what_comes_before(path):
    own = part(path)
    assert own in ORDER, f"{own} has no place in the order: {ORDER}"
    allowed = {*ORDER[: ORDER.index(own)], own}
    assert imported_parts(path) <= allowed


def test_lessons_lean_on_each_other_one_way():
    """`common` and the registry know no lesson; where a lesson builds on another, that one does not build on it."""
    leans = {}
    for path in sorted((PACKAGE / "lessons").rglob("*.py")):
        own = path.relative_to(PACKAGE / "lessons").parts[0].removesuffix(".py")
        names = [name.split(".") for name in imported_names(path) if name.startswith("twolevers.lessons.")]
        leans.setdefault(own, set()).update(parts[2] for parts in names if parts[2] != own)
    assert leans["common"] <= {"registry"} and leans["registry"] <= {"common"}  # its types alone
    leans["registry"] = set()
    list(TopologicalSorter(leans).static_order())  # CycleError names the folders


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_says_what_lives_there(folder):
    docstring = ast.get_docstring(ast.parse((PACKAGE / folder / "__init__.py").read_text("utf-8")))
    assert docstring
    assert "import" in docstring, "the second line says what the folder may import"


def test_imports_stay_light():
    names = ["twolevers", "twolevers.cli", *(f"twolevers.{folder}" for folder in FOLDERS)]
    code = f"import sys, {', '.join(names)}; print(sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
