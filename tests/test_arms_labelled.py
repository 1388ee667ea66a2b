"""Arms that give a text a label: the tree of labels agrees with one pass per label, prompts, few-shot, linear."""

import numpy as np
import pytest
from tiny import save_tiny_model

from twolevers.arms import labelled, linear
from twolevers.arms.choosing import Choosing
from twolevers.arms.few_shot import after
from twolevers.arms.long_prompt import LongPrompt
from twolevers.arms.prompts import build
from twolevers.arms.retrieved_few_shot import RetrievedFewShot
from twolevers.arms.tuned import Tuned
from twolevers.errors import UsageError
from twolevers.evaluate.run import run
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.models.adapter import Recipe
from twolevers.models.native import likelihood
from twolevers.models.native.lora import train
from twolevers.models.native.model import NativeModel

LABELS = ["red", "blue green", "blue red", "green a b"]
TEXTS = ["what colour is the oven", "kettle", "the washer is a b c", "how loud is the red kettle of a b ?"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return NativeModel.load(str(save_tiny_model(tmp_path_factory.mktemp("tiny"))))


def shown(instruction, examples, text):
    """The chat that asks for the label of `text` after worked examples."""
    solved = labelled.training_pairs(*zip(*examples, strict=True), instruction) if examples else []
    return after(solved, build(text, instruction=instruction))


def one_by_one(model, chats, labels):
    """Summed log-likelihood of each label's own tokens, one forward pass per prompt and label."""
    import torch

    rows = []
    for chat in chats:
        prompt = model.encode(chat)
        row = []
        for label in labels:
            tokens = model.tokenizer.encode(label, add_special_tokens=False)
            with torch.no_grad():
                hidden, _ = model.decoder.prefill([[*prompt, *tokens]])
                chances = model.decoder.logits(hidden[0]).log_softmax(-1)
            row.append(sum(float(chances[len(prompt) - 1 + i, token]) for i, token in enumerate(tokens)))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("count", [1, 4])
def test_one_pass_gives_what_a_pass_per_label_gives(model, count):
    chats = [shown("answer in the documents what colour", [("oven", "red")], text) for text in TEXTS[:count]]
    found = likelihood.log_likelihoods(model, chats, LABELS)
    assert found.shape == (count, len(LABELS))
    np.testing.assert_allclose(found, one_by_one(model, chats, LABELS), rtol=0.02, atol=0.02)


def test_a_label_that_begins_another_is_scored_with_its_end(model):
    chats = [shown("what colour", [], text) for text in TEXTS]
    labels = ["blue", "blue green", "red"]
    found = likelihood.log_likelihoods(model, chats, labels)
    for row, chat in zip(found, chats, strict=True):
        np.testing.assert_allclose(row, model.score(chat, labels), rtol=0.02, atol=0.02)
    assert np.exp(found).sum(axis=1).max() <= 1 + 1e-6


def test_shared_beginnings_are_stored_once(model):
    tree = likelihood.LabelTree.build(model, LABELS)
    assert len(tree.tokens) == 3  # blue, green, green a: last tokens are predicted, never read
    assert tree.above == ((1,), (2,), (2, 3))
    assert [len(path) for path in tree.steps] == [1, 2, 2, 3]


@pytest.mark.parametrize("labels", [["red"], ["red", "red"], ["red", ""]])
def test_labels_must_be_told_apart(model, labels):
    with pytest.raises(UsageError, match="two or more, different"):
        likelihood.log_likelihoods(model, [shown("what", [], "oven")], labels)


def test_no_texts_no_scores(model):
    assert likelihood.log_likelihoods(model, [], LABELS).shape == (0, 4)


def asked():
    names = [f"t{place}" for place in range(len(TEXTS))]
    return labelled.as_questions(TEXTS, ["red", "blue red", "red", "blue green"], ["s1", "s1", "s2", "s2"], names)


def test_arms_answer_with_a_label_and_say_what_they_read(model):
    arm = LongPrompt(Choosing(model, LABELS), labelled.guide({"red": "the oven", "blue red": "the kettle"}))
    frame = run([arm], asked(), FACTS, journal=None, key="test")
    assert set(frame["text"]) <= set(LABELS) and list(frame["entity"]) == ["s1", "s1", "s2", "s2"]
    assert (frame["prompt_tokens"] > 20).all() and (frame["arm"] == "long_prompt").all()


def test_calibration_takes_away_what_the_model_prefers_anyway(model):
    about_nothing, other = (shown("what colour", [], text) for text in ("kettle", "oven"))
    plain, calibrated = Choosing(model, LABELS), Choosing(model, LABELS, about_nothing)
    assert plain.key != calibrated.key
    np.testing.assert_allclose(calibrated.scores([about_nothing]), 0, atol=1e-9)
    away = plain.scores([about_nothing]) - plain.scores([other])
    np.testing.assert_allclose(calibrated.scores([other]), -away, atol=0.05)


def vectors(texts):
    """Unit vectors by the words that name an appliance."""
    counts = np.array([[text.split().count(word) + 1e-6 for word in ("oven", "kettle", "washer")] for text in texts])
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


class Letters:
    """`vectors` as an embedder."""

    key = "words"
    embed = staticmethod(vectors)


def test_retrieved_examples_stand_nearest_last(model):
    texts, labels = ["the oven", "oven kettle", "kettle", "washer"], ["red", "blue red", "blue green", "green a b"]
    pool, choosing = labelled.training_pairs(texts, labels, "what colour"), Choosing(model, LABELS)
    arm = RetrievedFewShot(choosing, pool, Letters(), 2, "what colour", vectors=vectors(texts))
    chat = arm.chats(labelled.as_questions(["a kettle"], ["red"], [""], ["t"]))[0]
    assert [turn["role"] for turn in chat] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [turn["content"] for turn in chat if turn["role"] == "assistant"] == ["blue red", "blue green"]
    assert chat[-1]["content"].endswith("a kettle")
    other = RetrievedFewShot(choosing, pool[:3], Letters(), 2, "what colour")
    assert arm.key != other.key and len(arm.answer(asked())) == 4
    with pytest.raises(UsageError, match="1 to 4"):
        RetrievedFewShot(choosing, pool, Letters(), 5)


def test_tuning_on_the_pairs_teaches_the_labels(model):
    texts = ["the oven is loud", "oven a", "the kettle is loud", "kettle a"] * 4
    given = ["red", "red", "blue green", "blue green"] * 4
    pairs = labelled.training_pairs(texts, given, "what colour")
    adapter = train(model, pairs, Recipe(layers=3, rank=4, learning_rate=2e-2, epochs=12, batch_size=8)).adapter
    arm = Tuned(Choosing(model.adapted(adapter), LABELS), "what colour")
    questions = labelled.as_questions(["the oven is b", "kettle b"], ["red", "blue green"], ["1", "2"], ["a", "b"])
    assert [answer.text for answer in arm.answer(questions)] == ["red", "blue green"]


@pytest.mark.parametrize("kind", ["tfidf", "linear"])
def test_linear_arms_learn_and_are_named_by_what_they_learned(kind):
    texts, given = ["loud oven", "oven", "red kettle", "kettle"], ["A", "A", "B", "B"]

    def make(labels, c=1.0):
        if kind == "tfidf":
            return linear.TfidfLinear(texts, labels, c)
        return linear.EmbeddingLinear(texts, labels, vectors, c)

    arm = make(given)
    questions = labelled.as_questions(["an oven", "the kettle"], ["A", "B"], ["1", "2"], ["a", "b"])
    assert arm.name == kind and [answer.text for answer in arm.answer(questions)] == ["A", "B"]
    assert len({arm.key, make(given[::-1]).key, make(given, 10.0).key}) == 3 and arm.key == make(given).key
    with pytest.raises(UsageError, match="two labels or more"):
        make(["A"] * 4)


def test_the_linear_arm_on_vectors_is_named_by_its_embedder_too():
    """Answers of one embedder must not be found again for another."""

    def other(texts):
        return vectors(texts)[:, ::-1]

    texts, given = ["loud oven", "red kettle"], ["A", "B"]
    keys = {linear.EmbeddingLinear(texts, given, embed).key for embed in (vectors, other)}
    known = linear.EmbeddingLinear(texts, given, other, vectors=vectors(texts)).key
    assert len(keys) == 2 and known in keys


def test_the_guide_names_every_label_once():
    text = labelled.guide({"A": "ovens", "B": "kettles"}, "Ovens first.", "desk")
    assert text.splitlines() == [
        "Each message belongs to one desk.",
        "A: ovens",
        "B: kettles",
        "Ovens first.",
        "Answer with the name of the desk only.",
    ]
    assert labelled.naming(["A", "B"], "desk") == "Name the desk for this message. The desks are A, B."
