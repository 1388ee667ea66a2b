"""The capstone's briefs and their data: the same bytes at each run, no leak, small; a faulty one says where."""

import shutil
import subprocess
import sys
from collections import Counter

import pytest

from twolevers import paths
from twolevers.arms.both import supports
from twolevers.decide.brief import load_brief, load_case, names
from twolevers.errors import UsageError
from twolevers.retrieval.chunking import Passage

BRIEFS = names()
FOLDER = paths.datasets() / "briefs"


@pytest.fixture
def copied(tmp_path):
    """A folder with one brief and its data, to be spoilt."""
    shutil.copy(FOLDER / "support_bot.yaml", tmp_path)
    shutil.copytree(FOLDER / "support_bot", tmp_path / "support_bot")
    return tmp_path


def spoil(folder, old, new, name="support_bot.yaml"):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_there_are_eight_of_each_kind():
    assert len(BRIEFS) == 8
    assert set(Counter(load_brief(name).task for name in BRIEFS)) == {"questions", "replies", "labels"}


def test_the_generator_writes_the_committed_bytes(tmp_path):
    run = [sys.executable, "-B", str(paths.datasets() / "generate"), "--out", str(tmp_path)]
    subprocess.run(run, check=True, timeout=60)
    made = sorted((tmp_path / "briefs").rglob("*.*"))
    assert len(made) >= 13
    for path in made:
        assert path.read_bytes() == (FOLDER / path.relative_to(tmp_path / "briefs")).read_bytes(), path.name


def test_the_data_are_small():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.*")) <= 400_000


@pytest.mark.parametrize("name", BRIEFS)
def test_a_brief_is_a_page_with_unseen_data(name):
    brief, case = load_brief(name), load_case(name)
    assert 60 <= len(brief.page.split()) <= 300
    assert len(case.tested) >= 60 and case.dev and case.taught
    learned = {pair.question.text.casefold() for pair in (*case.taught, *case.dev)}
    assert not learned & {pair.question.text.casefold() for pair in case.tested}
    if name not in ("price_desk", "radio_quiz"):  # there the same goods are asked about on another day; common facts
        about = {pair.question.entity for pair in case.taught}
        assert not about & {pair.question.entity for pair in case.tested}, "the test is about what the pairs are about"


@pytest.mark.parametrize("name", BRIEFS)
def test_a_page_states_each_answer_that_it_is_said_to_hold(name):
    case = load_case(name)
    pages = {
        document.doc_id: Passage("", document.doc_id, document.title, document.text) for document in case.documents
    }
    for pair in case.tested:
        for doc_id in pair.question.doc_ids:
            assert supports(pages[doc_id], pair.question), pair.question.text


def test_the_company_of_the_lessons_is_not_met_again():
    known = (paths.datasets() / "catalogue.jsonl").read_text(encoding="utf-8").casefold()
    for name in BRIEFS:
        for document in load_case(name).documents:
            assert document.title.casefold() not in known


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("budget_a_month: 900", "budget_a_month: none", ("line 14", "facts.budget_a_month")),
        ("task: questions", "task: riddles", ("line 19", "field task")),
        ("red_herring:", "red_hering:", ("red_h",)),
        ("matters: {quality: 5", "matters: {quality: 9", ("matters.quality",)),
        ("title: The support bot", "title: [", ("not YAML",)),
    ],
)
def test_a_schema_error_names_file_line_and_field(copied, old, new, said):
    spoil(copied, old, new)
    with pytest.raises(UsageError) as error:
        load_brief("support_bot", copied)
    message = str(error.value)
    assert "support_bot.yaml" in message and "\n" not in message
    assert "line " in message
    assert all(part in message for part in said), message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("item_id,split", "item_id,side", "missing column(s) split"),
        (",train,", ",training,", "field split"),
        ('"[""', '"[', "field answers"),
        (",D", ",X", "field doc_id"),
    ],
)
def test_faulty_items_name_line_and_field(copied, old, new, said):
    spoil(copied, old, new, "support_bot/items.csv")
    with pytest.raises(UsageError, match=r"items\.csv, line") as error:
        load_case("support_bot", copied)
    assert said in str(error.value)


def test_a_brief_without_data_says_what_to_add(copied):
    shutil.rmtree(copied / "support_bot")
    with pytest.raises(UsageError, match=r"no data; add items\.csv"):
        load_case("support_bot", copied)


def test_an_unknown_brief_lists_the_known(copied):
    with pytest.raises(UsageError, match="choose one of support_bot"):
        load_brief("suport_bot", copied)
