"""Lesson 07: what is trained and tested, how replies are scored and judged, what figures and the ledger say."""

from types import SimpleNamespace

import pandas as pd
import pytest

from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_comparisons
from twolevers.data.questions import load_questions
from twolevers.data.replies import load_replies
from twolevers.evaluate.brand_rules import APPLIANCES, RULES, TOPICS
from twolevers.evaluate.run import COLUMNS
from twolevers.lessons.common import house_style, reading
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.style_and_tone import experiment as lesson
from twolevers.retrieval.chunking import chunk

REPLIES = load_replies().head(12)
PLAIN = "The kettle weighs 4 lbs!"


class PageFirst:
    """A search that finds, for each letter, the passage of its product that states the fact, if there is one."""

    name = key = "page first"

    def __init__(self, documents):
        self.rows = load_replies().set_index("question")
        self.passages = chunk(documents, 40)

    def search(self, queries, k=3):
        return [self.of(self.rows.loc[query]) for query in queries]

    def of(self, row):
        own = [passage for passage in self.passages if passage.doc_id == row.doc_id]
        return sorted(own, key=lambda passage: row.fact[0] not in passage.text)[:1]


@pytest.fixture(scope="module")
def bench():
    made = Workbench(
        model=SimpleNamespace(name="tiny"), embedder=None, documents=load_catalogue(), questions=load_questions()
    )
    made.__dict__["retriever"] = PageFirst(made.documents)
    return made


def frame(texts: dict[str, list[str]], right: bool = True) -> pd.DataFrame:
    rows = [
        {"arm": arm, "question_id": f"q{place}", "question": f"Letter {place}", "kind": "fact", "correct": right}
        | {"entity": f"Oven {place}", "text": text, "refused": False, "sources": (), "cited": ()}
        | {"citation_precision": float("nan"), "citation_recall": 0.0, "cited_right": False, "retrieved": None}
        | {"prompt_tokens": 10, "new_tokens": 3, "seconds": 0.1}
        for arm, replies in texts.items()
        for place, text in enumerate(replies)
    ]
    return house_style.scored(pd.DataFrame(rows, columns=COLUMNS))


@pytest.fixture(scope="module")
def answers():
    good, bad = REPLIES["reply"].tolist(), [PLAIN] * len(REPLIES)
    plain = dict.fromkeys([*lesson.STYLE[:4], "rag"], bad)
    return frame({**plain, "tuned": good[:11] + bad[:1], "both": good})


def test_each_test_letter_is_about_another_product_that_no_pair_names(bench):
    tested, taught = lesson.tested(bench), lesson.taught(bench)
    assert len({letter.entity for letter in tested}) == len(tested) == lesson.N
    assert not {letter.entity for letter in tested} & {letter.entity for letter, _, _ in taught}
    assert not {letter.entity for letter in lesson.tested(bench, "dev", lesson.DEV)} & {q.entity for q in tested}


def test_pairs_hold_the_passage_with_the_fact_and_examples_do_not(bench):
    material = lesson.taught(bench)
    assert len(material) == lesson.SIZES[-1]
    for (letter, passages, reply), pair, shown in zip(
        material, lesson.pairs(material), lesson.solved(material), strict=True
    ):
        assert any(answer in passages[0].text for answer in letter.answers)
        assert pair.answer == shown.answer == reply
        assert passages[0].text in pair.chat[-1]["content"] and passages[0].text not in shown.chat[-1]["content"]
        assert pair.chat[0] == shown.chat[0]


def test_the_share_found_counts_passages_that_state_the_fact(bench):
    assert 0.8 <= lesson.found(bench) <= 1.0


def test_the_short_rules_hold_every_list_and_are_shorter_than_the_guide():
    short, guide = lesson.in_short(), lesson.prompts()["the whole guide"]
    assert all(name in short for name in (*APPLIANCES, *TOPICS)) and len(short) < 0.6 * len(guide)
    assert list(lesson.prompts()) == ["one line", "rules in short", "the whole guide"]


