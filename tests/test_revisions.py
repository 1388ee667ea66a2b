"""The committed revisions: pages that read on, answers of the month, nothing left of what is gone."""

import json
import re
from collections import Counter
from itertools import pairwise

import pytest

from twolevers import paths
from twolevers.data.catalogue import load_catalogue
from twolevers.data.questions import HELD_OUT_WORDINGS, TRAINING_WORDINGS, ask, load_questions
from twolevers.data.revisions import MONTHS, apply, load_revisions, questions_as_of, revised_questions
from twolevers.errors import UsageError
from twolevers.evaluate.metrics import answer_match

LINE = {
    "revision_id": "V1",
    "month": 1,
    "doc_id": "a-2020",
    "kind": "price",
    "attributes": {"price": ["7 crowns", "8 crowns"]},
    "edits": [{"doc_id": "a-2020", "old": "It costs 7 crowns.", "new": "It costs 8 crowns."}],
    "document": None,
    "questions": [],
    "answers": {"Q1": ["8 crowns"]},
}


@pytest.fixture(scope="module")
def revisions():
    return load_revisions()


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue()


@pytest.fixture(scope="module")
def questions():
    return load_questions()


@pytest.fixture(scope="module")
def months(catalogue, revisions):
    return [{page.doc_id: page for page in apply(catalogue, revisions, month)} for month in range(MONTHS + 1)]


@pytest.fixture(scope="module")
def asked(questions, revisions):
    return [revised_questions(questions, revisions, month) for month in range(MONTHS + 1)]


def states(text, value):
    """Whether `text` holds `value` as a whole: 3.7 kg is not stated by 13.7 kg."""
    return re.search(rf"(?<![\w.,]){re.escape(value)}(?!\w)", text) is not None


def sentences_on(pages, title):
    return [part for page in pages for part in re.split(r"(?<=[.?!])\s+", page.text) if title in part]


def test_a_year_of_revisions(revisions):
    kinds = Counter(revision.kind for revision in revisions)
    assert set(kinds) == {"price", "spec", "recall", "new", "delete"} and min(kinds.values()) >= 3
    monthly = Counter(revision.month for revision in revisions)
    assert set(monthly) == set(range(1, MONTHS + 1)) and all(6 <= number <= 10 for number in monthly.values())
    assert 100 <= sum(len(revision.attributes) for revision in revisions) <= 150
    assert len({(revision.month, revision.doc_id) for revision in revisions}) == len(revisions)
    fates = {}
    for revision in revisions:
        fates.setdefault(revision.doc_id, set()).add(revision.kind)
    assert all(len(kinds) == 1 for kinds in fates.values())


def test_month_zero_is_the_catalogue_itself(catalogue, questions, revisions, months, asked):
    before = json.dumps([vars(page) for page in catalogue])
    assert list(months[0].values()) == catalogue
    apply(catalogue, revisions, MONTHS)
    assert json.dumps([vars(page) for page in catalogue]) == before
    frame = questions_as_of(questions, revisions, 0)
    assert frame.drop(columns=["changed_in", "old_answers"]).equals(questions)
    assert set(frame["changed_in"]) == set(asked[0]["changed_in"]) == {0}


def test_changed_pages_say_the_new_value_and_not_the_old_one(revisions, months):
    for revision in revisions:
        page = months[revision.month].get(revision.doc_id)
        for name, (old, new) in revision.attributes.items():
            assert months[revision.month - 1][revision.doc_id].attributes[name] == old
            assert page.attributes[name] == new != old
            assert states(page.text, new) and not states(page.text, old)
            told = sentences_on(months[revision.month].values(), page.title)
            assert not any(states(sentence, old) for sentence in told)


def test_pages_of_every_month_state_their_attributes_and_read_well(months):
    slips = r"\ba [aeiou](?!n?other)|\ban [bcdfgjklmnpqrtvwxyz]|\b(\w+) \1\b|  | [.,?]|[{}]"
    for pages in months[1:]:
        for page in pages.values():
            assert all(states(page.text, value) for value in page.attributes.values()), page.doc_id
            assert not re.search(slips, page.text, re.IGNORECASE), page.text
            assert page.text.count("\n\n\n") == 0 and page.text == page.text.strip()


