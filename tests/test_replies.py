"""The committed replies: on brand, true, varied, and no letter of train in another split."""

import csv
import re
import subprocess
import sys
from collections import Counter

import pytest

from twolevers import paths
from twolevers.data.catalogue import load_catalogue
from twolevers.data.replies import letters, load_guide, load_replies
from twolevers.errors import UsageError
from twolevers.evaluate.brand_rules import APPLIANCES, check, hand_off
from twolevers.evaluate.metrics import answer_match

POLICY_FACTS = {"returns", "shipping", "repairs", "recycling", "data_protection"}
ROW = {
    "reply_id": "R1",
    "product": "A 2020",
    "attribute": "noise_level",
    "doc_id": "a-2020",
    "topic": "running",
    "voice": "plain",
    "question": "How loud is it?",
    "reply": "31 dB.",
    "fact": '["31 dB"]',
    "split": "test",
}


@pytest.fixture(scope="module")
def replies():
    return load_replies()


@pytest.fixture(scope="module")
def pages():
    return {page.doc_id: page for page in load_catalogue()}


@pytest.fixture(scope="module")
def tokenizer(models):
    from transformers import AutoTokenizer

    from twolevers.models.weights import LANGUAGE_MODEL

    return AutoTokenizer.from_pretrained(LANGUAGE_MODEL.folder)


def masked(row):
    """Set of words of a letter, the product's name taken out."""
    line = row.product.rpartition(" ")[0]
    return frozenset(re.findall(r"\w+", re.sub(rf"{line} \d{{4}}", "", row.question, flags=re.IGNORECASE).lower()))


def test_the_generator_writes_the_committed_bytes(tmp_path):
    run = [sys.executable, "-B", str(paths.datasets() / "generate"), "--out", str(tmp_path)]
    subprocess.run(run, check=True, timeout=60)
    for name in ("replies.csv", "revisions.jsonl"):
        made, kept = tmp_path / name, paths.datasets() / name
        assert made.read_bytes() == kept.read_bytes(), name
        assert kept.stat().st_size <= 400_000


def test_sizes_and_splits(replies, pages):
    assert len(replies) >= 400 and (replies["split"] == "train").sum() >= 200
    assert replies["question"].is_unique and replies["reply"].is_unique
    split_of = {page.title: page.split for page in pages.values()}
    assert all(split_of[row.product] == row.split for row in replies.itertuples())
    assert set(replies["product"]) == {page.title for page in pages.values() if page.kind == "product"}


def test_every_reply_obeys_all_rules(replies):
    for row in replies.itertuples():
        assert all(check(row.reply).values()), row.reply
        assert hand_off(row.reply)["topic"] == row.topic
        assert len(row.reply.splitlines()) == 4


def test_every_reply_states_a_true_fact(replies, pages):
    for row in replies.itertuples():
        page = pages[row.doc_id]
        assert answer_match(row.reply, row.fact, entity=row.product), row.reply
        assert row.fact[0] in page.text and row.fact[0] in row.reply
        assert not answer_match(row.question, row.fact, entity=row.product), row.question
        if page.kind == "product":
            assert page.title == row.product and page.attributes[row.attribute] == row.fact[0]
        else:
            assert row.attribute in POLICY_FACTS and row.doc_id == f"policy-{row.attribute.replace('_', '-')}"


def test_the_policy_names_the_kind_beside_the_fact(replies, pages):
    for row in replies[replies["attribute"].isin(POLICY_FACTS)].itertuples():
        (term,) = [term for term in APPLIANCES if term in row.reply]
        told = [part for part in re.split(r"(?<=[.])\s+", pages[row.doc_id].text) if row.fact[0] in part]
        assert any(APPLIANCES[term][0] in part.lower() for part in told), (row.doc_id, row.reply)


def test_the_letter_names_product_and_kind(replies):
    for row in replies.itertuples():
        (term,) = [term for term in APPLIANCES if term in row.reply]
        assert row.product.lower() in row.question.lower()
        assert APPLIANCES[term][0] in row.question and term not in row.question


def test_letters_come_in_many_voices(replies):
    shares = Counter(replies["voice"])
    assert len(shares) >= 5 and min(shares.values()) >= 20
    for split in ("train", "test"):
        assert set(replies[replies["split"] == split]["voice"]) == set(shares)
    assert (replies["question"].str.contains("!")).mean() > 0.1


def test_no_letter_of_train_is_nearly_another(replies):
    train = [masked(row) for row in replies[replies["split"] == "train"].itertuples()]
    for row in replies[replies["split"] != "train"].itertuples():
        words = masked(row)
        nearest = max(train, key=lambda other: len(words & other) / len(words | other))
        assert len(words & nearest) / len(words | nearest) <= 0.5, (row.question, sorted(nearest))


@pytest.mark.parametrize(
    "slip", [r"\ba [aeiou](?!n?other)", r"\ban [bcdfgjklmnpqrtvwxyz]", r"\b(\w+) \1\b", "  ", r" [.,?]"]
)
def test_grammar_slips(replies, slip):
    texts = [*replies["question"], *(row.reply.rsplit("\n", 1)[0] for row in replies.itertuples())]
    assert not [text for text in texts if re.search(slip, text, re.IGNORECASE)]


@pytest.mark.model
def test_replies_are_short(replies, tokenizer):
    counts = [len(tokenizer(text)["input_ids"]) for text in replies["reply"]]
    assert max(counts) <= 72
    assert f"| tokens per reply | {min(counts)} to {max(counts)} |" in sheet()


def sheet():
    return (paths.datasets() / "replies.md").read_text(encoding="utf-8")


def test_the_sheet_counts_right(replies):
    counts = {"rows": len(replies), **Counter(replies["split"]), "voices": replies["voice"].nunique()}
    counts["facts of house rules"] = replies["attribute"].isin(POLICY_FACTS).sum()
    counts["facts of product pages"] = len(replies) - counts["facts of house rules"]
    for label, number in counts.items():
        assert f"| {label} | {number} |" in sheet(), f"| {label} | {number} |"
    assert all(f"`{column}`" in sheet() for column in replies.columns)


def test_letters_can_be_asked(replies):
    question = letters(replies.head(1))[0]
    row = replies.iloc[0]
    assert (question.question_id, question.text, list(question.answers)) == (row.reply_id, row.question, row.fact)
    assert question.answerable and question.entity == row["product"] and question.doc_ids == (row.doc_id,)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fact": "31 dB"}, "row 1, fact: not JSON"),
        ({"fact": "[]"}, "row 1, fact:"),
        ({"reply": ""}, "row 1, reply:"),
        ({"split": "all"}, "row 1, split:"),
    ],
)
def test_a_bad_row_is_named_in_one_line(tmp_path, change, words):
    path = tmp_path / "r.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, ROW)
        table.writeheader()
        table.writerow({**ROW, **change})
    with pytest.raises(UsageError, match=re.escape(words)) as caught:
        load_replies(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_missing_files_and_columns(tmp_path):
    for load in (load_replies, load_guide):
        with pytest.raises(UsageError, match="no such file"):
            load(tmp_path / "none")
    path = tmp_path / "r.csv"
    path.write_text("reply_id,question\nR1,Hello?\n", encoding="utf-8")
    with pytest.raises(UsageError, match="missing column"):
        load_replies(path)
