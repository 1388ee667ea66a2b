"""Right and wrong answers as people write them: dates, numbers, signs, scripts, yes and no, refusals; doubts named."""

import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twolevers.data.records import Question
from twolevers.evaluate.facts import ambiguous, answer_match, judged
from twolevers.evaluate.refusal import is_refusal
from twolevers.evaluate.scorers.sentences import judge, right

STEADY = settings(derandomize=True, deadline=None, max_examples=300)


def asked(*answers, text="What?"):
    return Question("q", text, answers, "question", (), "", "", "")


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        # dates and times
        ("2 May 2023", "May 2nd, 2023"),
        ("2 May 2023", "It was Tuesday, 2023-05-02."),
        ("7. Oktober 2021", "7 octobre 2021"),
        ("7 de octubre de 2021", "2021/10/07"),
        ("2021年10月7日", "7 октября 2021"),
        ("31/12/2020", "12/31/2020"),
        ("October 2021", "7 October 2021"),
        ("2021", "on 7 October 2021"),
        ("5:30 pm", "at 17:30"),
        ("noon", "12 p.m."),
        ("15-Mar-2024", "15 March 2024"),
        ("4/5/98", "4/5/98"),
        # numbers
        ("1 234,56 €", "1234.56 €"),
        ("two dozen", "24"),
        ("zero", "0"),
        ("the third floor", "3rd floor"),
        ("16 GB", "16 gigabytes"),
        ("70 °F", "70 degrees Fahrenheit"),
        ("12.345,60 €", "€12,345.60"),
        ("12,50,000", "1250000"),
        ("1.234.567", "1,234,567"),
        ("$2.5M", "2.5 million dollars"),
        ("5k", "5,000"),
        ("three hundred and fifty", "350"),
        ("two and a half years", "2.5 years"),
        ("half an hour", "30 minutes"),
        ("٣٠ days", "30 days"),
        ("十二個月", "12個月"),
        ("1万円", "¥10000"),
        ("between 10 and 15 minutes", "10–15 minutes"),
        ("up to 5 kg", "at most 5 kg"),
        ("43", "43.0"),
        # codes, signs, names
        ("C#", "It is written in C#."),
        ("grade A-", "A-, grade A-"),
        ("v2.10", "version 2.10"),
        ("+1 555 010 9999", "+1 (555) 010-9999"),
        ("S&W", "S and W"),
        ("👍", "The answer is 👍"),
        ("not included", "It is not included."),
        ("World Trade Organization (WTO)", "the WTO"),
        ("C", "Option C"),
        ("C) Rome", "rome"),
        # scripts
        ("Z\u0075\u0308rich", "Zürich"),
        ("İzmir", "izmir"),
        ("東京", "東京です。"),
        ("부산", "부산입니다."),
        ("กรุงเทพ", "อยู่ที่กรุงเทพ"),
        # yes and no
        ("true", "Yes"),
        ("No, only in winter", "no"),
        ("yes", "The answer is yes."),
        ("yes", "Absolutely."),
        ("no", "There is no charge."),
        ("yes", "It opens on Sundays and is free."),
        # nothing answers
        ("I don't know", "It isn't stated in the passages"),
        ("null", "No information is given."),
        ("Cannot be determined", "I could not find this in the documents."),
    ],
)
def test_right(accepted, said):
    assert right(said, asked(accepted))
    assert right(accepted, asked(accepted))


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        ("2 May 2023", "3 May 2023"),
        ("2 May 2023", "May 2023"),
        ("03/04/2024", "04/03/2024"),
        ("5:30 pm", "5:30 am"),
        ("1.234,56 €", "1234.65 €"),
        ("10k", "10"),
        ("3年", "13年"),
        ("三年", "三十年"),
        ("500円", "¥5000"),
        ("5", "-5"),
        ("10²", "102"),
        ("<5 ms", ">5 ms"),
        ("C#", "C++"),
        ("O-", "O+"),
        ("Node 18.10", "Node 18.1"),
        ("0042", "42"),
        ("किताब", "कुताब"),
        ("부산", "부산대학교"),
        ("保固", "沒有保固"),
        ("保証", "保証はありません"),
        ("43 dB", "43 dB is not the answer"),
        ("Oslo", "It isn't Oslo"),
        ("a filter", "It comes without a filter."),
        ("yes", "It is not waterproof."),
        ("no", "Not in the documents."),
        ("Yes, within 30 days", "Yes, within 60 days"),
        ("B", "C) Rome"),
        ("N/A", "43 dB"),
    ],
)
def test_wrong(accepted, said):
    assert not right(said, asked(accepted))


def test_final_zeros_count_in_versions_and_not_in_amounts():
    assert not right("3.1", asked("3.10", text="Which release is it?"))
    assert right("3.1", asked("3.10", text="How much does it weigh?"))


