"""The large collection: seeded, varied, alike the catalogue, and without an answer to any question on it."""

import re

import pyarrow as pa
import pytest

from twolevers.data.catalogue import load_catalogue
from twolevers.data.crowd import PASSAGES, PRODUCTS, crowd, invented_lines
from twolevers.data.questions import load_questions
from twolevers.errors import UsageError


@pytest.fixture(scope="module")
def pages():
    return load_catalogue()


@pytest.fixture(scope="module")
def sample(pages):
    return next(crowd(pages, 4_000))


def test_so_many_passages_in_tables(pages):
    n = PRODUCTS * PASSAGES + 10
    tables = list(crowd(pages, n))
    assert [len(table) for table in tables] == [PRODUCTS * PASSAGES, 10]
    together = pa.concat_tables(tables)
    assert together.column_names == ["passage_id", "doc_id", "title", "text"]
    assert len(set(together["passage_id"].to_pylist())) == n
    assert list(crowd(pages, 0)) == []


def test_one_seed_one_crowd(pages, sample):
    assert next(crowd(pages, 1_000)).equals(sample.slice(0, 1_000))
    other = next(crowd(pages, 1_000, seed=1))
    assert len(set(other["title"].to_pylist()) & set(sample["title"].to_pylist())) < 50


def test_passages_are_varied_and_as_long_as_the_catalogues(sample):
    texts = sample["text"].to_pylist()
    assert len(set(texts)) == len(texts)
    words = [len(text.split()) for text in texts]
    assert 35 < sum(words) / len(words) < 55
    assert "{" not in " ".join(texts)


def test_names_are_nobodys_in_the_catalogue_or_the_questions(pages):
    """Over every name that a crowd can have, not a sample: also the products that the catalogue lacks stay lacking."""
    names = set(invented_lines(pages))
    assert len(names) > 20_000
    asked = {entity.rsplit(" ", 1)[0] for entity in load_questions()["entity"]}
    assert not names & ({page.line for page in pages} | asked)


def test_no_passage_speaks_of_the_catalogues_products(pages, sample):
    lines = "|".join(sorted({page.line for page in pages if page.line}))
    real = re.compile(rf"\b({lines}|Norvik|Tarn)\b")
    assert not [text for text in sample["text"].to_pylist() if real.search(text)]


def test_a_page_is_about_its_own_product(sample):
    rows = sample.to_pylist()
    named = [row["title"] in row["text"] for row in rows]
    assert sum(named) > 0.95 * len(rows)
    assert all(row["passage_id"].startswith(row["doc_id"] + "#") for row in rows)
    assert all(row["doc_id"] == row["title"].lower().replace(" ", "-") for row in rows)


def test_too_many_is_one_clear_line(pages):
    with pytest.raises(UsageError, match="needs more names than there are: ask for"):
        next(crowd(pages, 10**9))
