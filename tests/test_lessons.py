"""The registry of lessons and what follows from it, and that notebooks call what the lessons have."""

import ast
import importlib
import inspect
import re
import shutil
from types import ModuleType

import numpy as np
import pytest

from twolevers import paths
from twolevers.data.claims import load_claims, load_comparisons
from twolevers.data.records import Document
from twolevers.errors import UsageError
from twolevers.lessons import registry
from twolevers.lessons.common.bench import Measured, Workbench
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.registry import COURSE, LESSONS
from twolevers.publish import reading_time
from twolevers.publish.notebook import read

ROOT = paths.repository()
FOLDER = ROOT / "src/twolevers/lessons"
STEMS = [row.stem for row in LESSONS]
# What each loader reads; `Workbench.load` reads the pages, and the questions where a lesson asks them.
READ = {
    "load_revisions": {registry.REVISIONS},
    "load_tickets": {registry.TICKETS},
    "load_general_knowledge": {registry.KNOWN},
    "load_replies": {"replies.csv"},
    "load_guide": {"brand_guide.md"},
    "bench.documents": {registry.PAGES},
    "bench.retriever": {registry.PAGES},
    "bench.questions": {registry.QUESTIONS},
    "bench.held_out": {registry.QUESTIONS},
    "bench.training": {registry.QUESTIONS},
}


def each(stems):
    return pytest.mark.parametrize("stem", stems)


# The registry


def test_every_notebook_is_a_lesson_of_the_registry_in_order():
    assert [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))] == [row.stem for row in COURSE]


