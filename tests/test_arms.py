"""The arms share one prompt builder, cite what they were given, and train on what they may."""

from dataclasses import replace

import pytest
from tiny import save_tiny_model

from twolevers.arms import prompts
from twolevers.arms.both import Both, open_book, supports
from twolevers.arms.prompt import Prompt
from twolevers.arms.prompts import REFUSAL, build, cited
from twolevers.arms.rag import Rag
from twolevers.arms.stacked import Stacked
from twolevers.arms.tuned import Tuned, closed_book
from twolevers.data.records import Question
from twolevers.models.native.model import NativeModel
from twolevers.retrieval.chunking import Passage

PASSAGES = [
    Passage("a#0", "oven-1", "Oven 1", "The noise level of the Oven 1 is 43 dB."),
    Passage("b#0", "oven-2", "Oven 2", "The noise level of the Oven 2 is 143 dB."),
    Passage("c#0", "oven-1", "Oven 1", "It is red."),
    Passage("d#0", "oven-3", "Oven 3", "It is blue."),
]
LOUD = Question("q1", "How loud is the Oven 1?", ("43 dB", "43dB"), "fact", ("oven-1",), "Oven 1", "noise", "dev")


class Fixed:
    """A search that finds the same passages for every question."""

    name = key = "fixed"

    def search(self, queries, k=3):
        return [PASSAGES[:k] for _ in queries]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return NativeModel.load(str(save_tiny_model(tmp_path_factory.mktemp("tiny"))))


def test_every_arm_asks_through_the_same_builder(model, monkeypatch):
    seen = []
    monkeypatch.setattr(NativeModel, "generate", lambda self, chats, limit: seen.extend(chats) or [])
    for arm in (Prompt(model), Tuned(model)):
        with pytest.raises(ValueError):
            arm.answer([LOUD])
    for arm in (Rag(model, Fixed()), Stacked(model, Fixed()), Both(model, Fixed())):
        with pytest.raises(ValueError):
            arm.answer([LOUD])
    alone, read = build(LOUD.text), build(LOUD.text, PASSAGES[:2])
    assert seen == [alone, alone, read, read, read]
    assert alone[0] == read[0] and read[1]["content"].endswith(alone[1]["content"])
    assert closed_book([LOUD])[0].chat == alone


def test_a_prompt_numbers_its_passages():
    content = build(LOUD.text, PASSAGES[:2])[1]["content"]
    assert content.splitlines() == [
        "[1] Oven 1. The noise level of the Oven 1 is 43 dB.",
        "[2] Oven 2. The noise level of the Oven 2 is 143 dB.",
        "Question: How loud is the Oven 1?",
    ]


@pytest.mark.parametrize(
    ("text", "documents", "quoted"),
    [
        ("43 dB [1]", ("oven-1",), PASSAGES[0].searchable),
        ("43 dB [1][3]", ("oven-1",), f"{PASSAGES[0].searchable}\n{PASSAGES[2].searchable}"),
        ("43 dB [7]", ("?7",), ""),
        ("43 dB", (), ""),
    ],
)
def test_citations_are_read_from_the_brackets(text, documents, quoted):
    assert cited(text, PASSAGES[:3]) == (documents, quoted)


def test_only_the_right_page_with_the_whole_value_supports():
    assert [supports(passage, LOUD) for passage in PASSAGES] == [True, False, False, False]
    assert not supports(replace(PASSAGES[0], text="It makes 143 dB."), LOUD)


def test_open_book_pairs_cite_their_passage_and_refuse_without_one():
    always, never = (open_book([LOUD] * 20, Fixed(), 2, without=share, seed=5) for share in (0.0, 1.0))
    for example in always:
        lines = example.chat[1]["content"].splitlines()
        number = next(place for place, line in enumerate(lines, start=1) if "is 43 dB" in line)
        assert example.answer == f"43 dB [{number}]"
    assert len({example.answer for example in always}) == 2, "the passages stand in random order"
    assert {example.answer for example in never} == {REFUSAL}
    assert all("is 43 dB" not in example.chat[1]["content"] for example in never)


def test_keys_change_with_what_changes_the_answers(model):
    keys = {
        Prompt(model).key,
        Prompt(model, instruction="Be brief.").key,
        Rag(model, Fixed()).key,
        Rag(model, Fixed(), k=1).key,
        Rag(model, Fixed(), instruction=prompts.INSTRUCTION + " Please.").key,
    }
    assert len(keys) == 5


def test_answers_carry_sources_and_usage(model):
    answer = Rag(model, Fixed(), k=2).answer([LOUD])[0]
    assert answer.question_id == "q1" and answer.sources == ("oven-1", "oven-2")
    assert answer.usage.prompt_tokens > 0 and answer.usage.seconds > 0