@pytest.mark.parametrize(
    ("accepted", "said", "word"),
    [
        ("1.200", "1200", "1.2 or 1200"),
        ("03/04/2024", "3 April 2024", "2024-04-03 or 2024-03-04"),
        ("9:30", "9:30 pm", "morning or afternoon"),
        ("yes", "It is waterproof.", "statement"),
        ("Oslo", "Oslo is not the capital", "deny"),
        ("Málaga", "Malaga", "accents"),
        ("3.10", "3.1", "two versions"),
    ],
)
def test_what_a_person_should_look_at_is_named(accepted, said, word):
    assert word in judge(said, asked(accepted)).doubt
    assert not judge(accepted, asked(accepted)).doubt


def test_ambiguous_answers():
    assert ambiguous("1.200 kg") and ambiguous("03/04/2024")
    assert not any(map(ambiguous, ("1,200", "1.20", "13/04/2024", "1.2345", "red")))


@pytest.mark.parametrize(
    "text",
    [
        "The weight of the pump has not been disclosed.",
        "I'm sorry, but I can't find that information.",
        "Unfortunately, the context does not provide this.",
        "There is nothing in the documents about this.",
        "None of the passages mention it.",
        "It is not possible to answer from the context.",
        "The owner is unknown.",
        "I'm afraid I can't say.",
        "Not enough info",
        "The question is not answerable from the text.",
        "n/a",
        "Das steht nicht in den Dokumenten.",
        "文件中没有提到。",
    ],
)
def test_refusals(text):
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "It is not available in Norway.",
        "Breakfast is not included.",
        "It does not contain nuts.",
        "None of the filters is washable.",
        "No information desk on Sundays",
        "They do not drill into stone.",
        "No",
        "Unknown Pleasures",
    ],
)
def test_answers_that_only_look_like_refusals(text):
    assert not is_refusal(text)


def matches_itself(text):
    return not text.strip() or (answer_match(text, [text]) and judge(text, asked(text)).right)


@STEADY
@given(st.text(max_size=40))
@example("not")
@example("no warranty")
@example("\u0300")
@example("the")
@example("[1]")
def test_every_text_matches_itself(text):
    assert matches_itself(text)
    assert matches_itself(f"  {text} ")


NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.integers(0, 10**12).map("{:,}".format),
    st.decimals(-(10**6), 10**6, places=3).map(str),
    st.integers(0, 10**9).map(lambda number: f"{number:,}".replace(",", ".") + ",50"),
)


@STEADY
@given(
    NUMBERS,
    st.sampled_from(["", "+", "-", "−", "±", "<", "€", "#", "~", "≥ "]),
    st.sampled_from(["", " kg", "%", " °C", "円", " lakh", "k", "年"]),
)
def test_every_number_matches_itself_alone_and_in_a_sentence(number, sign, unit):
    answer = f"{sign}{number}{unit}"
    assert matches_itself(answer)
    assert right(f"It is {answer} [2]", asked(answer)), answer


@STEADY
@given(st.dates(datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)), st.data())
def test_a_date_is_the_same_in_every_form(day, data):
    from babel.dates import format_date

    forms = [
        *(format_date(day, "d MMMM y", locale=locale) for locale in ("en", "de", "fr", "pl", "ru", "tr")),
        format_date(day, "long", locale="ja"),
        format_date(day, "long", locale="ko"),
        day.isoformat(),
        f"{day:%B} {day.day}, {day.year}",
    ]
    one, other = data.draw(st.sampled_from(forms)), data.draw(st.sampled_from(forms))
    assert right(one, asked(other)), (one, other)
    tomorrow = format_date(day + datetime.timedelta(1), "d MMMM y", locale="en")
    assert not right(tomorrow, asked(other)), (tomorrow, other)


SCRIPTS = {
    "Latin": "aæçéłñøßžAÅÉ",
    "Cyrillic": "абвгдежщыэюяЁ",
    "Greek": "αβγδέζήΩ",
    "Hebrew": "אבגדה",
    "Arabic": "ابتثجحخ",
    "Devanagari": "कखगघिीुे",
    "Thai": "กขคงิีเแ",
    "Han": "東京保固兩年上",
    "Kana": "あいうがカキク",
    "Hangul": "가나다서울",
}


@STEADY
@given(st.sampled_from(sorted(SCRIPTS)).flatmap(lambda name: st.text(SCRIPTS[name], min_size=2, max_size=12)))
def test_every_script_matches_itself_in_either_composition(text):
    import unicodedata

    for form in ("NFC", "NFD"):
        other = unicodedata.normalize(form, text)
        assert right(other, asked(text)) and right(f"“{other}”", asked(text))


@STEADY
@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=3), st.text(max_size=20))
def test_any_answer_can_be_judged(said, accepted, entity):
    found = judged(said, accepted, entity=entity)
    assert found.right in (True, False) and isinstance(found.doubt, str)
