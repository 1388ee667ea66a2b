"""What is put into the article's mouth: words in quotation marks beside its name stand in `source` of claims.csv.

The rule reads one paragraph at a time, wherever a learner or an instructor reads: lessons, exercises, quizzes, guide,
glossary (decks are made of the lessons). A paragraph that names claims must quote one of those.
"""

import ast
import re
from functools import cache

import pytest
import yaml

from twolevers import paths
from twolevers.data.claims import load_claims
from twolevers.publish.notebook import read

ROOT = paths.repository()
NOTEBOOKS = [*sorted((ROOT / "notebooks").glob("*.ipynb")), *sorted((ROOT / "solutions").glob("*.ipynb"))]
QUIZZES = sorted((ROOT / "datasets" / "quizzes").glob("*.yaml"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "slides").glob("*.md"))]
ARTICLE = re.compile(r"\bthe (?:source )?article\b", re.IGNORECASE)
QUOTED = re.compile(r'"([^"\n]+)"|“([^”\n]+)”')
PARAGRAPH = re.compile(r"\n\s*(?:\n|[-*|] |\d+\. )\s*")


def plain(text):
    """Lower case, single spaces, no punctuation at the ends."""
    return re.sub(r"\s+", " ", text).strip(" .,;:?!*").casefold()


@cache
def sources():
    return {row.id: plain(row.source) for row in load_claims().itertuples()}


def quotations(text):
    """(quoted words, claims named) of each paragraph that names the article."""
    for paragraph in (part.replace("\n", " ") for part in PARAGRAPH.split(text)):
        if ARTICLE.search(paragraph):
            named = re.findall(r"\bC\d\d\b", paragraph)
            yield from ((next(filter(None, found)), named) for found in QUOTED.findall(paragraph))


def invented(text):
    """Quotations of the article that none of its claims (or none of those named) holds."""
    held = sources()
    return [
        words
        for words, named in quotations(text)
        if not any(plain(words) in held[claim] for claim in named or list(held))
    ]


def said(cell):
    """The texts of a cell: the prose, or each string of the code."""
    if cell.cell_type == "markdown":
        return [cell.source]
    tree = ast.walk(ast.parse(cell.source))
    return [node.value for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def strings(node):
    if isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from strings(each)
    elif isinstance(node, str):
        yield node


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_lessons_quote_the_article_in_its_words(path):
    for cell in read(path).cells:
        for text in said(cell):
            assert not invented(text), f"{cell.id}: not the article's words: {invented(text)}"


@pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)
def test_quizzes_quote_the_article_in_its_words(path):
    for text in strings(yaml.safe_load(path.read_text("utf-8"))):
        assert not invented(text), f"not the article's words: {invented(text)}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_quote_the_article_in_its_words(path):
    found = invented(path.read_text("utf-8"))
    assert not found, f"not the article's words: {found}"


def test_every_claim_holds_what_the_article_says_of_it():
    assert all(sources().values())


def test_an_invented_quotation_is_found():
    assert invented('"Fine-tuning takes thousands of correct examples", says the article.')
    assert not invented('The article adds "especially at inference".')
    assert invented('The article adds "especially at inference" in C11.')
    assert not invented('"Nobody needs it", said the team.\n\nThe article is silent.')
