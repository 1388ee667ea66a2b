"""Forms that questions and examples come in: reference columns, data sets' JSON, workbooks, chats, preference pairs."""

import datetime
import io
import json
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stand_ins import save

from twolevers.bakeoff.read.answers import NotUnderstood, accepted, literal
from twolevers.bakeoff.read.examples import Pair, read_labelled, read_replies
from twolevers.bakeoff.read.questions import read_questions
from twolevers.bakeoff.read.table import read_table
from twolevers.bakeoff.tasks import house_rules, labels, likeness, replies
from twolevers.errors import UsageError


def lines(*rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def answers_of(path, documents=()):
    found, unused = read_questions(path, documents)
    return {question.text: question.answers for question in found}, unused


@pytest.mark.parametrize(
    "header",
    ["question,answer,reference_answer", "question,response,Expected Answer", "query,output,gold", "ask,answer,Target"],
)
def test_a_reference_comes_before_what_a_model_said(tmp_path, header):
    found, unused = answers_of(save(tmp_path / "q.csv", f"{header}\nHow wide?,ten metres I think,4 m\n"))
    assert found == {"How wide?": ("4 m",)}
    assert len(unused) == 1 and unused[0].used and "left aside" in unused[0].reason


def test_several_columns_of_answers_are_all_accepted(tmp_path):
    found, _ = answers_of(save(tmp_path / "a.csv", "answer,question,answer\nOslo,Where?,Kristiania\n,When?,1814\n"))
    assert found == {"Where?": ("Oslo", "Kristiania"), "When?": ("1814",)}
    found, _ = answers_of(save(tmp_path / "b.csv", "question,answer_1,answer_2\nWhere?,Oslo,Kristiania\n"))
    assert found == {"Where?": ("Oslo", "Kristiania")}


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("['Lindby' 'The town of Lindby']", ("Lindby", "The town of Lindby")),
        ("['it\\'s red'\n 'blue']", ("it's red", "blue")),
        ("[12. 13.5]", ("12", "13.5")),
        ("array(['a', 'b'], dtype=object)", ("a", "b")),
        ("('a', 'b')", ("a", "b")),
        ("(1998)", ("(1998)",)),
        ("[see page 3]", ("[see page 3]",)),
        ("{'text': ['x'], 'answer_start': [4]}", ("x",)),
        (
            {"value": "Lindby", "aliases": ["Lindby", "Lindbyen"], "normalized_aliases": ["lindby"]},
            ("Lindby", "Lindbyen"),
        ),
        ({"short_answers": [{"text": ["18 kg"], "start_token": [3]}], "yes_no_answer": "NONE"}, ("18 kg",)),
        ({"yes_no_answer": "YES", "short_answers": []}, ("yes",)),
        ({"spans": [], "number": "3", "date": {"day": ""}}, ("3",)),
        ([{"text": "a", "answer_start": 1}, {"text": "b", "answer_start": 9}], ("a", "b")),
        ([["a", "b"], ["c"]], ("a", "b", "c")),
        (True, ("yes",)),
        ([False], ("no",)),
        (0, ("0",)),
        (12_000_000, ("12000000",)),
        ("Cafe\u0301", ("Café",)),
        ([], ()),
        ("", None),
        (float("nan"), None),
    ],
)
def test_answers_in_the_forms_of_programs(cell, wanted):
    assert accepted(cell) == wanted


@pytest.mark.parametrize("cell", [{"en": "yes"}, [{"page": 3}], {"de": "ja", "fr": "oui"}, {}, "{'en': 'yes'}"])
def test_a_mapping_that_is_not_understood_is_a_reason(cell):
    with pytest.raises(NotUnderstood):
        accepted(cell)


@settings(deadline=None, max_examples=200)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_cell_becomes_the_text_of_a_list_or_a_mapping(value):
    try:
        found = accepted(value)
    except NotUnderstood as error:
        assert str(error)
    else:
        assert found is None or all(isinstance(text, str) and text for text in found)
        odd = (dict, list) if not isinstance(value, str) else ()
        assert not any(isinstance(literal(text), odd) and text not in words(value) for text in found or ())


