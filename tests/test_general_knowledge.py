"""The committed common facts: counts, spread, wordings, and the loader's one-line errors."""

import re
from collections import Counter

import pytest
from test_data_loaders import said_by, write_rows

from twolevers import paths
from twolevers.data.general_knowledge import INSTRUCTION, load_general_knowledge

FACT = {
    "fact_id": "G1",
    "topic": "capitals",
    "question": "What is the capital of France?",
    "second_wording": "Which city is the capital of France?",
    "answer": "Paris",
    "aliases": "[]",
}


@pytest.fixture(scope="module")
def facts():
    return load_general_knowledge()


def test_count_and_spread(facts):
    topics = Counter(facts["topic"])
    assert len(facts) == 150 and len(topics) >= 10
    assert max(topics.values()) <= 35


def test_wordings_are_short_questions_and_all_differ(facts):
    asked = [*facts["question"], *facts["second_wording"]]
    assert len(set(asked)) == len(asked)
    assert all(text.endswith("?") and len(text.split()) <= 16 for text in asked)


def test_answers_are_short_and_not_in_their_questions(facts):
    for fact in facts.itertuples():
        accepted = [fact.answer, *fact.aliases]
        assert len(set(accepted)) == len(accepted) and len(fact.answer.split()) <= 4
        for wording in (fact.question, fact.second_wording):
            named = [text for text in accepted if re.search(rf"\b{re.escape(text)}\b", wording, re.IGNORECASE)]
            assert not named, wording


def test_nothing_of_the_company(facts):
    assert not facts["question"].str.contains("Norvik|Hearthline", regex=True).any()


def test_the_sheet_says_what_the_data_say(facts):
    sheet = (paths.datasets() / "general_knowledge.md").read_text(encoding="utf-8")
    assert all(f"| {topic} | {count} |" in sheet for topic, count in Counter(facts["topic"]).items())
    assert INSTRUCTION in sheet and all(f"`{column}`" in sheet for column in facts.columns)


@pytest.mark.model
def test_the_untouched_model_knows_them(models):
    """On other processors a few answers may differ, so nine in ten will do; every third fact is asked."""
    from twolevers.arms.prompts import build
    from twolevers.evaluate.metrics import answer_match
    from twolevers.models.native.model import NativeModel

    some = load_general_knowledge().iloc[::3]
    written = NativeModel.load().generate([build(text, instruction=INSTRUCTION) for text in some["question"]])
    right = [
        answer_match(done.text, [fact.answer, *fact.aliases])
        for done, fact in zip(written, some.itertuples(), strict=True)
    ]
    assert sum(right) >= 0.9 * len(right)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"aliases": "Lutetia"}, "row 2, aliases: not JSON"),
        ({"answer": ""}, "row 2, answer:"),
        ({"fact_id": "G1"}, "row 2, fact_id: G1 is also in row 1"),
    ],
)
def test_a_bad_fact_is_named_by_row_and_column(tmp_path, change, words):
    path = write_rows(tmp_path / "g.csv", FACT, {**FACT, "fact_id": "G2", **change})
    assert words in said_by(load_general_knowledge, path)


def test_a_missing_file_or_column_is_named(tmp_path):
    assert "no such file" in said_by(load_general_knowledge, tmp_path / "none.csv")
    path = write_rows(tmp_path / "g.csv", {"fact_id": "G1", "question": "Why?"})
    assert "missing column(s) topic, second_wording, answer, aliases" in said_by(load_general_knowledge, path)
