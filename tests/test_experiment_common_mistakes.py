"""Lesson 13: what is trained and tested in each clinic, how frames are read, and that no fault is told too early."""

import math

import pandas as pd
import pytest

from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_claims, load_comparisons
from twolevers.data.questions import TRAINING_WORDINGS, load_questions
from twolevers.errors import UsageError
from twolevers.evaluate.brand_rules import RULES
from twolevers.evaluate.run import COLUMNS
from twolevers.learn.clinic import FOLDED, Clinic, diagnose, disclose, verdicts_of
from twolevers.lessons.common import house_style
from twolevers.lessons.common.bench import Workbench, check_leaks
from twolevers.lessons.common_mistakes import clinics, leaking_split
from twolevers.lessons.common_mistakes import experiment as common_mistakes
from twolevers.lessons.common_mistakes.projects import FOUR, ONE, THREE, TWO
from twolevers.models.api import Training


@pytest.fixture(scope="module")
def bench():
    return Workbench(model=None, embedder=None, documents=load_catalogue(), questions=load_questions())


@pytest.fixture(scope="module")
def split():
    return leaking_split.design()


class Name:
    """Stands for a model where only its name is written down."""

    name = "tiny"


def frame(correct: dict[str, list[bool]]) -> pd.DataFrame:
    """A frame as `evaluate.run` gives it: two questions a product."""
    rows = [
        {"arm": arm, "question_id": f"q{place}", "question": f"How loud is {place}?", "kind": "fact", "correct": right}
        | {"entity": f"Oven {place // 2}", "text": "43 dB", "refused": False, "sources": (), "cited": ()}
        | {"citation_precision": math.nan, "citation_recall": 0.0, "cited_right": right, "retrieved": True}
        | {"prompt_tokens": 10, "new_tokens": 3, "seconds": 0.1}
        for arm, values in correct.items()
        for place, right in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_both_trainings_teach_the_same_facts_in_as_many_steps(bench):
    facts = common_mistakes.facts(bench)
    assert len(facts) == facts.entity.nunique() == common_mistakes.FACTS
    steps = len(facts) * common_mistakes.ONE_WORDING.epochs
    assert steps == len(bench.training(facts)) * common_mistakes.RECIPE.epochs
    assert common_mistakes.ONE_WORDING.epochs == common_mistakes.RECIPE.epochs * len(TRAINING_WORDINGS)


def test_no_new_wording_is_trained(bench):
    pairs = bench.training(common_mistakes.facts(bench))
    check_leaks(pairs, common_mistakes.anew(bench), unseen=False)
    assert len(common_mistakes.anew(bench)) == 3 * common_mistakes.FACTS


def test_the_complaints_stand_beside_what_was_trained(bench):
    asked = common_mistakes.anew(bench)[:2]
    wrong = frame({"one wording": [False, True]}).assign(
        question_id=[question.question_id for question in asked], question=[question.text for question in asked]
    )
    (row,) = common_mistakes.complaints(bench, wrong).to_dict("records")
    facts = common_mistakes.facts(bench).set_index("question_id")
    assert row["a customer asked"] == asked[0].text and row["was told"] == "43 dB"
    assert row["in the training"].startswith(facts.question[asked[0].question_id])
    assert row["in the training"].endswith(asked[0].answers[0])


def test_the_team_reads_loss_and_sign_off():
    training = Training(None, [{"epoch": 1, "loss": 2.5}, {"epoch": 2, "loss": 0.1}])
    report = common_mistakes.report(training, frame({"one wording, sign-off": [True, True, True, False]}))
    assert report["value"].to_list() == [2.5, 0.1, 0.75] and "4 questions" in report["what"].iloc[-1]


def test_letters_of_the_test_are_about_other_products():
    pairs = clinics.labelled("train", clinics.LABELLED)
    asked = clinics.labelled("test", clinics.READ)
    check_leaks(pairs, asked, unseen=True)
    assert all(question.answers[0] in question.text for question in [*pairs, *asked])


def test_the_rounds_begin_with_the_first_prompt_and_are_tried_on_letters_that_none_shows(bench):
    prompts = [clinics.prompt(Name(), name) for name in clinics.ROUNDS]
    assert (prompts[0].instruction, prompts[0].examples) == (clinics.FIRST, []) and len(prompts) >= 3
    assert len({(one.instruction, len(one.examples)) for one in prompts}) == len(prompts)
    labelled = clinics.labelled("train", clinics.LABELLED)
    shown = {example.chat[-1]["content"].removeprefix("Question: ") for one in prompts for example in one.examples}
    assert shown == {letter.text for letter in labelled[: clinics.SHOWN]}


def test_the_best_round_is_chosen_where_the_training_letters_are():
    tried = frame({"1": [True, False, False, False], "2": [True, True, True, False], "3": [True, True, True, False]})
    assert clinics.best_round(tried) == "2"
    effort = clinics.effort(tried, Training(None, seconds=7.0))
    assert effort["labelled letters"].nunique() == 1 and effort["machine seconds"].tolist() == pytest.approx([1.2, 7.0])


def test_clinic_two_shows_what_the_house_itself_keeps():
    replied = house_style.scored(frame({"rag": [True, False]})).assign(found=[("calm",), ()])
    assert clinics.symptoms(replied).set_index("share of").iloc[0, 1] == 0.5
    shown = clinics.symptoms(replied).set_index("share of")
    assert shown.loc["replies that keep all eight", "the house's own replies"] == 1.0
    assert shown.loc["replies that state the fact", "the model's replies"] == 0.5


def test_the_guide_is_cut_into_a_part_for_each_rule():
    parts = clinics.parts()
    assert [part.title.split(": ")[1].replace(" ", "_").replace("-", "_") for part in parts] == [
        {"metric": "metric_units", "hand_off": "hand_off"}.get(rule.name, rule.name.replace(" ", "_").replace("-", "_"))
        for rule in RULES
    ]
    assert all(len(part.text.split()) < clinics.WHOLE_PART for part in parts)
    assert not any("## " in part.text for part in parts)


def test_the_search_adds_parts_of_the_guide_behind_the_page():
    class Search:
        def __init__(self, name):
            self.key = name

        def search(self, queries, k):
            return [[f"{self.key} {query} {place}" for place in range(k)] for query in queries]

    found = clinics.WithGuide(Search("page"), Search("guide")).search(["a"], 1)
    assert found == [["page a 0", *(f"guide a {place}" for place in range(clinics.SECTIONS))]]


def test_rules_are_counted_by_whether_their_part_was_found():
    names = [rule.name for rule in RULES]
    replied = frame({"rag": [True, True]}).assign(found=[(names[0],), ()], **dict.fromkeys(names, False))
    replied.loc[0, names[0]] = True
    table = clinics.by_finding(replied).set_index("the rule's part of the guide")
    assert table.loc["in the prompt"].tolist() == [1, 1.0] and table.loc["not in the prompt", "n"] == 15


def test_the_two_routers_learn_from_equally_many_messages_and_answer_the_same(split):
    matters = {name: set(rows.scenario) for name, rows in vars(split).items()}
    assert len(split.leaked) == len(split.clean) > 2 * len(split.tested)
    assert matters["tested"] == matters["leaked"] and not matters["tested"] & matters["clean"]
    assert not matters["live"] & (matters["leaked"] | matters["clean"] | matters["tested"])
    assert not set(split.tested.ticket_id) & set(split.leaked.ticket_id)
    assert split.tested.clean_queue.value_counts().nunique() == 1


def test_a_router_learns_and_its_answers_make_a_frame(split, monkeypatch):
    monkeypatch.setattr(leaking_split, "EPOCHS", 2)
    small = leaking_split.Design(split.tested.head(24), split.leaked.head(120), split.clean.head(120), split.live[:24])
    leaked = leaking_split.route(small.leaked, {"test": small.tested, "live": small.live})
    clean = leaking_split.route(small.clean, {"test": small.tested})
    assert len(leaked.losses) == 2 and leaked.losses[-1] < leaked.losses[0]
    frame = leaking_split.answers(leaked, clean, small)
    assert frame.groupby("arm").size().to_dict() == {"clean split": 24, "leaked split": 24, "live": 24}
    assert len(leaking_split.signed_off(frame)) == 2 and len(leaking_split.twins(small)) == 3
    assert leaking_split.comparisons(frame).loc[0, "n"] == 24
    _, alt = leaking_split.plot_epochs(leaked, clean, small)
    assert f"training loss from {leaked.losses[0]:.2f}" in alt and "split by matter from" in alt
    _, alt = leaking_split.plot(frame)
    assert all(label in alt for label in leaking_split.LABELS.values())


def test_the_closest_pairs_are_of_one_matter(split):
    matter = pd.concat([split.tested, split.leaked]).set_index("text").scenario
    shown = leaking_split.twins(split)
    assert all(matter[row[0]] == matter[row[1]] for row in shown.itertuples(index=False))


def test_figures_say_every_value():
    answers = frame({"one wording, sign-off": [True] * 4, "one wording": [False] * 4, "rag": [True] * 4})
    _, alt = common_mistakes.plot(answers)
    assert all(common_mistakes.LABELS[arm] in alt for arm in set(answers["arm"])) and "1.00" in alt
    _, alt = common_mistakes.plot_known(frame({"prompt": [True] * 4, "tuned": [False] * 4}))
    assert "untouched model 1.00" in alt and "after tuning on four wordings 0.00" in alt
    _, alt = clinics.plot_lines(frame({"tuned": [True] * 4, "first prompt": [False] * 4}))
    assert alt.index("the first prompt 0.00") < alt.index("tuned 1.00")


def evidence(bench):
    """Rows as the lesson writes them, from made-up frames."""
    good, bad = [True] * 40, [False] * 40
    half = [True, False] * 20
    bench = Workbench(Name(), None, bench.documents, bench.questions)
    answers = frame({"one wording": half, "tuned": half, "rag": good})
    rows = common_mistakes.evidence(bench, answers, frame({"prompt": good, "tuned": bad, "one wording": bad}))
    replied = house_style.scored(frame({"rag, no guide": bad, "rag": bad, "rag, whole guide": bad, "tuned": good}))
    replied["rules_kept"] = [0.2 if arm != "tuned" else 0.9 for arm in replied["arm"]]
    filed = frame({"first prompt": bad, "tuned": good, "best prompt": half})
    rows += clinics.evidence(bench, replied, filed)
    routed = frame({"leaked split": good, "clean split": half})
    return rows + leaking_split.evidence(bench, routed)


def test_every_planned_comparison_of_the_lesson_is_written(bench):
    plan = load_comparisons()
    rows = evidence(bench)
    verdicts = verdicts_of(rows, common_mistakes.LESSON).set_index("claim")
    assert list(verdicts.index) == list(load_claims().query("lesson == @common_mistakes.LESSON").id)
    planned = plan[plan.lesson == common_mistakes.LESSON].comparison
    assert all(any(name in said for said in verdicts.comparisons) for name in planned)
    assert verdicts["verdict"].to_dict() == {
        "C20": "supported",
        "C21": "supported",
        "C22": "supported",
        "C23": "qualified",
    }


@pytest.mark.parametrize("clinic", [ONE, TWO, THREE, FOUR], ids=lambda clinic: clinic.key)
def test_a_clinic_has_four_suspects_one_fault_and_a_finding_on_each(clinic):
    assert len(clinic.suspects()) == 4 and all(clinic.faults.values())
    findings = clinic.findings()
    assert [one.right for one in findings] == [True, False, False, False] and findings[0].chosen == clinic.fault


def test_the_fault_is_not_always_in_one_place():
    assert len({clinic.suspects().index(clinic.fault) for clinic in (ONE, TWO, THREE, FOUR)}) > 1


def test_a_clinic_without_its_fault_is_refused():
    with pytest.raises(UsageError, match="its fault is none of the suspects"):
        Clinic("x", {"a": "no", "b": "no"}, "c")


@pytest.mark.usefixtures("home")
def test_the_fault_is_folded_until_one_is_named(monkeypatch):
    before = disclose(common_mistakes.LESSON, TWO)
    assert before.html.startswith("<details>") and before.text == FOLDED and TWO.fault not in before.text
    guess = diagnose(common_mistakes.LESSON, TWO)
    guess._receive(guess, {"type": "commit", "value": TWO.suspects()[0]}, [])
    after = disclose(common_mistakes.LESSON, TWO)
    assert "<details>" not in after.html and "✗ It went another way" in after.text and f"✓ {TWO.fault}" in after.text
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    assert "<details>" not in disclose(common_mistakes.LESSON, ONE).html