def test_the_best_prompt_keeps_most_rules_and_the_shorter_wins_a_tie():
    good, bad = REPLIES["reply"][0], PLAIN

    def tries(way, **texts):
        return pd.concat([frame({way: said}).assign(instruction=name) for name, said in texts.items()])

    shots = tries("few_shot", short=[bad, bad], guide=[good, bad])
    prompt = tries("prompt", short=[bad, good], guide=[good, bad])
    assert lesson.best(pd.concat([shots, prompt])) == {"few_shot": "guide", "prompt": "short"}
    table = lesson.tried(pd.concat([shots, prompt]))
    assert table["chosen"].tolist() == ["guide", "short"] and table.loc[0, "guide"] > table.loc[0, "short"]


def test_every_untrained_arm_takes_its_instruction_and_examples_from_the_training_set(bench):
    material = lesson.taught(bench)
    lab = SimpleNamespace(model=SimpleNamespace(key="m"), embedder=None, retriever=bench.retriever)
    made = {way: lesson.untrained(lab, way, "told", material) for way in lesson.UNTRAINED}
    assert {way: arm.name for way, arm in made.items()} == {way: way for way in lesson.UNTRAINED}
    assert {arm.instruction for arm in made.values()} == {"told"}
    assert len(made["few_shot"].examples) == lesson.SHOTS == made["retrieved_few_shot"].k
    assert len(made["retrieved_few_shot"].examples) == lesson.SIZES[-1]


def test_replies_are_scored_by_all_eight_rules(answers):
    assert set(house_style.METRICS) <= set(answers.columns) and {rule.name for rule in RULES} <= set(answers.columns)
    by_arm = answers.groupby("arm")["all_kept"].mean()
    assert by_arm["both"] == 1.0 and by_arm["tuned"] == pytest.approx(11 / 12) and by_arm["prompt"] == 0.0
    assert not frame({"a": REPLIES["reply"].tolist()}, right=False)["right_and_kept"].any()


def test_verdicts_follow_the_frame(answers):
    table = lesson.comparisons(answers).set_index("claim")
    assert table.loc["tuned > prompt", "verdict"] == "supported" and (table["resolution"] > 0).all()
    combined = lesson.combined(answers).set_index("claim")
    assert combined.loc["both > rag", "verdict"] == "supported" and combined.loc["both > rag", "difference"] == 1.0


def test_intervals_hold_their_value(answers):
    for metric in house_style.METRICS:
        table = reading.levels(answers, metric)
        assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()


def test_the_ledger_gets_every_planned_comparison(bench, answers):
    rows = lesson.evidence(bench, answers)
    planned = load_comparisons()
    planned = planned[(planned["lesson"] == lesson.LESSON) | (planned["claim"] == "C19")]
    written = {(row.arm, row.metric) for row in rows}  # a row serves every claim that plans it
    assert {(row.arm, row.metric) for row in planned.itertuples()} <= written
    assert {row.lesson for row in rows} == {lesson.LESSON}


def test_figures_say_what_they_show(answers):
    figure, alt = lesson.plot(answers, lesson.STYLE, "rules_kept", "Who keeps the rules?")
    assert alt.count("95 % interval") == len(lesson.STYLE) and "Who keeps the rules?" in alt
    assert len(figure.axes[0].patches) == len(lesson.STYLE)
    figure, alt = house_style.rule_map(answers, {arm: lesson.SHORT[arm] for arm in lesson.STYLE})
    assert all(rule.name.replace("_", " ") in alt for rule in RULES)
    assert len(figure.axes[0].texts) == len(RULES) * len(lesson.STYLE)


def test_one_letter_is_shown_with_every_arm(answers):
    shown = house_style.read(answers, lesson.SHORT)
    assert len(shown) == len(lesson.SHORT) and shown["rules"].iloc[-1] == "8 of 8"
    means = house_style.overview(answers, lesson.SHORT)
    assert list(means.columns) == [*house_style.METRICS.values(), "prompt_tokens"]
