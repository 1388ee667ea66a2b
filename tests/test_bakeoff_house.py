"""Who imports whom around the bake-off: tasks know no engine, scorers no run, nothing below knows the bake-off."""

import ast
from pathlib import Path

import pytest

import twolevers

PACKAGE = Path(twolevers.__file__).parent


def imported(path):
    """Names of modules that a file imports, and of what it takes from them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(
    ("folder", "never"),
    [
        ("arms", ("evaluate", "bakeoff", "decide", "lessons", "learn")),
        ("evaluate", ("bakeoff", "decide", "lessons", "learn")),
        ("evaluate/scorers", ("evaluate.run", "evaluate.fan_out")),
        ("bakeoff/tasks", ("bakeoff.engine", "bakeoff.results", "bakeoff.command", "evaluate.run", "evaluate.fan_out")),
        ("bakeoff", ("lessons.common.bench",)),
    ],
)
def test_nothing_is_imported_back_up(folder, never):
    for path in (PACKAGE / folder).rglob("*.py"):
        for name in imported(path):
            assert not name.startswith(tuple(f"twolevers.{each}" for each in never)), f"{path} imports {name}"


def test_a_score_is_written_once():
    """No module of the bake-off assigns `correct` after the answers were scored."""
    for path in (PACKAGE / "bakeoff").rglob("*.py"):
        text = path.read_text("utf-8")
        assert '["correct"] =' not in text and "assign(correct" not in text, path
