"""The libraries of lesson 15: the same bytes at each run, every answer on its page; the lesson works on copies."""

import json
import subprocess
import sys
from collections import Counter

import pandas as pd
import pytest

from twolevers import paths
from twolevers.bakeoff import lesson
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.errors import TwoLeversError

FOLDER = paths.datasets() / "library"


@pytest.fixture(scope="module")
def pages():
    return {path.relative_to(FOLDER / "pages").as_posix(): path.read_text() for path in FOLDER.glob("pages/**/*.md")}


@pytest.fixture(scope="module")
def asked():
    return pd.read_csv(FOLDER / "questions.csv", keep_default_na=False)


def test_the_generator_writes_the_committed_bytes(tmp_path):
    subprocess.run(
        [sys.executable, "-B", str(paths.datasets() / "generate"), "--out", tmp_path], check=True, timeout=60
    )
    made = {path.relative_to(tmp_path / "library"): path for path in (tmp_path / "library").rglob("*.*")}
    kept = {path.relative_to(FOLDER): path for path in FOLDER.rglob("*.*")}
    assert made.keys() == kept.keys()
    assert all(made[name].read_bytes() == kept[name].read_bytes() for name in kept)


def test_sizes_are_those_of_the_sheet(pages, asked):
    sheet = (paths.datasets() / "library.md").read_text()
    for folder, n in Counter(name.split("/")[0] for name in pages).items():
        assert f"| {folder} | {n} |" in sheet
    assert len(pages) == 40 and len(asked) == 80
    assert f"| with an answer on a page | {(asked['answerable'] == 'yes').sum()} |" in sheet
    assert f"| without one: the fact is not stated on that page | {(asked['answerable'] == 'no').sum()} |" in sheet
    assert all(f"`{column}`" in sheet for column in asked.columns)
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.*")) < 200_000


def test_every_answer_stands_on_its_page_and_no_question_twice(pages, asked):
    for row in asked.itertuples():
        answers = json.loads(row.answers)
        assert bool(answers) == (row.answerable == "yes") == bool(row.doc_id)
        assert all(answer in pages[row.doc_id] for answer in answers), row.question
    assert asked["question"].is_unique


def test_all_of_it_is_read_by_the_bakeoff(tmp_path):
    data = Questions(FOLDER / "pages", FOLDER / "questions.csv").read(tmp_path / "out")
    assert (len(data.documents), len(data.items), data.unused) == (40, 80, ())


def test_the_lesson_works_on_copies_and_a_changed_page_comes_back(tmp_path):
    work = lesson.prepare(tmp_path / "own")
    lesson.change(work, "The fee is 6.50 euros", "The fee is 7.20 euros")
    assert "7.20" in lesson.page(work, lesson.CHANGED).text
    assert "7.20" not in (FOLDER / "pages" / lesson.CHANGED).read_text()
    assert "6.50" in lesson.page(lesson.prepare(tmp_path / "own"), lesson.CHANGED).text
    with pytest.raises(TwoLeversError, match="does not hold"):
        lesson.change(work, "no such words", "x")
    (tmp_path / "file").write_text("x")
    with pytest.raises(TwoLeversError, match="cannot be written"):
        lesson.prepare(tmp_path / "file")


def test_ones_own_files_are_asked_for_then_planned(tmp_path):
    assert "Nothing is run yet" in lesson.own("", "", tmp_path / "mine").text
    said = lesson.own(str(FOLDER / "pages"), str(FOLDER / "questions.csv"), tmp_path / "mine").text
    assert "would run" in said and not (tmp_path / "mine").exists()