def test_siblings_never_share_a_value(months):
    for pages in months[1:]:
        lines = {}
        for page in pages.values():
            lines.setdefault(page.line, []).append(page)
        for group in (group for line, group in lines.items() if line):
            for name in {name for page in group for name in page.attributes}:
                told = [page.attributes[name] for page in group if name in page.attributes]
                assert len(set(told)) == len(told), (group[0].line, name)


def test_new_products_are_siblings_with_pages_of_the_usual_length(revisions, catalogue, months):
    splits = {page.line: page.split for page in catalogue if page.line}
    for revision in (r for r in revisions if r.kind == "new"):
        page = revision.document
        assert revision.doc_id not in months[revision.month - 1] and revision.doc_id in months[revision.month]
        assert splits[page.line] == page.split and len(page.attributes) == 8
        assert 120 <= len(page.text.split()) <= 250 and len(revision.questions) == 5


def test_deleted_products_are_named_nowhere(revisions, catalogue, months):
    titles = {page.doc_id: page.title for page in catalogue}
    deleted = [revision for revision in revisions if revision.kind == "delete"]
    assert deleted and deleted[0].month <= 3
    for revision in deleted:
        for pages in months[revision.month :]:
            assert revision.doc_id not in pages
            assert not sentences_on(pages.values(), titles[revision.doc_id])


def test_recalled_pages_say_so_first(revisions, months):
    for revision in (r for r in revisions if r.kind == "recall"):
        notice = months[revision.month][revision.doc_id].text.split("\n\n")[0]
        assert "recall" in notice and "recall" not in months[revision.month - 1][revision.doc_id].text
        assert all(states(notice, row["answers"][0]) for row in revision.questions)


def test_answers_are_those_of_the_month(months, asked):
    for pages, frame in zip(months, asked, strict=True):
        for row in frame[frame["kind"].isin(["fact", "policy"])].itertuples():
            assert any(states(pages[doc].text, row.answers[0]) for doc in row.doc_ids), row.question_id
            if row.attribute in pages[row.doc_ids[0]].attributes:
                assert pages[row.doc_ids[0]].attributes[row.attribute] == row.answers[0]
        for row in frame[frame["kind"] == "comparison"].itertuples():
            pair = [pages[doc] for doc in row.doc_ids]
            high = re.search("louder|roomier|more powerful|heavier|more expensive|wider", row.question)
            best = (max if high else min)(pair, key=lambda p: number(p.attributes[row.attribute]))
            assert row.answers[0] in (best.title, best.attributes[row.attribute]), row.question


def number(value):
    return float(re.match(r"[\d.,]+", value)[0].replace(",", ""))


def test_nothing_is_answered_from_a_deleted_page(revisions, questions, months):
    deleted = {r.doc_id: r.month for r in revisions if r.kind == "delete"}
    about = {row.question_id: row.doc_ids for row in questions.itertuples() if set(row.doc_ids) & deleted.keys()}
    for month in range(MONTHS + 1):
        frame = questions_as_of(questions, revisions, month)
        assert all(set(docs) <= months[month].keys() for docs in frame["doc_ids"])
        assert ((frame["kind"].isin(["unanswerable", "out_of_corpus"])) == (frame["answers"].str.len() == 0)).all()
        rows = frame.set_index("question_id")
        for name, docs in about.items():
            gone = any(deleted.get(doc, MONTHS + 1) <= month for doc in docs)
            assert not gone or rows.loc[name, "kind"] == "unanswerable"


def test_old_answers_are_what_was_accepted_before(asked):
    first, last = asked[0].set_index("question_id"), asked[MONTHS]
    for row in last[last["changed_in"] > 0].itertuples():
        assert not set(row.old_answers) & set(row.answers)
        if row.question_id.startswith("N"):
            assert row.old_answers == [] and row.answers
    facts = last[(last["kind"] == "fact") & (last["changed_in"] > 0) & last["question_id"].str.startswith("Q")]
    assert len(facts) >= 100
    for row in facts.itertuples():
        assert not answer_match(row.answers[0], row.old_answers), row.question_id
        assert not answer_match(row.old_answers[0], row.answers), row.question_id
    assert not set(first.index) & set(last[last["changed_in"] > 0]["question_id"])


