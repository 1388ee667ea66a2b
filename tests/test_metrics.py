import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twolevers.errors import UsageError
from twolevers.evaluate.metrics import (
    answer_match,
    citation_scores,
    is_refusal,
    macro_f1,
    mentions,
    token_f1,
)
from twolevers.evaluate.values import Value, read

STEADY = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("prediction", "accepted"),
    [
        ("43 dB", "43 dB"),
        ("It runs at 43dB [2].", "43 decibels"),
        ("It runs at 43 DB(A) [source 1][1, 3].", "43 dB"),
        ("1.2 kW (1,200 W)", "1200 watts"),
        ("1\u202f200 W", "1,200 W"),
        ("1'200 watts", "1.2 kilowatts"),
        ("It weighs 4,3 kg.", "4.30 kg"),
        ("43 dB", "43"),
        ("a 24-month guarantee", "two years"),
        ("twenty-four months", "2 years"),
        ("1 hour and 30 minutes", "90 min"),
        ("½ l", "0.5 litres"),
        ("1½ litres", "1.5 l"),
        ("−18 °C", "-18 degrees"),
        ("minus 18 degrees Celsius", "-18 °C"),
        ("60×85×55 cm", "60 cm x 85 cm x 55 cm"),
        ("40 to 43 dB", "40–43 dB"),
        ("€1,299.00", "1299 euros"),
        ("180 kWh", "180 kWh per year"),
        ("180 kWh/yr", "180 kWh a year"),
        ("120 l/h", "2 litres per minute"),
        ("part NT 4402 B.", "NT-4402-B"),
        ("the code is R49.550", "r49.550"),
        ("Wi-Fi", "wifi"),
        ("The finish is Olmary Black.", "Olmary black"),
        ("Front panel", "the front panel"),
        ("mesh filter", "a mesh filter"),
        ("seven programmes", "7"),
        ("43 dB, not 47 dB", "43 dB"),
        ("Yes, there is no charge", "yes"),
        ("graphite and made of steel", "graphite"),
        ("a", "A"),
    ],
)
def test_answers_that_are_right(prediction, accepted):
    assert answer_match(prediction, [accepted])


@pytest.mark.parametrize(
    ("prediction", "accepted"),
    [
        ("143 dB", "43 dB"),
        ("4.3", "43 dB"),
        ("4.3 dB", "43 dB"),
        ("43", "43 dB"),
        ("43 kg", "43 dB"),
        ("43 kW", "43 W"),
        ("18 °C", "-18 °C"),
        ("43 dB or 47 dB", "43 dB"),
        ("43 or 47 dB", "43 dB"),
        ("43 or 47 dB", "47 dB"),
        ("40-43 dB", "43 dB"),
        ("43 dB in eco mode, 47 dB in normal mode", "43 dB"),
        ("not 43 dB", "43 dB"),
        ("14 working days", "14 days"),
        ("16 kWh per month", "180 kWh per year"),
        ("1 200 W", "1200 W"),
        ("NT-4402-BX", "NT-4402-B"),
        ("NT-44021", "NT-4402"),
        ("40W-B", "40 W"),
        ("R49.551", "R49.550"),
        ("graphite or oak", "graphite"),
        ("oak or graphite", "graphite"),
        ("7 or 9", "7"),
        ("7-9", "7"),
        ("7 programmes, 9 programmes in eco mode", "7"),
        ("the 2018 model, not unlike the 2025 model", "2025 model"),
        ("No. Yes.", "yes"),
        ("It is a fridge", "A"),
        ("class A++", "class A"),
        ("", "43 dB"),
        ("Not in the documents.", "43 dB"),
    ],
)
def test_answers_that_are_wrong(prediction, accepted):
    assert not answer_match(prediction, [accepted])


def test_any_accepted_answer_will_do_and_none_accepts_nothing():
    assert answer_match("1.69 kW", ["1,690 W", "1690 watts"])
    assert answer_match("43 dB or 47 dB", ["43 dB", "47 dB"])
    assert not answer_match("43 dB", [])
    assert not answer_match("anything", ["", " "])


def test_the_number_in_the_name_asked_about_is_no_answer():
    said = "The Tarn 7 has 9 programmes"
    assert answer_match(said, ["7"])
    assert not answer_match(said, ["7"], entity="Tarn 7")
    assert answer_match(said, ["9"], entity="Tarn 7")
    assert answer_match("The Tarn 7.", ["Tarn 7"], entity="Tarn 7")


