"""The eight rules: each is obeyed by a good reply, broken by one change, and not by others."""

import pytest

from twolevers.data.replies import load_guide
from twolevers.evaluate import brand_rules
from twolevers.evaluate.brand_rules import RULES, check, hand_off

GOOD = """Dear neighbour,
Thank you for asking. The Tarn 2016 coldchest weighs 58.3 kg. Shall we keep one for you at the counter?
Yours, Norvik & Tarn
{"topic": "size", "next": "keep"}"""


def broken(text: str) -> set[str]:
    return {name for name, held in check(text).items() if not held}


def test_a_good_reply_obeys_all_eight():
    assert len(RULES) == 8 and len({rule.name for rule in RULES}) == 8
    assert broken(GOOD) == set()
    assert broken(GOOD + "\n") == set()


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("Dear neighbour,", "Hello,", {"greeting"}),
        ("Dear neighbour,", "Dear Neighbour,", {"greeting"}),
        ("Thank you for asking.", "Thank you for asking!", {"calm"}),
        ("coldchest", "fridge", {"house_terms"}),
        ("coldchest", "appliance", {"house_terms"}),
        ("Thank you for asking.", "Fridges have a long warranty.", {"house_terms"}),
        ("Thank you for asking.", "Repairing it is easy.", {"house_terms"}),
        ("Thank you for asking. ", "", set()),
        ("Thank you for asking. The Tarn 2016 coldchest weighs 58.3 kg. ", "", {"house_terms", "length"}),
        ("Thank you for asking.", "Thank you for asking. We are glad.", {"length"}),
        ("Thank you for asking.", "thank you " * 9, {"length"}),
        ("Thank you for asking.", "Thank you very much indeed for asking us" + " so kindly" * 5 + ".", {"length"}),
        ("Yours, Norvik & Tarn", "Best wishes, Ilsa", {"sign_off"}),
        ("Yours, Norvik & Tarn", "Yours, Norvik & Tarn.", set()),
        ("58.3 kg", "128 lbs", {"metric"}),
        ("58.3 kg", "128 pounds", {"metric"}),
        ("58.3 kg", "58.3kg", {"metric"}),
        ("58.3 kg", '5 feet 3"', {"metric"}),
        ("weighs 58.3 kg", "is mended at the Calder Yard bench", set()),
        ("Shall we keep one for you at the counter?", "We can keep one.", {"next_step"}),
        ("Shall we keep one for you at the counter?", "May we keep one for you?", {"next_step"}),
        ("Thank you for asking.", "Is all well?", {"next_step"}),
        ('"keep"}', '"nothing"}', {"hand_off"}),
        ('"topic": "size"', '"subject": "size"', {"hand_off"}),
        ('"topic": "size"', '"topic": ["size"]', {"hand_off"}),
        ('{"topic": "size", "next": "keep"}', '{"next": "keep", "topic": "size"}', {"hand_off"}),
        ('{"topic": "size", "next": "keep"}', '{"topic": "size", "next":', {"hand_off"}),
        ('\n{"topic": "size", "next": "keep"}', "", {"hand_off"}),
    ],
)
def test_one_change_breaks_what_it_touches(old, new, rules):
    assert old in GOOD
    assert broken(GOOD.replace(old, new, 1)) == rules


def test_plain_text_keeps_two_rules_by_accident():
    assert not any(check("").values()) and not any(check("\n ").values())
    plain = "The Tarn 2016 weighs 58.3 kg."
    assert {name for name, held in check(plain).items() if held} == {"calm", "metric"}
    eager = "Hi! Thank you for reaching out! The Tarn 2016 fridge weighs 128 pounds. Can I help you with anything else?"
    assert not any(check(eager).values())


def test_the_hand_off_is_read():
    assert hand_off(GOOD) == {"topic": "size", "next": "keep"}
    assert hand_off("Hello") is None and hand_off("") is None and hand_off("7") is None


def test_the_guide_says_what_the_rules_check():
    guide = load_guide()
    for term, everyday in (brand_rules.APPLIANCES | brand_rules.OTHER_TERMS).items():
        assert f"- {', '.join(everyday)}: {term}\n" in guide
    for word in (*brand_rules.TOPICS, *brand_rules.NEXT):
        assert f"- {word}: " in guide
    for words in (brand_rules.GREETING, brand_rules.SIGN_OFF, brand_rules.OFFER, "two or three sentences", "16 words"):
        assert words in guide
    example = guide.split("Reply:\n\n")[1]
    assert broken(example) == set()
    assert all(f"## Rule {number}: " in guide for number in range(1, 9))


@pytest.mark.model
def test_the_guide_is_long_for_a_prompt(models):
    from transformers import AutoTokenizer

    from twolevers.models.weights import LANGUAGE_MODEL

    tokenizer = AutoTokenizer.from_pretrained(LANGUAGE_MODEL.folder)
    assert 850 <= len(tokenizer(load_guide())["input_ids"]) <= 950
