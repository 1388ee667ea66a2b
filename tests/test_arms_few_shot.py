"""Arms that show solved examples: earlier turns in order, the nearest last, and a key that tells answers apart."""

import numpy as np
import pytest
from tiny import save_tiny_model

from twolevers.arms.few_shot import FewShot, after
from twolevers.arms.prompt import Prompt
from twolevers.arms.prompts import build
from twolevers.arms.retrieved_few_shot import RetrievedFewShot
from twolevers.data.records import Question
from twolevers.models.api import Example
from twolevers.models.native.model import NativeModel

EXAMPLES = [Example(build(f"what colour is {name} ?"), name) for name in ("red", "blue", "green")]
ASKED = Question("q1", "how loud is the oven ?", ("43 dB",), "fact", ("oven-1",), "Oven 1", "noise", "dev")


class Words:
    """An embedder that counts letters: texts alike in letters are near."""

    key = "letters"

    def embed(self, texts):
        counts = np.array([[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts], float)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return NativeModel.load(str(save_tiny_model(tmp_path_factory.mktemp("tiny"))))


def test_examples_are_earlier_turns_between_the_system_turn_and_the_question():
    chat = after(EXAMPLES[:2], build(ASKED.text))
    assert [turn["role"] for turn in chat] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert chat[0] == build(ASKED.text)[0] and chat[-1] == build(ASKED.text)[-1]
    assert [turn["content"] for turn in chat[2::2]] == ["red", "blue"]
    assert after([], build(ASKED.text)) == build(ASKED.text)


def test_both_ask_through_the_shared_builder(model, monkeypatch):
    seen = []
    monkeypatch.setattr(NativeModel, "generate", lambda self, chats, limit: seen.extend(chats) or [])
    for arm in (FewShot(model, EXAMPLES), RetrievedFewShot(model, EXAMPLES, Words(), k=2)):
        with pytest.raises(ValueError):
            arm.answer([ASKED])
    assert seen[0] == after(EXAMPLES, build(ASKED.text))
    assert len(seen[1]) == 6 and seen[1][-1] == build(ASKED.text)[-1]


def test_answers_come_one_per_question_without_sources(model):
    found = FewShot(model, EXAMPLES, max_new_tokens=3).answer([ASKED, ASKED])
    assert [answer.question_id for answer in found] == ["q1", "q1"]
    assert found[0].sources == found[0].cited == () and 1 <= found[0].usage.new_tokens <= 3


def test_the_nearest_example_comes_last(model):
    arm = RetrievedFewShot(model, EXAMPLES, Words(), k=2)
    (chosen,) = arm.chosen([Question("q2", "what colour is green ?", (), "fact", (), "", "", "dev")])
    assert [example.answer for example in chosen][-1] == "green" and len(chosen) == 2


def test_a_key_tells_answers_apart(model):
    arms = [
        Prompt(model),
        FewShot(model, EXAMPLES),
        FewShot(model, EXAMPLES[:2]),
        FewShot(model, EXAMPLES, "Be brief."),
        RetrievedFewShot(model, EXAMPLES, Words(), k=2),
        RetrievedFewShot(model, EXAMPLES, Words(), k=1),
    ]
    assert len({arm.key for arm in arms}) == len(arms)
