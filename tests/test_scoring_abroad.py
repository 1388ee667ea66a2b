"""Answers in other dress: units, numbers and dates of other languages, lists, names, addresses; how people decline."""

import pytest

from twolevers.data.records import Question
from twolevers.evaluate.refusal import is_refusal
from twolevers.evaluate.scorers.sentences import right


def asked(*answers, text="What?"):
    return Question("q", text, answers, "question", (), "", "", "")


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        # units and their sizes
        ("2.4 GHz", "2400 MHz"),
        ("7 MW", "7000 kW"),
        ("250 mg", "0.25 g"),
        ("40 lb", "40 pounds"),
        ("18 C", "18 °C"),
        ("21 ºC", "21 degrees Celsius"),
        ("9 in", "9 inches"),
        ('9"', "9 inches"),
        ("50 Mb/s", "50 Mbit/s"),
        ("30 kph", "30 km/h"),
        ("250 PLN", "250 zł"),
        ("Rs. 40", "₹40"),
        # durations of other languages
        ("18 Monate", "in 18 Monaten"),
        ("zwei Wochen", "14 Tage"),
        ("6 mois", "6 months"),
        ("cinco años", "5 años"),
        ("2 года", "24 месяца"),
        ("3ヶ月", "3か月です"),
        ("2年", "24個月"),
        ("10일", "10일 이내"),
        ("५ दिन", "5 दिन"),
        # numbers
        ("5/8", "0.625"),
        ("2e6", "2 million"),
        ("4 × 10^3", "4000"),
        ("百分之十", "10%"),
        ("fünf", "5"),
        ("≥ 16", "16 or older"),
        ("minimum 3 kg", "at least 3 kg"),
        ("about 12 kg", "12 kg"),
        ("ca. 12 kg", "12 kg"),
        ("7:2", "7 to 2"),
        ("2 x 5 m", "2 by 5 m"),
        ("twice", "2x"),
        # dates
        ("20221104", "4 November 2022"),
        ("2022-11-04T08:30:00Z", "4 November 2022"),
        ("2022-11-04 00:00:00", "4 Nov 2022"),
        ("Sunday, 6 November 2022", "6 November 2022"),
        ("4 ноября 2022 г.", "2022-11-04"),
        ("Q2 2023", "the second quarter of 2023"),
        ("Tuesday to Saturday", "Tue-Sat"),
        ("12 midnight", "midnight"),
        # names, lists, signs
        ("Lovelace, Ada", "Ada Lovelace"),
        ("Women's Hospital", "Womens Hospital"),
        ("salt, pepper and oil", "pepper, oil, salt"),
        ("rot und blau", "blau und rot"),
        ("4, 9", "9 and 4"),
        ("Y", "yes"),
        ("N", "No, it does not."),
        ("https://www.example.org/help/", "See example.org/help."),
        ("0911 55 66 77", "0911/556677"),
        ("1-888-555-0123", "1 888 555 0123"),
    ],
)
def test_right(accepted, said):
    assert right(said, asked(accepted))
    assert right(accepted, asked(accepted))


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        ("3 mW", "3 MW"),
        ("5 m", "5 mètres carrés ou 6 m"),
        ("2年", "12年"),
        ("18 Monate", "8 Monate"),
        ("5/8", "5/9"),
        ("≥ 16", "16 or younger"),
        ("2e6", "2e5"),
        ("20221104", "20221105"),
        ("salt and pepper", "salt"),
        ("salt and pepper", "salt or pepper"),
        ("x@example.org", "y@example.org"),
        ("--quiet", "--no-quiet"),
        (".NET", "net"),
        ("7:2", "2:7"),
        ("Gate 4", "Gate 14 C"),
    ],
)
def test_wrong(accepted, said):
    assert not right(said, asked(accepted))


@pytest.mark.parametrize(
    "text",
    [
        "The fee cannot be found in the manual.",
        "Sorry, I can't help with that question.",
        "No idea.",
        "NA",
        "Undetermined",
        "CANNOTANSWER",
        "…",
        "Hierzu gibt es keine Angaben.",
        "Die Unterlagen enthalten keine Angabe zum Preis.",
        "Das weiß ich leider nicht.",
        "Les passages ne donnent pas cette information.",
        "Je n'ai pas cette information.",
        "No aparece en el texto.",
        "Não há informações sobre isso.",
        "Il prezzo non è riportato.",
        "Dat staat niet in de documenten.",
        "Det vet jeg ikke.",
        "Nie podano.",
        "Об этом не сказано.",
        "Metinde belirtilmemiş.",
        "لا توجد معلومات عن ذلك.",
        "לא ידוע",
        "इसकी जानकारी नहीं है",
        "資料中沒有提到價格。",
        "文档里没有说明。",
        "価格は記載されていません。",
        "그 정보는 문서에 없습니다.",
        "ไม่มีข้อมูล",
    ],
)
def test_refusals(text):
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "Na",
        "No information is passed on to others.",
        "Kein Rückgaberecht.",
        "Das Gerät ist nicht wasserdicht.",
        "Non rimborsabile",
        "不防水",
        "没有",
        "使えません。",
        "방수가 아닙니다.",
        "यह जलरोधक नहीं है",
        "Не водонепроницаем",
        "The box cannot be opened.",
    ],
)
def test_answers_that_only_look_like_refusals(text):
    assert not is_refusal(text)


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        ("two thirds", "2/3"),
        ("1/4", "a quarter"),
        ("3 out of 8", "0.375"),
        ("2 500 000", "2,500,000"),
        ("17 250 kg", "17250 kg"),
        ("5 × 10**2", "500"),
        ("16+", "16 or older"),
        ("four (4) weeks", "4 weeks"),
        ("3億5千万", "350000000"),
        ("5キロ", "5 kg"),
        ("04-Nov-22", "4 November 2022"),
        ("11/2022", "November 2022"),
        ("2022-11", "November 2022"),
        ("4. Dez. 2022", "2022-12-04"),
        ("le 4 août 2022", "4 August 2022"),
        ("4º de novembro de 2022", "4 November 2022"),
        ("令和4年11月4日", "2022年11月4日"),
        ("der Rhein", "Rhein"),
    ],
)
def test_more_that_is_right(accepted, said):
    assert right(said, asked(accepted)) and right(accepted, asked(accepted))


@pytest.mark.parametrize(
    ("accepted", "said"),
    [("two thirds", "1/3"), ("11/2022", "12/2022"), ("2 500 000", "2 500"), ("16+", "under 16"), ("5キロ", "15キロ")],
)
def test_more_that_is_wrong(accepted, said):
    assert not right(said, asked(accepted))
