"""The committed catalogue and questions: sizes, splits, leaks, readability, and the same bytes at each run."""

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from twolevers import paths
from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_claims, load_comparisons, load_published
from twolevers.data.questions import HELD_OUT_WORDINGS, TRAINING_WORDINGS, ask, load_questions

MADE = ("catalogue.jsonl", "questions.csv")
SHEETS = ("catalogue", "questions", "claims", "comparisons", "published_results")


@pytest.fixture(scope="module")
def pages():
    return load_catalogue()


@pytest.fixture(scope="module")
def products(pages):
    return [page for page in pages if page.kind == "product"]


@pytest.fixture(scope="module")
def questions():
    return load_questions()


def states(text, value):
    """Whether `text` holds `value` as a whole: 3.7 kg is not stated by 13.7 kg."""
    return re.search(rf"(?<![\w.,]){re.escape(value)}(?!\w)", text) is not None


def grams(text, n=5):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


def overlap(a, b):
    return len(a & b) / len(a | b)


def test_the_generator_writes_the_committed_bytes(tmp_path):
    run = [sys.executable, "-B", str(paths.datasets() / "generate"), "--out", str(tmp_path)]
    subprocess.run(run, check=True, timeout=60)
    for name in MADE:
        assert (tmp_path / name).read_bytes() == (paths.datasets() / name).read_bytes(), name


def test_sizes(products, pages, questions):
    assert len(products) >= 132 and len(pages) - len(products) >= 12
    assert all(len(page.attributes) == 8 for page in products)
    assert all(120 <= len(page.text.split()) <= 250 for page in products)
    counts = Counter(questions["kind"])
    least = {"fact": 660, "comparison": 80, "policy": 60, "unanswerable": 60, "out_of_corpus": 40}
    assert all(counts[kind] >= number for kind, number in least.items())
    facts = questions[questions["kind"] == "fact"]
    assert set(Counter(facts["entity"]).values()) == {5}
    assert (facts["split"] == "test").sum() >= 220
    files = [*MADE, *(f"{name}.csv" for name in SHEETS[2:]), *(f"{name}.md" for name in SHEETS)]
    assert all((paths.datasets() / name).stat().st_mode & 0o444 == 0o444 for name in MADE)
    assert sum((paths.datasets() / name).stat().st_size for name in files) < 1.5e6


def test_splits_keep_lines_together(products, pages, questions):
    split_of = defaultdict(set)
    for page in products:
        split_of[page.line].add(page.split)
    assert all(len(splits) == 1 for splits in split_of.values())
    shares = Counter(splits.copy().pop() for splits in split_of.values())
    assert shares["train"] / len(split_of) == pytest.approx(0.55, abs=0.03)
    assert shares["test"] / len(split_of) == pytest.approx(0.35, abs=0.03)
    assert {page.split for page in pages if page.kind == "policy"} == {"all"}
    by_id = {page.doc_id: page for page in pages}
    for row in questions.itertuples():
        assert all(by_id[doc].split in (row.split, "all") for doc in row.doc_ids)
        line = row.entity.rpartition(" ")[0]
        assert split_of.get(line, {row.split}) == {row.split}


def test_lines_have_two_to_four_siblings_that_differ(products):
    lines = defaultdict(list)
    for page in products:
        lines[page.line].append(page)
        assert page.title == f"{page.line} {page.year}"
    assert all(2 <= len(group) <= 4 for group in lines.values())
    for group in lines.values():
        for a, b in combinations(group, 2):
            shared = a.attributes.keys() & b.attributes.keys()
            assert len(shared) >= 6
            assert all(a.attributes[name] != b.attributes[name] for name in shared)


def test_pages_state_their_attributes_and_no_others(products):
    for page in products:
        assert all(states(page.text, value) for value in page.attributes.values()), page.doc_id
        siblings = [p for p in products if p.line == page.line and p is not page]
        for other in siblings:
            strange = [other.attributes[name] for name in other.attributes.keys() - page.attributes.keys()]
            own = set(page.attributes.values())
            assert not any(states(page.text, value) for value in strange if value not in own), page.doc_id


