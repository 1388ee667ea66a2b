"""A larger model is proposed where it fits, its minutes extrapolated and said so; what documents share is named."""

import pytest
from bakeoff_sample import results

from twolevers.bakeoff.larger import LADDER, propose, said
from twolevers.bakeoff.report import html
from twolevers.bakeoff.tasks.kinds import QUESTIONS
from twolevers.bakeoff.tasks.likeness import alike, of_documents
from twolevers.bakeoff.tasks.split import split
from twolevers.data.records import Document, Question

HERE = LADDER[0].name


@pytest.mark.parametrize(
    ("free", "seconds", "name"),
    [
        (30, 60, "SmolLM2-1.7B-Instruct"),
        (5, 60, "Qwen2.5-0.5B-Instruct"),
        (3.6, 60, "SmolLM2-360M-Instruct"),
        (30, 1200, "Qwen2.5-0.5B-Instruct"),
    ],
)
def test_the_largest_that_fits_memory_and_time(free, seconds, name):
    found = propose(HERE, seconds, ["both", "rag"], free)
    assert found["id"].endswith(name) and found["gib"] <= free
    size = next(each for each in LADDER if each.name == name)
    assert found["minutes"] == pytest.approx(seconds / 60 * size.billions / LADDER[0].billions, abs=0.1)
    assert f"--model {size.id} --arms both,rag --minutes " in found["option"]
    assert "extrapolated" in said(found) and "not measured" in said(found)


@pytest.mark.parametrize(("model", "free", "seconds"), [(HERE, 3, 60), ("other", 30, 60), (HERE, 30, 10_000)])
def test_none_is_proposed_where_none_fits(model, free, seconds):
    assert propose(model, seconds, ["rag"], free) is None
    assert "larger one reads better" in said(None)


def test_the_report_proposes_it():
    found, _ = results(prompt=0.1, rag=0.4)
    found["larger"] = propose(HERE, 60, ["rag"], 30)
    assert "--model HuggingFaceTB/SmolLM2-1.7B-Instruct --arms rag" in html(found, QUESTIONS, ())


def page(name, text):
    return Document(name, "", text, "page", "", None, {}, "")


def test_what_documents_share_is_named():
    words = ["oven", "kettle", "washer", "fan", "iron", "toaster"]
    shared = "All rights are reserved by the company of the two levers, and nothing said here binds anybody at all."
    pages = [page(word, f"The {word} has {n} doors and {word * n}. {shared}") for n, word in enumerate(words, start=1)]
    (note,) = of_documents(pages, alike(pages))
    assert note.startswith("6 of 6 documents share boilerplate, such as 'All rights are reserved")
    copy = page("oven-copy", pages[0].text.replace("doors", "door s"))
    same = alike([*pages, copy])
    assert same == {"oven": "oven", "oven-copy": "oven"}
    boiler, near = of_documents([*pages, copy], same)
    assert "7 of 7" in boiler and "2 documents are nearly the same as another (oven-copy and oven)" in near
    other = [page("a", "The oven is red."), page("b", "Kettles whistle at dawn.")]
    assert alike(other) == {} and of_documents(other, {}) == ()


def test_questions_about_documents_that_are_nearly_the_same_stay_on_one_side():
    asked = [Question(f"q{n}", "?", ("x",), "question", (f"d{n}",), "", "", "") for n in range(40)]
    pairs = {f"d{n}": f"d{n - n % 2}" for n in range(40)}
    found = split(asked, None, 1, pairs)
    sides = [{int(each.question_id[1:]) // 2 for each in side} for side in (found.training, found.tested)]
    assert all(sides) and not sides[0] & sides[1]