def test_changes_add_up_and_controls_stay(asked):
    changed = [set(frame[frame["changed_in"] > 0]["question_id"]) for frame in asked]
    assert all(before < after for before, after in pairwise(changed))
    controls = [frame[frame["changed_in"] == 0].drop(columns=["changed_in"]) for frame in asked]
    assert all(frame.reset_index(drop=True).equals(controls[0].reset_index(drop=True)) for frame in controls)
    assert len(controls[0]) >= 100 and set(controls[0]["kind"]) == {"fact"}


def test_new_questions_have_wordings_that_no_training_uses(asked, questions):
    last = asked[MONTHS]
    new = last[last["question_id"].str.startswith("N")]
    assert len(new) >= 30 and not set(new["question_id"]) & set(questions["question_id"])
    for row in new.itertuples():
        wordings = [row.question, *row.paraphrases]
        assert len(set(wordings)) == 7 and all(row.entity in text for text in wordings)
    held = {question.text for n in HELD_OUT_WORDINGS for question in ask(new, n)}
    trained = {question.text for n in TRAINING_WORDINGS for question in ask(new, n)}
    assert not held & trained


def test_the_sheet_counts_right(revisions, asked, months):
    sheet = (paths.datasets() / "revisions.md").read_text(encoding="utf-8")
    counts = {**Counter(revision.kind for revision in revisions), "all": len(revisions)}
    counts["facts changed"] = sum(len(revision.attributes) for revision in revisions)
    counts["answers changed"] = sum(len(revision.answers) for revision in revisions)
    counts["new questions"] = sum(len(revision.questions) for revision in revisions)
    counts["questions changed in the year"] = (asked[MONTHS]["changed_in"] > 0).sum()
    counts["controls"] = len(asked[0])
    counts["pages after month 12"] = len(months[MONTHS])
    for label, count in counts.items():
        assert f"| {label} | {count} |" in sheet, f"| {label} | {count} |"
    assert all(f"`{name}`" in sheet for name in LINE)


def write(path, *lines):
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"month": 13}, "row 2, month:"),
        ({"kind": "rumour"}, "row 2, kind:"),
        ({"edits": [{"doc_id": "a-2020"}]}, "row 2, edits.0.old:"),
        ({"attributes": {"price": ["7 crowns"]}}, "row 2, attributes.price.1:"),
        ({"document": {"doc_id": "b"}}, "row 2, document.title:"),
        ({"revision_id": "V1"}, "row 2, revision_id: V1 is also in row 1"),
    ],
)
def test_a_bad_line_is_named_in_one_line(tmp_path, change, words):
    path = write(tmp_path / "r.jsonl", LINE, {**LINE, "revision_id": "V2", **change})
    with pytest.raises(UsageError, match=re.escape(words)) as caught:
        load_revisions(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_revisions_must_come_in_order_and_fit(tmp_path, catalogue, questions, revisions):
    path = write(tmp_path / "r.jsonl", {**LINE, "month": 2}, {**LINE, "revision_id": "V2"})
    with pytest.raises(UsageError, match="row 2, month: 1 comes after 2; sort by month"):
        load_revisions(path)
    strange = load_revisions(write(path, LINE))
    with pytest.raises(UsageError, match="Revision V1 does not fit: there is no page a-2020"):
        apply(catalogue, strange, 1)
    with pytest.raises(UsageError, match="Revision V1 does not fit: there is no question Q1"):
        questions_as_of(questions, strange, 1)
    twice = apply(catalogue, revisions, 1)
    with pytest.raises(UsageError, match="does not say once"):
        apply(twice, revisions, 1)
    for month in (-1, MONTHS + 1):
        with pytest.raises(UsageError, match="There is no month"):
            apply(catalogue, revisions, month)
