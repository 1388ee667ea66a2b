"""The committed tickets: splits, label noise, variety, privacy, and how hard they are for a bag of words."""

import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import yaml
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from test_data_loaders import said_by, write_rows

from twolevers import paths
from twolevers.data.catalogue import load_catalogue
from twolevers.data.tickets import QUEUES, RULE, load_tickets

TICKET = {
    "ticket_id": "T1",
    "text": "My kettle leaks.",
    "queue": "Lantern",
    "split": "test",
    "scenario": "S001",
    "voice": "plain",
    "product": "Brisola 2025",
    "clean_queue": "Lantern",
}
SPLITS = ("train", "dev", "test")


@pytest.fixture(scope="module")
def tickets():
    return load_tickets()


@pytest.fixture(scope="module")
def frames():
    return yaml.safe_load((paths.datasets() / "generate" / "tickets_voices.yaml").read_text(encoding="utf-8"))


def sentences(ticket):
    """Sentences of five words and more, in lower case, the product's name taken out."""
    text = ticket.text.lower()
    for word in (ticket.product.lower(), ticket.product.split()[0].lower()):
        text = text.replace(word, "@")
    return {s for s in re.split(r"(?<=[.?!,]) ", text) if len(s.split()) >= 5}


def test_the_generator_writes_the_committed_bytes(tmp_path):
    run = [sys.executable, "-B", str(paths.datasets() / "generate"), "--out", str(tmp_path)]
    subprocess.run(run, check=True, timeout=60)
    for name in ("tickets.csv", "general_knowledge.csv"):
        assert (tmp_path / name).read_bytes() == (paths.datasets() / name).read_bytes(), name


def test_sizes_and_balance(tickets):
    assert len(tickets) >= 2400 and (paths.datasets() / "tickets.csv").stat().st_size <= 700_000
    for split in SPLITS:
        rows = tickets[tickets["split"] == split]
        assert set(rows["clean_queue"]) == set(QUEUES)
        assert len(set(Counter(rows["clean_queue"]).values())) == 1
    scenarios = tickets.groupby("clean_queue")["scenario"].nunique()
    assert len(scenarios) == 12 and scenarios.min() >= 25
    assert min(Counter(tickets["voice"]).values()) >= 250 and tickets["voice"].nunique() == 8


def test_a_scenario_has_one_queue_and_one_split(tickets):
    for column in ("split", "clean_queue"):
        assert tickets.groupby("scenario")[column].nunique().max() == 1


def test_no_sentence_crosses_the_splits(tickets):
    said = {split: set() for split in SPLITS}
    for ticket in tickets.itertuples():
        said[ticket.split] |= sentences(ticket)
    for split in ("dev", "test"):
        assert not said["train"] & said[split], sorted(said["train"] & said[split])[:3]
    assert not said["dev"] & said["test"]


def test_no_near_duplicates(tickets):
    assert tickets["text"].is_unique
    bags = CountVectorizer(binary=True, token_pattern=r"\w+").fit_transform(tickets["text"]).tocsr()
    sizes = np.asarray(bags.sum(axis=1)).ravel()
    shared = (bags @ bags.T).toarray()
    jaccard = shared / (sizes[:, None] + sizes[None, :] - shared)
    other = tickets["split"].to_numpy()[:, None] != tickets["split"].to_numpy()[None, :]
    assert jaccard[other].max() < 0.5
    np.fill_diagonal(jaccard, 0)
    assert jaccard.max() < 0.85


def test_only_training_labels_are_noisy(tickets, frames):
    wrong = tickets[tickets["queue"] != tickets["clean_queue"]]
    assert set(wrong["split"]) == {"train"}
    share = len(wrong) / (tickets["split"] == "train").sum()
    assert 0.03 <= share <= 0.05
    assert all(row.queue in frames["beside"][row.clean_queue] for row in wrong.itertuples())


def test_hard_but_learnable_for_a_bag_of_words(tickets):
    train, test = tickets[tickets["split"] == "train"], tickets[tickets["split"] == "test"]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = make_pipeline(words, LogisticRegression(C=10, max_iter=300)).fit(train["text"], train["queue"])
    score = f1_score(test["clean_queue"], model.predict(test["text"]), average="macro")
    assert 0.6 < score < 0.9


def test_no_text_gives_its_desk_away(tickets):
    hints = [*(name.lower() for name in QUEUES), "lighthouse", "boatyard", "swordfish", "digitalis", "sword hilt"]
    hints += ["reed", "rope", "bowling", "skittle", "mill race", "desk", "department", "team of"]
    pattern = re.compile(r"\b(?:" + "|".join(hints) + r")\b", re.IGNORECASE)
    found = [match[0] for text in tickets["text"] if (match := pattern.search(text))]
    assert not found


def test_lengths(tickets):
    words = tickets["text"].str.split().str.len()
    assert words.min() >= 8 and words.max() <= 110
    assert words[tickets["voice"] == "terse"].mean() < words[tickets["voice"] == "rambling"].mean() / 1.4


def test_products_come_from_the_catalogue(tickets):
    titles = {page.title for page in load_catalogue() if page.kind == "product"}
    assert set(tickets["product"]) <= titles and tickets["product"].nunique() >= 120


def test_only_invented_people(tickets, frames):
    for text in tickets["text"]:
        assert not re.search(r"@|https?:|www\.|\+?\d[\d ]{6,}", text), text
    signed = tickets["text"].str.extract(
        r"(?:faithfully|sincerely|regards|Respectfully|Cheerio|So long), (\w\S* \w\S*)$"
    )
    assert set(signed[0].dropna()) <= set(frames["names"])


def test_grammar_of_the_joints(tickets):
    texts = tickets["text"][~tickets["voice"].isin(["texting", "non_native"])]
    for slip in (r"[{}\[\]|]", "  ", r" [.,?!]", r"\ba [aeio][a-z]"):
        found = [text for text in texts if re.search(slip, text)]
        assert not found, found[:3]


def test_the_sheet_says_what_the_data_say(tickets):
    sheet = (paths.datasets() / "tickets.md").read_text(encoding="utf-8")
    for split in SPLITS:
        rows = tickets[tickets["split"] == split]
        wrong = (rows["queue"] != rows["clean_queue"]).sum()
        assert f"| {split} | {len(rows)} | {rows['scenario'].nunique()} | {wrong} |" in sheet
    words = tickets["text"].str.split().str.len()
    assert f"{words.min()} to {words.max()} words" in sheet
    assert all(f"| {name} | {what} |" in sheet for name, what in QUEUES.items())
    assert RULE in sheet and all(f"`{column}`" in sheet for column in tickets.columns)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"queue": "Repairs"}, "row 2, queue: no queue is called 'Repairs', choose from Lantern, Slipway"),
        ({"queue": "Slipway"}, "row 2, row: a test ticket's queue must be its clean_queue"),
        ({"text": ""}, "row 2, text:"),
        ({"split": "all"}, "row 2, split:"),
        ({"ticket_id": "T1"}, "row 2, ticket_id: T1 is also in row 1"),
    ],
)
def test_a_bad_ticket_is_named_by_row_and_column(tmp_path, change, words):
    path = write_rows(tmp_path / "t.csv", TICKET, {**TICKET, "ticket_id": "T2", **change})
    assert words in said_by(load_tickets, path)


def test_a_missing_file_or_column_is_named(tmp_path):
    assert "no such file" in said_by(load_tickets, tmp_path / "none.csv")
    path = write_rows(tmp_path / "t.csv", {"ticket_id": "T1", "text": "Hello."})
    assert "missing column(s) queue, split" in said_by(load_tickets, path)
