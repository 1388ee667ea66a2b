"""What every notebook keeps to: short clean cells, the parts of a lesson in order, stated times, links that lead on."""

import ast
import re
import subprocess
import sys

import pytest

from twolevers import paths
from twolevers.lessons.registry import COURSE
from twolevers.publish import exercises, slides
from twolevers.publish.notebook import read

ROOT = paths.repository()
LESSONS = [ROOT / "notebooks" / f"{row.stem}.ipynb" for row in COURSE]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
LINES = 12
KEPT = "nbval-check-output"
TAGS = {KEPT, "deck-hide-input", "deck-hide-output", "solution-only", "nbval-skip"}
PARTS = (
    "Predict",
    "Run",
    "Explain",
    "What it means for a decision",
    "Published evidence",
    "Quiz",
    "Exercise",
    "Take-away",
)
FRAME = {"00_start_here", "11_the_numbers", "14_capstone", "15_your_own_data"}  # lessons of another build
LINK = re.compile(r"\]\(<?([^)>\s]+)>?[^)]*\)|(?:href|src)=[\"']([^\"']+)[\"']")


def stem(path):
    return f"{path.parent.name}/{path.stem}"


def each(*groups):
    return pytest.mark.parametrize("path", [path for group in groups for path in group], ids=stem)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def headings(notebook, level):
    lines = [line for cell in prose(notebook) for line in outside_fences(cell.source)]
    return [line[level + 1 :].strip() for line in lines if line.startswith("#" * level + " ")]


def outside_fences(source):
    fenced = False
    for line in source.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield line


@each(LESSONS, SOLUTIONS, EXERCISES)
def test_committed_clean(path):
    notebook = read(path)
    assert notebook.metadata.get("kernelspec", {}).get("name") == "python3"
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "twolevers"}
    assert "widgets" not in notebook.metadata
    for cell in code(notebook):
        tags = cell.metadata.get("tags", [])
        if KEPT in tags:
            assert cell.outputs, f"{cell.id}: tagged {KEPT} without an output to compare"
        else:
            assert not cell.outputs and cell.execution_count is None, f"{cell.id}: has outputs: run nbstripout"
    for cell in notebook.cells:
        unknown = set(cell.metadata.get("tags", [])) - TAGS
        assert not unknown, f"{cell.id}: unknown tags {sorted(unknown)}; known are {sorted(TAGS)}"
        assert not cell.get("attachments"), f"{cell.id}: an attached file; put it in datasets/ or draw it"


@each(LESSONS, SOLUTIONS)
def test_cells_are_short_and_not_empty(path):
    for cell in read(path).cells:
        assert cell.source.strip(), f"{cell.id} is empty"
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if not exercises.MARKER.fullmatch(line)]
            assert len(lines) <= LINES, f"{cell.id}: {len(lines)} lines, at most {LINES}: move code to lessons/"


@each(LESSONS, SOLUTIONS)
def test_ruff_is_content(path):
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, path], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr


@each(LESSONS)
def test_the_parts_stand_in_order(path):
    notebook = read(path)
    assert len(headings(notebook, 1)) == 1, "a lesson has one title"
    found = [part for heading in headings(notebook, 2) for part in PARTS if heading.startswith(part)]
    missing = [part for part in PARTS if part not in found]
    assert path.stem in FRAME or not missing, f"missing: {missing}"
    # Predict, Run, Explain may come in several rounds: what counts is where each first comes, and the rest last.
    first = [found.index(part) for part in PARTS[:3] if part in found]
    last = [len(found) - 1 - found[::-1].index(part) for part in PARTS[3:] if part in found]
    assert first + last == sorted(first + last), f"the order is {', '.join(PARTS)}; here it is {', '.join(found)}"