def test_answers_stand_in_the_pages(pages, questions):
    by_id = {page.doc_id: page for page in pages}
    for row in questions.itertuples():
        texts = [by_id[doc].text for doc in row.doc_ids]
        if row.kind == "fact":
            assert row.answers[0] == by_id[row.doc_ids[0]].attributes[row.attribute]
            assert states(texts[0], row.answers[0])
        elif row.kind == "policy":
            assert len(texts) == 2 and states(texts[1], row.answers[0])
        elif row.kind == "comparison":
            titles = {by_id[doc].title for doc in row.doc_ids}
            assert len(titles) == 2 and (row.answers[0] in titles or any(states(t, row.answers[0]) for t in texts))
        elif row.kind == "unanswerable":
            assert row.attribute not in by_id[row.doc_ids[0]].attributes
        else:
            assert not row.doc_ids and row.entity not in {page.title for page in pages}


def test_comparisons_name_the_right_sibling(pages, questions):
    by_id = {page.doc_id: page for page in pages}
    words = {
        "low": ("quieter", "smaller", "less powerful", "lighter", "cheaper", "narrower"),
        "high": ("louder", "roomier", "more powerful", "heavier", "more expensive", "wider"),
    }
    for row in questions[questions["kind"] == "comparison"].itertuples():
        pair = sorted(
            (by_id[doc] for doc in row.doc_ids),
            key=lambda p: float(re.match(r"[\d.,]+", p.attributes[row.attribute])[0].replace(",", "")),
        )
        (end,) = [end for end, forms in words.items() if any(form in row.question for form in forms)]
        winner = pair[0] if end == "low" else pair[1]
        assert row.answers[0] in (winner.title, winner.attributes[row.attribute])


def test_pages_of_different_lines_are_not_alike(products):
    grams_of = {page.doc_id: grams(page.text) for page in products}
    for a, b in combinations(products, 2):
        if a.line != b.line:
            assert overlap(grams_of[a.doc_id], grams_of[b.doc_id]) < 0.15, (a.doc_id, b.doc_id)


def masked(question):
    """Set of words of a question, the names of the product and of its siblings taken out."""
    text = question.text.replace(question.entity, "") if question.entity else question.text
    text = re.sub(rf"\b{question.entity.rpartition(' ')[0]} \d{{4}}", "", text)
    return set(re.findall(r"\w+", text.lower()))


def test_held_out_wordings_are_other_words(questions):
    """At most two words in three are shared with the nearest training wording of the same question, and no held-out
    wording is a training wording of any product. Short, direct questions on one noun cannot differ by much more.
    """
    training = [[masked(q) for q in ask(questions, n)] for n in TRAINING_WORDINGS]
    for n in HELD_OUT_WORDINGS:
        for i, question in enumerate(ask(questions, n)):
            held = masked(question)
            assert max(overlap(held, wordings[i]) for wordings in training) <= 2 / 3, question.text
    trained = {frozenset(words) for wordings in training for words in wordings}
    assert not trained & {frozenset(masked(q)) for n in HELD_OUT_WORDINGS for q in ask(questions, n)}


def test_wordings_differ_and_name_the_product(questions):
    for row in questions.itertuples():
        wordings = [row.question, *row.paraphrases]
        assert len(set(wordings)) == len(wordings) == 7
        if row.attribute != "other":
            assert all(row.entity in text for text in wordings), row.question_id


def test_questions_are_short(questions):
    texts = [question for n in range(7) for question in ask(questions[questions["kind"] == "fact"], n)]
    assert max(len(question.text.split()) for question in texts) <= 16


def test_few_facts_stand_beside_a_siblings_value(products):
    named = sum(f"{p.line} {year}" in p.text for p in products for year in range(2017, 2027) if year != p.year)
    assert named <= 0.1 * sum(len(page.attributes) for page in products)


