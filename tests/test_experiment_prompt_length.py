"""Lesson 09: the same adapter as lesson 07, quality by prompt tokens, a changed rule, seconds and money."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest
from test_experiment_style_and_tone import PLAIN, REPLIES, bench, frame  # noqa: F401  (bench is a fixture)
from tiny import save_tiny_model

from twolevers.arms.prompts import build
from twolevers.data.claims import load_comparisons
from twolevers.evaluate.brand_rules import SIGN_OFF
from twolevers.evaluate.run import COLUMNS
from twolevers.lessons.prompt_length import cost as prompt_cost
from twolevers.lessons.prompt_length import distil
from twolevers.lessons.prompt_length import experiment as lesson
from twolevers.lessons.style_and_tone import experiment as style_and_tone
from twolevers.models.api import Training
from twolevers.models.native.model import NativeModel

TOKENS = {"prompt": 40, "rules in short": 300, "long_prompt": 1280, "distilled": 40, "tuned": 40}
TIMES = pd.DataFrame(
    {
        "arm": ["long_prompt", "tuned"],
        "tokens": [1280, 60],
        "start": [1200, 20],
        "read": [2.0, 0.1],
        "read_kept": [0.2, 0.1],
        "write": [3.0, 1.2],
        "new": [79, 61],
    }
)
TRAINED = Training(adapter=None, seconds=30.0, tokens=20_000)


def answered(good: dict[str, int]) -> pd.DataFrame:
    """Answers of the four arms with so many good replies of twelve."""
    replies = REPLIES["reply"].tolist()
    good = {"distilled": good["tuned"]} | good
    made = frame({arm: replies[:n] + [PLAIN] * (len(replies) - n) for arm, n in good.items()})
    return made.assign(prompt_tokens=made["arm"].map(TOKENS))


ANSWERS = answered({"prompt": 0, "rules in short": 1, "long_prompt": 6, "tuned": 11})


def test_letters_and_examples_are_those_of_lesson_07(bench):  # noqa: F811
    assert lesson.tested(bench) == style_and_tone.tested(bench)[: lesson.N]
    material = style_and_tone.taught(bench)
    assert lesson.examples(material) == style_and_tone.solved(material)[: style_and_tone.SHOTS]


def test_the_prompt_is_shorter_by_the_ratio_of_tokens():
    value, interval = lesson.shorter(ANSWERS)
    assert value == pytest.approx(math.log2(1280 / 40)) and interval.low == pytest.approx(value)


def test_the_share_of_the_gain_is_over_the_model_without_a_guide():
    value, interval = lesson.gain_kept(ANSWERS)
    assert value == pytest.approx(11 / 6) and interval.low < value < interval.high
    nothing, _ = lesson.gain_kept(answered({"prompt": 3, "rules in short": 3, "long_prompt": 3, "tuned": 9}))
    assert math.isnan(nothing)


def test_verdicts_follow_the_frame():
    table = lesson.comparisons(ANSWERS).set_index("claim")
    assert table.loc["tuned > prompt", "verdict"] == "supported"
    assert table.loc["distilled > prompt", "verdict"] == "supported"
    for long, tuned, said in ((2, 12, "supported"), (12, 0, "contradicted"), (12, 12, "too close to call")):
        frame = answered({"prompt": 0, "rules in short": 0, "long_prompt": long, "tuned": tuned})
        assert set(lesson.not_worse(frame)["verdict"]) == {said}


def test_the_ledger_gets_every_planned_comparison(bench):  # noqa: F811
    planned = load_comparisons()
    planned = planned[planned["lesson"] == lesson.LESSON]
    written = {(row.claim, row.arm, row.metric) for row in lesson.evidence(bench, ANSWERS)}
    assert {(row.claim, row.arm, row.metric) for row in planned.itertuples()} <= written


def test_the_student_learns_what_passed_and_never_sees_the_guide(bench):  # noqa: F811
    material = style_and_tone.taught(bench)
    asked = [letter for letter, *_ in material[style_and_tone.SHOTS :][: distil.ASKED]]
    told = {letter.question_id: reply for letter, _, reply in material}

    class Written:
        """Answers with the house's reply to every other letter and badly to the rest."""

        def answer(self, arms, questions):
            assert [arm.instruction for arm in arms] == [lesson.guide()] and list(questions) == asked
            texts = [told[one.question_id] if place % 2 else PLAIN for place, one in enumerate(questions)]
            made = frame({"rag": texts})
            return made.assign(correct=[text != PLAIN for text in texts])[list(COLUMNS)]

    lab = SimpleNamespace(answer=Written().answer, model=bench.model, retriever=bench.retriever)
    found = distil.write(lab, material)
    assert found.frame["kept"].tolist() == [distil.LEFT, distil.PASSED] * (len(asked) // 2)
    assert len(found.pairs) == len(asked) // 2 and found.epochs == round(distil.SEEN / len(found.pairs))
    assert {pair.chat[0]["content"] for pair in found.pairs} == {style_and_tone.REPLY}
    assert [pair.answer for pair in found.pairs] == [told[one.question_id] for one in asked[1::2]]
    assert distil.sifted(found)["replies"].tolist() == [len(asked) // 2] * 2
    assert len(distil.lost(found)) == 8


def test_few_good_replies_are_filled_up_with_the_next_best():
    good = REPLIES["reply"].tolist()[:2]
    some = [PLAIN.replace("!", ".")] * 20
    kept = distil.sift(frame({"rag": [*good, *[PLAIN] * 5, *some]}))
    assert kept.count(distil.PASSED) == 2 and kept.count(distil.FILLED) == distil.LEAST - 2
    assert kept[2:7] == [distil.LEFT] * 5, "those that keep fewer rules are left out"


def test_the_sign_off_is_found_before_the_hand_off():
    reply = REPLIES["reply"][0]
    assert lesson.closes(reply, SIGN_OFF) and not lesson.closes(reply, lesson.NEW_SIGN_OFF)
    assert lesson.closes(reply.replace(SIGN_OFF, lesson.NEW_SIGN_OFF), lesson.NEW_SIGN_OFF)
    assert SIGN_OFF in lesson.guide() and SIGN_OFF not in lesson.NEW_SIGN_OFF


@pytest.mark.parametrize(
    ("prompted", "trained", "said"),
    [(0.9, 0.0, "the long prompt"), (0.0, 0.9, "the adapter"), (0.9, 0.9, "both"), (0.5, 0.1, "neither")],
)
def test_who_follows_the_new_rule(prompted, trained, said):
    shares = [prompted, trained, 0.0]
    assert lesson.follows(pd.DataFrame({"condition": list(lesson.CHANGES.values()), "new": shares})) == said


def test_the_figures_say_every_value():
    figure, alt = lesson.plot(ANSWERS)
    assert alt.count("95 % interval") == len(TOKENS) and "1280 tokens" in alt
    assert figure.axes[0].get_xscale() == "log"
    figure, alt = prompt_cost.plot(TIMES)
    assert all(way in alt for way in prompt_cost.WAYS.values()) and len(figure.axes[0].patches) == 6


def test_all_ways_write_a_reply_of_the_same_length():
    table = prompt_cost.ways(TIMES)
    assert set(table["new_tokens"]) == {61} and table.loc["tuned", "write"] == pytest.approx(1.2)
    assert table.loc["long", "write"] == table.loc["kept", "write"] == pytest.approx(3.0 * 60 / 78)
    assert table.loc["kept", "read"] == 0.2


def test_a_tuned_reply_is_charged_at_the_tuned_price():
    each = prompt_cost.per_reply(TIMES)
    cheap, dear = each.columns[1:]
    assert "gpt-4o-mini" in cheap and "gpt-3.5-turbo" in dear
    assert each.loc["tuned", dear] == pytest.approx((60 * 3 + 61 * 6) / 1e6)
    assert each.loc["kept", cheap] < each.loc["long", cheap]


def test_paid_back_says_never_where_nothing_is_saved():
    assert prompt_cost.replies(12.0, 0.5) == "24" and prompt_cost.replies(12.0, -0.1) == "never"
    assert prompt_cost.replies(12.0, math.nan) == "no price"
    table = prompt_cost.paid_back(TIMES, TRAINED)
    assert next(iter(table["payer"])) == prompt_cost.OWN and len(table) == 1 + len(prompt_cost.MODELS)


def test_the_clock_counts_what_is_read_and_written(tmp_path):
    model = NativeModel.load(str(save_tiny_model(tmp_path)))
    chats = [build(f"how loud is the {name} ?", instruction="answer the question") for name in ("oven", "kettle")]
    found = prompt_cost.clock(model, chats)
    assert found["tokens"] == len(model.encode(chats[1])) and 0 < found["start"] < found["tokens"]
    assert found["read"] > 0 and found["new"] >= 1
