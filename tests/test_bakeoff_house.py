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


def assignments(path, column):
    """Lines of a file that write a column: `frame["x"] = …`, `assign(x=…)`, `insert(…, "x")`, `{"x": computed}`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        targets = [*node.targets] if isinstance(node, ast.Assign) else []
        targets += [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []
        for target in targets:
            if isinstance(target, ast.Subscript) and column in constants(target.slice):
                yield target.lineno
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            # Of other calls it is an argument that happens to have the name: an option of a quiz is correct or not.
            named = called in ("assign", "dict") and column in {keyword.arg for keyword in node.keywords}
            if named or (
                called in ("insert", "rename", "join")
                and column in {text for value in node.args for text in constants(value)}
            ):
                yield node.lineno
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == column and not literal(value):
                    yield node.lineno


def constants(node):
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}


def literal(node):
    """Whether a value is written out, such as the title of a column."""
    return not any(isinstance(each, ast.Name | ast.Call) for each in ast.walk(node))


def test_a_score_is_written_once_by_its_scorer():
    """Scoring is handed in: no module outside evaluate/scorers and evaluate/run writes `correct`."""
    # An option of a quiz has a `correct` of its own.
    allowed = PACKAGE / "evaluate" / "scorers", PACKAGE / "evaluate" / "run.py", PACKAGE / "learn" / "own_items.py"
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not any(path.is_relative_to(each) for each in allowed)
        for line in assignments(path, "correct")
    ]
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        'frame["correct"] = right',
        'frame.loc[rows, "correct"] = right',
        'frame["correct"] &= right',
        "frame = frame.assign(arm=name, correct=right)",
        'frame.insert(0, "correct", right)',
        'row = {"question": text, "correct": text == wanted}',
        "row = dict(correct=right)",
    ],
)
def test_every_way_of_writing_a_score_is_seen(tmp_path, line):
    (tmp_path / "module.py").write_text(f"{line}\nshown = frame['correct'].mean()\n")
    assert list(assignments(tmp_path / "module.py", "correct")) == [1]