def test_every_lesson_has_a_folder_and_no_folder_is_left_over():
    folders = {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    assert folders == {row.name for row in LESSONS} | {"common"}
    assert all((FOLDER / row.name / "checks.py").exists() for row in LESSONS), "each has its exercise's checks"


@each([row.stem for row in COURSE])
def test_minutes_are_those_of_the_notebook(stem):
    assert read(ROOT / "notebooks" / f"{stem}.ipynb").metadata.twolevers.minutes == vars(registry.lesson(stem).minutes)


@each(STEMS)
def test_minutes_of_the_exercise_are_those_of_its_tasks(stem):
    solution = read(ROOT / "solutions" / f"{stem}.ipynb")
    tasks = [re.search(r"^## Task \d.*?(\d+) min\)", cell.source, re.M) for cell in solution.cells]
    minutes = registry.lesson(stem).minutes.exercise
    assert sum(int(task[1]) for task in tasks if task) == minutes == solution.metadata.twolevers.minutes.exercise


@each([row.stem for row in COURSE])
def test_stated_minutes_to_read_are_near_the_estimate_from_the_notebook(stem):
    stated = registry.lesson(stem).minutes.read
    estimate = reading_time.minutes(read(ROOT / "notebooks" / f"{stem}.ipynb"))
    assert reading_time.fits(stated, estimate), f"{stated} min stated, {estimate:.1f} by the rule of reading_time.py"


@each(STEMS)
def test_a_lesson_opens_with_a_situation_at_work_and_closes_with_monday(stem):
    cells = {cell.id: cell.source for cell in read(ROOT / "notebooks" / f"{stem}.ipynb").cells}
    heading, situation, question, *_ = cells["title"].split("\n\n")
    assert heading.startswith("# ") and question.startswith("**")
    assert not situation.startswith(("*", "#")) and len(situation.split()) > 9, "a situation, in plain words"
    monday = cells["takeaway"].split("\n\n")[-1]
    assert monday.startswith("**On Monday:** ") and len(monday.split()) > 12


def test_reading_time_counts_prose_code_and_what_is_shown_and_no_notes():
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    notes = new_markdown_cell("word " * 999, metadata={"slideshow": {"slide_type": "notes"}})
    code = "import pandas as pd\n\nframe = pd.DataFrame()\ntable(frame, 'a')"
    made = new_notebook(cells=[notes, new_markdown_cell("word " * 200), new_code_cell(code)])
    assert reading_time.minutes(made) == pytest.approx(1 + (2 * 4 + 30) / 60)
    pictures = new_notebook(cells=[new_code_cell("pictures.lora()"), new_code_cell("quiz(LESSON)")])
    assert reading_time.minutes(pictures) == pytest.approx((2 * 4 + 30) / 60)
    assert reading_time.fits(10, 12.0) and not reading_time.fits(10, 12.6) and reading_time.fits(20, 25.0)


def test_claims_are_those_that_the_data_plan_for_the_lesson():
    claims, planned = load_claims(), load_comparisons()
    for row in LESSONS:
        own = set(claims.loc[claims["lesson"] == row.stem, "id"])
        assert set(row.claims) == own | set(planned.loc[planned["lesson"] == row.stem, "claim"]), row.stem


def test_the_tables_of_readme_and_start_are_those_of_the_registry():
    say = "run `python -m twolevers.lessons.registry` and paste its tables"
    assert registry.readme_table() in (ROOT / "README.md").read_text("utf-8"), say
    start = "\n".join(cell.source for cell in read(ROOT / "notebooks/00_start_here.ipynb").cells)
    lines = registry.start_table(LESSONS).splitlines()
    assert [line for line in start.splitlines() if line.startswith("| [")] == lines[2:], say


def test_an_unknown_lesson_and_one_without_a_measure_say_so():
    with pytest.raises(UsageError, match=r"No lesson '99_none'.*registry\.py"):
        registry.lesson("99_none")
    with pytest.raises(UsageError, match=r"run notebooks/13_common_mistakes\.ipynb"):
        registry.lesson("13_common_mistakes").measure(None)


# The data hash


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """The data tables, copied so that they can be changed."""
    folder = tmp_path / "datasets"
    shutil.copytree(paths.datasets(), folder)
    monkeypatch.setattr(paths, "datasets", lambda: folder)
    return folder


def hashes():
    """The data hash in an evidence row of every lesson."""
    model = type("Model", (), {"name": "tiny"})()
    bench, value = Workbench(model, None, [], None), Measured(0.5, 0.4, 0.6, 10)
    rows = [bench.evidence(stem, "", "rag", "facts right", value, seconds=0.0, seed=1) for stem in STEMS]
    return {row.lesson: row.data_hash for row in rows}


@pytest.mark.parametrize(
    ("file", "lessons"),
    [
        ("revisions.jsonl", {"02_changing_data"}),
        ("replies.csv", {"07_style_and_tone", "09_prompt_length", "13_common_mistakes"}),
        ("brand_guide.md", {"07_style_and_tone", "09_prompt_length", "13_common_mistakes"}),
        ("tickets.csv", {"08_narrow_tasks", "10_task_data", "13_common_mistakes"}),
    ],
)
def test_evidence_carries_the_hash_of_the_data_that_its_lesson_used(tables, file, lessons):
    before = hashes()
    (tables / file).write_bytes((tables / file).read_bytes() + b" ")
    after = hashes()
    assert {stem for stem in STEMS if after[stem] != before[stem]} == lessons


def test_the_hash_does_not_depend_on_line_ends(tables):
    before = hashes()
    for name in ("tickets.csv", "brand_guide.md"):
        (tables / name).write_bytes((tables / name).read_bytes().replace(b"\n", b"\r\n"))
    assert hashes() == before


@each(STEMS)
def test_every_table_that_a_lessons_code_reads_is_named_in_its_row(stem):
    row = registry.lesson(stem)
    if stem in ("11_the_numbers", "14_capstone"):
        pytest.skip("measures others' data: their evidence names it")
    own = {name for path in (FOLDER / row.name).glob("*.py") for name in used(path)}
    # What it imports may use the bench for lessons of its own; tables that it loads are loaded.
    others = {name for path in modules(row.name) for name in used(path) if not name.startswith("bench.")}
    assert set().union(*(READ.get(name, set()) for name in own | others)) <= set(row.data)
    assert all((paths.datasets() / name).is_file() for name in row.data)


def modules(folder):
    """The modules of a lesson, and those of other lessons that they import."""
    found, queue = set(), list((FOLDER / folder).glob("*.py"))
    while queue:
        if (path := queue.pop()) not in found:
            found.add(path)
            names = [name.split(".") for name in imported(path) if name.startswith("twolevers.lessons.")]
            there = [FOLDER.joinpath(*parts[2:]).with_suffix(".py") for parts in names]
            queue += [path for path in there if path.exists() and path.stem not in ("bench", "registry")]
    return found


def imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def used(path):
    """Names that a module's code speaks of, and what it asks of the bench: "load_replies", "bench.documents"."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    pairs = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    return {f"{node.value.id}.{node.attr}" for node in pairs} | {
        node.id for node in nodes if isinstance(node, ast.Name)
    }


# What calls the lessons


def calls(tree, known):
    """(call, what is called) for every call of something that an import made known, as far as it can be followed."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
                if isinstance(module := known.get(name), ModuleType):
                    yield node, getattr(module, attribute)
            case ast.Call(func=ast.Name(id=name)) if name in known:
                yield node, known[name]


def names_of(tree):
    """What the imports of a tree bind, from the course's own package. An import of what is not there fails."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("twolevers"):
            module = importlib.import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{node.module}.{alias.name}")
                known[alias.asname or alias.name] = getattr(module, alias.name)
    return known


def bind(call, function):
    """Whether a function takes that many arguments; starred ones are left to the run."""
    starred = any(isinstance(one, ast.Starred) for one in call.args) or any(word.arg is None for word in call.keywords)
    if callable(function) and not starred:
        inspect.signature(function).bind(*call.args, **{word.arg: word.value for word in call.keywords})


@pytest.mark.parametrize("folder", ["notebooks", "solutions", "exercises"])
@each([row.stem for row in COURSE])
def test_a_notebook_imports_and_calls_what_is_there(folder, stem):
    path = ROOT / folder / f"{stem}.ipynb"
    if not path.exists():
        pytest.skip("lesson 00 has no exercise")
    code = [re.sub(r"^[%!].*$", "", cell.source, flags=re.M) for cell in read(path).cells if cell.cell_type == "code"]
    tree = ast.parse("\n".join(code))
    known = names_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = known.get(node.value.id)
            assert not isinstance(module, ModuleType) or hasattr(module, node.attr), f"{module.__name__}.{node.attr}"
    for call, function in calls(tree, known):
        try:
            bind(call, function)
        except TypeError as error:
            pytest.fail(f"{stem}: {ast.unparse(call)}: {error}")


@each([row.stem for row in LESSONS if row.seconds])
def test_a_measure_calls_what_its_lesson_has(stem):
    module = importlib.import_module(f"twolevers.lessons.{registry.lesson(stem).name}.measure")
    tree = ast.parse(inspect.getsource(module))
    called = list(calls(tree, names_of(tree)))
    for call, function in called:
        bind(call, function)
    assert len(called) >= 3


# Contests


def frame(**right):
    """Twenty questions about ten products, answered by each arm; `right` holds the number of right ones."""
    import pandas as pd

    rows = [
        {"arm": arm, "question_id": f"q{i}", "question": f"Q{i}?", "entity": f"e{i % 10}", "correct": i < n}
        for arm, n in right.items()
        for i in range(20)
    ]
    return pd.DataFrame(rows).assign(seconds=1.0)


def test_a_contest_keeps_what_it_declares_under_its_claims():
    pairs = {("a", "b"): "C01", ("b", "a"): "", ("a", "c"): None}
    contest = Contest("01_two_levers", "facts right", pairs, 0.1, seed=7)
    answers = frame(a=20, b=2, c=10)
    assert list(contest.comparisons(answers)["claim"]) == ["a > b", "b > a", "a > c"]
    model = type("Model", (), {"name": "tiny"})()
    page = Document("d", "t", "x", "product", "l", None, {}, "all")
    rows = contest.evidence(Workbench(model, None, [page], None), answers)
    assert [(row.arm, row.claim) for row in rows] == [("a", ""), ("b", ""), ("c", ""), ("a - b", "C01"), ("b - a", "")]
    assert {row.seed for row in rows} == {7} and rows[0].seconds == 20.0
    np.testing.assert_allclose([row.value for row in rows], [1.0, 0.1, 0.5, 0.9, -0.9])


def test_a_contest_on_a_share_and_on_a_part_of_the_rows():
    answers = frame(a=20, b=2)
    answers["share"] = [i % 3 / 2 for i in range(len(answers))]
    contest = Contest(
        "01_two_levers", "x", {("a", "b"): ""}, 0.1, 1, "share", lambda rows: rows[rows["question_id"] < "q5"]
    )
    (row,) = contest.comparisons(answers).itertuples()
    assert row.n == len({name for name in answers["question_id"] if name < "q5"}) and row.resolution > 0
