"""From the article to the slide: every claim has its lesson, experiment, verdict, quiz item, exercise and slide."""

import ast
import re
from functools import cache

import pytest

from twolevers import paths
from twolevers.data.claims import load_claims, load_comparisons
from twolevers.learn.quiz_report import by_claim, load_banks
from twolevers.publish import slides
from twolevers.publish.notebook import read

ROOT = paths.repository()
CLAIMS = load_claims().set_index("id")["lesson"].to_dict()
# Claims of lessons that are not written yet.
NOT_YET = set()
WRITTEN = [claim for claim in CLAIMS if claim not in NOT_YET]


def lesson(stem, folder="notebooks"):
    """The notebook of a lesson, None where there is none."""
    path = ROOT / folder / f"{stem}.ipynb"
    return read(path) if path.exists() else None


def cells(stem, kind, folder="notebooks"):
    notebook = lesson(stem, folder)
    return [cell for cell in notebook.cells if cell.cell_type == kind] if notebook else []


def names(text, claim):
    """Whether a text names the claim, by itself or within "C12 to C17"."""
    spans = re.findall(r"\b(C\d\d) (?:to|–|-) (C\d\d)\b", text)
    return re.search(rf"\b{claim}\b", text) is not None or any(low <= claim <= high for low, high in spans)


def deciding(claim):
    """The claim's lesson and those whose measurements decide it."""
    planned = load_comparisons()
    return {CLAIMS[claim], *planned.loc[planned["claim"] == claim, "lesson"]}


@cache
def experiments(stem):
    """Modules of experiments that a lesson runs, those that they import included."""
    found, queue = {}, [cell.source for cell in cells(stem, "code")]
    while queue:
        for name in imported(ast.parse(queue.pop())):
            path = ROOT / "src" / f"{name.replace('.', '/')}.py"
            if name.startswith("twolevers.lessons.") and name not in found and path.exists():
                found[name] = path.read_text(encoding="utf-8")
                queue.append(found[name])
    return found


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def constants(source):
    return {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}


@pytest.mark.parametrize("claim", WRITTEN)
def test_its_lesson_names_it(claim):
    stem = CLAIMS[claim]
    assert lesson(stem), f"{claim}: notebooks/{stem}.ipynb is missing"
    assert any(names(cell.source, claim) for cell in cells(stem, "markdown")), f"{stem} never names {claim}"


@pytest.mark.parametrize("claim", WRITTEN)
def test_an_experiment_measures_it(claim):
    modules = {name: text for stem in deciding(claim) for name, text in experiments(stem).items()}
    assert modules, f"{claim}: {sorted(deciding(claim))} run no module of lessons/"
    assert any(claim in constants(text) for text in modules.values()), f"{claim}: none of {sorted(modules)} names it"


@pytest.mark.parametrize("claim", WRITTEN)
def test_a_planned_comparison_decides_its_verdict(claim):
    planned = load_comparisons()
    planned = planned[planned["claim"] == claim]
    assert len(planned), f"{claim}: no row in datasets/comparisons.csv"
    for row in planned.itertuples():
        assert lesson(row.lesson), f"{claim}: {row.comparison} is planned in {row.lesson}, which is not there"
        assert "Ledger().add(" in "".join(cell.source for cell in cells(row.lesson, "code")), (
            f"{claim}: {row.lesson} writes nothing into the ledger, so that {row.comparison} can never be judged"
        )


@pytest.mark.parametrize("claim", WRITTEN)
def test_a_planned_comparison_has_arms_and_metric_that_its_lesson_knows(claim):
    planned = load_comparisons()
    for row in planned[planned["claim"] == claim].itertuples():
        said = {text for source in experiments(row.lesson).values() for text in constants(source) if _is_text(text)}
        for arm in row.arm.split(" - "):
            arm = re.sub(r", \d+$", "", arm)  # the number of examples is counted by the lesson
            assert arm in said or any(arm in re.split(" [>-] ", text) for text in said), (
                f"{claim}: no experiment of {row.lesson} has an arm {arm!r}"
            )
        fixed = max(re.split(r"\*|: ", row.metric), key=len)
        assert any(fixed.strip(" ,") in text for text in said), (
            f"{claim}: no experiment of {row.lesson} writes a metric like {row.metric!r}"
        )


@pytest.mark.parametrize("claim", WRITTEN)
def test_the_quiz_asks_about_it(claim):
    banks = load_banks()
    assert by_claim(banks)[claim], f"{claim}: no quiz item"
    assert CLAIMS[claim] in banks, f"{claim}: datasets/quizzes/{CLAIMS[claim]}.yaml is missing"
    assert any("quiz(" in cell.source for cell in cells(CLAIMS[claim], "code")), f"{CLAIMS[claim]} shows no quiz"


@pytest.mark.parametrize("claim", WRITTEN)
def test_its_lesson_has_an_exercise(claim):
    stem = CLAIMS[claim]
    tasks = [cell for cell in cells(stem, "markdown", "solutions") if re.match(r"## Task \d: ", cell.source)]
    assert len(tasks) >= 2, f"{claim}: solutions/{stem}.ipynb has {len(tasks)} tasks"
    assert lesson(stem, "exercises"), f"{claim}: exercises/{stem}.ipynb is missing; run `twolevers exercises`"
    linked = any(f"exercises/{stem}.ipynb" in cell.source for cell in cells(stem, "markdown"))
    assert linked, f"{stem} does not lead to its exercise"


@pytest.mark.parametrize("claim", WRITTEN)
def test_a_slide_shows_it(claim):
    shown = [kind for kind in slides.ON_DECK if kind != "notes"]
    for cell in cells(CLAIMS[claim], "markdown"):
        if cell.metadata.get("slideshow", {}).get("slide_type") in shown and names(cell.source, claim):
            return
    pytest.fail(f"{claim}: no slide of {CLAIMS[claim]} names it")


def test_what_is_not_there_yet_is_really_not_there():
    assert set(CLAIMS) >= NOT_YET
    there = [claim for claim in NOT_YET if lesson(CLAIMS[claim])]
    assert not there, f"the lesson of {there} is written: take them out of NOT_YET"


def test_every_lesson_is_listed_at_the_start_and_has_the_same_name_everywhere():
    stems = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    start = "".join(cell.source for cell in cells("00_start_here", "markdown"))
    assert not [stem for stem in stems - {"00_start_here"} if f"({stem}.ipynb)" not in start], "not in lesson 00's list"
    for folder in ("solutions", "exercises"):
        assert {path.stem for path in (ROOT / folder).glob("*.ipynb")} <= stems
    assert set(load_banks()) <= stems


def _is_text(value):
    return isinstance(value, str)