@each(LESSONS)
def test_minutes_and_memory_are_given_and_said(path):
    notebook = read(path)
    given = notebook.metadata.get("twolevers", {})
    minutes = given.get("minutes", {})
    assert set(minutes) == {"read", "run", "exercise"} and all(isinstance(n, int) for n in minutes.values())
    assert 0 < given.get("ram_gib", 0) <= 2
    opening = prose(notebook)[0].source
    said = "read {read} min, run {run} min, exercise {exercise} min".format(**minutes)
    assert said.lower() in opening.lower(), f"the first cell must say {said!r}"
    assert f"{given['ram_gib']:g} GiB" in opening, f"the first cell must say '{given['ram_gib']:g} GiB'"
    budgets = [cell.metadata.get("twolevers", {}).get("seconds", 0) for cell in code(notebook)]
    assert all(isinstance(seconds, int | float) and seconds >= 0 for seconds in budgets)
    assert sum(budgets) <= 60 * minutes["run"], "the cells' budgets add up to more than the minutes to run"


@each(LESSONS, SOLUTIONS)
def test_links_lead_somewhere(path):
    anchors = {heading.replace(" ", "-") for level in range(1, 5) for heading in headings(read(path), level)}
    for cell in prose(read(path)):
        for match in LINK.finditer("\n".join(outside_fences(cell.source))):
            link = match[1] or match[2]
            if link.startswith("#"):
                assert link[1:] in anchors, f"{cell.id}: no heading for {link}"
            elif not re.match(r"[a-z]+:", link):
                target = path.parent / link.split("#")[0]
                assert target.exists(), f"{cell.id}: {link} leads nowhere"


@each(LESSONS)
def test_slides_are_tagged_as_the_deck_knows_them(path):
    notebook = read(path)
    types = {cell.id: cell.metadata.slideshow.slide_type for cell in notebook.cells if "slideshow" in cell.metadata}
    assert set(types.values()) <= {*slides.ON_DECK, "skip"}, types
    on_deck = [kind for kind in types.values() if kind != "skip"]
    assert on_deck[:1] in ([], ["slide"]), "a deck begins with a slide"


@each(LESSONS, SOLUTIONS)
def test_figures_have_alt_text_and_nothing_else_draws_them(path):
    for cell in code(read(path)):
        for node in ast.walk(ast.parse(cell.source)):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            assert name not in ("plt.show", "pyplot.show", "fig.show"), f"{cell.id}: use show(fig, alt=...)"
            if name == "show":
                assert "alt" in [keyword.arg for keyword in node.keywords], f"{cell.id}: show() without alt"
        assert not re.search(r"^\s*(fig|figure|ax|axes)\s*$", cell.source.splitlines()[-1]), f"{cell.id}: a bare figure"
        assert not re.search(r"\bdisplay\((fig|figure)\)", cell.source), f"{cell.id}: use show(fig, alt=...)"
        assert not re.search(r"^[%!]", cell.source, re.MULTILINE), f"{cell.id}: magics run in no test of plain Python"


@each(SOLUTIONS)
def test_solutions_are_marked_for_nbgrader(path):
    assert path.stem in {lesson.stem for lesson in LESSONS}, "an exercise belongs to a lesson of the same name"
    tasks = checks = 0
    for cell in read(path).cells:
        marks = cell.metadata.get("nbgrader", {})
        if "BEGIN SOLUTION" in cell.source:
            assert marks.get("solution") and marks.get("grade_id"), f"{cell.id}: a solution without its marks"
            tasks += 1
        if marks.get("grade") and not marks.get("solution"):
            assert marks.get("points", 0) > 0 and marks.get("locked"), f"{cell.id}: a check without points or lock"
            checks += 1
    assert 2 <= checks <= 4 and tasks >= checks, f"{tasks} solutions and {checks} checks; 2 to 4 tasks are wanted"


@each(LESSONS)
def test_notes_for_instructors_are_folded_where_a_learner_opens_the_lesson(path):
    notes = [cell for cell in read(path).cells if cell.metadata.get("slideshow", {}).get("slide_type") == "notes"]
    assert notes and all(cell.metadata.get("jupyter", {}).get("source_hidden") for cell in notes)