def words(value):
    """Every text within a value."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {value.strip()} if isinstance(value, str) else {text for each in inside for text in words(each)}


SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Ferry",
            "paragraphs": [
                {
                    "context": "It sails at noon.",
                    "qas": [
                        {
                            "id": "a",
                            "question": "When?",
                            "answers": [{"text": "noon", "answer_start": 12}],
                            "is_impossible": False,
                        },
                        {
                            "id": "b",
                            "question": "Who?",
                            "answers": [],
                            "plausible_answers": [{"text": "It"}],
                            "is_impossible": True,
                        },
                    ],
                }
            ],
        }
    ],
}


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("squad.json", json.dumps(SQUAD, indent=2), {"When?": ("noon",), "Who?": ()}),
        (
            "columns.json",
            {"question": {"0": "A?", "1": "B?"}, "answer": {"0": "1", "1": "2"}},
            {"A?": ("1",), "B?": ("2",)},
        ),
        ("lists.json", {"question": ["A?", "B?"], "answer": ["1", "2"]}, {"A?": ("1",), "B?": ("2",)}),
        (
            "index.json",
            {"0": {"question": "A?", "answer": "1"}, "1": {"question": "B?", "answer": "2"}},
            {"A?": ("1",), "B?": ("2",)},
        ),
        ("split.json", {"columns": ["question", "answer"], "index": [0], "data": [["A?", "1"]]}, {"A?": ("1",)}),
        (
            "parts.json",
            {"train": [{"question": "A?", "answer": "1"}], "test": [{"question": "B?", "answer": "2"}]},
            {"A?": ("1",), "B?": ("2",)},
        ),
        ("viewer.json", {"rows": [{"row_idx": 0, "row": {"question": "A?", "answer": "1"}}]}, {"A?": ("1",)}),
        ("one.json", {"question": "A?", "answer": "1"}, {"A?": ("1",)}),
        ("pretty.jsonl", json.dumps({"question": "A?", "answer": "1"}, indent=1) * 2, {"A?": ("1",)}),
        ("sep.csv", "\ufeffsep=;\r\nquestion;answer\r\nA?;1,5\r\n", {"A?": ("1,5",)}),
        (
            "gone.csv",
            "question,answer\nA?,N/A\nB?,not mentioned in the text\nC?,unknown\nD?,7\n",
            {"A?": (), "B?": (), "C?": (), "D?": ("7",)},
        ),
        (
            "marked.csv",
            "question,answer,is_impossible\nA?,7,false\nB?,,TRUE\nC?,Ann,1\n",
            {"A?": ("7",), "B?": (), "C?": ()},
        ),
    ],
)
def test_forms_of_questions(tmp_path, name, content, wanted):
    assert answers_of(save(tmp_path / name, content))[0] == wanted


def test_an_object_of_no_known_form_is_one_line(tmp_path):
    with pytest.raises(UsageError, match="no known form"):
        read_table(save(tmp_path / "q.json", {"questions": {"a": [1, 2]}}))


def test_ids_are_compared_in_one_composition(tmp_path):
    path = save(tmp_path / "q.csv", "question,answer,doc_id\nA?,1,Gebu\u0308hren.md\n")
    (found,), _ = read_questions(path, ["Gebühren.md"])
    assert found.doc_ids == ("Gebühren.md",)
    (found,), _ = read_questions(
        save(tmp_path / "r.csv", "question,answer,doc_id\nA?,1,Gebühren.md\n"), ["Gebu\u0308hren.md"]
    )
    assert found.doc_ids == ("Gebu\u0308hren.md",)


def test_a_workbook_is_read_as_a_person_sees_it(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["Question", "Answer"])
    for row in (
        ("How much?", 0.5),
        ("When?", datetime.datetime(2024, 5, 2)),
        ("Open?", True),
        ("Code?", 7),
        ("Price?", 12.5),
        (None, None),
        ("Size?", 43),
    ):
        sheet.append(row)
    sheet["B2"].number_format, sheet["B5"].number_format, sheet["B6"].number_format = "0%", "000", '#,##0.00 "€"'
    book.create_sheet("Notes").append(["x"])
    book["Notes"].append(["y"])
    book.save(tmp_path / "q.xlsx")
    found, unused = answers_of(tmp_path / "q.xlsx")
    assert found == {
        **{"How much?": ("50%",), "When?": ("2024-05-02",), "Open?": ("yes",)},
        **{"Code?": ("007",), "Price?": ("12.5 €",), "Size?": ("43",)},
    }
    assert [each.where for each in unused] == ["q.xlsx sheet 'Notes'"]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\xd0\xcf\x11\xe0old", "save it as .xlsx"),
        (b"PAR1", "Parquet"),
        (b"\x1f\x8b..", "unpack"),
        (b"%PDF-1.4", "PDF"),
    ],
)
def test_other_kinds_of_files_name_the_remedy(tmp_path, data, word):
    with pytest.raises(UsageError, match=word):
        read_table(save(tmp_path / "q.csv", data))


def test_an_archive_is_to_be_unpacked(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("questions.csv", "question,answer\nA?,1\n")
    with pytest.raises(UsageError, match="unpack"):
        read_table(save(tmp_path / "questions.zip", stream.getvalue()))


USER, BOT = {"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "On its way."}
TALK = [{"from": "human", "value": "Where is it?"}, {"from": "gpt", "value": "On its way."}]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [USER, BOT]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Where is it?"}]}, BOT]},
        {"conversations": TALK},
        {
            "contents": [
                {"role": "user", "parts": [{"text": "Where is it?"}]},
                {"role": "model", "parts": [{"text": "On its way."}]},
            ]
        },
        {"prompt": [USER], "completion": [BOT]},
        {"prompt": "Where is it?", "completion": "On its way."},
        {"prompt": "Where is it?", "completion": "On its way.", "label": True},
        {"prompt": [USER], "chosen": [BOT], "rejected": [{"role": "assistant", "content": "No idea."}]},
        {"prompt": "Where is it?", "chosen": "On its way.", "rejected": "No idea."},
        {"chosen": [USER, BOT], "rejected": [USER]},
        {"chosen": "\n\nHuman: Where is it?\n\nAssistant: On its way.", "rejected": "x"},
        {"input": {"messages": [USER]}, "preferred_output": [BOT], "non_preferred_output": []},
        {"instruction": "Where is it?", "input": "", "output": "On its way."},
    ],
)
def test_forms_of_fine_tuning(tmp_path, row):
    (pair,), _ = read_replies(save(tmp_path / "r.jsonl", lines(row)))
    assert (pair.text, pair.target) == ("Where is it?", "On its way.")


def test_what_comes_with_a_message_is_kept(tmp_path):
    system, more = {"role": "system", "content": "Be kind."}, {"role": "user", "content": "When?"}
    rows = lines(
        {"messages": [system, USER, BOT, more, {"role": "assistant", "content": "Today."}]},
        {"messages": [system, {"role": "user", "content": "Hello"}, {"role": "assistant", "content": None}]},
        {"messages": "no list"},
    )
    (pair,), unused = read_replies(save(tmp_path / "r.jsonl", rows))
    turns = ("Be kind.", "user: Where is it?", "assistant: On its way.", "user: When?")
    assert pair.text == "\n\n".join(turns)
    assert pair.target == "Today." and [each.where for each in unused] == ["r.jsonl line 2", "r.jsonl line 3"]
    alpaca = [{"instruction": "Answer.", "input": f"Where is order {n}?", "output": "Soon."} for n in range(3)]
    found, unused = read_replies(save(tmp_path / "a.json", alpaca))
    assert [each.text for each in found] == [f"Answer.\n\nWhere is order {n}?" for n in range(3)] and not unused


def test_unwanted_completions_and_mappings_are_reasons(tmp_path):
    rows = lines(
        {"prompt": "A", "completion": "b", "label": True},
        {"prompt": "C", "completion": "d", "label": False},
        {"prompt": "E", "completion": {"x": 1}, "label": True},
    )
    found, unused = read_replies(save(tmp_path / "r.jsonl", rows))
    assert len(found) == 1 and [each.where for each in unused] == ["r.jsonl line 2", "r.jsonl line 3"]


def test_chats_can_hold_labels(tmp_path):
    rows = lines(
        *(
            {"messages": [{"role": "user", "content": f"text {n}"}, {"role": "assistant", "content": "ab"[n % 2]}]}
            for n in range(4)
        )
    )
    found, _ = read_labelled(save(tmp_path / "c.jsonl", rows))
    assert [pair.target for pair in found] == ["a", "b", "a", "b"]


NOTICE = (
    "This mail is for the person named above alone and must be deleted by all others at once. The house is in Lindby."
)


def test_a_notice_under_every_mail_makes_no_mail_the_same():
    texts = [f"Please send part {n * 7919} to hall {n}.\n\n{NOTICE}" for n in range(20)]
    assert len(set(likeness.near_duplicates(texts))) == 20 and "20 of 20" in likeness.named(texts)[0]
    assert len(set(likeness.near_duplicates([*texts, texts[0].replace("Please", "please")]))) == 20
    assert not likeness.named([f"all different {n}" for n in range(5)])


@pytest.mark.parametrize(
    "texts", [["👍", "👎", "!!!", "...", "💔", "-"], ["same"] * 8, ["Same.", "same!"] * 3, ["", ""]]
)
def test_texts_without_words_and_doubles_are_refused_in_one_line(texts):
    pairs = [Pair(f"row {n}", text, "ab"[n % 2]) for n, text in enumerate(texts)]
    with pytest.raises(UsageError) as error:
        labels.testable(pairs, labels.divide(pairs))
    assert "\n" not in str(error.value)
    assert not replies.divide(pairs)[0].tested or len(set(texts)) > 2


def test_rules_of_style_fit_the_script():
    thanks = "お問い合わせありがとうございます。"
    rules = {
        rule.name: rule
        for rule in house_rules.learn([f"{thanks}{n}番は{n}日後に届きます。失礼します。" for n in range(10, 40)])
    }
    assert rules["opening"].said.startswith(f'Begin with "{thanks}') and "失礼します。" in rules["closing"].said
    assert "3 to 4 sentences" in rules or "2 to 4 sentences" in rules
    assert any(name.endswith("characters") for name in rules) and not any(name.endswith("words") for name in rules)
    thai = house_rules.learn(["ขอบคุณที่ติดต่อเรา เราจะส่งสินค้าให้"] * 5)
    assert not any("sentences" in rule.name for rule in thai)


KEYS = [
    *("question", "answer", "messages", "role", "content", "data", "paragraphs", "qas"),
    *("prompt", "completion", "text", "label", "chosen"),
]
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON)
def test_any_json_gives_rows_or_one_clear_line(tmp_path, value):
    path = save(tmp_path / "any.json", value)
    for read in (read_questions, read_labelled, read_replies):
        try:
            found, unused = read(path)
        except UsageError as error:
            assert "\n" not in str(error)
        else:
            assert found and all(each.where and each.reason for each in unused)