def test_attributes_are_asked_in_many_ways(questions):
    forms = defaultdict(set)
    for row in questions[questions["kind"] == "fact"].itertuples():
        forms[row.attribute] |= {text.replace(row.entity, "{p}") for text in (row.question, *row.paraphrases)}
    assert min(len(texts) for texts in forms.values()) >= 10


def test_answers_are_hard_to_guess(questions):
    facts = questions[(questions["kind"] == "fact")]
    for attribute, rows in facts.groupby("attribute"):
        commonest = Counter(rows["answers"].str[0]).most_common(1)[0][1]
        assert commonest <= max(3, 0.15 * len(rows)), attribute


def test_unit_variants_are_accepted(questions):
    aliases = {row.answers[0]: row.answers for row in questions.itertuples() if row.answers}
    watts = next(names for value, names in aliases.items() if re.fullmatch(r"\d,\d{3} W", value))
    number = watts[0].removesuffix(" W").replace(",", "")
    assert {f"{number} watts", f"{int(number) / 1000:.2f} kW"} <= set(watts)
    decibels = next(names for value, names in aliases.items() if value.endswith(" dB"))
    assert decibels[0].replace(" dB", " decibels") in decibels


@pytest.mark.parametrize(
    "slip", [r"\ba [aeiou](?!n?other)", r"\ban [bcdfgjklmnpqrtvwxyz]", r"\b(\w+) \1\b", "  ", r" [.,?]", r"[{}]"]
)
def test_grammar_slips(pages, questions, slip):
    texts = [page.text for page in pages] + [q.text for n in range(7) for q in ask(questions, n)]
    found = [match[0] for text in texts if (match := re.search(slip, text, re.IGNORECASE))]
    assert not found, found[:5]


def test_claims_and_published_results():
    claims, published = load_claims(), load_published()
    assert list(claims["id"]) == [f"C{n:02d}" for n in range(1, 25)]
    assert list(published["id"]) == [f"P{n:02d}" for n in range(1, len(published) + 1)]
    assert set(published["claim_ids"].explode()) <= set(claims["id"])


def counted(name, pages, questions):
    """What the data sheet of `name` must say, by the words of its count table."""
    if name == "catalogue":
        products = [page for page in pages if page.kind == "product"]
        words = [len(page.text.split()) for page in products]
        counts = {
            "pages": len(pages),
            "product pages": len(products),
            "policy pages": len(pages) - len(products),
            "lines": len({page.line for page in products}),
            "words per product page": f"{min(words)} to {max(words)}",
        }
        return counts | {f"product pages in {s}": sum(p.split == s for p in products) for s in ("train", "dev", "test")}
    if name == "questions":
        table = Counter(zip(questions["kind"], questions["split"], strict=True))
        kinds = {
            kind: [table[kind, split] for split in ("train", "dev", "test")]
            for kind in dict.fromkeys(questions["kind"])
        }
        kinds["all"] = [sum(column) for column in zip(*kinds.values(), strict=True)]
        return {kind: " | ".join(map(str, [*row, sum(row)])) for kind, row in kinds.items()}
    frame = {"claims": load_claims, "comparisons": load_comparisons, "published_results": load_published}[name]()
    return {"rows": len(frame)} | (Counter(frame["basis"]) if name == "published_results" else {})


@pytest.mark.parametrize("name", SHEETS)
def test_data_sheets_count_right(name, pages, questions):
    sheet = (paths.datasets() / f"{name}.md").read_text(encoding="utf-8")
    for label, number in counted(name, pages, questions).items():
        assert f"| {label} | {number} |" in sheet, f"{name}.md should say: | {label} | {number} |"
    first = next(
        iter((paths.datasets() / f"{name}.{'jsonl' if name == 'catalogue' else 'csv'}").open(encoding="utf-8"))
    )
    columns = json.loads(first) if name == "catalogue" else first.strip().split(",")
    assert all(f"`{column}`" in sheet for column in columns)