def test_of_two_names_to_choose_from_the_first_decides():
    choice = {"entity": "Korvanta 2021", "rivals": ["korvanta-2021"]}
    assert answer_match("The Korvanta 2018 is louder than the Korvanta 2021.", ["Korvanta 2018"], **choice)
    assert not answer_match("The Korvanta 2021 is louder than the Korvanta 2018.", ["Korvanta 2018"], **choice)
    assert mentions("the Korvanta 2018", "korvanta-2018")
    assert not mentions("the Korvanta 2018", "korvanta-2019")


def test_reading_keeps_units_apart_from_words():
    assert [type(token) for token in read("The Brim 40 draws 1.5 kW.")] == [str, Value, str, Value]
    assert read("1.5 kW")[0].same(read("1500 watts")[0])


UNITS = {"W": ["W", "watts", "WATT"], "dB": ["dB", "decibels"], "kg": ["kg", "Kilograms"], "days": ["days", "DAY"]}


@STEADY
@given(
    number=st.integers(1, 999_999),
    unit=st.sampled_from(sorted(UNITS)),
    data=st.data(),
)
def test_formatting_never_changes_the_judgement(number, unit, data):
    digits = st.sampled_from([str(number), f"{number:,}", f"{number}.0", f"{number:,}".replace(",", "\u202f")])
    gap = st.sampled_from(["", " ", "\u00a0", "-"])
    one, other = (
        data.draw(digits)
        + data.draw(gap)
        + data.draw(st.sampled_from(UNITS[unit]))
        + data.draw(st.sampled_from(["", "."]))
        for _ in range(2)
    )
    assert answer_match(one, [other])
    assert answer_match(other, [one])
    assert answer_match(f"It is {one} [2]", [other])
    assert not answer_match(f"1{number} {unit}", [other])


@STEADY
@given(a=st.integers(1, 5000), b=st.integers(1, 5000), unit=st.sampled_from(sorted(UNITS)))
def test_a_value_matches_itself_only_and_two_values_are_never_right(a, b, unit):
    assert answer_match(f"{a} {unit}", [f"{b} {unit}"]) == (a == b)
    assert answer_match(f"{a} {unit} or {b} {unit}", [f"{a} {unit}"]) == (a == b)


@STEADY
@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_can_be_read(prediction, accepted):
    assert answer_match(prediction, [accepted]) in (True, False)
    assert 0 <= token_f1(prediction, accepted) <= 1
    assert token_f1(prediction, prediction) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Not in the documents.",
        " not in the documents [1]",
        '"Not in the documents."',
        "It is not stated in the passages.",
        "The documents do not say how loud the Fjell 300 is.",
        "I don’t know.",
    ],
)
def test_refusals(text):
    assert is_refusal(text)


@pytest.mark.parametrize("text", ["43 dB", "Not in the documents. It is 43 dB.", "It is not in stock.", "", "Not 43."])
def test_answers_are_not_refusals(text):
    assert not is_refusal(text)


def test_token_f1_by_hand():
    # shared: "it", "weighs", "4.3 kg"; 3 said, 4 wanted (it weighs 4.3 kg net)
    assert token_f1("It weighs 4300 g", "it weighs 4.3 kg net") == pytest.approx(2 * 3 / 7)
    assert token_f1("", "") == 1
    assert token_f1("a", "") == 0
    assert token_f1("red red", "red") == pytest.approx(2 / 3)


def test_macro_f1_by_hand_and_against_scikit_learn():
    true, predicted = ["a", "a", "b", "b", "c"], ["a", "b", "b", "b", "???"]
    # a: 2/(2+1); b: 4/(4+1); c: 0
    assert macro_f1(true, predicted) == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)
    metrics = pytest.importorskip("sklearn.metrics")
    wanted = metrics.f1_score(true, predicted, labels=["a", "b", "c"], average="macro", zero_division=0)
    assert macro_f1(true, predicted) == pytest.approx(wanted)
    assert math.isnan(macro_f1([], []))
    with pytest.raises(UsageError, match="2 true labels but 1"):
        macro_f1(["a", "b"], ["a"])


def test_citation_scores_by_hand():
    precision, recall, mean_precision, mean_recall = citation_scores(
        cited=[("a",), ("a", "b", "b"), (), ("x",)], supporting=[("a", "c"), ("a",), ("a",), ()]
    )
    assert precision.tolist()[:2] == [1.0, 0.5]
    assert math.isnan(precision[2])  # cited nothing
    assert precision[3] == 0  # nothing supports what was cited
    assert recall.tolist()[:3] == [0.5, 1.0, 0.0]
    assert math.isnan(recall[3])
    assert mean_precision == pytest.approx(0.5)
    assert mean_recall == pytest.approx(0.5)
    assert math.isnan(citation_scores([()], [()])[2])
