"""All quiz banks together: enough items, every claim, every kind, half on evidence, and figures of known origin."""

import re
from collections import Counter, defaultdict
from typing import get_args

import pytest
from rich.console import Console

from twolevers import paths
from twolevers.data.claims import load_claims, load_published
from twolevers.evaluate.power import resolution
from twolevers.evaluate.statistics import wilson
from twolevers.learn.bank import load_bank
from twolevers.learn.kinds import AnyItem
from twolevers.learn.quiz_report import KINDS, by_claim, by_kind, by_lesson, coverage, load_banks, summary

BANKS, PUBLISHED = load_banks(), load_published()
ITEMS = [pytest.param(item, id=f"{stem}/{item.id}") for stem, bank in BANKS.items() for item in bank.items]
PER_LESSON, IN_ALL = 6, 90
MADE_UP = re.compile(r"^(Example|Made up|Made-up|Invented)\b")
COMPUTED = {"forty-questions": "the table of resolutions, recomputed below"}
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SOURCE = re.compile(r"\d{4}\.\d{5}|[\w.-]+/[\w.-]+|price pages of different months")


def every_item():
    return [item for bank in BANKS.values() for item in bank.items]


def evidence(item):
    """The heading of an item's table or figure, and the numbers that it shows."""
    if item.table:
        cells = [cell for row in item.table.rows for cell in row[1:]]
        return item.table.caption, [number for cell in cells for number in NUMBER.findall(cell)]
    shown = [number for row in item.figure.rows for number in (row.value, *(row.interval or ()))]
    return item.figure.title, [f"{number:g}" for number in shown]


def values(text):
    return {float(number.replace(",", "")) for number in NUMBER.findall(text)}


def test_every_lesson_has_a_quiz_and_every_quiz_a_lesson():
    lessons = {path.stem for path in (paths.repository() / "notebooks").glob("*.ipynb")}
    asked = {stem for stem in lessons if "quiz(" in (paths.repository() / "notebooks" / f"{stem}.ipynb").read_text()}
    assert asked <= set(BANKS), "a notebook asks for a quiz that is not there"
    assert set(load_claims()["lesson"]) <= set(BANKS)


@pytest.mark.parametrize("stem", BANKS)
def test_each_quiz_has_enough_items_and_half_of_them_on_evidence(stem):
    items = BANKS[stem].items
    read = sum(item.evidence for item in items)
    assert len(items) >= PER_LESSON
    assert 2 * read >= len(items), f"{read} of {len(items)} items read evidence"


def test_all_quizzes_together_are_enough():
    items = every_item()
    assert len(items) >= IN_ALL
    assert 2 * sum(item.evidence for item in items) >= len(items)
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(AnyItem)[0])}
    assert {item.kind for item in items} == set(KINDS) == kinds, "a kind that no item uses, or none that the report has"
    assert {item.difficulty for item in items} == {1, 2, 3}


def test_every_claim_is_asked_about_in_the_quiz_of_its_lesson():
    asked = defaultdict(set)
    for stem, bank in BANKS.items():
        for item in bank.items:
            for claim in item.claims:
                asked[claim].add(stem)
    claims = load_claims().set_index("id")["lesson"]
    assert set(asked) <= set(claims.index), "an item names a claim that does not exist"
    without = [claim for claim, lesson in claims.items() if lesson not in asked[claim]]
    assert not without, f"no item in the quiz of their own lesson: {without}"


def test_ids_are_unique_over_all_quizzes():
    twice = [name for name, n in Counter(item.id for item in every_item()).items() if n > 1]
    assert not twice


@pytest.mark.parametrize("item", ITEMS)
def test_everything_that_can_be_chosen_is_explained(item):
    said = [line.text for line in item.solution()]
    assert all(len(text.split()) >= 3 for text in said), f"too short to explain anything: {said}"
    assert len(set(said)) == len(said), "two options have the same explanation"
    wrong = getattr(item, "mistakes", None)
    assert wrong is None or wrong, "a typed answer should know at least one mistake by name"
    assert item.hint.strip() not in said, "the hint gives the explanation away"


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_on_evidence_shows_it(item):
    assert bool(item.table or item.figure) == item.evidence


@pytest.mark.parametrize("item", [each for each in ITEMS if each.values[0].table or each.values[0].figure])
def test_figures_are_labelled_made_up_or_are_as_published(item):
    heading, shown = evidence(item)
    if MADE_UP.match(heading) or item.id in COMPUTED:
        return
    assert heading.startswith("Published: "), f"neither 'Example' nor 'Published' heads it: {heading!r}"
    named = set(SOURCE.findall(heading))
    rows = PUBLISHED[PUBLISHED["source"].map(lambda source: bool(named & set(SOURCE.findall(source))))]
    assert len(rows), f"no row of published_results.csv has the source of {heading!r}"
    known = values(" ".join(rows["values"] + " " + rows["setting"] + " " + rows["metric"]))
    known |= {round(number / 100, 4) for number in known} | {round(number * 100, 2) for number in known}  # 65 %: 0.65
    if "Wilson" in heading:
        known |= {bound for cell in item.table.rows for bound in _wilson(cell)}
    strange = [number for number in shown if float(number.replace(",", "")) not in known]
    assert not strange, f"not in published_results.csv for this source: {strange}"


def _wilson(row):
    """Count, n and interval of a row that shows "11 of 17", as we compute them."""
    counted = next(match for cell in row if (match := re.fullmatch(r"(\d+) of (\d+)", cell)))
    right, n = map(int, counted.groups())
    interval = wilson(right, n)
    return {float(right), float(n), round(interval.low, 2), round(interval.high, 2)}


def test_the_table_of_resolutions_is_as_we_compute_it():
    item = next(item for item in load_bank("01_two_levers").items if item.id == "forty-questions")
    for n, smallest in item.table.rows:
        assert f"{resolution(int(n.replace(',', '')), discordant=0.5):.2f}" == smallest


def test_the_report_counts_every_item_and_names_claims_without_one():
    for groups in (by_lesson(BANKS), by_kind(BANKS)):
        assert sum(map(len, groups.values())) == len(every_item())
    console = Console(width=80)
    with console.capture() as capture:
        console.print(coverage("claim", by_claim(BANKS)))
    lines = {line.split()[0]: line.split()[1:] for line in capture.get().splitlines() if line.startswith("C")}
    assert list(lines) == list(load_claims()["id"])
    on_both = [item for item in every_item() if "C19" in item.claims]
    assert lines["C19"][:2] == [str(len(on_both)), str(sum(item.evidence for item in on_both))]
    few = {"01_two_levers": BANKS["01_two_levers"]}
    assert "12 items in 1 quizzes" in summary(few) and "C03, C04" in summary(few)
