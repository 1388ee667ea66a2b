"""Sentences stay whole, passages stay small, nothing is lost."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolevers.errors import UsageError
from twolevers.retrieval.chunking import Passage, chunk, length, sentences


def document(text, doc_id="kettle-a", title="Brook kettle"):
    return SimpleNamespace(doc_id=doc_id, title=title, text=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is 1.35 m wide. It hums.", ["It is 1.35 m wide.", "It hums."]),
        ("Use soft water, e.g. Norvik filters. Rinse.", ["Use soft water, e.g. Norvik filters.", "Rinse."]),
        ("Fit part No. 4 first. Then close.", ["Fit part No. 4 first.", "Then close."]),
        ("The answer is no. The lid is fixed.", ["The answer is no.", "The lid is fixed."]),
        ("See Fig. 3. Ask J. Tarn.", ["See Fig. 3.", "Ask J. Tarn."]),
        ("Is it loud? No! 38 dB.", ["Is it loud?", "No!", "38 dB."]),
        ('They said "Stop." Then they left.', ['They said "Stop."', "Then they left."]),
        ("Ändern Sie nichts. Über Nacht laden.", ["Ändern Sie nichts.", "Über Nacht laden."]),
        ("A line\nthat is wrapped. Next", ["A line that is wrapped.", "Next"]),
        ("Care\n\nWipe it\n- cold water\n- no soap", ["Care", "Wipe it", "- cold water", "- no soap"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text, expected):
    assert sentences(text) == expected


def test_passages_keep_their_document_and_have_counted_ids():
    passages = chunk([document("One two three. Four five six. Seven eight nine.")], max_words=6)
    assert [passage.passage_id for passage in passages] == ["kettle-a#0", "kettle-a#1"]
    assert {(passage.doc_id, passage.title, passage.score) for passage in passages} == {
        ("kettle-a", "Brook kettle", 0.0)
    }
    assert [passage.text for passage in passages] == ["One two three. Four five six.", "Seven eight nine."]


def test_the_searched_text_names_the_document():
    assert Passage("a#0", "a", "Brook kettle", "It hums.").searchable == "Brook kettle. It hums."
    assert Passage("a#0", "a", "", "It hums.").searchable == "It hums."


def test_passages_are_of_similar_length():
    text = " ".join(f"Sentence {number} has exactly six words." for number in range(11))
    assert [len(passage.text.split()) for passage in chunk([document(text)], max_words=60)] == [36, 30]


def test_a_long_sentence_is_cut():
    assert [len(passage.text.split()) for passage in chunk([document("word " * 25)], max_words=10)] == [
        10,
        10,
        5,
    ]


def test_overlap_repeats_the_last_sentence_and_never_more_than_fits():
    text = "Aa aa aa. Bb bb bb. Cc cc cc. Dd dd dd."
    assert [passage.text for passage in chunk([document(text)], max_words=6, overlap_sentences=1)] == [
        "Aa aa aa. Bb bb bb.",
        "Bb bb bb. Cc cc cc.",
        "Cc cc cc. Dd dd dd.",
    ]
    assert len(chunk([document(text)], max_words=3, overlap_sentences=1)) == 4


def test_a_document_without_text_gives_no_passage():
    assert chunk([document("")]) == []
    assert chunk([]) == []


def test_two_documents_with_one_id_are_refused():
    with pytest.raises(UsageError, match="Two documents have the id 'kettle-a'"):
        chunk([document("One."), document("Two.")])


@pytest.mark.parametrize("sizes", [{"max_words": 0}, {"overlap_sentences": -1}])
def test_impossible_sizes_are_refused(sizes):
    with pytest.raises(UsageError, match="max_words"):
        chunk([document("One.")], **sizes)


@given(st.text(alphabet="ab .!?\n-1A\"'", max_size=300), st.integers(1, 12), st.integers(0, 3))
def test_every_word_is_kept_in_order_and_no_passage_is_too_long(text, max_words, overlap):
    words = text.split()
    plain = chunk([document(text)], max_words)
    assert [word for passage in plain for word in passage.text.split()] == words
    overlapped = chunk([document(text)], max_words, overlap)
    assert all(0 < len(passage.text.split()) <= max_words for passage in [*plain, *overlapped])
    assert set(words) == {word for passage in overlapped for word in passage.text.split()}


def test_scripts_without_spaces_end_sentences_and_are_cut_between_letters():
    assert sentences("保固兩年。請保留收據！「好。」他說。It is 2.5 m.") == [
        *("保固兩年。", "請保留收據！", "「好。」他說。", "It is 2.5 m.")
    ]
    assert length("two words") == 2 and length("保固兩年") == 2 and length("x" * 400) == 40
    thai = "ก็" * 500
    passages = chunk([document(thai, "a"), document("x" * 5000, "b"), document("one " * 90, "c")], max_words=40)
    assert all(length(passage.text) <= 40 for passage in passages)
    assert "".join(each.text for each in passages if each.doc_id == "a").replace(" ", "") == thai
    assert not any(each.text.startswith("\u0e47") for each in passages)  # a mark stays with its letter
