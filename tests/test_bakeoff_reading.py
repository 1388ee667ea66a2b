"""Files as people have them: encodings, delimiters, ragged and odd rows; a reason for each row that is not used."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stand_ins import save

from twolevers.bakeoff.read.decode import decode
from twolevers.bakeoff.read.documents import read_documents
from twolevers.bakeoff.read.examples import read_labelled, read_replies
from twolevers.bakeoff.read.questions import read_questions
from twolevers.bakeoff.read.table import LONGEST, Unused, read_table
from twolevers.errors import UsageError

WESTERN = "Die Küche heißt Böö. Le café est déjà fermé à midi. Señor Nuñez comió jalapeños. Prix : 12 €"
CHINESE = "本公司提供兩年保固服務，請保留購買證明。若需要退貨，請於七日內與客服中心聯絡。營業時間為上午九點至下午六點。"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *((encoding, WESTERN + " 🙂 שלום") for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")),
        ("utf-32", WESTERN),
        ("cp1252", WESTERN),
        ("latin-1", WESTERN.replace("€", "EUR")),
        ("big5", CHINESE),
        ("big5", "問題,答案\n保固多久？,兩年\n何時營業？,上午九點\n"),
    ],
)
def test_encodings(encoding, text):
    assert decode(text.encode(encoding), "x.txt") == text


def test_what_is_no_text_is_said():
    with pytest.raises(UsageError, match=r"^x\.bin holds no text"):
        decode(bytes(range(32)) * 20, "x.bin")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiters_and_quoted_newlines(tmp_path, delimiter):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerows([["Question", "Answer"], ["How long,\nand why; or | what?", "two years"], ["B\t?", 'say "no"']])
    table = read_table(save(tmp_path / "q.csv", stream.getvalue()))
    assert table.columns == ("Question", "Answer") and not table.unused
    assert [row.values["Answer"] for row in table.rows] == ["two years", 'say "no"']
    assert table.rows[0].where == "q.csv row 2"


def test_rows_that_cannot_be_used_have_a_reason_each(tmp_path):
    text = "question,answer\nA?,1\n\nB?\nC?,2,3\n,4\nA?,5\nD?,6,\n"
    found, unused = read_questions(save(tmp_path / "q.csv", text))
    assert [question.text for question in found] == ["A?", "D?"]
    assert {each.where: each.reason for each in unused} == {
        "q.csv row 3": "is blank",
        "q.csv row 4": "has no answer; where there is none, mark it: answerable false",
        "q.csv row 5": "has 3 cells where the header has 2",
        "q.csv row 6": "has no question",
        "q.csv row 7": "asks the same as q.csv row 2",
    }


def test_a_quote_that_never_closes_costs_one_row(tmp_path):
    rows = "".join(f"Q{n}?,{n}\n" for n in range(40))
    table = read_table(save(tmp_path / "q.csv", f'question,answer\nA?,"1\n{rows}'))
    assert len(table.rows) == 40
    assert table.unused == (Unused("q.csv row 2", "opens a quotation mark that is never closed"),)


def test_long_cells_are_kept(tmp_path):
    text = "word " * 60_000
    documents, _ = read_documents(save(tmp_path / "d.csv", f"id,text\na,{text}\nb,short one\n"))
    assert len(documents[0].text) == len(text) - 1
    table = read_table(save(tmp_path / "e.csv", f"id,text\na,{'x' * (LONGEST + 1)}\nb,c\n"))
    assert len(table.rows) == 1 and "characters" in table.unused[0].reason


def test_json_lines_and_lists(tmp_path):
    lines = [json.dumps({"question": "A?", "answers": ["1", "one"], "doc_id": "p"}), "{broken", "[1]", '"text"', ""]
    found, unused = read_questions(save(tmp_path / "q.jsonl", "\n".join(lines)), ["p"])
    assert found[0].answers == ("1", "one") and found[0].doc_ids == ("p",)
    assert [each.where for each in unused] == [f"q.jsonl line {n}" for n in (2, 3, 4)]
    whole = json.dumps([{"question": "A?", "answers": 7}, {"question": "B?", "answers": {"text": [], "start": []}}])
    found, unused = read_questions(save(tmp_path / "q.json", whole))
    assert [question.answers for question in found] == [("7",), ()] and not unused


@pytest.mark.parametrize(
    ("cell", "answers"),
    [
        ('["a", "b"]', ("a", "b")),
        ("['a', 'b']", ("a", "b")),
        ("{'text': ['a'], 'answer_start': [3]}", ("a",)),
        ("[sic] a", ("[sic] a",)),
        ("[]", ()),
    ],
)
def test_answers_as_they_are_written(tmp_path, cell, answers):
    stream = io.StringIO()
    csv.writer(stream).writerows([["question", "answers"], ["Q?", cell]])
    (found,), _ = read_questions(save(tmp_path / "q.csv", stream.getvalue()))
    assert found.answers == answers and found.answerable == bool(answers)


def test_answerable_must_agree_with_the_answer(tmp_path):
    text = "question,answer,answerable\nA?,1,true\nB?,,no\nC?,2,false\nD?,,TRUE\nE?,3,perhaps\n"
    found, unused = read_questions(save(tmp_path / "q.csv", text))
    assert [(question.text, question.answerable) for question in found] == [("A?", True), ("B?", False)]
    assert [each.where[-1] for each in unused] == ["4", "5", "6"]


def test_an_unknown_document_is_told(tmp_path):
    text = "question,answer,doc_id\nA?,1,here\nB?,2,gone\n"
    found, unused = read_questions(save(tmp_path / "q.csv", text), ["here"])
    assert len(found) == 1 and unused == [Unused("q.csv row 3", "names the document 'gone', which is not there")]


def test_a_missing_column_is_one_line(tmp_path):
    with pytest.raises(UsageError, match=r"^q\.csv has no column 'question' \(found: a, b\): name one 'question'\.$"):
        read_questions(save(tmp_path / "q.csv", "a,b\n1,2\n"))
    with pytest.raises(UsageError, match="only one label"):
        read_labelled(save(tmp_path / "e.csv", "text,label\na,x\nb,x\n"))
    with pytest.raises(UsageError, match="holds no usable row"):
        read_table(save(tmp_path / "none.csv", ""))


def test_examples_and_their_doubles(tmp_path):
    text = "utterance;intent\nhello;greet\nHello;greet\nhello ;leave\nbye;leave\n;leave\n"
    found, unused = read_labelled(save(tmp_path / "e.csv", text))
    assert [(pair.text, pair.target) for pair in found] == [("hello", "greet"), ("bye", "leave")]
    assert [each.reason for each in unused] == [
        "repeats e.csv row 2",
        "repeats e.csv row 2, with another intent",
        "has no utterance",
    ]
    replies, _ = read_replies(save(tmp_path / "r.jsonl", '{"instruction": "A", "response": "B"}'))
    assert replies[0].target == "B"


def test_a_folder_of_every_kind(tmp_path):
    from docx import Document as Docx

    save(tmp_path / "a.md", "# Returns\n\nThirty days.")
    save(tmp_path / "b.html", "<title>T</title><p>Warranty &amp; more</p><script>alert(1)</script>")
    save(tmp_path / "c.txt", WESTERN, "cp1252")
    save(tmp_path / "same.txt", "Thirty days.\n# Returns")
    save(tmp_path / "twin.md", "# Returns\n\nThirty   days.")
    save(tmp_path / "broken.pdf", b"%PDF-1.4 nothing")
    save(tmp_path / "broken.docx", b"PK nothing")
    save(tmp_path / "picture.png", b"\x89PNG")
    save(tmp_path / "empty.md", "")
    (tmp_path / "deep" / ".git").mkdir(parents=True)
    save(tmp_path / "deep" / ".git" / "x.md", "hidden")
    letter = Docx()
    letter.add_paragraph("A letter.")
    letter.save(tmp_path / "deep" / "letter.docx")
    documents, unused = read_documents(tmp_path)
    texts = {document.doc_id: document for document in documents}
    assert set(texts) == {"a.md", "b.html", "c.txt", "same.txt", "deep/letter.docx"}
    assert texts["a.md"].title == "Returns" and "alert" not in texts["b.html"].text and "&" in texts["b.html"].text
    assert [each.where for each in unused if each.used] == ["c.txt"]  # its encoding was guessed
    reasons = {each.where: each.reason for each in unused if not each.used}
    assert set(reasons) == {"twin.md", "broken.pdf", "broken.docx", "picture.png", "empty.md"}
    assert "cannot be read as PDF" in reasons["broken.pdf"] and "no text" in reasons["empty.md"]


def test_a_pdf_with_text(tmp_path):
    stream = b"BT /F1 12 Tf 20 100 Td (Two years of warranty) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    body, places = b"%PDF-1.4\n", []
    for item in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % item
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Root 1 0 R /Size 5 >>\nstartxref\n%d\n%%%%EOF" % len(body)
    (document,), _ = read_documents(save(tmp_path / "a.pdf", body + table + end))
    assert document.text == "Two years of warranty"


cells = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\t\n"), max_size=40)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=400), suffix=st.sampled_from([".csv", ".jsonl", ".json", ".md", ".html", ".pdf", ".docx"])
)
def test_any_bytes_give_rows_or_one_clear_line(tmp_path, data, suffix):
    path = save(tmp_path / f"any{suffix}", data)
    for read in (read_documents, read_questions, read_labelled, read_replies):
        try:
            found, unused = read(path)
        except UsageError as error:
            assert "\n" not in str(error) and len(str(error)) < 600
        else:
            assert found and all(each.where and each.reason for each in unused)
    assert path.read_bytes() == data


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(cells, max_size=4), max_size=12),
    delimiter=st.sampled_from(",\t;|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_table_accounts_for_every_row(tmp_path, rows, delimiter, encoding):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerows([["question", "answer"], *(row or [""] for row in rows), ["last?", "yes"]])
    path = save(tmp_path / "q.csv", stream.getvalue(), encoding)
    table = read_table(path)
    assert len(table.rows) + len(table.unused) == len(rows) + 1
    found, unused = read_questions(path)
    left = [each for each in unused if not each.used]  # the others are remarks on rows that are used
    assert len(found) + len(left) == len(rows) + 1
